#include "strategy-evaluation/shadow.h"

#include "routing/record.h"

namespace expertline::evaluation {

void Shadow::use(const Candidates& candidates) {
  std::map<std::string, Beside> beside;
  for (const auto& [name, strategy] : candidates) {
    const auto before = beside_.find(name);
    if (before != beside_.end() && before->second.strategy->revision == strategy->revision) {
      beside.insert(beside_.extract(before));
    } else {
      beside.emplace(name, Beside{.strategy = strategy});
    }
  }
  beside_ = std::move(beside);
}

std::shared_ptr<const routing::Strategy> Shadow::candidate(const std::string& strategy) const {
  const auto found = beside_.find(strategy);
  return found == beside_.end() ? nullptr : found->second.strategy;
}

bool agree(const routing::Strategy& a, const routing::Decision& in_a, const routing::Strategy& b,
           const routing::Decision& in_b) {
  if (in_a.kind != in_b.kind) return false;
  if (in_a.kind == routing::Decision::Kind::kDefault) {
    return in_a.default_target.SerializeAsString() == in_b.default_target.SerializeAsString();
  }
  if (a.steps[in_a.step_index].name != b.steps[in_b.step_index].name) return false;
  return in_a.kind == routing::Decision::Kind::kWait || in_a.ranked.front() == in_b.ranked.front();
}

std::optional<bool> Shadow::compare(const routing::Strategy& strategy, const routing::Decision& live,
                                    const routing::Snapshot& snapshot, const Case& what) {
  const auto found = beside_.find(strategy.name);
  if (found == beside_.end()) return std::nullopt;
  Beside& beside = found->second;
  const routing::Decision decision = routing::decide(*beside.strategy, snapshot, what.facts, what.moment);
  ++beside.decisions;
  if (agree(strategy, live, *beside.strategy, decision)) {
    ++beside.agreed;
    return true;
  }
  v1::ShadowDifference& difference = beside.differences.emplace_front();
  difference.set_session(what.session);
  difference.set_leg(what.leg);
  *difference.mutable_decision_time() = what.moment.now();
  difference.set_live(routing::in_words(strategy, live));
  difference.set_candidate(routing::in_words(*beside.strategy, decision));
  if (beside.differences.size() > kMostDifferences) beside.differences.pop_back();
  return false;
}

v1::GetShadowResponse Shadow::counts(const std::string& strategy) const {
  v1::GetShadowResponse response;
  const auto found = beside_.find(strategy);
  if (found == beside_.end()) return response;
  const Beside& beside = found->second;
  response.set_revision(beside.strategy->revision);
  response.set_decisions(beside.decisions);
  response.set_agreed(beside.agreed);
  for (const v1::ShadowDifference& difference : beside.differences) *response.add_differences() = difference;
  return response;
}

}  // namespace expertline::evaluation
