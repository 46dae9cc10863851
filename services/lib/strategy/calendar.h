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

LoadedCalendar load_calendar(const std::string& file, std::string_view text);

}  // namespace expertline::strategy
