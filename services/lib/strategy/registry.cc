#include "strategy/registry.h"

#include <algorithm>
#include <set>

#include "strategy/calendar.h"

namespace expertline::strategy {
namespace {

// A key of the whole file that is nearly one of `keys`.
bool has_key_like(std::string_view text, const std::vector<std::string>& keys) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const size_t colon = text.substr(at, end - at).find(':');
    if (colon != std::string_view::npos && yaml::nearest(text.substr(at, colon), keys)) return true;
    at = end + 1;
  }
  return false;
}

// A line of the text begins with `key:`.
bool has_key(std::string_view text, std::string_view key) {
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with(key) && text.substr(at + key.size()).starts_with(':')) return true;
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return false;
    at = end + 1;
  }
  return false;
}

bool failed(const std::vector<yaml::Issue>& issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const yaml::Issue& issue) { return issue.severity == yaml::Issue::Severity::kError; });
}

// Where strategies send what they do not take. They are numbered.
struct Ways {
  std::map<std::string, size_t> owners;       // by routing point
  std::vector<std::vector<std::string>> out;  // by strategy: the routing points of its `otherwise`
};

// "p, q, p" if what is sent to `point` may come back to the strategy `home`; else empty. A condition on the way does
// not make a circle harmless.
std::string way_back(const Ways& ways, const std::string& point, size_t home) {
  std::map<size_t, std::pair<size_t, std::string>> from;  // by strategy: where it came from, and to which point
  std::vector<size_t> next;
  const auto go = [&](const std::string& to, size_t source) {
    const auto owner = ways.owners.find(to);
    if (owner == ways.owners.end()) return;
    if (from.try_emplace(owner->second, source, to).second) next.push_back(owner->second);
  };
  go(point, home);
  for (size_t i = 0; i < next.size() && !from.contains(home); ++i) {
    for (const std::string& to : ways.out[next[i]]) go(to, next[i]);
  }
  if (!from.contains(home)) return {};
  std::string way;
  size_t at = home;
  do {
    const auto& [source, to] = from.at(at);
    way = to + (way.empty() ? "" : ", " + way);
    at = source;
  } while (at != home);
  return way;
}

// The routing points that a strategy sends to; each is a plain text.
std::vector<std::string> sends_to(const routing::Strategy& strategy) {
  std::vector<std::string> points;
  for (const routing::Otherwise& otherwise : strategy.otherwise) {
    if (otherwise.kind == routing::Otherwise::Kind::kRoutingPoint) {
      points.push_back(std::get<std::string>(otherwise.text.at(0)));
    }
  }
  return points;
}

}  // namespace

FileKind kind_of(const SourceFile& file) {
  if (file.name.ends_with(".test.yaml")) return FileKind::kTest;
  if (file.name.ends_with(".shadow.yaml")) return FileKind::kCandidate;
  if (has_key(file.text, "strategy")) return FileKind::kStrategy;
  if (has_key(file.text, "calendar")) return FileKind::kCalendar;
  if (has_key(file.text, "experts")) return FileKind::kRoster;
  if (has_key(file.text, "systems")) return FileKind::kMapping;
  if (has_key(file.text, "sources")) return FileKind::kSources;
  // With a slip of the hand; a strategy has steps.
  const bool steps = has_key_like(file.text, {"strategy", "steps"});
  if (!steps && has_key_like(file.text, {"calendar", "zone"})) return FileKind::kCalendar;
  if (!steps && has_key_like(file.text, {"experts"})) return FileKind::kRoster;
  return FileKind::kStrategy;
}

class RegistryLoader {
 public:
  RegistryLoader(const std::vector<SourceFile>& files, std::shared_ptr<const Directory> directory) : files_(files) {
    world_.directory = std::move(directory);
  }

