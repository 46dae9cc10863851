// Reports out of the sums by the hour, the time in which experts could be asked, and interactions. Pure.
#pragma once

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "expertline/v1/report.pb.h"
#include "state/report_store.h"

namespace expertline::bridge {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kFirstContactMs = 7LL * 24 * kHourMs;
constexpr int kMostReportDays = 92;

// Whether a matter was resolved at the first contact, as far as that is known at `now` (ms, like the interaction's
// times).
v1::FirstContact first_contact(const state::InteractionState& interaction, int64_t now);

// Days of a report in a time zone. Sums are kept by the hour: an hour belongs to the day in which it begins.
struct Days {
  absl::TimeZone zone;
  absl::CivilDay first, last;  // both included

  int64_t first_hour() const;  // hours since 1970, of wall-clock time
  int64_t end_hour() const;    // the first one after them
  // "2026-11-21" of that hour.
  std::string day_of(int64_t hour) const;
};

// INVALID_FIELD unless they are `YYYY-MM-DD`, in order, not more than kMostReportDays, and the zone is known. `last`
// may be empty: the first; `zone` too: UTC. The fields are named as in GetReportRequest.
Result<Days> days_of(const std::string& first, const std::string& last, const std::string& zone);

class Report {
 public:
  enum class By { day, expert, routing_point, agent };

  Report(By by, Days days) : by_(by), days_(days) {}

  const Days& days() const { return days_; }
  // Whether these have numbers of it.
  bool wants_eligible() const { return by_ == By::expert; }
  bool wants_interactions() const { return by_ != By::agent; }

  // Each hour once; hours that are not of its days count nothing.
  void add_sums(int64_t hour, const std::vector<state::Sum>& sums);
  // `day` since 1970, UTC.
  void add_eligible(int64_t day, const std::string& expert, const state::EligibleHours& hours);
  // `time_ms`: when it was heard of first, wall clock.
  void add_interaction(const state::InteractionState& interaction, int64_t time_ms, v1::FirstContact first_contact);

  // Rows in order of key; without one for days on which nothing was.
  v1::GetReportResponse response() const;
  // The row of one key; without any number if there is none.
  v1::ReportRow row(const std::string& key) const;

 private:
  struct Row {
    v1::ReportRow sums;
    int64_t chat_ms = 0, talk_ms = 0, eligible_ms = 0;
    int64_t reached = 0, to_expert_ms = 0;
  };
  static void add(Row& row, const state::Sum& sum);
  v1::ReportRow shown(const std::string& key, const Row& row) const;
  bool covers(int64_t hour) const { return hour >= days_.first_hour() && hour < days_.end_hour(); }

  By by_;
  Days days_;
  std::map<std::string, Row> rows_;
  Row total_;
};

}  // namespace expertline::bridge
