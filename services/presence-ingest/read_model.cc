#include "presence-ingest/read_model.h"

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/names.h"

namespace expertline::presence {
namespace {

constexpr int kBlockMs = 1'000;  // below the time-out of the connection
constexpr size_t kBatch = 500;
constexpr int kPage = 500;
constexpr int kHistory = 5'000;  // entries of the log that are read at first, so that watchers resume after a restart
constexpr size_t kMostRemovals = 10'000;
constexpr size_t kMostAhead = 64;  // messages of a snapshot that wait for the reader
constexpr uint64_t kRetryMs = 100;
// A watcher may come from a replica that has read further.
constexpr uint64_t kAheadStepMs = 2;
constexpr int kAheadSteps = 250;

// Messages of the read model hold at most so much.
constexpr int kMostRecords = 500;
constexpr size_t kMostBytes = 128 * 1024;

// Cuts records into messages; `last` completes the last one, which is sent even if it has no record.
class Chunks {
 public:
  using Send = std::function<void(v1::WatchReadModelResponse)>;
  explicit Chunks(Send send) : send_(std::move(send)) {}

  v1::WatchReadModelResponse& message() { return message_; }
  void add(const v1::ExpertRecord& record) {
    const size_t size = record.ByteSizeLong();
    if (message_.records_size() == kMostRecords || (bytes_ > 0 && bytes_ + size > kMostBytes)) flush();
    *message_.add_records() = record;
    bytes_ += size;
  }
  void flush() {
    send_(std::move(message_));
    message_.Clear();
    bytes_ = 0;
  }

 private:
  Send send_;
  v1::WatchReadModelResponse message_;
  size_t bytes_ = 0;
};

}  // namespace

ReadModel::ReadModel(app::Loop& loop, redis::Client::Options redis, state::ExpertStore& store, std::string domain)
    : loop_(loop),
      redis_(loop, std::move(redis)),
      store_(store),
      domain_(std::move(domain)),
      log_(state::key(domain_, "xlog")) {}

void ReadModel::start() {
  redis_.start();
  spawn(run());
}

void ReadModel::stop() {
  stopping_ = true;
  redis_.stop();
}

Task<redis::Reply> ReadModel::ask(redis::Command command) {
  redis::Reply reply = co_await redis_.call(std::move(command));
  if (reply.error()) spdlog::warn("read model of {}: {}", domain_, reply.text);
  co_return reply;
}

Task<void> ReadModel::run() {
  bool loaded = false;
  while (!stopping_) {
    const bool connected = co_await redis_.until_connected();
    if (!connected || stopping_) co_return;
    // After a lost connection the store may be another one, or have forgotten something.
    loaded = loaded && co_await log_is_gapless();
    if (!loaded) loaded = co_await load();
    while (loaded && !stopping_) {
      const bool going = co_await follow();
      if (!going) break;
    }
    if (stopping_) co_return;
    const bool going = co_await loop_.sleep(kRetryMs);
    if (!going) co_return;
  }
}

// The log still has the entry at our position or everything after it.
Task<bool> ReadModel::log_is_gapless() {
  redis::Command first_command = {"XRANGE", log_, "-", "+", "COUNT", "1"};
  redis::Command last_command = {"XREVRANGE", log_, "+", "-", "COUNT", "1"};
  const redis::Reply first = co_await ask(std::move(first_command));
  const redis::Reply last = co_await ask(std::move(last_command));
  if (first.type != redis::Reply::Type::array || last.type != redis::Reply::Type::array) co_return false;
  if (first.elements.empty() || last.elements.empty()) co_return position_ == state::LogId{};
  const auto first_id = state::parse_log_id(first.elements[0].elements.at(0).text);
  const auto last_id = state::parse_log_id(last.elements[0].elements.at(0).text);
  co_return first_id&& last_id&&* first_id <= position_&& position_ <= *last_id;
}

// Reads everything anew: first where the log ends, then the experts. What changes meanwhile comes again from the log.
Task<bool> ReadModel::load() {
  redis::Command tail_command = {"XREVRANGE", log_, "+", "-", "COUNT", std::to_string(kHistory)};
  const redis::Reply tail = co_await ask(std::move(tail_command));
  if (tail.type != redis::Reply::Type::array) co_return false;
  std::unordered_map<std::string, state::ExpertChange> latest;
  state::LogId newest;
  state::LogId oldest;
  for (const redis::Reply& entry : tail.elements) {
    auto change = state::parse_change(entry);
    if (!change) continue;
    newest = std::max(newest, change->id);
    oldest = change->id;
    const std::string expert = change->expert;
    latest.try_emplace(expert, std::move(*change));
  }

  std::unordered_map<std::string, Entry> experts;
  std::string after;
  for (bool more = true; more;) {
    const auto page = co_await store_.page(domain_, after, kPage);
    if (!page) co_return false;
    for (const state::ExpertView& view : *page) {
      Entry entry;
      set_directory(entry, view.id, view.directory);
      set_state(entry, view.state);
      if (const auto found = latest.find(view.id); found != latest.end()) entry.changed = found->second.id;
      experts.emplace(view.id, std::move(entry));
      after = view.id;
    }
    more = page->size() == static_cast<size_t>(kPage);
  }

  experts_ = std::move(experts);
  removals_.clear();
  oldest_ = oldest;
  position_ = newest;
  std::vector<Removal> removals;
  for (const auto& [expert, change] : latest) {
    if (change.removed && !experts_.contains(expert)) {
      removals.push_back({change.id, expert, change.state.revision});
    }
  }
  std::sort(removals.begin(), removals.end(), [](const Removal& a, const Removal& b) { return a.id < b.id; });
  for (Removal& removal : removals) remember_removal(std::move(removal));

  complete_ = true;
  ++loads_;
  for (const auto& watcher : std::exchange(watchers_, {})) spawn(send_snapshot(watcher));
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [stream, cursor] : waiting) watch(stream, cursor);
  for (const auto& reloaded : on_reload_) reloaded();
  spdlog::info("read model of {}: {} experts", domain_, experts_.size());
  co_return true;
}