  Registry::Result load(const Registry* previous) {
    if (previous != nullptr) registry_->by_revision_ = previous->by_revision_;
    for (const SourceFile& file : files_) {
      issues_.emplace_back(file.name).read(file.text);
      read_.emplace_back();
    }
    for (size_t i = 0; i < files_.size(); ++i) {
      if (kind_of(files_[i]) == FileKind::kCalendar) calendar(i);
    }
    for (size_t i = 0; i < files_.size(); ++i) {
      const FileKind kind = kind_of(files_[i]);
      if (kind == FileKind::kStrategy || kind == FileKind::kCandidate) strategy(i, kind == FileKind::kCandidate);
    }
    for (size_t i = 0; i < files_.size(); ++i) candidate(i);
    find_loops();
    check_targets();
    std::vector<yaml::Issue> all;
    for (size_t i = 0; i < files_.size(); ++i) {
      std::vector<yaml::Issue>& own = read_[i].issues;
      for (yaml::Issue& issue : issues_[i].take()) own.push_back(std::move(issue));
      std::stable_sort(own.begin(), own.end(), [](const auto& a, const auto& b) { return a.mark < b.mark; });
      all.insert(all.end(), own.begin(), own.end());
    }
    if (failed(all)) return {nullptr, std::move(all)};
    return {std::move(registry_), std::move(all)};
  }

 private:
  struct Claim {
    size_t file;
    yaml::Mark mark;
  };
  using Claims = std::map<std::string, Claim>;

  // The first to name it has it.
  void claim(Claims& claims, const std::string& what, const std::string& name, size_t file, yaml::Mark mark) {
    if (name.empty()) return;
    const auto [first, inserted] = claims.try_emplace(name, Claim{file, mark});
    if (inserted) return;
    const Claim& other = first->second;
    issues_[file].add(mark, "bound_twice", what + " " + name + " is taken",
                      "by " + files_[other.file].name + ":" + std::to_string(other.mark.line));
  }

  void calendar(size_t file) {
    LoadedCalendar loaded = load_calendar(files_[file].name, files_[file].text);
    read_[file].issues = std::move(loaded.issues);
    claim(calendars_, "the calendar", loaded.name, file, loaded.name_mark);
    if (loaded.name.empty()) return;
    // One with faults is known all the same, so that those who name it are not told of its faults as well.
    auto known = loaded.calendar ? loaded.calendar : std::make_shared<routing::Calendar>();
    world_.calendars.try_emplace(loaded.name, NamedCalendar{std::move(known), revision_of(files_[file].text)});
  }

  void strategy(size_t file, bool is_candidate) {
    Loaded& loaded = read_[file];
    loaded = strategy::load(files_[file].name, files_[file].text, world_);
    claim(is_candidate ? candidate_names_ : names_, is_candidate ? "the candidate for" : "the strategy name",
          loaded.name, file, loaded.name_mark);
    if (!is_candidate) {
      for (const auto& [point, mark] : loaded.routing_points) {
        claim(points_, "the routing point", point, file, mark);
        if (loaded.strategy) registry_->by_point_.emplace(point, loaded.strategy);
      }
    }
    if (!loaded.strategy) return;
    auto& named = is_candidate ? registry_->candidates_ : registry_->by_name_;
    named.emplace(loaded.name, loaded.strategy);
    registry_->by_revision_[loaded.strategy->revision] = loaded.strategy;
    registry_->texts_[loaded.strategy->revision] = files_[file].text;
  }

  void candidate(size_t file) {
    const Loaded& loaded = read_[file];
    if (kind_of(files_[file]) != FileKind::kCandidate || loaded.name.empty() || names_.contains(loaded.name)) return;
    issues_[file].warn(loaded.name_mark, "shadow_of_nothing", "there is no live strategy " + loaded.name,
                       "a candidate has the name of the strategy beside which it decides");
  }

  void find_loops() {
    Ways ways;
    for (const auto& [point, bound] : points_) ways.owners[point] = bound.file;
    for (const Loaded& loaded : read_) {
      std::vector<std::string>& out = ways.out.emplace_back();
      for (const Sent& sent : loaded.sends) {
        if (!sent.voice) out.push_back(sent.routing_point);
      }
    }
    for (size_t file = 0; file < files_.size(); ++file) {
      if (kind_of(files_[file]) != FileKind::kStrategy) continue;
      for (const Sent& sent : read_[file].sends) {
        const std::string way = sent.voice ? "" : way_back(ways, sent.routing_point, file);
        if (way.empty()) continue;
        issues_[file].add(sent.mark, "routing_loop", "what is not taken here comes back: " + way,
                          "one of them must end elsewhere");
      }
    }
  }

