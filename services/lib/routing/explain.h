// A decision in full: what became of every expert in every step. Pure.
#pragma once

#include "expertline/v1/strategy.pb.h"
#include "routing/strategy.h"

namespace expertline::routing {

// Makes the decision again from its record and says of every expert why he was or was not chosen, step by step. The
// strategy is to be the revision of the record; with another one the answer is what that would have decided.
v1::ExplainedDecision explain(const Strategy& strategy, const v1::DecisionRecord& record);

}  // namespace expertline::routing
