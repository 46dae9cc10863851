#include "routing/guard.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace expertline::routing {
namespace {

// Equal rails give equal bytes, whatever the order of their map.
std::string bytes_of(const v1::GuardRails& rails) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  rails.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

}  // namespace

uint32_t GuardTable::intern(const v1::GuardRails& rails) {
  const auto [entry, added] = numbers_.try_emplace(bytes_of(rails), static_cast<uint32_t>(guards_.size()));
  if (!added) return entry->second;
  Guard& guard = guards_.emplace_back();
  guard.rails = rails;
  // A zone that this machine does not know counts as UTC.
  absl::LoadTimeZone(rails.time_zone().empty() ? "UTC" : rails.time_zone(), &guard.hours.zone);
  for (const v1::WorkingTime& time : rails.hours()) {
    const int day = time.day() - v1::WEEKDAY_MONDAY;
    if (day < 0 || day > 6 || time.start_minute() < 0 || time.end_minute() > 1440) continue;
    guard.hours.week[static_cast<size_t>(day)].push_back({.from = time.start_minute(), .to = time.end_minute()});
  }
  if (rails.hours().empty()) guard.hours.week.fill({{.from = 0, .to = 1440}});
  return entry->second;
}

int32_t day_of(const Guard& guard, int64_t now_ms) {
  const absl::CivilDay today = absl::ToCivilDay(absl::FromUnixMillis(now_ms), guard.hours.zone);
  return static_cast<int32_t>(today - absl::CivilDay(1970, 1, 1));
}

int64_t eligible_ms_today(const Guard& guard, int64_t now_ms) {
  const absl::CivilDay today = absl::ToCivilDay(absl::FromUnixMillis(now_ms), guard.hours.zone);
  return guard.hours.open_ms(absl::ToUnixMillis(absl::FromCivil(today, guard.hours.zone)), now_ms);
}

}  // namespace expertline::routing
