// What reports make of sums and interactions.
#include "session-bridge/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expertline::bridge {
namespace {

using state::InteractionState;
using state::Sum;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr int64_t kDayMs = 24 * kHourMs;

InteractionState contact(std::optional<bool> resolved, bool mailbox = false, std::optional<int64_t> next = {}) {
  InteractionState state;
  state.time = 1'000'000;
  if (resolved) state.disposed.emplace().resolved = *resolved;
  state.mailbox_open = mailbox;
  if (next) state.next_contact = state.time + *next;
  return state;
}

TEST(FirstContact, IsResolvedIfDisposedSoAndNothingSpeaksAgainstItForAWeek) {
  struct Case {
    const char* what;
    InteractionState interaction;
    int64_t after;  // ms
    v1::FirstContact known;
  };
  const Case cases[] = {
      {"nobody has disposed", contact({}), 30 * kDayMs, v1::FIRST_CONTACT_UNSPECIFIED},
      {"nobody has disposed of the mailbox", contact({}, true), 30 * kDayMs, v1::FIRST_CONTACT_UNSPECIFIED},
      {"resolved, a moment ago", contact(true), 1, v1::FIRST_CONTACT_UNSPECIFIED},
      {"resolved, to the end of the week", contact(true), 7 * kDayMs, v1::FIRST_CONTACT_UNSPECIFIED},
      {"resolved, the week is over", contact(true), 7 * kDayMs + 1, v1::FIRST_CONTACT_RESOLVED},
      {"not resolved is known at once", contact(false), 1, v1::FIRST_CONTACT_NOT_RESOLVED},
      {"a mailbox is open again", contact(true, true), 30 * kDayMs, v1::FIRST_CONTACT_NOT_RESOLVED},
      {"a further contact is known at once", contact(true, false, kDayMs), kDayMs, v1::FIRST_CONTACT_NOT_RESOLVED},
      {"on the last moment of the week", contact(true, false, 7 * kDayMs), 9 * kDayMs, v1::FIRST_CONTACT_NOT_RESOLVED},
      {"one after the week", contact(true, false, 7 * kDayMs + 1), 9 * kDayMs, v1::FIRST_CONTACT_RESOLVED},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(first_contact(one.interaction, one.interaction.time + one.after), one.known) << one.what;
  }
}

Days days(const std::string& first, const std::string& last = "", const std::string& zone = "") {
  const auto found = days_of(first, last, zone);
  EXPECT_TRUE(found.ok()) << found.error().message;
  return *found;
}

TEST(Days, BeginAndEndInTheirZone) {
  struct Case {
    const char* first;
    const char* last;
    const char* zone;
    int64_t hours;
    const char* begins;  // the first hour, UTC
  };
  const Case cases[] = {
      {"2026-11-21", "", "", 24, "2026-11-21T00"},
      {"2026-11-20", "2026-11-21", "UTC", 48, "2026-11-20T00"},
      {"2026-11-21", "", "Europe/Zurich", 24, "2026-11-20T23"},
      {"2026-03-29", "", "Europe/Zurich", 23, "2026-03-28T23"},  // summer time begins
      {"2026-10-25", "", "Europe/Zurich", 25, "2026-10-24T22"},  // and ends
      {"2026-11-21", "", "Asia/Kolkata", 24, "2026-11-20T19"},   // midnight is at half past 18
      {"2026-11-21", "", "America/New_York", 24, "2026-11-21T05"},
  };
  for (const Case& one : cases) {
    const Days found = days(one.first, one.last, one.zone);
    EXPECT_EQ(found.end_hour() - found.first_hour(), one.hours) << one.first << one.zone;
    EXPECT_EQ(absl::FormatTime("%Y-%m-%dT%H", absl::FromUnixSeconds(found.first_hour() * 3600), absl::UTCTimeZone()),
              one.begins);
    EXPECT_EQ(found.day_of(found.first_hour()), one.first);
  }
}

TEST(Days, AreRefusedIfTheyAreNone) {
  const std::vector<std::array<std::string, 4>> cases = {
      {"", "", "", "first_day"},
      {"21.11.2026", "", "", "first_day"},
      {"2026-02-30", "", "", "first_day"},
      {"2026-1-1", "", "", "first_day"},
      {"2026-11-21", "tomorrow", "", "last_day"},
      {"2026-11-21", "2026-11-20", "", "last_day"},
      {"2026-01-01", "2026-04-03", "", "last_day"},  // 93 days
      {"2026-11-21", "", "Europe/Zuerich", "time_zone"},
  };
  for (const auto& [first, last, zone, field] : cases) {
    const auto found = days_of(first, last, zone);
    ASSERT_FALSE(found.ok()) << first << " " << last << " " << zone;
    EXPECT_EQ(found.error().metadata.at("field"), field);
  }
  EXPECT_TRUE(days_of("2026-01-01", "2026-04-02", "").ok());
}

// Of the hour 0 of 2026-11-21, UTC.
const int64_t kHour = days("2026-11-21").first_hour();

const std::vector<Sum> kMorning = {
    {false, "sessions", "help", "jo", 3},  {false, "helped", "help", "jo", 2},   {false, "reached", "help", "jo", 2},
    {false, "tte", "help", "jo", 8'000},   {false, "sessions", "tax", "li", 1},  {false, "failed", "tax", "li", 1},
    {true, "accepted", "help", "ann", 2},  {true, "declined", "help", "bob", 1}, {true, "accepted", "", "bob", 1},
    {true, "chat", "help", "ann", 90'000}, {true, "talk", "", "bob", 30'000},
};

InteractionState about(std::vector<std::string> experts, std::vector<std::string> points) {
  InteractionState state;
  state.experts = std::move(experts);
  state.points = std::move(points);
  return state;
}

TEST(Report, ByDayHasARowForEachDayOnWhichSomethingWas) {
  Report report(Report::By::day, days("2026-11-20", "2026-11-22"));
  report.add_sums(kHour + 9, kMorning);
  report.add_sums(kHour + 24, {{false, "sessions", "help", "jo", 1}});
  report.add_sums(kHour + 48, {{false, "sessions", "help", "jo", 1}});  // the day after the last
  const v1::GetReportResponse said = report.response();
  ASSERT_EQ(said.rows_size(), 2);
  const v1::ReportRow& row = said.rows(0);
  EXPECT_EQ(row.key(), "2026-11-21");
  EXPECT_EQ(row.sessions(), 4);
  EXPECT_THAT(row.outcomes(), UnorderedElementsAre(Pair("helped", 2), Pair("failed", 1)));
  EXPECT_EQ(row.offers(), 4);
  EXPECT_THAT(row.offer_outcomes(), UnorderedElementsAre(Pair("accepted", 3), Pair("declined", 1)));
  EXPECT_EQ(row.chat_time().seconds(), 90);
  EXPECT_EQ(row.talk_time().seconds(), 30);
  EXPECT_EQ(row.time_to_expert().seconds(), 4);
  EXPECT_FALSE(row.has_eligible_time());
  EXPECT_EQ(said.rows(1).key(), "2026-11-22");
  EXPECT_EQ(said.total().sessions(), 5);
  EXPECT_FALSE(said.rows(1).has_time_to_expert()) << "nobody was reached";
}

TEST(Report, ByExpertHasNoSessionsButTheTimeInWhichHeCouldBeAsked) {
  Report report(Report::By::expert, days("2026-11-21", "", "Europe/Zurich"));
  report.add_sums(kHour + 9, kMorning);
  state::EligibleHours hours{};
  hours[22] = 600;
  hours[23] = 700;
  const int64_t day = kHour / 24;
  report.add_eligible(day - 1, "ann", hours);  // only 23 h is of that day in Zurich
  report.add_eligible(day, "cid", hours);      // and of this one only 22 h
  report.add_interaction(about({"ann", "bob"}, {}), (kHour + 9) * kHourMs, v1::FIRST_CONTACT_RESOLVED);
  report.add_interaction(about({"bob"}, {}), (kHour + 9) * kHourMs, v1::FIRST_CONTACT_UNSPECIFIED);
  report.add_interaction(about({}, {}), (kHour + 9) * kHourMs, v1::FIRST_CONTACT_NOT_RESOLVED);
  const v1::GetReportResponse said = report.response();
  ASSERT_EQ(said.rows_size(), 3);
  EXPECT_EQ(said.rows(0).key(), "ann");
  EXPECT_EQ(said.rows(0).sessions(), 0);
  EXPECT_EQ(said.rows(0).offers(), 2);
  EXPECT_EQ(said.rows(0).eligible_time().seconds(), 700);
  EXPECT_EQ(said.rows(0).resolved(), 1);
  EXPECT_EQ(said.rows(1).offers(), 2);
  EXPECT_EQ(said.rows(1).resolved(), 1);
  EXPECT_EQ(said.rows(1).unknown(), 1);
  EXPECT_EQ(said.rows(2).key(), "cid");
  EXPECT_EQ(said.rows(2).eligible_time().seconds(), 600);
  EXPECT_EQ(said.total().resolved(), 1) << "each interaction counts once together";
  EXPECT_EQ(said.total().not_resolved(), 0) << "nobody helped";
  EXPECT_EQ(said.total().eligible_time().seconds(), 1300);
}

TEST(Report, ByRoutingPointShowsWhatWasAskedAtNoneApart) {
  Report report(Report::By::routing_point, days("2026-11-21"));
  report.add_sums(kHour, kMorning);
  report.add_interaction(about({}, {"help", "tax"}), kHour * kHourMs, v1::FIRST_CONTACT_NOT_RESOLVED);
  const v1::GetReportResponse said = report.response();
  ASSERT_EQ(said.rows_size(), 3);
  EXPECT_EQ(said.rows(0).key(), "");
  EXPECT_EQ(said.rows(0).offers(), 1);
  EXPECT_EQ(said.rows(0).talk_time().seconds(), 30);
  EXPECT_EQ(said.rows(1).key(), "help");
  EXPECT_EQ(said.rows(1).sessions(), 3);
  EXPECT_EQ(said.rows(2).key(), "tax");
  EXPECT_EQ(said.rows(2).not_resolved(), 1);
  EXPECT_EQ(said.total().not_resolved(), 1);
}

TEST(Report, OfAnAgentHasHisSessionsOnly) {
  Report report(Report::By::agent, days("2026-11-21"));
  report.add_sums(kHour, kMorning);
  const v1::ReportRow row = report.row("jo");
  EXPECT_EQ(row.sessions(), 3);
  EXPECT_EQ(row.time_to_expert().seconds(), 4);
  EXPECT_EQ(row.offers(), 0);
  EXPECT_EQ(report.row("nobody").sessions(), 0);
}

}  // namespace
}  // namespace expertline::bridge
