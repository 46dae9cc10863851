#include "yaml/week.h"

#include <algorithm>
#include <optional>
#include <string>

namespace expertline::yaml {
namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<size_t> day_of(std::string_view name) {
  const auto found = std::find(kDays.begin(), kDays.end(), name);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<size_t>(found - kDays.begin());
}

// "HH:MM" to minutes; "24:00" is 1440.
std::optional<int> to_minutes(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 1440) return std::nullopt;
  return hour * 60 + minute;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<OpenTime> read_open_time(const Node& node, std::string_view what, Issues& issues) {
  const auto text = read_text(node, what, issues);
  if (!text) return std::nullopt;
  const std::string_view view = *text;
  const size_t dash = view.find('-');
  const auto from = to_minutes(trimmed(view.substr(0, dash)));
  const auto to = dash == std::string_view::npos ? std::nullopt : to_minutes(trimmed(view.substr(dash + 1)));
  if (!from || !to) {
    issues.add(node.mark, "bad_hours", std::string(what) + " are not hours of a day: \"" + *text + "\"",
               "such as \"09:00-18:00\", from 00:00 to 24:00; [] is closed");
    return std::nullopt;
  }
  if (*from >= *to) {
    issues.add(node.mark, "bad_hours", std::string(what) + " end before they begin: \"" + *text + "\"",
               *to > 0 && *from != *to ? "over midnight it is two: to 24:00 here, from 00:00 on the next day" : "");
    return std::nullopt;
  }
  return OpenTime{*from, *to};
}

// The days of a key, in order from the first; none if it names none.
std::vector<size_t> days_of(std::string_view key) {
  if (key == "daily") return {0, 1, 2, 3, 4, 5, 6};
  const size_t dash = key.find('-');
  const auto first = day_of(trimmed(key.substr(0, dash)));
  const auto last = dash == std::string_view::npos ? first : day_of(trimmed(key.substr(dash + 1)));
  if (!first || !last) return {};
  std::vector<size_t> days{*first};
  while (days.back() != *last) days.push_back((days.back() + 1) % 7);
  return days;
}

// `Monday`, `Mo-Fri` and the like are the commonest slips; words nearer than that are told as usual.
std::string day_hint(std::string_view key) {
  std::string lower;
  for (const char c : key) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto meant = [](std::string_view word) -> std::string {
    for (const std::string_view day : kDays) {
      if (word.size() >= 2 && word.substr(0, 2) == day.substr(0, 2)) return std::string(day);
    }
    return {};
  };
  const auto is_day = [](const std::string& word) {
    return std::find(kDays.begin(), kDays.end(), word) != kDays.end();
  };
  if (lower.size() == 6 && is_day(lower.substr(0, 3)) && is_day(lower.substr(3))) lower.insert(3, "-");  // monfri
  const size_t dash = lower.find('-');
  const std::string first = meant(trimmed(std::string_view(lower).substr(0, dash)));
  const std::string last = dash == std::string::npos ? first : meant(trimmed(std::string_view(lower).substr(dash + 1)));
  if (!first.empty() && !last.empty()) return "did you mean " + (first == last ? first : first + "-" + last) + "?";
  const std::string near = did_you_mean(lower, {"daily"});
  return near.empty() ? "days are mon, tue, wed, thu, fri, sat, sun, a range such as mon-fri, or daily" : near;
}

}  // namespace

std::vector<OpenTime> read_open_times(const Node& node, std::string_view what, Issues& issues) {
  std::vector<OpenTime> times;
  const auto add = [&](const Node& item) {
    const auto time = read_open_time(item, what, issues);
    if (!time) return;
    const auto overlap = std::find_if(times.begin(), times.end(),
                                      [&](const OpenTime& t) { return t.from < time->to && time->from < t.to; });
    if (overlap != times.end()) {
      issues.add(item.mark, "hours_overlap", std::string(what) + ": these hours overlap with others of the same day");
      return;
    }
    times.push_back(*time);
  };
  if (node.kind == Node::Kind::kList) {
    for (const Node& item : node.items) add(item);
  } else {
    add(node);
  }
  std::sort(times.begin(), times.end(), [](const OpenTime& a, const OpenTime& b) { return a.from < b.from; });
  return times;
}

Week read_week(const Node& node, std::string_view what, Issues& issues) {
  Week week;
  std::array<bool, 7> named{};
  for (const Entry& entry : read_map(node, what, issues)) {
    const std::vector<size_t> days = days_of(entry.key);
    if (days.empty()) {
      issues.add(entry.mark, "unknown_day", std::string(what) + " has no day \"" + entry.key + "\"",
                 day_hint(entry.key));
    }
    const auto times = read_open_times(entry.value, std::string(what) + "." + entry.key, issues);
    for (const size_t day : days) {
      if (named[day]) {
        issues.add(entry.mark, "day_twice", std::string(what) + " names " + std::string(kDays[day]) + " a second time");
        break;
      }
      named[day] = true;
      week[day] = times;
    }
  }
  return week;
}

}  // namespace expertline::yaml
