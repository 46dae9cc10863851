#include "expertline/diff/compare.h"

#include <algorithm>
#include <optional>

#include "routing/decide.h"
#include "routing/record.h"
#include "strategy-evaluation/shadow.h"

namespace expertline::cli {
namespace {

using routing::Decision;

const char* word(Decision::Kind kind) {
  switch (kind) {
    case Decision::Kind::kOffer:
      return "offer";
    case Decision::Kind::kWait:
      return "wait";
    case Decision::Kind::kDefault:
      return "default routing";
  }
  return "";
}

std::string kind_of(const Decision& before, const Decision& after) {
  if (before.kind != after.kind) return std::string(word(after.kind)) + " instead of " + word(before.kind);
  if (before.kind == Decision::Kind::kDefault) return "another default target";
  return before.step->name == after.step->name ? "another expert" : "another step";
}

// The facts as they are for `after`; nothing if it has not the step.
std::optional<v1::RoutingFacts> facts_for(const routing::Strategy& before, const routing::Strategy& after,
                                          const v1::RoutingFacts& facts) {
  const auto step = static_cast<size_t>(std::max(facts.step(), 0));
  if (step == 0) return facts;
  v1::RoutingFacts changed = facts;
  if (step >= before.steps.size()) {
    changed.set_step(static_cast<int32_t>(after.steps.size()));
    return changed;
  }
  const auto same = std::find_if(after.steps.begin(), after.steps.end(),
                                 [&](const routing::Step& one) { return one.name == before.steps[step].name; });
  if (same == after.steps.end()) return std::nullopt;
  changed.set_step(static_cast<int32_t>(same - after.steps.begin()));
  return changed;
}

}  // namespace

Comparison compare(const routing::Strategy& before, const routing::Strategy& after,
                   const std::vector<v1::DecisionRecord>& records) {
  Comparison comparison;
  for (const v1::DecisionRecord& record : records) {
    const auto facts = facts_for(before, after, record.facts());
    if (!facts) {
      ++comparison.without_step;
      continue;
    }
    routing::Snapshot snapshot;
    for (const v1::ExpertRecord& expert : record.experts()) snapshot.apply(expert);
    const Decision old = routing::decide(before, snapshot, record.facts(), record.moment());
    const Decision now = routing::decide(after, snapshot, *facts, record.moment());
    if (record.others() > 0) ++comparison.partial;
    if (record.redacted()) ++comparison.redacted;
    if (evaluation::agree(before, old, after, now)) {
      ++comparison.same;
      continue;
    }
    const std::string kind = kind_of(old, now);
    ++comparison.kinds[kind];
    comparison.differences.push_back({.session = record.session(),
                                      .leg = record.leg(),
                                      .time = record.moment().now(),
                                      .kind = kind,
                                      .before = routing::in_words(before, old),
                                      .after = routing::in_words(after, now)});
  }
  return comparison;
}

}  // namespace expertline::cli
