#include "cel/time.h"

#include <absl/time/time.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace expertline::cel {
namespace {

constexpr int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z
constexpr int64_t kNanos = 1'000'000'000;
constexpr size_t kLongestZone = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `count` digits from the front of the text.
std::optional<int> digits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// `.5` and more digits; those beyond nanoseconds are dropped.
std::optional<int32_t> fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  int64_t nanos = 0;
  int64_t unit = kNanos / 10;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    nanos += (text.front() - '0') * unit;
    unit /= 10;
  }
  return static_cast<int32_t>(nanos);
}

// hh:mm, in seconds.
std::optional<int> offset(std::string_view text) {
  const auto hours = digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return *hours * 3600 + *minutes * 60;
}

std::optional<Timestamp> in_range(Timestamp timestamp) {
  if (timestamp.seconds < kFirstSecond || timestamp.seconds > kLastSecond) return std::nullopt;
  return timestamp;
}

// `.5` for 500,000,000; nothing for 0.
std::string point_and_digits(int32_t nanos) {
  if (nanos == 0) return {};
  char text[16];
  std::snprintf(text, sizeof text, ".%09d", nanos);
  std::string shortest = text;
  shortest.resize(shortest.find_last_not_of('0') + 1);
  return shortest;
}

std::optional<absl::TimeZone> zone_of(std::string_view name) {
  if (name.empty() || name.size() > kLongestZone) return std::nullopt;
  std::string_view unsigned_part = name;
  const bool west = take(unsigned_part, '-');
  if (!west) take(unsigned_part, '+');
  if (const auto seconds = offset(unsigned_part)) return absl::FixedTimeZone(west ? -*seconds : *seconds);
  // Only names of the database: neither a file elsewhere nor the machine's own zone.
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' || c == '-' ||
           c == '+';
  });
  const bool path = name.front() == '/' || name.find("//") != std::string_view::npos;
  if (!plain || path || name == "localtime") return std::nullopt;
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(std::string(name), &zone)) return std::nullopt;
  return zone;
}

struct Unit {
  std::string_view name;
  int64_t nanos;
};

constexpr std::array<Unit, 8> kUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"µs", 1'000},  // U+00B5
    {"μs", 1'000},  // U+03BC
    {"ms", 1'000'000},
    {"s", kNanos},
    {"m", 60 * kNanos},
    {"h", 3600 * kNanos},
}};

// Takes a unit from the front.
std::optional<int64_t> unit(std::string_view& text) {
  for (const auto& [name, nanos] : kUnits) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return nanos;
  }
  return std::nullopt;
}

// Takes a number and its unit from the front; in nanoseconds.
std::optional<__int128> part(std::string_view& text) {
  constexpr __int128 kTooMuch = static_cast<__int128>(1) << 64;
  __int128 whole = 0;
  const size_t before = text.size();
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    whole = whole * 10 + (text.front() - '0');
    if (whole > kTooMuch) return std::nullopt;
  }
  bool any = text.size() < before;
  __int128 numerator = 0;
  __int128 denominator = 1;
  if (take(text, '.')) {
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
      any = true;
      if (denominator >= 1'000'000'000'000'000) continue;  // less than a nanosecond of any unit
      numerator = numerator * 10 + (text.front() - '0');
      denominator *= 10;
    }
  }
  const auto nanos = unit(text);
  if (!any || !nanos) return std::nullopt;
  return whole * *nanos + numerator * *nanos / denominator;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  const auto year = digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || !take(text, 'T')) return std::nullopt;
  const auto hour = digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second) return std::nullopt;
  const auto nanos = fraction(text);
  if (!nanos) return std::nullopt;
  int east = 0;
  if (!take(text, 'Z')) {
    const bool west = take(text, '-');
    if (!west && !take(text, '+')) return std::nullopt;
    const auto seconds = offset(text);
    if (!seconds) return std::nullopt;
    east = west ? -*seconds : *seconds;
  } else if (!text.empty()) {
    return std::nullopt;
  }
  const absl::CivilSecond civil(*year, *month, *day, *hour, *minute, *second);
  // A civil time brings what is too much, such as the 30th of February, to what it would be; then it is not as written.
  if (civil.year() != *year || civil.month() != *month || civil.day() != *day || civil.hour() != *hour ||
      civil.minute() != *minute || civil.second() != *second) {
    return std::nullopt;
  }
  const int64_t seconds = civil - absl::CivilSecond(1970, 1, 1);
  return in_range({seconds - east, *nanos});
}