  void check_targets() {
    for (size_t file = 0; file < files_.size(); ++file) {
      if (kind_of(files_[file]) != FileKind::kStrategy && kind_of(files_[file]) != FileKind::kCandidate) continue;
      for (const Sent& sent : read_[file].sends) {
        const auto owner = points_.find(sent.routing_point);
        if (owner == points_.end()) {
          std::vector<std::string> known;
          for (const auto& [point, bound] : points_) known.push_back(point);
          const std::string hint = yaml::did_you_mean(sent.routing_point, known);
          issues_[file].warn(sent.mark, "unbound_routing_point",
                             "no strategy here is on the routing point " + sent.routing_point,
                             hint.empty() ? "all is well if it is the platform's own" : hint);
          continue;
        }
        const auto& strategy = read_[owner->second.file].strategy;
        if (sent.voice && strategy && strategy->medium != "voice") {
          issues_[file].warn(sent.mark, "not_voice",
                             "the strategy on " + sent.routing_point + " is for " + strategy->medium + ", not voice");
        }
      }
    }
  }

  const std::vector<SourceFile>& files_;
  World world_;
  std::vector<yaml::Issues> issues_;  // across files, by file
  std::vector<Loaded> read_;          // by file
  Claims points_, names_, candidate_names_, calendars_;
  std::shared_ptr<Registry> registry_ = std::make_shared<Registry>();
};

Registry::Result Registry::load(const std::vector<SourceFile>& files, const Registry* previous,
                                std::shared_ptr<const Directory> directory) {
  return RegistryLoader(files, std::move(directory)).load(previous);
}

std::shared_ptr<const routing::Strategy> Registry::at(const std::string& routing_point) const {
  const auto found = by_point_.find(routing_point);
  return found == by_point_.end() ? nullptr : found->second;
}

std::shared_ptr<const routing::Strategy> Registry::revision(const std::string& revision) const {
  const auto found = by_revision_.find(revision);
  return found == by_revision_.end() ? nullptr : found->second;
}

const std::string* Registry::text(const std::string& revision) const {
  const auto found = texts_.find(revision);
  return found == texts_.end() ? nullptr : &found->second;
}

std::shared_ptr<const Registry> Registry::with(const std::shared_ptr<const routing::Strategy>& other,
                                               std::string& why) const {
  auto registry = std::make_shared<Registry>(*this);
  std::erase_if(registry->by_point_, [&](const auto& bound) { return bound.second->name == other->name; });
  for (const std::string& point : other->routing_points) {
    const auto [bound, is_free] = registry->by_point_.emplace(point, other);
    if (!is_free) {
      why = "its routing point " + point + " is taken by the strategy " + bound->second->name;
      return nullptr;
    }
  }
  registry->by_name_[other->name] = other;
  Ways ways;
  size_t home = 0;  // a circle that was not there before goes through the new one
  for (const auto& [name, strategy] : registry->by_name_) {
    if (strategy == other) home = ways.out.size();
    for (const std::string& point : strategy->routing_points) ways.owners[point] = ways.out.size();
    ways.out.push_back(sends_to(*strategy));
  }
  for (const std::string& point : ways.out[home]) {
    const std::string way = way_back(ways, point, home);
    if (way.empty()) continue;
    why = "what it does not take would come back to it: " + way;
    return nullptr;
  }
  registry->by_revision_[other->revision] = other;
  return registry;
}

std::vector<v1::RoutingPoint> Registry::routing_points() const {
  std::vector<v1::RoutingPoint> out;
  for (const auto& [id, strategy] : by_point_) {
    v1::RoutingPoint& point = out.emplace_back();
    point.set_id(id);
    point.set_medium(strategy->medium);
    point.set_strategy(strategy->name);
    point.set_revision(strategy->revision);
    for (const v1::VoicePolicy& policy : strategy->voice) *point.add_voice() = policy;
    point.mutable_hold_expert()->set_seconds(strategy->hold_expert_ms / 1000);
    point.mutable_hold_expert()->set_nanos(static_cast<int32_t>(strategy->hold_expert_ms % 1000 * 1'000'000));
    point.set_restricted(strategy->allow.has_value());
    for (const routing::Declared& declared : strategy->user_data) {
      if (declared.secret) point.add_secret_keys(declared.key);
    }
  }
  return out;
}

}  // namespace expertline::strategy
