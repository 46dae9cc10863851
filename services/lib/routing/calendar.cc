#include "routing/calendar.h"

#include <algorithm>

namespace expertline::routing {
namespace {

constexpr int kFarthestDays = 400;

const std::vector<OpenTime>& open_on(const Calendar& calendar, absl::CivilDay day) {
  const auto special = calendar.special.find(day);
  if (special != calendar.special.end()) return special->second.open;
  return calendar.week[static_cast<size_t>(absl::GetWeekday(day))];  // absl counts from Monday too
}

}  // namespace

bool Calendar::open(int64_t now_ms) const {
  const absl::CivilMinute minute = absl::ToCivilMinute(absl::FromUnixMillis(now_ms), zone);
  const int since_midnight = minute.hour() * 60 + minute.minute();
  const auto& times = open_on(*this, absl::CivilDay(minute));
  return std::any_of(times.begin(), times.end(),
                     [&](const OpenTime& time) { return time.from <= since_midnight && since_midnight < time.to; });
}

std::optional<int64_t> Calendar::next_change(int64_t now_ms) const {
  const bool now_open = open(now_ms);
  const absl::CivilDay today = absl::ToCivilDay(absl::FromUnixMillis(now_ms), zone);
  for (absl::CivilDay day = today; day <= today + kFarthestDays; ++day) {
    for (const OpenTime& time : open_on(*this, day)) {
      for (const int minute : {time.from, time.to}) {
        const int64_t at = absl::ToUnixMillis(absl::FromCivil(absl::CivilMinute(day) + minute, zone));
        if (at > now_ms && open(at) != now_open) return at;
      }
    }
  }
  return std::nullopt;
}

int64_t Calendar::open_ms(int64_t from_ms, int64_t to_ms) const {
  const absl::CivilDay last = absl::ToCivilDay(absl::FromUnixMillis(to_ms), zone);
  int64_t sum = 0;
  for (absl::CivilDay day = absl::ToCivilDay(absl::FromUnixMillis(from_ms), zone); day <= last; ++day) {
    for (const OpenTime& time : open_on(*this, day)) {
      const auto at = [&](int minute) {
        return absl::ToUnixMillis(absl::FromCivil(absl::CivilMinute(day) + minute, zone));
      };
      sum += std::max<int64_t>(std::min(at(time.to), to_ms) - std::max(at(time.from), from_ms), 0);
    }
  }
  return sum;
}

}  // namespace expertline::routing
