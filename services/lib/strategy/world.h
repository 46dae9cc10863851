// What strategies refer to besides themselves.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "cel/type.h"
#include "routing/calendar.h"

namespace expertline::strategy {

struct NamedCalendar {
  std::shared_ptr<const routing::Calendar> calendar;
  std::string revision;  // of its text
};
using Calendars = std::map<std::string, NamedCalendar, std::less<>>;

// The names that a roster knows. With it a name that is not there is an error, without it any name is taken.
struct Directory {
  std::set<std::string, std::less<>> experts;
  std::set<std::string, std::less<>> skills;
  std::set<std::string, std::less<>> groups;
  std::set<std::string, std::less<>> sites;
  std::set<std::string, std::less<>> languages;
  std::set<std::string, std::less<>> attributes;
  std::map<std::string, cel::TypeKind, std::less<>> attribute_types;  // of those that are declared
};

struct World {
  Calendars calendars;
  std::shared_ptr<const Directory> directory;  // may be null
};

}  // namespace expertline::strategy
