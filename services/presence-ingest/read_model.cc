#include "presence-ingest/read_model.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/names.h"
#include "presence-ingest/metrics.h"

namespace expertline::presence {
namespace {

constexpr int kBlockMs = 1'000;  // below the time-out of the connection
constexpr size_t kBatch = 500;
constexpr int kPage = 500;
constexpr int kHistory = 5'000;  // entries of the log that are read at first, so that watchers resume after a restart
constexpr size_t kMostRemovals = 10'000;
constexpr size_t kMostAhead = 64;  // messages that wait for a reader who is brought up to date
constexpr int kMessagesAStep = 8;  // that are written to him before anything else has its turn
constexpr uint64_t kRetryMs = 100;
// A watcher may come from a replica that has read further.
constexpr uint64_t kAheadStepMs = 2;
constexpr int kAheadSteps = 250;

// Messages of the read model hold at most so much.
constexpr int kMostRecords = 500;
constexpr size_t kMostBytes = 128 * 1024;

// Cuts what is sent into messages, each a serialized v1::WatchReadModelResponse: parts of one that are put one behind
// the other are one.
class Messages {
 public:
  using Send = std::function<void(const grpc::ByteBuffer&)>;
  explicit Messages(Send send) : send_(std::move(send)) {}

  void add(const ExpertTable& experts, ExpertTable::Slot slot) {
    make_room(experts.encoded_size(slot));
    experts.append_to(bytes_, slot);
    ++records_;
  }
  void add(const v1::WatchReadModelResponse& part) {
    make_room(part.ByteSizeLong());
    part.AppendToString(&bytes_);
    records_ += part.records_size();
  }
  void flush() {
    const grpc::Slice slice(bytes_);
    send_(grpc::ByteBuffer(&slice, 1));
    bytes_.clear();
    records_ = 0;
  }

 private:
  void make_room(size_t size) {
    if (records_ == kMostRecords || (records_ > 0 && bytes_.size() + size > kMostBytes)) flush();
  }

  Send send_;
  std::string bytes_;
  int records_ = 0;
};

v1::WatchReadModelResponse make_cursor(state::LogId position) {
  v1::WatchReadModelResponse part;
  part.set_cursor(to_string(position));
  return part;
}

}  // namespace

ReadModel::ReadModel(app::Loop& loop, redis::Client::Options redis, state::ExpertStore& store, std::string domain)
    : loop_(loop),
      redis_(loop, std::move(redis)),
      store_(store),
      domain_(std::move(domain)),
      log_(state::key(domain_, "xlog")),
      experts_(std::make_unique<ExpertTable>(domain_)) {}

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

  redis::Command count_command = {"ZCARD", state::key(domain_, "experts")};
  const redis::Reply count = co_await ask(std::move(count_command));
  if (count.type != redis::Reply::Type::integer) co_return false;
  auto experts = std::make_unique<ExpertTable>(domain_, static_cast<size_t>(count.integer));
  std::string after;
  for (bool more = true; more;) {
    const auto page = co_await store_.page(domain_, after, kPage);
    if (!page) co_return false;
    for (const state::ExpertView& view : *page) {
      const ExpertTable::Slot slot = experts->add(view.id);
      experts->set_directory(slot, view.directory);
      experts->set_state(slot, view.state);
      if (const auto found = latest.find(view.id); found != latest.end()) experts->at(slot).changed = found->second.id;
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
    if (change.removed && !experts_->find(expert)) removals.push_back({change.id, expert, change.state.revision});
  }
  std::sort(removals.begin(), removals.end(), [](const Removal& a, const Removal& b) { return a.id < b.id; });
  for (Removal& removal : removals) remember_removal(std::move(removal));

  complete_ = true;
  ++loads_;
  for (const auto& watcher : std::exchange(watchers_, {})) spawn(bring_up(watcher, std::nullopt));
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [stream, cursor] : waiting) watch(stream, cursor);
  for (const auto& reloaded : on_reload_) reloaded();
  spdlog::info("read model of {}: {} experts", domain_, experts_->size());
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
    const auto slot = experts_->find(change.expert);
    if (!slot || experts_->at(*slot).directory_revision < change.state.directory_revision) {
      stale.push_back(change.expert);
    }
  }
  std::sort(stale.begin(), stale.end());
  stale.erase(std::unique(stale.begin(), stale.end()), stale.end());
  if (stale.empty()) co_return true;
  const auto views = co_await store_.views(domain_, std::move(stale));
  if (!views) co_return false;
  for (const state::ExpertView& view : *views) {
    const auto known = experts_->find(view.id);
    const ExpertTable::Slot slot = known ? *known : experts_->add(view.id);
    experts_->set_directory(slot, view.directory);
    // Of one who was there already the changes that follow say the rest.
    if (!known) experts_->set_state(slot, view.state);
  }
  co_return true;
}

