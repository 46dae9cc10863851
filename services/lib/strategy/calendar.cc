#include "strategy/calendar.h"

#include <absl/time/time.h>

#include <algorithm>
#include <optional>

#include "yaml/week.h"

namespace expertline::strategy {
namespace {

using yaml::Fields;
using yaml::Issues;
using yaml::Node;

// For hints; any zone that the machine knows is taken.
const std::vector<std::string> kZones{"UTC",
                                      "Europe/Amsterdam",
                                      "Europe/Athens",
                                      "Europe/Berlin",
                                      "Europe/Brussels",
                                      "Europe/Dublin",
                                      "Europe/Istanbul",
                                      "Europe/Lisbon",
                                      "Europe/London",
                                      "Europe/Madrid",
                                      "Europe/Paris",
                                      "Europe/Prague",
                                      "Europe/Rome",
                                      "Europe/Stockholm",
                                      "Europe/Vienna",
                                      "Europe/Warsaw",
                                      "Europe/Zurich",
                                      "America/Chicago",
                                      "America/Denver",
                                      "America/Los_Angeles",
                                      "America/New_York",
                                      "America/Sao_Paulo",
                                      "America/Toronto",
                                      "Asia/Dubai",
                                      "Asia/Hong_Kong",
                                      "Asia/Jerusalem",
                                      "Asia/Kolkata",
                                      "Asia/Shanghai",
                                      "Asia/Singapore",
                                      "Asia/Tokyo",
                                      "Australia/Sydney"};

std::vector<routing::OpenTime> times(const std::vector<yaml::OpenTime>& from) {
  std::vector<routing::OpenTime> out;
  out.reserve(from.size());
  for (const yaml::OpenTime& time : from) out.push_back({time.from, time.to});
  return out;
}

// The name goes to the machine's database, which takes paths for names as well.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] < 'A' || name[0] > 'Z') return false;
  if (name.find("//") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/' ||
           c == '-' || c == '+';
  });
}

void read_zone(const Node& node, routing::Calendar& calendar, Issues& issues) {
  const auto name = yaml::read_name(node, "zone", issues);
  if (!name || (is_zone_name(*name) && absl::LoadTimeZone(*name, &calendar.zone))) return;
  issues.add(node.mark, "unknown_zone", "there is no time zone " + yaml::quoted(*name), zone_hint(*name));
}

// `2026-12-24`.
std::optional<absl::CivilDay> to_day(const std::string& text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) return std::nullopt;
  if (absl::FormatCivilTime(day) != text) return std::nullopt;
  return day;
}

void read_special(const Node& node, routing::Calendar& calendar, Issues& issues) {
  for (const Node& item : yaml::read_list(node, "special", issues)) {
    Fields fields(item, "a special day", issues);
    routing::Calendar::Day special;
    std::optional<absl::CivilDay> day;
    const Node* date = fields.required("date");
    if (date != nullptr) {
      if (const auto text = yaml::read_text(*date, "date", issues)) {
        day = to_day(*text);
        if (!day) {
          issues.add(date->mark, "bad_date", "date is not a day of the calendar: " + yaml::quoted(*text),
                     "such as 2026-12-24");
        }
      }
    }
    if (const Node* open = fields.optional("open")) special.open = times(yaml::read_open_times(*open, "open", issues));
    if (const Node* name = fields.optional("name")) {
      special.name = yaml::read_text(*name, "name", issues).value_or("");
    }
    fields.done();
    if (day && !calendar.special.emplace(*day, std::move(special)).second) {
      issues.add(date->mark, "date_twice", "the day " + date->scalar + " is named a second time");
    }
  }
}

void read_all(const Node& root, routing::Calendar& calendar, LoadedCalendar& loaded, Issues& issues) {
  Fields fields(root, "a calendar", issues);
  if (const Node* name = fields.required("calendar")) {
    loaded.name_mark = name->mark;
    calendar.name = loaded.name = yaml::read_id(*name, "calendar", issues).value_or("");
  }
  if (const Node* text = fields.optional("description")) {
    calendar.description = yaml::read_text(*text, "description", issues).value_or("");
  }
  if (const Node* zone = fields.required("zone")) read_zone(*zone, calendar, issues);
  if (const Node* node = fields.required("week")) {
    const yaml::Week week = yaml::read_week(*node, "week", issues);
    for (size_t day = 0; day < week.size(); ++day) calendar.week[day] = times(week[day]);
  }
  if (const Node* special = fields.optional("special")) read_special(*special, calendar, issues);
  fields.done();
}

}  // namespace

std::string zone_hint(const std::string& name) {
  const std::string hint = yaml::did_you_mean(name, kZones);
  return hint.empty() ? "a name such as Europe/Berlin" : hint;
}

LoadedCalendar load_calendar(const std::string& file, std::string_view text) {
  Issues issues(file);
  LoadedCalendar loaded;
  auto calendar = std::make_shared<routing::Calendar>();
  if (const auto root = yaml::parse(text, issues)) read_all(*root, *calendar, loaded, issues);
  if (!issues.failed()) loaded.calendar = std::move(calendar);
  loaded.issues = issues.take();
  return loaded;
}

}  // namespace expertline::strategy