std::string format(Timestamp timestamp) {
  const absl::CivilSecond civil = absl::CivilSecond(1970, 1, 1) + timestamp.seconds;
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", static_cast<int>(civil.year()), civil.month(),
                civil.day(), civil.hour(), civil.minute(), civil.second());
  return text + point_and_digits(timestamp.nanos) + "Z";
}

std::optional<Duration> parse_duration(std::string_view text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  if (text == "0") return Duration{};
  if (text.empty()) return std::nullopt;
  __int128 total = 0;
  while (!text.empty()) {
    const auto nanos = part(text);
    if (!nanos) return std::nullopt;
    total += *nanos;
    if (!duration_of(total) && !duration_of(-total)) return std::nullopt;
  }
  return duration_of(negative ? -total : total);
}

std::string format(Duration duration) {
  const bool negative = duration.seconds < 0;
  int64_t seconds = duration.seconds;
  int32_t nanos = duration.nanos;
  if (negative) {
    seconds = nanos == 0 ? -seconds : -(seconds + 1);
    nanos = nanos == 0 ? 0 : static_cast<int32_t>(kNanos - nanos);
  }
  return (negative ? "-" : "") + std::to_string(seconds) + point_and_digits(nanos) + "s";
}

std::optional<Timestamp> timestamp_of(int64_t unix_seconds) { return in_range({unix_seconds, 0}); }

std::optional<Timestamp> add(Timestamp a, Duration b) {
  const int64_t nanos = int64_t{a.nanos} + b.nanos;
  return in_range({a.seconds + b.seconds + nanos / kNanos, static_cast<int32_t>(nanos % kNanos)});
}

std::optional<Timestamp> subtract(Timestamp a, Duration b) {
  const int64_t nanos = int64_t{a.nanos} - b.nanos;
  const bool borrow = nanos < 0;
  return in_range({a.seconds - b.seconds - (borrow ? 1 : 0), static_cast<int32_t>(borrow ? nanos + kNanos : nanos)});
}

std::optional<Duration> subtract(Timestamp a, Timestamp b) {
  return duration_of(static_cast<__int128>(a.seconds - b.seconds) * kNanos + (a.nanos - b.nanos));
}

std::optional<Duration> add(Duration a, Duration b) {
  return duration_of(static_cast<__int128>(nanoseconds(a)) + nanoseconds(b));
}

std::optional<Duration> subtract(Duration a, Duration b) {
  return duration_of(static_cast<__int128>(nanoseconds(a)) - nanoseconds(b));
}

std::optional<Duration> duration_of(__int128 nanoseconds) {
  if (nanoseconds < INT64_MIN || nanoseconds > INT64_MAX) return std::nullopt;
  auto seconds = static_cast<int64_t>(nanoseconds / kNanos);
  auto rest = static_cast<int32_t>(nanoseconds % kNanos);
  if (rest < 0) {
    rest += static_cast<int32_t>(kNanos);
    --seconds;
  }
  return Duration{seconds, rest};
}

int64_t nanoseconds(Duration duration) {
  return static_cast<int64_t>(static_cast<__int128>(duration.seconds) * kNanos + duration.nanos);
}

std::optional<absl::CivilSecond> civil_time(Timestamp timestamp, std::string_view zone) {
  const absl::CivilSecond utc = absl::CivilSecond(1970, 1, 1) + timestamp.seconds;
  if (zone == "UTC") return utc;
  const auto found = zone_of(zone);
  if (!found) return std::nullopt;
  return found->At(absl::FromUnixSeconds(timestamp.seconds)).cs;
}

}  // namespace expertline::cel
