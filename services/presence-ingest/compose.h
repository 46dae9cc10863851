// One truth out of what several sources say of an expert. Pure; the rules and their order are in docs/presence.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "state/expert_store.h"

namespace expertline::presence {

struct Composed {
  v1::PresenceState state = v1::PRESENCE_STATE_OFFLINE;
  bool do_not_disturb = false;
  bool im = false;                  // presence allows IM
  bool voice = false;               // presence allows voice
  std::string winner;               // source; empty if nobody says anything
  std::vector<std::string> losers;  // sources that say something else, in order of id
  std::string reason;               // which rule decided
  std::string note;                 // of the winner
  int64_t due_ms = 0;               // when the first of them expires; 0: never
};

// `now_ms` is of the store's clock. At most one observation of a source, in any order.
Composed compose(std::vector<state::Observation> observations, int64_t now_ms);

}  // namespace expertline::presence
