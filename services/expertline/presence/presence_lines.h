// Presence reports as JSON lines:
//   {"expert": "ann", "state": "online", "at_ms": 1500, "source": "desk-client", "kind": "client", "note": "in late",
//    "can_im": true, "can_voice": false, "do_not_disturb": false, "ttl_s": 3600}
// Also "number" to follow, "system" and "words" of another system instead of "state", "withdraw": true.
// Only `expert` and `state` are required. `at_ms` is when the line is to be reported, counted from the start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "expertline/v1/presence.pb.h"

namespace expertline::cli {

struct PresenceLine {
  v1::PresenceReport report;  // without epoch and sequence; source and kind as in the line or unset
  int64_t at_ms = 0;
};

// The line, or what is wrong with it.
std::variant<PresenceLine, std::string> parse_presence_line(std::string_view line);

}  // namespace expertline::cli
