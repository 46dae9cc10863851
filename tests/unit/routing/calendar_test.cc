#include "routing/calendar.h"

#include <gtest/gtest.h>

#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

int64_t at(const char* time) {
  absl::Time parsed;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, time, &parsed, &error)) << error;
  return absl::ToUnixMillis(parsed);
}

Calendar berlin() {
  Calendar calendar{.name = "retail"};
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &calendar.zone));
  for (size_t day = 0; day < 5; ++day) calendar.week[day] = {{.from = 9 * 60, .to = 18 * 60}};
  calendar.special[absl::CivilDay(2026, 12, 24)] = {.open = {{.from = 9 * 60, .to = 12 * 60}}, .name = "Christmas Eve"};
  calendar.special[absl::CivilDay(2026, 12, 25)] = {.open = {}, .name = "Christmas"};
  return calendar;
}

TEST(Calendar, IsOpenByDayOfTheWeekInItsZone) {
  const Calendar calendar = berlin();
  EXPECT_FALSE(calendar.open(at("2026-12-21T07:59:59Z")));  // Monday
  EXPECT_TRUE(calendar.open(at("2026-12-21T08:00:00Z")));
  EXPECT_TRUE(calendar.open(at("2026-12-21T16:59:59Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-21T17:00:00Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-20T11:00:00Z"))) << "Sunday";
  EXPECT_TRUE(calendar.open(at("2026-07-06T07:30:00Z"))) << "in summer two hours ahead";
}

TEST(Calendar, SpecialDaysStandInThePlaceOfTheWeek) {
  const Calendar calendar = berlin();
  EXPECT_TRUE(calendar.open(at("2026-12-24T10:59:00Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-24T11:00:00Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-25T11:00:00Z")));
}

TEST(Calendar, KnowsWhenItOpensOrCloses) {
  const Calendar calendar = berlin();
  EXPECT_EQ(calendar.next_change(at("2026-12-21T08:00:00Z")), at("2026-12-21T17:00:00Z"));
  EXPECT_EQ(calendar.next_change(at("2026-12-24T10:00:00Z")), at("2026-12-24T11:00:00Z")) << "Christmas Eve";
  EXPECT_EQ(calendar.next_change(at("2026-12-24T12:00:00Z")), at("2026-12-28T08:00:00Z")) << "over the holidays";
  Calendar always{.name = "always"};
  always.week.fill({{.from = 0, .to = 1440}});
  EXPECT_EQ(always.next_change(at("2026-12-21T08:00:00Z")), std::nullopt) << "midnight is no change";
}

TEST(Calendar, SumsOpenTime) {
  const Calendar calendar = berlin();
  constexpr int64_t kHour = 3'600'000;
  EXPECT_EQ(calendar.open_ms(at("2026-12-21T00:00:00Z"), at("2026-12-28T00:00:00Z")), (3 * 9 + 3) * kHour);
  EXPECT_EQ(calendar.open_ms(at("2026-12-21T10:00:00Z"), at("2026-12-21T10:30:00Z")), kHour / 2);
  EXPECT_EQ(calendar.open_ms(at("2026-12-21T20:00:00Z"), at("2026-12-21T20:00:00Z")), 0);
  Calendar nights{.name = "nights", .zone = calendar.zone};
  nights.week.fill({{.from = 0, .to = 1440}});
  EXPECT_EQ(nights.open_ms(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")), 23 * kHour) << "clocks go forward";
  EXPECT_EQ(nights.open_ms(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")), 25 * kHour) << "and back";
}

TEST(HoursOpen, AsksTheStrategysCalendar) {
  World world;
  world.strategy.allow = world.cel("hours.open");
  const auto allowed = [&] { return admit(world.strategy, world.snapshot, world.facts, world.moment).allowed(); };
  EXPECT_FALSE(allowed()) << "without a calendar it is absent";
  world.strategy.hours = std::make_shared<const Calendar>(berlin());
  EXPECT_FALSE(allowed());
  world.moment.mutable_now()->set_seconds(at("2026-12-21T08:00:00Z") / 1000);
  EXPECT_TRUE(allowed());
}

}  // namespace
}  // namespace expertline::routing
