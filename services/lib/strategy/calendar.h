// A calendar file. Pure: text in, a Calendar or all its issues out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "routing/calendar.h"
#include "yaml/yaml.h"

namespace expertline::strategy {

struct LoadedCalendar {
  std::shared_ptr<const routing::Calendar> calendar;  // null if there is an error
  std::vector<yaml::Issue> issues;
  std::string name;  // as far as it could be read
  yaml::Mark name_mark;
};

// Of a text that names no time zone: what may be meant by it, or an example.
std::string zone_hint(const std::string& name);

LoadedCalendar load_calendar(const std::string& file, std::string_view text);

}  // namespace expertline::strategy
