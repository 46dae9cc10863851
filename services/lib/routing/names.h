// The names that expressions of a strategy may use, and what they stand for in one decision. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "cel/program.h"
#include "routing/strategy.h"

namespace expertline::routing {

// Numbers of the fixed names; user data follow from kUserData on, in order of declaration.
enum class NameNumber : size_t {
  kAgentId,
  kAgentName,
  kAgentSite,
  kAgentGroups,
  kAgentLanguages,
  kAgentAttributes,
  kInteractionId,
  kInteractionCaseKey,
  kInteractionChannel,
  kInteractionCustomerId,
  kInteractionStarted,
  kInteractionLastExpert,
  kInteractionBucket,
  kExpertId,
  kExpertName,
  kExpertSite,
  kExpertLanguages,
  kExpertSkills,
  kExpertGroups,
  kExpertAttributes,
  kExpertState,
  kExpertNote,
  kExpertIdleFor,
  kExpertLoad,
  kExpertOffersToday,
  kExpertMedia,
  kExpertDn,
  kQueueWaiting,
  kQueueLongestWait,
  kHoursOpen,
  kNow,
  kWaited,
  kUserData,
};

// agent: id, name, site: string; groups, languages: list(string); attributes: map(string, string).
// interaction: id, case_key, channel, customer_id, last_expert: string; started: timestamp; bucket: int, 0 to 99, the
// same for every decision of one interaction.
// expert: id, name, site, state, note: string (state: online, busy, away, on_the_phone, appear_offline, offline);
// languages, groups: list(string); media: list(string), in the order in which he likes them; skills: map(string, int);
// attributes: map(string, dyn); dn: map(string, string) by medium; idle_for: duration (0 while he holds a leg; since
// the store's clock began if he never held one); load: double, the used share of his capacity for the medium;
// offers_today: int, on a day of his zone.
// queue: waiting: int, longest_wait: duration: of the routing point. hours.open: bool. now: timestamp. waited:
// duration. user_data.<key> as declared. ready(skill), ready(skill, level): int, how many are ready for the medium with
// that skill at that level or better. A text that is empty and a value that is not known are absent; user data are as
// they were sent, an empty text included.
cel::Environment environment(const std::vector<Declared>& user_data);

// Numbers of the functions.
enum class FunctionNumber : size_t { kReady, kReadyAtLevel };

inline bool is_expert_name(size_t number) {
  return number >= static_cast<size_t>(NameNumber::kExpertId) && number <= static_cast<size_t>(NameNumber::kExpertDn);
}
inline bool is_queue_name(size_t number) {
  return number == static_cast<size_t>(NameNumber::kQueueWaiting) ||
         number == static_cast<size_t>(NameNumber::kQueueLongestWait);
}

}  // namespace expertline::routing
