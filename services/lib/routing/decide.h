// The decision: a strategy, a snapshot and the facts of a leg go in; experts, a wait or a default target come out, and
// why. Pure: nothing is reserved, nothing is remembered. The same strategy, facts (the seed among them) and content of
// the snapshot give the same decision on every machine, in whatever order the snapshot's records arrived.
//
// Steps are tried from the leg's own on. Of one step:
//   find    -> who fits; filters of the request (asking_agent, asked_before, excluded) and of the find
//   status  -> who of them is ready for the medium
//   pick    -> at most 16 of these, in order of preference
// A step that made all its offers, or whose `expert` names nobody, is passed over at once. A step
// that finds nobody free waits if it may; its time is used up by waiting only. After the last step `otherwise` applies.
//
// Of a find with several criteria the explanation counts, as found, those who have the one that fewest have.
//
// Cost: `random` over one skill, one group or everybody does not depend on how many experts there are. The other picks
// look at each ready expert of the find; several criteria together look at each expert of the smallest of them, or
// draw from it and test when that has more than 2,048.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/reason.h"
#include "routing/snapshot.h"
#include "routing/strategy.h"

namespace expertline::routing {

// Most experts of one decision.
inline constexpr size_t kMaxRanked = 16;

struct Decision {
  enum class Kind {
    kOffer,    // ask the experts of `ranked`, the first `to` of them that can be reserved, as `step` says
    kWait,     // wait in `bucket` for at most `wait_ms`
    kDefault,  // send it to `default_target`
  };

  Kind kind = Kind::kDefault;
  size_t step_index = 0;             // kOffer, kWait
  const Step* step = nullptr;        // kOffer, kWait; belongs to the strategy
  std::vector<std::string> ranked;   // kOffer: ids in order of preference, 1 to kMaxRanked
  int to = 1;                        // kOffer: how many at once; never more than the offers the step has left
  std::string bucket;                // kWait
  int64_t wait_ms = 0;               // kWait: more than 0
  v1::DefaultTarget default_target;  // kDefault
  v1::Explanation explanation;
};

Decision decide(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts);

// Whether one expert could get the leg from this step now: kReady, or the first reason against him. kOtherExpert also
// for an expert who is not in the snapshot. Whether the step has offers left is not asked.
Reason accepts(const Strategy& strategy, size_t step_index, const Snapshot& snapshot, const v1::RoutingFacts& facts,
               std::string_view expert);

// The waiting-room bucket in which a leg waits at this step: of its find's expert, else first skill, else only group,
// else `all`. An expert who may free up for the step belongs to it (Snapshot::buckets_of).
std::string bucket_of(const Strategy& strategy, size_t step_index, const v1::RoutingFacts& facts);

}  // namespace expertline::routing
