// Why an expert is not taken. The names are the ones in explanations, metrics and docs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace expertline::routing {

// An expert who is dropped for several reasons is counted under the first that applies: those of the request, then
// those of the step's find, then his own status in the order written here, then `where`.
enum class Reason : uint8_t {
  // Status of an expert for one medium.
  kReady,          // ready
  kNoMedium,       // no_medium: cannot take this medium, or with a capacity of 0
  kRetired,        // retired: left the directory while he still held a session
  kDoNotDisturb,   // do_not_disturb
  kOffline,        // offline: not routable by presence, being offline; the next four likewise
  kAway,           // away
  kBusy,           // busy
  kOnThePhone,     // on_the_phone
  kAppearOffline,  // appear_offline
  kNotRoutable,    // not_routable: by presence, though online (such as IM off)
  kOffHours,       // off_hours: a guard rail of his own keeps offers from him now; the next four likewise
  kCoolDown,       // cool_down: he declined a moment ago
  kPaused,         // paused: he let too many offers in a row run out
  kHourLimit,      // hour_limit: had as many offers as he may have within an hour
  kDayLimit,       // day_limit: had as many offers as he may have today
  kNoDesk,         // no_desk: no desk is connected that could show him anything
  kAtCapacity,     // at_capacity: holds as many legs as he may
  kWrapUp,         // wrap_up: would have room if he had finished wrapping up
  // The request.
  kAskingAgent,  // asking_agent: he is the agent who asks
  kAskedBefore,  // asked_before: he was asked for this leg, or could not be reached
  kExcluded,     // excluded: by the step
  // The step's find.
  kSkill,        // skill: lacks a skill
  kSkillLevel,   // skill_level: has the skill at another level
  kGroup,        // group: in none of the groups
  kOtherExpert,  // other_expert: not the one who is named
  kStates,       // states: asked in the place of presence, from `offline` to `not_routable`, by a find with states
  // Asked last, of those who are ready.
  kWhere,   // where: the condition does not hold
  kWeight,  // weight: with `weighted`, his weight is not more than 0
};

// How many reasons are a status.
inline constexpr size_t kStatusCount = static_cast<size_t>(Reason::kWrapUp) + 1;

inline constexpr size_t kReasonCount = static_cast<size_t>(Reason::kWeight) + 1;

// It is his own status, not the request or the step, that keeps him.
inline constexpr bool is_status(Reason reason) {
  return reason != Reason::kReady && static_cast<size_t>(reason) < kStatusCount;
}

std::string_view reason_name(Reason reason);

}  // namespace expertline::routing