Task<bool> ReadModel::follow() {
  redis::Command command = {"XREAD",   "COUNT", std::to_string(kBatch), "BLOCK", std::to_string(kBlockMs),
                            "STREAMS", log_,    to_string(position_)};
  const redis::Reply reply = co_await ask(std::move(command));
  if (reply.lost() || reply.error()) co_return false;
  if (reply.nil()) co_return true;
  const std::vector<redis::Reply>& entries = reply.elements.at(0).elements.at(1).elements;
  if (entries.size() == kBatch) {
    // Far behind: trimming may have overtaken us, and skips silently.
    const bool gapless = co_await log_is_gapless();
    if (!gapless) co_return false;
  }
  std::vector<state::ExpertChange> changes;
  for (const redis::Reply& entry : entries) {
    if (auto change = state::parse_change(entry)) changes.push_back(std::move(*change));
  }
  std::vector<state::ExpertChange> copy = changes;
  const bool fresh = co_await refresh_directory(std::move(copy));
  if (!fresh) co_return false;
  apply(changes);
  co_return true;
}

// Reads the directory of experts that were made from a newer record than the one we have.
Task<bool> ReadModel::refresh_directory(std::vector<state::ExpertChange> changes) {
  std::vector<std::string> stale;
  for (const state::ExpertChange& change : changes) {
    if (change.removed) continue;
    const auto found = experts_.find(change.expert);
    if (found == experts_.end() || found->second.record.expert().revision() < change.state.directory_revision) {
      stale.push_back(change.expert);
    }
  }
  std::sort(stale.begin(), stale.end());
  stale.erase(std::unique(stale.begin(), stale.end()), stale.end());
  if (stale.empty()) co_return true;
  const auto views = co_await store_.views(domain_, std::move(stale));
  if (!views) co_return false;
  for (const state::ExpertView& view : *views) {
    const auto [found, added] = experts_.try_emplace(view.id);
    set_directory(found->second, view.id, view.directory);
    // Of one who was there already the changes that follow say the rest.
    if (added) set_state(found->second, view.state);
  }
  co_return true;
}

