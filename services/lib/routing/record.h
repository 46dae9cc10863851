// A decision with all that went into it, so that it can be made again and explained. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "expertline/v1/strategy.pb.h"
#include "routing/decide.h"

namespace expertline::routing {

// The record of a decision that was made on this snapshot; session, leg and who was reserved are the caller's to add.
// It has all experts if there are at most `most_experts`, else those who have a criterion of a step that was tried.
// Values of secret user data, and of keys that are not declared, are left out.
v1::DecisionRecord record_of(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                             const v1::Moment& moment, const Decision& decision, size_t most_experts = 5'000);

// A decision in words, for lists and comparisons: `offer in "local specialist" to ann, bob`, `wait in "any"`,
// `voicemail mortgage-team`, `agent "Nobody is free."`. An offer names the first `to` experts only.
std::string in_words(const Strategy& strategy, const Decision& decision);
// The same; the first expert only, as a record does not know how many were to be asked at once.
std::string in_words(const v1::DecisionRecord& record);

}  // namespace expertline::routing
