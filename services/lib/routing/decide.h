// The decision: a strategy, a snapshot, the facts of a leg and the moment go in; experts, a wait or a default target
// come out, and why. Pure: nothing is reserved, nothing is remembered. The same strategy, facts (the seed among them),
// moment and content of the snapshot give the same decision on every machine, in whatever order the snapshot's records
// arrived. README.md draws the way of a decision.
//
// Steps are tried from the leg's own on. Of one step:
//   only_if -> whether it is tried at all; asked when the leg comes to it, not again while it stays there
//   relax   -> what the step asks for after the leg has waited in it
//   find    -> who fits; filters of the request (asking_agent, asked_before, excluded) and of the find
//   status  -> who of them is ready for the medium, or with `states` in one of these and able to receive
//   where   -> who of them it holds for
//   pick    -> at most 16 of these, in order of preference
// A step that made all its offers, or whose `expert` names nobody, is passed over at once. A step that finds nobody
// free waits if it may; its time is used up by waiting only. After the last step the first `otherwise` that holds
// applies.
//
// Whoever let an offer run out comes once more, after all others, where the step says `ask_again`.
//
// Of a find with several criteria the explanation counts, as found, those who have the one that fewest have.
//
// Cost: `random` over one skill, one group or everybody does not depend on how many experts there are; each other pick
// looks at every ready expert of the find. With several criteria, `states` or `where` each expert of the rarest
// criterion is looked at, if that has at most kMostCounted. Beyond it nobody is counted but those who are ready for the
// medium (with `states` those who have the criterion), and of these at most kMostTested are tested: with `random` and
// `weighted` those drawn at random, with the other picks in order of preference, until 16 are found.
// StepTrace.tested says how many. An expression may do kExpressionCost units of work (cel::Budget), all of a decision
// together kDecisionCost: what has not come to an end by then does not hold, and the explanation says so.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "routing/reason.h"
#include "routing/snapshot.h"
#include "routing/strategy.h"

namespace expertline::routing {

// Most experts of one decision.
inline constexpr size_t kMaxRanked = 16;
// Up to so many experts of the rarest criterion each one is looked at and counted by his reason: below a millisecond.
inline constexpr size_t kMostCounted = 2'048;
// Most experts of one step to whom `where` and `weight` are put when there are more: some milliseconds.
inline constexpr size_t kMostTested = 16'384;
// A condition on a dozen names needs about 50 units; 10,000 are a loop in a loop over lists of a hundred, or 0.1 ms.
inline constexpr uint64_t kExpressionCost = 10'000;
// The condition above for all of kMostTested, or about 10 ms.
inline constexpr uint64_t kDecisionCost = 1'000'000;

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
  int64_t wait_ms = 0;               // kWait: more than 0; how long this step may still wait in all
  int64_t until_ms = 0;              // kWait: after so much of it (at most wait_ms) decide again: the step relaxes.
                                     // kOffer: the same if it has to wait behind an earlier leg; 0: it does not relax
  v1::DefaultTarget default_target;  // kDefault
  int priority = 0;                  // -1000 to 1000, higher is served first
  v1::Explanation explanation;
};

// Which conditions were asked and what came out, over any number of decisions; for the coverage of tests.
struct Asked {
  struct Outcomes {
    bool held = false;
    bool held_not = false;  // also if it had no value
  };
  std::map<const Expression*, Outcomes> conditions;  // allow, only_if (of steps and of otherwise), where
};

Decision decide(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                const v1::Moment& moment, Asked* asked = nullptr);

// Whether one expert could get the leg from this step now: kReady, or the first reason against him. kOtherExpert also
// for an expert who is not in the snapshot. `only_if` and whether the step has offers left are not asked.
Reason accepts(const Strategy& strategy, size_t step_index, const Snapshot& snapshot, const v1::RoutingFacts& facts,
               const v1::Moment& moment, std::string_view expert);

// The waiting-room bucket in which a leg waits at this step, after what is relaxed by now: of its find's expert, else
// first skill, else only group, else `all`. An expert who may free up for the step belongs to it
// (Snapshot::buckets_of).
std::string bucket_of(const Strategy& strategy, size_t step_index, const Snapshot& snapshot,
                      const v1::RoutingFacts& facts, const v1::Moment& moment);

// The states that a leg in this step asks for by now; none: whom presence lets through.
std::vector<v1::PresenceState> states_asked(const Strategy& strategy, size_t step_index, const v1::RoutingFacts& facts);

// What `allow` says of a request.
v1::AdmitResponse admit(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                        const v1::Moment& moment, Asked* asked = nullptr);

// True if a decision of this strategy reads queue.waiting or queue.longest_wait: only then need the moment have them.
bool reads_queue(const Strategy& strategy);

}  // namespace expertline::routing
