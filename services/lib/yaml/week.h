// Hours by day of the week, as people write them:
//
//   {mon-fri: "09:00-18:00", sat: ["10:00-13:00", "14:00-16:00"]}
//
// A key is a day (mon, tue, wed, thu, fri, sat, sun), a range of days, which may run over the end of the week
// (`sun-thu`), or `daily`. A day that is not named is closed. Pure.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "yaml/yaml.h"

namespace expertline::yaml {

// Minutes after midnight, 0 <= from < to <= 1440.
struct OpenTime {
  int from = 0;
  int to = 0;

  bool operator==(const OpenTime&) const = default;
};

// Monday first; of each day in order, without overlaps.
using Week = std::array<std::vector<OpenTime>, 7>;

// One `"09:00-18:00"` (`24:00` ends a day) or a list of such; an empty list is closed. What is wrong is an issue at
// its place (bad_hours, hours_overlap) and left out.
std::vector<OpenTime> read_open_times(const Node& node, std::string_view what, Issues& issues);

// A map as above; also issues unknown_day and day_twice.
Week read_week(const Node& node, std::string_view what, Issues& issues);

}  // namespace expertline::yaml
