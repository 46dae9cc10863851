// The walk over the steps: what making a decision, recording and explaining it share.
#pragma once

#include "routing/decide.h"
#include "routing/expressions.h"

namespace expertline::routing {

// decide() with the expressions made for it, which know afterwards what they were asked.
Decision decide_with(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                     const v1::Moment& moment, Expressions& expressions);

// The key of a step's random draws. A leg that comes back to a step, with more experts asked, draws anew.
uint64_t draw_key(const v1::RoutingFacts& facts, size_t step_index);

// The step with which the decision of a leg begins.
inline size_t first_step(const v1::RoutingFacts& facts) { return static_cast<size_t>(std::max(facts.step(), 0)); }

// Whether a step came so far that experts were looked at.
bool looked_for_experts(const v1::StepTrace& trace);

// Calls visit(expression) for each expression that has a part in decisions: not those of previews and of what is
// attached.
template <typename Visit>
void each_deciding_expression(const Strategy& strategy, Visit&& visit) {
  const auto maybe = [&](const std::optional<Expression>& expression) {
    if (expression) visit(*expression);
  };
  maybe(strategy.allow);
  maybe(strategy.priority);
  for (const Step& step : strategy.steps) {
    maybe(step.only_if);
    maybe(step.find.expert);
    for (const Expression& expression : step.find.exclude) visit(expression);
    maybe(step.where);
    maybe(step.weight);
  }
  for (const Otherwise& otherwise : strategy.otherwise) {
    maybe(otherwise.only_if);
    for (const auto& part : otherwise.text) {
      if (const auto* expression = std::get_if<Expression>(&part)) visit(*expression);
    }
  }
}

}  // namespace expertline::routing
