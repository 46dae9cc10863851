#include "session-bridge/report.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <set>

namespace expertline::bridge {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int64_t kHoursADay = 24;

bool parse_day(const std::string& text, absl::CivilDay* day) {
  return text.size() == 10 && absl::ParseCivilTime(text, day) && absl::FormatCivilTime(*day) == text;
}

// The first hour that begins on that day or later.
int64_t hour_of(absl::CivilDay day, const absl::TimeZone& zone) {
  const int64_t ms = absl::ToUnixMillis(absl::FromCivil(day, zone));
  return ms / kHourMs + (ms % kHourMs > 0 ? 1 : 0);
}

}  // namespace

v1::FirstContact first_contact(const state::InteractionState& interaction, int64_t now) {
  if (!interaction.disposed) return v1::FIRST_CONTACT_UNSPECIFIED;
  if (!interaction.disposed->resolved || interaction.mailbox_open) return v1::FIRST_CONTACT_NOT_RESOLVED;
  const int64_t until = interaction.time + kFirstContactMs;
  if (interaction.next_contact && *interaction.next_contact <= until) return v1::FIRST_CONTACT_NOT_RESOLVED;
  return now > until ? v1::FIRST_CONTACT_RESOLVED : v1::FIRST_CONTACT_UNSPECIFIED;
}

int64_t Days::first_hour() const { return hour_of(first, zone); }
int64_t Days::end_hour() const { return hour_of(last + 1, zone); }
std::string Days::day_of(int64_t hour) const {
  return absl::FormatCivilTime(absl::ToCivilDay(absl::FromUnixMillis(hour * kHourMs), zone));
}

Result<Days> days_of(const std::string& first, const std::string& last, const std::string& zone) {
  Days days{.zone = absl::UTCTimeZone(), .first = {}, .last = {}};
  if (!parse_day(first, &days.first)) return invalid_field("first_day", "YYYY-MM-DD");
  if (!parse_day(last.empty() ? first : last, &days.last)) return invalid_field("last_day", "YYYY-MM-DD");
  if (days.last < days.first) return invalid_field("last_day", "not before first_day");
  if (days.last - days.first >= kMostReportDays) return invalid_field("last_day", "at most 92 days in all");
  if (!zone.empty() && !absl::LoadTimeZone(zone, &days.zone)) {
    return invalid_field("time_zone", "a time zone such as Europe/Zurich");
  }
  return days;
}

void Report::add(Row& row, const state::Sum& sum) {
  if (!sum.of_expert) {
    if (sum.what == "sessions") {
      row.sums.set_sessions(row.sums.sessions() + sum.value);
    } else if (sum.what == "reached") {
      row.reached += sum.value;
    } else if (sum.what == "tte") {
      row.to_expert_ms += sum.value;
    } else {
      (*row.sums.mutable_outcomes())[sum.what] += sum.value;
    }
  } else if (sum.what == "chat") {
    row.chat_ms += sum.value;
  } else if (sum.what == "talk") {
    row.talk_ms += sum.value;
  } else {
    row.sums.set_offers(row.sums.offers() + sum.value);
    (*row.sums.mutable_offer_outcomes())[sum.what] += sum.value;
  }
}

void Report::add_sums(int64_t hour, const std::vector<state::Sum>& sums) {
  if (!covers(hour)) return;
  const std::string day = by_ == By::day ? days_.day_of(hour) : "";
  for (const state::Sum& sum : sums) {
    if ((by_ == By::expert && !sum.of_expert) || (by_ == By::agent && sum.of_expert)) continue;
    const std::string& key = by_ == By::day ? day : by_ == By::routing_point ? sum.routing_point : sum.who;
    add(rows_[key], sum);
    add(total_, sum);
  }
}

void Report::add_eligible(int64_t day, const std::string& expert, const state::EligibleHours& hours) {
  int64_t seconds = 0;
  for (size_t i = 0; i < hours.size(); ++i) {
    if (covers(day * kHoursADay + static_cast<int64_t>(i))) seconds += hours[i];
  }
  if (seconds == 0) return;
  rows_[expert].eligible_ms += seconds * 1000;
  total_.eligible_ms += seconds * 1000;
}

void Report::add_interaction(const state::InteractionState& interaction, int64_t time_ms, v1::FirstContact known) {
  const int64_t hour = time_ms / kHourMs;
  if (!covers(hour)) return;
  std::set<std::string> keys;
  if (by_ == By::day) keys.insert(days_.day_of(hour));
  if (by_ == By::expert) keys.insert(interaction.experts.begin(), interaction.experts.end());
  if (by_ == By::routing_point) keys.insert(interaction.points.begin(), interaction.points.end());
  if (keys.empty()) return;
  const auto count = [known](Row& row) {
    if (known == v1::FIRST_CONTACT_RESOLVED) {
      row.sums.set_resolved(row.sums.resolved() + 1);
    } else if (known == v1::FIRST_CONTACT_NOT_RESOLVED) {
      row.sums.set_not_resolved(row.sums.not_resolved() + 1);
    } else {
      row.sums.set_unknown(row.sums.unknown() + 1);
    }
  };
  for (const std::string& key : keys) count(rows_[key]);
  count(total_);
}

v1::ReportRow Report::shown(const std::string& key, const Row& row) const {
  v1::ReportRow out = row.sums;
  out.set_key(key);
  if (by_ != By::agent) {
    *out.mutable_chat_time() = TimeUtil::MillisecondsToDuration(row.chat_ms);
    *out.mutable_talk_time() = TimeUtil::MillisecondsToDuration(row.talk_ms);
  }
  if (by_ == By::expert) *out.mutable_eligible_time() = TimeUtil::MillisecondsToDuration(row.eligible_ms);
  if (row.reached > 0) {
    *out.mutable_time_to_expert() = TimeUtil::MillisecondsToDuration(row.to_expert_ms / row.reached);
  }
  return out;
}

v1::GetReportResponse Report::response() const {
  v1::GetReportResponse response;
  for (const auto& [key, row] : rows_) *response.add_rows() = shown(key, row);
  *response.mutable_total() = shown("", total_);
  return response;
}

v1::ReportRow Report::row(const std::string& key) const {
  const auto it = rows_.find(key);
  return shown(key, it == rows_.end() ? Row() : it->second);
}

}  // namespace expertline::bridge
