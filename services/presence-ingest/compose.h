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
  std::string note;                 // of the winner, unless it is private
  std::string number;               // at which he takes calls, if somebody said one
  int64_t due_ms = 0;               // when the first of them expires; 0: never
};

// What else counts beside the observations.
struct Circumstances {
  int64_t now_ms = 0;          // of the store's clock
  bool in_our_call = false;    // he holds a voice leg of ours, so "on the phone" is that call
  bool busy_takes_im = false;  // policy
};

// At most one observation of a source, in any order.
Composed compose(std::vector<state::Observation> observations, const Circumstances& circumstances);

}  // namespace expertline::presence
