#include "strategy-evaluation/revisions.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "strategy-evaluation/by_name.h"
#include "strategy-evaluation/metrics.h"
#include "strategy-evaluation/strategy_files.h"
#include "strategy/calendar.h"

namespace expertline::evaluation {
namespace {

constexpr uint64_t kLookMs = 1'000;

bool is_error(const yaml::Issue& issue) { return issue.severity == yaml::Issue::Severity::kError; }

Error unknown_revision(const std::string& name, const std::string& revision, const std::string& why) {
  return Error{.reason = v1::ERROR_REASON_UNKNOWN_REVISION,
               .message = "strategy " + name + ", revision " + revision + ": " + why,
               .metadata = {{"strategy", name}, {"revision", revision}}};
}

bool keeps(const state::StoredStrategies& stored, const std::string& name, const std::string& revision) {
  return std::any_of(stored.list.begin(), stored.list.end(), [&](const state::StoredStrategy& one) {
    return one.name == name &&
           std::any_of(one.revisions.begin(), one.revisions.end(),
                       [&](const state::StoredRevision& kept) { return kept.revision == revision; });
  });
}

// Every strategy of the registry with its file and the file of its calendar, by revision.
std::map<std::string, state::StrategyText> texts_of(const strategy::Registry& registry,
                                                    const std::vector<strategy::SourceFile>& files) {
  std::map<std::string, const strategy::SourceFile*> calendars;
  for (const auto& file : files) {
    if (strategy::kind_of(file) == strategy::FileKind::kCalendar) {
      calendars[strategy::load_calendar(file.name, file.text).name] = &file;
    }
  }
  std::map<std::string, state::StrategyText> texts;
  for (const auto& [name, strategy] : registry.strategies()) {
    state::StrategyText& text = texts[strategy->revision];
    text.set_text(*registry.text(strategy->revision));
    for (const auto& file : files) {
      if (strategy::kind_of(file) == strategy::FileKind::kStrategy && file.text == text.text()) {
        text.set_file(file.name);
      }
    }
    if (!strategy->hours) continue;
    const auto calendar = calendars.find(strategy->hours->name);
    if (calendar == calendars.end()) continue;
    text.set_calendar_file(calendar->second->name);
    text.set_calendar_text(calendar->second->text);
  }
  return texts;
}

}  // namespace

Error Revisions::unknown_strategy(const std::string& name) {
  return Error{.reason = v1::ERROR_REASON_UNKNOWN_STRATEGY,
               .message = "no strategy is named \"" + name + "\"",
               .metadata = {{"strategy", name}}};
}

Revisions::Revisions(app::Loop& loop, redis::Client& client, std::string domain, std::string folder)
    : loop_(loop), store_(client, domain), domain_(std::move(domain)), folder_(std::move(folder)) {}

Result<Done> Revisions::load() {
  fingerprint_ = fingerprint(folder_);
  auto done = read_files();
  if (done) live_ = files_;
  for (const char* outcome : {"success", "failure"}) reloads.at({domain_, outcome});
  show_loaded(done.ok());
  return done;
}

void Revisions::show_loaded(bool good) const {
  last_reload_successful.at({domain_}).Set(good ? 1 : 0);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  if (good) last_reload_success.at({domain_}).Set(std::chrono::duration<double>(now).count());
  if (live_) strategies_live.at({domain_}).Set(static_cast<double>(live_->strategies().size()));
}

Result<Done> Revisions::read_files() {
  const auto files = evaluation::read_files(folder_);
  if (!files) {
    faults_ = {yaml::Issue{.file = folder_, .code = "unreadable", .message = files.error().message}};
    return files.error();
  }
  auto [registry, issues] = strategy::Registry::load(*files, files_.get());
  faults_.clear();
  std::copy_if(issues.begin(), issues.end(), std::back_inserter(faults_), is_error);
  if (!registry) {
    std::string all;
    for (const yaml::Issue& issue : faults_) all += (all.empty() ? "" : "\n") + yaml::to_string(issue);
    return invalid_field("strategies", all);
  }
  for (const yaml::Issue& issue : issues) spdlog::info("domain {}: {}", domain_, yaml::to_string(issue));
  files_ = std::move(registry);
  for (const auto& [name, strategy] : files_->strategies()) by_name(strategy->medium);
  texts_ = texts_of(*files_, *files);
  names_.clear();
  for (const auto& [name, strategy] : files_->strategies()) names_[texts_.at(strategy->revision).file()] = name;
  return Done{};
}

void Revisions::start(std::function<void()> on_change) {
  on_change_ = std::move(on_change);
  spawn(follow());
}

Task<void> Revisions::follow() {
  bool in_step = false;  // memory and store
  while (!stopping_) {
    if (!in_step) {
      in_step = co_await sync();
    } else {
      const auto version = co_await store_.version();
      if (version && *version != stored_.version) in_step = co_await sync();
    }
    const bool going = co_await loop_.sleep(ready() ? kLookMs : 20);
    if (!going) co_return;
    std::string print = fingerprint(folder_);
    if (print == fingerprint_) continue;
    fingerprint_ = std::move(print);
    const auto read = read_files();
    reloads.at({domain_, read ? "success" : "failure"}).Increment();
    show_loaded(read.ok());
    if (read) {
      spdlog::info("domain {}: the strategies were loaded again", domain_);
      make_live();
      in_step = false;
    } else {
      spdlog::error("domain {}: the strategies have faults, the ones before stay: {}", domain_, read.error().message);
    }
  }
}

Task<bool> Revisions::sync() {
  const auto files = files_;
  for (const auto& [name, strategy] : files->strategies()) {
    if (told_[name] == strategy->revision) continue;
    const auto text = texts_.find(strategy->revision);
    if (text == texts_.end()) co_return false;  // the files have changed meanwhile
    const std::string bytes = text->second.SerializeAsString();
    const auto kept = co_await store_.keep(name, strategy->revision, bytes);
    if (!kept) co_return false;
    const auto changed = co_await store_.file_changed(name, strategy->revision);
    if (!changed) co_return false;
    told_[name] = strategy->revision;
  }
  const auto all = co_await store_.all();
  if (!all) co_return false;
  for (const state::StoredStrategy& one : all->list) {
    pin_faults_.erase(one.name);
    if (one.pinned.empty() || known(one.pinned)) continue;
    const auto pinned = co_await from_store(one.name, one.pinned);
    if (!pinned) pin_faults_[one.name] = pinned.error().message;
  }
  stored_ = *all;
  make_live();
  bool in_step = files == files_;
  for (const auto& [name, strategy] : files->strategies()) {
    if (keeps(stored_, name, strategy->revision)) continue;
    told_.erase(name);  // the store was emptied: once more
    in_step = false;
  }
  co_return in_step;
}

Revisions::Strategy Revisions::known(const std::string& revision) const {
  if (Strategy present = files_->revision(revision)) return present;
  for (const auto& [medium, strategy] : by_name_) {
    if (strategy && strategy->revision == revision) return strategy;
  }
  const auto found = earlier_.find(revision);
  return found == earlier_.end() ? nullptr : found->second;
}

Revisions::Strategy Revisions::by_name(const std::string& medium) {
  const auto [it, fresh] = by_name_.try_emplace(medium);
  if (fresh) it->second = by_name_strategy(medium);
  return it->second;
}

Task<Result<Revisions::Strategy>> Revisions::from_store(std::string name, std::string revision) {
  const auto bytes = co_await store_.text(name, revision);
  if (!bytes) co_return bytes.error();
  state::StrategyText text;
  if (!text.ParseFromString(*bytes)) co_return unknown_revision(name, revision, "what is kept of it is not its text");
  strategy::World world;
  if (!text.calendar_text().empty()) {
    const auto calendar = strategy::load_calendar(text.calendar_file(), text.calendar_text());
    if (calendar.calendar) {
      world.calendars[calendar.name] = {.calendar = calendar.calendar,
                                        .revision = strategy::revision_of(text.calendar_text())};
    }
  }
  const auto loaded = strategy::load(text.file(), text.text(), world);
  if (!loaded.strategy) {
    const auto first = std::find_if(loaded.issues.begin(), loaded.issues.end(), is_error);
    const std::string why = first == loaded.issues.end() ? "" : ": " + yaml::to_string(*first);
    spdlog::error("domain {}: revision {} of strategy {} loads no longer{}", domain_, revision, name, why);
    co_return unknown_revision(name, revision, "it loads no longer" + why);
  }
  // The same text may mean more to a later release; it stays the revision that it was.
  auto strategy = std::make_shared<routing::Strategy>(*loaded.strategy);
  strategy->revision = revision;
  earlier_[revision] = strategy;
  co_return Strategy(strategy);
}

Task<Revisions::Strategy> Revisions::find(std::string revision) {
  if (Strategy present = known(revision)) co_return present;
  const auto all = co_await store_.all();
  if (!all) co_return nullptr;
  for (const state::StoredStrategy& one : all->list) {
    const bool has = std::any_of(one.revisions.begin(), one.revisions.end(),
                                 [&](const state::StoredRevision& kept) { return kept.revision == revision; });
    if (!has) continue;
    const auto found = co_await from_store(one.name, revision);
    if (found) co_return *found;
  }
  co_return nullptr;
}

void Revisions::make_live() {
  std::vector<Strategy> pins;
  for (const state::StoredStrategy& one : stored_.list) {
    if (one.pinned.empty() || !files_->strategies().contains(one.name)) continue;
    if (Strategy pinned = known(one.pinned)) pins.push_back(std::move(pinned));
  }
  auto live = files_;
  // Each by itself, so that one that cannot be live keeps no other from it; and again, as one may make room for
  // another.
  size_t left = 0;
  do {
    left = pins.size();
    std::erase_if(pins, [&](const Strategy& pin) {
      std::string why;
      const auto with = live->with(pin, why);
      if (!with) {
        pin_faults_[pin->name] = "the pinned revision " + pin->revision + " cannot be live: " + why;
        return false;
      }
      live = with;
      pin_faults_.erase(pin->name);
      return true;
    });
  } while (pins.size() < left);
  for (const auto& [name, why] : pin_faults_) {
    spdlog::error("domain {}: strategy {}: what its file says is live: {}", domain_, name, why);
  }
  const auto revisions = [](const strategy::Registry& registry) {
    std::vector<std::string> all;
    for (const auto& [name, strategy] : registry.strategies()) all.push_back(strategy->revision);
    for (const auto& [name, strategy] : registry.candidates()) all.push_back(strategy->revision);
    return all;
  };
  const bool changed = revisions(*live) != revisions(*live_);
  live_ = std::move(live);
  strategies_live.at({domain_}).Set(static_cast<double>(live_->strategies().size()));
  if (changed) on_change_();
}

const state::StoredStrategy* Revisions::stored(const std::string& name) const {
  const auto found = std::find_if(stored_.list.begin(), stored_.list.end(),
                                  [&](const state::StoredStrategy& one) { return one.name == name; });
  return found == stored_.list.end() ? nullptr : &*found;
}

v1::Strategy Revisions::describe(const std::string& name) const {
  const routing::Strategy& live = *live_->strategies().at(name);
  const auto in_file = files_->strategies().find(name);
  v1::Strategy out;
  out.set_name(name);
  out.set_description(live.description);
  out.set_owner(live.owner);
  out.set_medium(live.medium);
  for (const std::string& point : live.routing_points) out.add_routing_points(point);
  if (const state::StoredStrategy* kept = stored(name)) {
    out.set_pinned(kept->pinned == live.revision);
    for (const state::StoredRevision& one : kept->revisions) {
      v1::StrategyRevision& revision = *out.add_revisions();
      revision.set_revision(one.revision);
      revision.mutable_load_time()->set_seconds(one.first_loaded_ms / 1000);
      revision.mutable_load_time()->set_nanos(static_cast<int32_t>(one.first_loaded_ms % 1000) * 1'000'000);
      revision.set_live(one.revision == live.revision);
      revision.set_in_file(in_file != files_->strategies().end() && one.revision == in_file->second->revision);
    }
  }
  const auto pin_fault = pin_faults_.find(name);
  if (pin_fault != pin_faults_.end()) out.set_fault(pin_fault->second);
  for (const yaml::Issue& issue : faults_) {
    const auto of = names_.find(issue.file);
    if (of == names_.end() || of->second != name) continue;
    out.set_fault(yaml::to_string(issue));
    break;
  }
  return out;
}

v1::ListStrategiesResponse Revisions::list() const {
  v1::ListStrategiesResponse response;
  for (const auto& [name, strategy] : live_->strategies()) *response.add_strategies() = describe(name);
  for (const yaml::Issue& issue : faults_) response.add_faults(yaml::to_string(issue));
  for (const auto& [name, why] : pin_faults_) response.add_faults(name + ": " + why);
  return response;
}

Task<Result<v1::GetStrategyResponse>> Revisions::get(std::string name, std::string revision) {
  if (!live_->strategies().contains(name)) co_return unknown_strategy(name);
  if (revision.empty()) revision = live_->strategies().at(name)->revision;
  state::StrategyText text;
  const auto present = texts_.find(revision);
  if (present != texts_.end() && files_->strategies().at(name)->revision == revision) {
    text = present->second;
  } else {
    const auto bytes = co_await store_.text(name, revision);
    if (!bytes) co_return bytes.error();
    text.ParseFromString(*bytes);
  }
  if (!live_->strategies().contains(name)) co_return unknown_strategy(name);
  v1::GetStrategyResponse response;
  *response.mutable_strategy() = describe(name);
  response.set_revision(revision);
  response.set_text(text.text());
  response.set_calendar(text.calendar_text());
  co_return response;
}

Task<Result<v1::Strategy>> Revisions::activate(std::string name, std::string revision) {
  if (!files_->strategies().contains(name)) co_return unknown_strategy(name);
  if (!revision.empty()) {
    Strategy wanted = known(revision);
    if (!wanted || wanted->name != name) {
      const auto kept = co_await from_store(name, revision);
      if (!kept) co_return kept.error();
      wanted = *kept;
    }
    std::string why;
    if (!live_->with(wanted, why)) co_return invalid_field("revision", why);
  }
  const auto in_file = files_->strategies().find(name);
  if (in_file == files_->strategies().end()) co_return unknown_strategy(name);
  const std::string file = in_file->second->revision;
  const auto pinned = co_await store_.pin(name, revision, file);
  if (!pinned) co_return pinned.error();
  spdlog::info("domain {}: strategy {}: {}", domain_, name,
               revision.empty() ? "what its file says is live" : "revision " + revision + " is live");
  const bool synced = co_await sync();
  if (!synced) {
    co_return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE,
                    .message = "it is done, but the store does not answer any more; ask again"};
  }
  if (!live_->strategies().contains(name)) co_return unknown_strategy(name);
  co_return describe(name);
}

}  // namespace expertline::evaluation