void ReadModel::apply(const std::vector<state::ExpertChange>& changes) {
  if (changes.empty()) return;
  std::set<std::string> touched;
  for (const state::ExpertChange& change : changes) {
    position_ = change.id;
    const auto found = experts_.find(change.expert);
    if (change.removed) {
      // Unless he came again since and the snapshot had him already: ids begin above their old revisions.
      if (found != experts_.end() && found->second.record.revision() > change.state.revision) continue;
      if (found != experts_.end()) experts_.erase(found);
      remember_removal({change.id, change.expert, change.state.revision});
    } else {
      // Absent: removed again already, the entry that says so follows.
      if (found == experts_.end() || change.state.revision < found->second.record.revision()) continue;
      set_state(found->second, change.state);
      found->second.changed = change.id;
    }
    touched.insert(change.expert);
  }
  for (const std::string& expert : touched) {
    for (const auto& changed : on_change_) changed(expert, find(expert));
  }
  if (watchers_.empty()) return;
  Chunks chunks([this](const v1::WatchReadModelResponse& message) {
    for (const auto& watcher : watchers_) watcher->write(message);
  });
  for (const std::string& expert : touched) {
    const auto found = experts_.find(expert);
    if (found != experts_.end()) {
      chunks.add(found->second.record);
      continue;
    }
    const auto removal =
        std::find_if(removals_.rbegin(), removals_.rend(), [&](const Removal& r) { return r.expert == expert; });
    if (removal != removals_.rend()) chunks.add(make_removed(expert, removal->revision));
  }
  chunks.message().set_cursor(to_string(position_));
  chunks.flush();
}

void ReadModel::remember_removal(Removal removal) {
  removals_.push_back(std::move(removal));
  if (removals_.size() <= kMostRemovals) return;
  oldest_ = std::max(oldest_, removals_.front().id);
  removals_.pop_front();
}

void ReadModel::watch(std::shared_ptr<Stream> stream, std::optional<state::LogId> cursor) {
  if (!complete_) {
    waiting_[stream] = cursor;
  } else if (cursor && *cursor > position_) {
    spawn(watch_ahead(stream, *cursor));
  } else {
    if (!cursor || *cursor < oldest_) {
      spawn(send_snapshot(stream));
      return;
    }
    send_since(*stream, *cursor);
    watchers_.insert(stream);
  }
}

Task<void> ReadModel::watch_ahead(std::shared_ptr<Stream> stream, state::LogId cursor) {
  waiting_[stream] = cursor;  // until it is known whether we get there; gone if the watcher goes
  for (int i = 0; i < kAheadSteps && position_ < cursor; ++i) {
    const bool going = co_await loop_.sleep(kAheadStepMs);
    if (!going) co_return;
  }
  if (waiting_.erase(stream) == 0) co_return;
  const bool reached = position_ >= cursor;
  watch(stream, reached ? std::optional(cursor) : std::nullopt);
}

void ReadModel::unwatch(const Stream* stream) {
  std::erase_if(watchers_, [&](const auto& watcher) { return watcher.get() == stream; });
  std::erase_if(snapshots_, [&](const auto& watcher) { return watcher.get() == stream; });
  std::erase_if(waiting_, [&](const auto& entry) { return entry.first.get() == stream; });
}

const v1::ExpertRecord* ReadModel::find(const std::string& expert) const {
  const auto found = experts_.find(expert);
  return found == experts_.end() ? nullptr : &found->second.record;
}

void ReadModel::for_each(const std::function<void(const v1::ExpertRecord&)>& visit) const {
  for (const auto& [expert, entry] : experts_) visit(entry.record);
}

void ReadModel::listen(std::function<void(const std::string&, const v1::ExpertRecord*)> changed,
                       std::function<void()> reloaded) {
  on_change_.push_back(std::move(changed));
  on_reload_.push_back(std::move(reloaded));
}