void ReadModel::show() const {
  std::vector<app::Readings::Value> values;
  for (int state = v1::PRESENCE_STATE_ONLINE; state < v1::PresenceState_ARRAYSIZE; ++state) {
    values.push_back({.labels = {state_word(static_cast<v1::PresenceState>(state))},
                      .value = static_cast<double>(experts_->by_state()[static_cast<size_t>(state)])});
  }
  experts_by_state.replace(domain_, values);
  read_model_watchers.at({domain_}).Set(static_cast<double>(watchers_.size()));
}

void ReadModel::apply(const std::vector<state::ExpertChange>& changes) {
  read_model_changes.at({domain_}).Increment(static_cast<double>(changes.size()));
  if (changes.empty()) return;
  std::set<std::string> touched;
  for (const state::ExpertChange& change : changes) {
    position_ = change.id;
    const auto slot = experts_->find(change.expert);
    if (change.removed) {
      // Unless he came again since and the snapshot had him already: ids begin above their old revisions.
      if (slot && experts_->at(*slot).revision > change.state.revision) continue;
      if (slot) experts_->remove(*slot);
      remember_removal({change.id, change.expert, change.state.revision});
    } else {
      // Absent: removed again already, the entry that says so follows.
      if (!slot || change.state.revision < experts_->at(*slot).revision) continue;
      experts_->set_state(*slot, change.state);
      experts_->at(*slot).changed = change.id;
    }
    touched.insert(change.expert);
  }
  for (const std::string& expert : touched) {
    for (const auto& changed : on_change_) changed(expert);
  }
  if (watchers_.empty()) return;
  Messages messages([this](const grpc::ByteBuffer& message) {
    for (const auto& watcher : watchers_) watcher->write(message);
  });
  for (const std::string& expert : touched) {
    if (const auto slot = experts_->find(expert)) {
      messages.add(*experts_, *slot);
      continue;
    }
    const auto removal =
        std::find_if(removals_.rbegin(), removals_.rend(), [&](const Removal& r) { return r.expert == expert; });
    if (removal != removals_.rend()) messages.add(make_removed(*removal));
  }
  messages.add(make_cursor(position_));
  messages.flush();
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
    spawn(bring_up(stream, cursor));
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
  std::erase_if(behind_, [&](const auto& watcher) { return watcher.get() == stream; });
  std::erase_if(waiting_, [&](const auto& entry) { return entry.first.get() == stream; });
}

std::optional<v1::ExpertRecord> ReadModel::find(const std::string& expert) const {
  const auto slot = experts_->find(expert);
  if (!slot) return std::nullopt;
  return experts_->record(*slot);
}

bool ReadModel::in_group(const std::string& expert, const std::string& group) const {
  const auto slot = experts_->find(expert);
  return slot && experts_->in_group(*slot, group);
}

void ReadModel::listen(std::function<void(const std::string&)> changed, std::function<void()> reloaded) {
  on_change_.push_back(std::move(changed));
  on_reload_.push_back(std::move(reloaded));
}

// Sends everything, or what changed since, as fast as the reader takes it, so that a large directory neither holds up
// the loop nor overflows the stream's queue. Then what changed meanwhile, until nothing did.
Task<void> ReadModel::bring_up(std::shared_ptr<Stream> stream, std::optional<state::LogId> since) {
  behind_.insert(stream);
  state::LogId begun;
  do {
    // Otherwise what changed since is not known any more.
    if (since && *since < oldest_) since.reset();
    begun = position_;
    const uint64_t loads = loads_;
    int written = 0;
    Messages messages([&](const grpc::ByteBuffer& message) {
      stream->write(message);
      ++written;
    });
    v1::WatchReadModelResponse first;
    first.set_snapshot_begin(!since);
    messages.add(first);
    for (ExpertTable::Slot slot = 0; slot < experts_->slots(); ++slot) {
      const ExpertTable::Entry& entry = experts_->at(slot);
      if (!entry.id.empty() && (!since || entry.changed > *since)) messages.add(*experts_, slot);
      while (written >= kMessagesAStep && loads == loads_) {
        const bool far_ahead = stream->queued() > kMostAhead;
        if (!far_ahead) written = 0;
        const bool going = co_await loop_.sleep(far_ahead ? 1 : 0);
        if (!going || !behind_.contains(stream)) co_return;
      }
      if (loads != loads_) break;
    }
    if (loads != loads_) {
      since.reset();
      continue;
    }
    for (const Removal& removal : removals_) {
      if (since && removal.id > *since && !experts_->find(removal.expert)) messages.add(make_removed(removal));
    }
    v1::WatchReadModelResponse last = make_cursor(begun);
    last.set_snapshot_complete(!since);
    messages.add(last);
    messages.flush();
    since = begun;
  } while (!since || begun != position_);
  behind_.erase(stream);
  watchers_.insert(stream);
}

v1::WatchReadModelResponse ReadModel::make_removed(const Removal& removal) const {
  v1::WatchReadModelResponse part;
  v1::ExpertRecord& record = *part.add_records();
  record.mutable_expert()->set_name(expert_name(domain_, removal.expert));
  record.set_removed(true);
  record.set_revision(removal.revision);
  return part;
}

}  // namespace expertline::presence
