// When a place is open: hours by day of the week in a time zone, and days that are different. Pure, once made.
#pragma once

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace expertline::routing {

// Minutes after midnight, 0 <= from < to <= 1440. A clock change makes the day's parts longer or shorter.
struct OpenTime {
  int from = 0;
  int to = 0;

  bool operator==(const OpenTime&) const = default;
};

struct Calendar {
  std::string name;
  std::string description = {};
  absl::TimeZone zone = absl::UTCTimeZone();
  std::array<std::vector<OpenTime>, 7> week = {};  // Monday first
  struct Day {
    std::vector<OpenTime> open;  // none: closed
    std::string name;
  };
  std::map<absl::CivilDay, Day> special = {};  // holidays and such: instead of the week's

  // At milliseconds since 1970-01-01T00:00:00Z.
  bool open(int64_t now_ms) const;
  // When that is no longer so, within 400 days.
  std::optional<int64_t> next_change(int64_t now_ms) const;
  // Milliseconds of open time between two moments, from <= to, at most 400 days apart.
  int64_t open_ms(int64_t from_ms, int64_t to_ms) const;
};

}  // namespace expertline::routing