// Message by message, as fast as the reader takes them, so that a large directory neither holds up the loop nor
// overflows the stream's queue. What changes meanwhile is sent after it.
Task<void> ReadModel::send_snapshot(std::shared_ptr<Stream> stream) {
  snapshots_.insert(stream);
  for (bool sent = false; !sent;) {
    const uint64_t loads = loads_;
    const state::LogId begun = position_;
    std::vector<std::string> ids;
    ids.reserve(experts_.size());
    for (const auto& [expert, entry] : experts_) ids.push_back(expert);
    bool pause = false;
    Chunks chunks([&](v1::WatchReadModelResponse message) {
      stream->write(std::move(message));
      pause = true;
    });
    chunks.message().set_snapshot_begin(true);
    for (const std::string& expert : ids) {
      const auto found = experts_.find(expert);
      if (found != experts_.end()) chunks.add(found->second.record);
      while (std::exchange(pause, false) || stream->queued() > kMostAhead) {
        const bool going = co_await loop_.sleep(stream->queued() > kMostAhead ? 1 : 0);
        if (!going || !snapshots_.contains(stream)) co_return;
      }
      if (loads != loads_) break;
    }
    // Otherwise what changed since it begun is not known any more.
    sent = loads == loads_ && begun >= oldest_;
    if (!sent) continue;
    chunks.message().set_snapshot_complete(true);
    chunks.message().set_cursor(to_string(begun));
    chunks.flush();
    if (begun != position_) send_since(*stream, begun);
  }
  snapshots_.erase(stream);
  watchers_.insert(stream);
}

void ReadModel::send_since(Stream& stream, state::LogId cursor) const {
  Chunks chunks([&stream](v1::WatchReadModelResponse message) { stream.write(std::move(message)); });
  for (const auto& [expert, entry] : experts_) {
    if (entry.changed > cursor) chunks.add(entry.record);
  }
  for (const Removal& removal : removals_) {
    if (removal.id > cursor && !experts_.contains(removal.expert)) {
      chunks.add(make_removed(removal.expert, removal.revision));
    }
  }
  chunks.message().set_cursor(to_string(position_));
  chunks.flush();
}

void ReadModel::set_directory(Entry& entry, const std::string& expert, const v1::Expert& directory) const {
  v1::Expert& record = *entry.record.mutable_expert();
  const v1::ExpertState state = record.state();
  record = directory;
  record.set_name(expert_name(domain_, expert));
  record.set_state(state);
  const auto voice = directory.dns().find("voice");
  entry.voice_number = voice == directory.dns().end() ? "" : voice->second;
}

void ReadModel::set_state(Entry& entry, const state::ExpertState& from) {
  v1::ExpertRecord& record = entry.record;
  record.mutable_expert()->set_state(from.active ? v1::EXPERT_STATE_ACTIVE : v1::EXPERT_STATE_RETIRED);
  record.set_state(from.state);
  record.set_do_not_disturb(from.do_not_disturb);
  record.clear_media();
  for (const v1::MediumStatus& medium : from.media) *record.add_media() = medium;
  record.set_has_desk(from.has_desk);
  record.set_idle_since_ms(from.idle_since_ms);
  record.set_block(from.block);
  record.set_offers_today(from.offers_today);
  record.set_worked_today_ms(from.worked_today_ms);
  record.set_today(from.today);
  record.set_note(from.note);
  record.set_revision(from.revision);
  if (from.since_ms != 0) {
    *record.mutable_since() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(from.since_ms);
  }
  auto& numbers = *record.mutable_expert()->mutable_dns();
  const std::string& voice = from.number.empty() ? entry.voice_number : from.number;
  if (!voice.empty()) {
    numbers["voice"] = voice;
  } else {
    numbers.erase("voice");
  }
}

v1::ExpertRecord ReadModel::make_removed(const std::string& expert, int64_t revision) const {
  v1::ExpertRecord record;
  record.mutable_expert()->set_name(expert_name(domain_, expert));
  record.set_removed(true);
  record.set_revision(revision);
  return record;
}

}  // namespace expertline::presence
