// What would come of a request now: for an agent who has not asked yet. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "routing/decide.h"

namespace expertline::routing {

// All of v1::Availability but `expected_wait` where somebody would have to wait. `moment` must have the queue.
v1::Availability assess(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                        const v1::Moment& moment);

// How long the next one waits behind `waiting` others, in milliseconds: as if waits went on ending as often as they did
// between the first of `ended` (moments, in any order) and now. Nothing if fewer than three ended.
std::optional<int64_t> expected_wait_ms(std::span<const int64_t> ended, int64_t now_ms, int waiting);

}  // namespace expertline::routing
