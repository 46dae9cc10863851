#include "strategy/registry.h"

#include <algorithm>

namespace expertline::strategy {
namespace {

struct Bound {
  std::string file;
  yaml::Mark mark;
};

std::string place(const Bound& bound) { return bound.file + ":" + std::to_string(bound.mark.line); }

}  // namespace

std::pair<std::shared_ptr<const Registry>, std::vector<yaml::Issue>> Registry::load(
    const std::vector<SourceFile>& files, const Registry* previous) {
  auto registry = std::make_shared<Registry>();
  if (previous != nullptr) registry->by_revision_ = previous->by_revision_;
  std::vector<yaml::Issue> issues;
  std::map<std::string, Bound> points;
  std::map<std::string, Bound> names;
  std::map<std::string, std::pair<std::string, Bound>> sends;  // routing point -> where `otherwise` sends it
  for (const SourceFile& file : files) {
    Loaded loaded = strategy::load(file.name, file.text);
    issues.insert(issues.end(), loaded.issues.begin(), loaded.issues.end());
    if (!loaded.strategy) continue;
    const routing::Strategy& strategy = *loaded.strategy;
    const auto claim = [&](std::map<std::string, Bound>& claimed, const std::string& what, const std::string& name,
                           yaml::Mark mark) {
      const auto [first, inserted] = claimed.try_emplace(name, Bound{file.name, mark});
      if (!inserted)
        issues.push_back({file.name, mark, "bound_twice", what + name + " is taken", place(first->second)});
    };
    claim(names, "the strategy name ", strategy.name, loaded.name_mark);
    for (size_t i = 0; i < strategy.routing_points.size(); ++i) {
      const std::string& point = strategy.routing_points[i];
      claim(points, "the routing point ", point, loaded.routing_point_marks[i]);
      registry->by_point_.emplace(point, loaded.strategy);
      if (strategy.otherwise.kind == routing::Otherwise::Kind::kRoutingPoint) {
        sends.emplace(point, std::pair(std::get<std::string>(strategy.otherwise.text.front()),
                                       Bound{file.name, loaded.otherwise_mark}));
      }
    }
    registry->by_revision_[strategy.revision] = loaded.strategy;
  }
  for (const auto& [point, send] : sends) {
    auto at = sends.find(send.first);
    for (size_t i = 0; i < sends.size() && at != sends.end() && at->first != point; ++i)
      at = sends.find(at->second.first);
    if (at != sends.end() && at->first == point) {
      issues.push_back({send.second.file, send.second.mark, "routing_loop",
                        "what is not taken at " + point + " comes back to it", ""});
    }
  }
  if (!issues.empty()) return {nullptr, std::move(issues)};
  return {std::move(registry), {}};
}

std::shared_ptr<const routing::Strategy> Registry::at(const std::string& routing_point) const {
  const auto found = by_point_.find(routing_point);
  return found == by_point_.end() ? nullptr : found->second;
}

std::shared_ptr<const routing::Strategy> Registry::revision(const std::string& revision) const {
  const auto found = by_revision_.find(revision);
  return found == by_revision_.end() ? nullptr : found->second;
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
  }
  return out;
}

}  // namespace expertline::strategy
