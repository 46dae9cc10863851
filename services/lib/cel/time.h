// Timestamps and durations: text forms, arithmetic within their ranges, and the calendar in a time zone.
#pragma once

#include <absl/time/civil_time.h>

#include <optional>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace expertline::cel {

// RFC 3339, with `T`, `Z` in capitals: 2024-02-29T12:00:00.5+01:00. Nothing if it is none or out of range.
std::optional<Timestamp> parse_timestamp(std::string_view text);
// In UTC, with as many digits after the point as it needs.
std::string format(Timestamp timestamp);

// Numbers with units h, m, s, ms, us, ns, one after the other: 1h30m, -1.5h, 100ms; also 0. Parts of a nanosecond are
// dropped. Nothing if it is none or out of range.
std::optional<Duration> parse_duration(std::string_view text);
// In seconds, with as many digits after the point as it needs: 90s, -0.5s.
std::string format(Duration duration);

// Nothing: out of range.
std::optional<Timestamp> timestamp_of(int64_t unix_seconds);
std::optional<Timestamp> add(Timestamp a, Duration b);
std::optional<Timestamp> subtract(Timestamp a, Duration b);
std::optional<Duration> subtract(Timestamp a, Timestamp b);
std::optional<Duration> add(Duration a, Duration b);
std::optional<Duration> subtract(Duration a, Duration b);
std::optional<Duration> duration_of(__int128 nanoseconds);

int64_t nanoseconds(Duration duration);  // of one in range

// A time zone by its IANA name, `UTC`, or an offset `+01:00`, `-09:30`, `02:00`. The civil time there; nothing if there
// is no such zone. The machine's own zone cannot be asked for.
std::optional<absl::CivilSecond> civil_time(Timestamp timestamp, std::string_view zone);

}  // namespace expertline::cel
