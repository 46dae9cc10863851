#include "expertline/test_strategies/coverage.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <functional>

#include "yaml/yaml.h"

namespace expertline::cli {
namespace {

using Kind = CoverItem::Kind;

std::string end_name(const routing::Otherwise& end) {
  switch (end.kind) {
    case routing::Otherwise::Kind::kVoicemail:
      return "voicemail";
    case routing::Otherwise::Kind::kAgentText:
      return "agent";
    case routing::Otherwise::Kind::kRoutingPoint:
      return "routing_point";
    case routing::Otherwise::Kind::kDn:
      return "dn";
  }
  return "";
}

// Everything of a strategy that a case can reach, in an order that is the same for every copy of it.
struct Visitor {
  std::function<void(size_t step)> offer = [](size_t) {};
  std::function<void(size_t step)> wait = [](size_t) {};
  std::function<void(size_t step, size_t relax)> relax = [](size_t, size_t) {};
  std::function<void(const routing::Expression&, bool outcome)> condition = [](const routing::Expression&, bool) {};
  std::function<void(size_t end)> end = [](size_t) {};
};

void visit(const routing::Strategy& strategy, const Visitor& visitor) {
  const auto both = [&](const std::optional<routing::Expression>& condition) {
    if (!condition) return;
    visitor.condition(*condition, true);
    visitor.condition(*condition, false);
  };
  both(strategy.allow);
  for (size_t i = 0; i < strategy.steps.size(); ++i) {
    const routing::Step& step = strategy.steps[i];
    visitor.offer(i);
    both(step.only_if);
    both(step.where);
    if (step.wait_ms > 0) visitor.wait(i);
    for (size_t j = 0; j < step.relax.size(); ++j) visitor.relax(i, j);
  }
  for (size_t i = 0; i < strategy.otherwise.size(); ++i) {
    visitor.end(i);
    both(strategy.otherwise[i].only_if);
  }
}

// Which end a default decision took: the first whose condition held.
size_t end_of(const routing::Strategy& strategy, const routing::Asked& asked) {
  for (size_t i = 0; i + 1 < strategy.otherwise.size(); ++i) {
    const auto& condition = strategy.otherwise[i].only_if;
    if (!condition) return i;
    const auto found = asked.conditions.find(&*condition);
    if (found != asked.conditions.end() && found->second.held) return i;
  }
  return strategy.otherwise.size() - 1;
}

}  // namespace

size_t StrategyCoverage::covered() const {
  return static_cast<size_t>(std::count_if(items.begin(), items.end(), [](const CoverItem& i) { return i.times > 0; }));
}

void Coverage::add(const routing::Strategy& strategy, const std::string& file) {
  if (by_name_.contains(strategy.name)) return;
  StrategyCoverage& of = by_name_[strategy.name];
  of.strategy = strategy.name;
  of.file = file;
  const auto item = [&](Kind kind, int line, std::string missing) {
    of.items.push_back({.kind = kind, .line = line, .missing = std::move(missing)});
  };
  const auto step = [&](size_t i) -> const routing::Step& { return strategy.steps[i]; };
  visit(
      strategy,
      {.offer =
           [&](size_t i) {
             item(Kind::kOffer, step(i).line, absl::StrCat("step \"", step(i).name, "\": never asks anybody"));
           },
       .wait =
           [&](size_t i) { item(Kind::kWait, step(i).line, absl::StrCat("step \"", step(i).name, "\": never waits")); },
       .relax =
           [&](size_t i, size_t j) {
             const routing::Relax& relax = step(i).relax[j];
             item(Kind::kRelax, relax.line,
                  absl::StrCat("step \"", step(i).name, "\": never relaxes after ",
                               yaml::duration_text(relax.after_ms)));
           },
       .condition =
           [&](const routing::Expression& condition, bool outcome) {
             item(Kind::kCondition, condition.line,
                  absl::StrCat(condition.place, ": never ", outcome ? "true" : "false"));
           },
       .end =
           [&](size_t i) {
             item(Kind::kEnd, strategy.otherwise[i].line,
                  absl::StrCat("otherwise, ", end_name(strategy.otherwise[i]), ": never happens"));
           }});
}

void Coverage::note(const routing::Strategy& strategy, const routing::Decision& decision, const routing::Asked& asked) {
  const auto of = by_name_.find(strategy.name);
  if (of == by_name_.end()) return;
  size_t at = 0;
  const auto reached = [&](bool yes) { of->second.items[at++].times += yes ? 1 : 0; };
  using Decided = routing::Decision::Kind;
  const auto here = [&](size_t step) { return decision.kind != Decided::kDefault && decision.step_index == step; };
  visit(strategy,
        {.offer = [&](size_t i) { reached(decision.kind == Decided::kOffer && here(i)); },
         .wait = [&](size_t i) { reached(decision.kind == Decided::kWait && here(i)); },
         .relax =
             [&](size_t i, size_t j) {
               const int steps = decision.explanation.steps_size();
               reached(here(i) && steps > 0 &&
                       decision.explanation.steps(steps - 1).relaxed_size() > static_cast<int>(j));
             },
         .condition =
             [&](const routing::Expression& condition, bool outcome) {
               const auto found = asked.conditions.find(&condition);
               reached(found != asked.conditions.end() && (outcome ? found->second.held : found->second.held_not));
             },
         .end = [&](size_t i) { reached(decision.kind == Decided::kDefault && end_of(strategy, asked) == i); }});
}

void Coverage::note(const routing::Strategy& strategy, const routing::Asked& asked) {
  routing::Decision none;
  none.kind = routing::Decision::Kind::kOffer;
  none.step_index = strategy.steps.size();
  note(strategy, none, asked);
}

std::vector<StrategyCoverage> Coverage::strategies() const {
  std::vector<StrategyCoverage> all;
  for (const auto& [name, of] : by_name_) all.push_back(of);
  return all;
}

double Coverage::percent() const {
  size_t covered = 0, items = 0;
  for (const auto& [name, of] : by_name_) {
    covered += of.covered();
    items += of.items.size();
  }
  return items == 0 ? 100 : 100.0 * static_cast<double>(covered) / static_cast<double>(items);
}

}  // namespace expertline::cli
