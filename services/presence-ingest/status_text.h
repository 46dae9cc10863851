// What an expert says of himself in a short text: "in a meeting until 15:00". Pure.
//
//   text     = part, {[","] , ["and"] , part};
//   part     = state | until | back | follow;
//   state    = "available", "busy", "in a meeting", "dnd", "lunch", "offline", "automatic" ...: see kStates in the .cc;
//   until    = "until" moment | "for" length;
//   back     = "back at" moment | "back in" length;              away till then, unless a state is said too
//   follow   = "follow-me" number;                               available there, unless a state is said too
//   moment   = [day ["at"]] time | time [["on"] day];            the day is today if it is not said
//   day      = "today" | "tomorrow" | "monday" | "mon" ...;
//   time     = "9" | "9:30" | "9am" | "9:30 pm" | "15:00" | "noon" | "midnight";
//   length   = "30 minutes" | "1h30m" | "an hour" | "half an hour" ...;
//
// Upper and lower case are the same; parts come in any order, each at most once. Hours without am or pm are those of a
// 24-hour clock, and a time that has passed today is refused, not moved to the evening or to tomorrow.
#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "expertline/v1/presence.pb.h"

namespace expertline::presence {

struct Status {
  v1::PresenceState state = v1::PRESENCE_STATE_UNSPECIFIED;  // unspecified only with `automatic`
  bool do_not_disturb = false;
  bool automatic = false;  // what he said before no longer counts
  std::string number;      // to follow: +, digits, * and # only
  std::optional<absl::Time> until;
};

// What was not understood, in his own words, and what he could say.
struct NotUnderstood {
  std::string part;
  std::string why;  // "means nothing here", "has passed today" ...
  std::string hint;
};

inline constexpr absl::Duration kLongestStatus = absl::Hours(8 * 24);

// `text` is read at `now` where the zone is `zone`.
std::variant<Status, NotUnderstood> read_status(std::string_view text, absl::TimeZone zone, absl::Time now);

// The rule a number breaks, or nullopt: an optional +, then 2 to 31 digits, * or #.
std::optional<std::string> number_fault(std::string_view number);

}  // namespace expertline::presence
