#include "expertline/simulate/measures.h"

#include <gtest/gtest.h>

#include <cstring>

namespace expertline::simulate {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kNine = 1'767'603'600'000;  // 2026-01-05T09:00:00Z, a Monday

size_t measure(const char* key) {
  size_t i = 0;
  while (std::strcmp(kMeasures[i].key, key) != 0) ++i;
  return i;
}

Setting two_hours(size_t requests) {
  Setting setting;
  setting.from_ms = kNine;
  setting.to_ms = kNine + 2 * kHour;
  for (size_t i = 0; i < requests; ++i) {
    setting.requests.push_back({.id = std::to_string(i), .at_ms = kNine + static_cast<int64_t>(i) * 20 * kMinute});
  }
  return setting;
}

TEST(Measures, SharesAreOfTheRequestsThatWereNotRefused) {
  const Setting setting = two_hours(5);
  Day day;
  day.outcomes = {{.end = End::kExpert, .to_expert_ms = 10'000},
                  {.end = End::kExpert, .to_expert_ms = 50'000},
                  {.end = End::kVoicemail, .waited_ms = 20'000},
                  {.end = End::kAgentText},
                  {.end = End::kRefused}};
  const Figures figures = figures_of(setting, day, 30'000);
  const Values& values = figures.values.front();
  EXPECT_DOUBLE_EQ(*values[measure("time_to_expert_p50_s")], 10);
  EXPECT_DOUBLE_EQ(*values[measure("time_to_expert_p90_s")], 50);
  EXPECT_DOUBLE_EQ(*values[measure("service_level_percent")], 25);
  EXPECT_DOUBLE_EQ(*values[measure("helped_percent")], 50);
  EXPECT_DOUBLE_EQ(*values[measure("mailbox_percent")], 25);
  EXPECT_DOUBLE_EQ(*values[measure("default_percent")], 50);
  EXPECT_DOUBLE_EQ(*values[measure("wait_mean_s")], 5);
  EXPECT_FALSE(values[measure("fairness_jain")]);
  ASSERT_EQ(figures.hours.size(), 2U);
  EXPECT_EQ(figures.hours[0].asked, 3);
  EXPECT_EQ(figures.hours[1].asked, 2);
  EXPECT_EQ(figures.hours[1].refused, 1);
}

TEST(Measures, OccupancyIsTheShareOfHisHoursInWhichHeHoldsAnything) {
  const Setting setting = two_hours(0);
  Day day;
  ExpertDay expert{.eligible = true, .hours_ms = kHour};
  expert.hours.week[0] = {{.from = 9 * 60 + 30, .to = 10 * 60 + 30}};
  expert.holdings = {{.from_ms = kNine + 20 * kMinute, .to_ms = kNine + 40 * kMinute},  // 10 minutes of it within
                     {.from_ms = kNine + 35 * kMinute, .to_ms = kNine + 45 * kMinute},  // at the same time, and 5 more
                     {.from_ms = kNine + 85 * kMinute, .to_ms = kNine + 200 * kMinute}};  // 5 minutes
  day.experts = {expert, ExpertDay{.eligible = false, .hours_ms = kHour}};
  const Figures figures = figures_of(setting, day, 30'000);
  EXPECT_NEAR(*figures.values.front()[measure("occupancy_mean_percent")], 100.0 * 20 / 60, 1e-9);
  EXPECT_EQ(figures.hours[0].busy_ms, 15 * kMinute);
  EXPECT_EQ(figures.hours[0].hours_ms, 30 * kMinute);
  EXPECT_EQ(figures.hours[1].busy_ms, 5 * kMinute);
}

TEST(Measures, FairnessIsOfOffersPerHourOnDutyOfThoseWhoAreEligible) {
  Day day;
  day.experts = {{.eligible = true, .hours_ms = 2 * kHour, .offers = 4, .accepted = 4},
                 {.eligible = true, .hours_ms = kHour, .offers = 2, .accepted = 1},
                 {.eligible = true, .hours_ms = kHour, .offers = 8, .accepted = 2},
                 {.eligible = true, .hours_ms = 0, .offers = 0},
                 {.eligible = false, .hours_ms = kHour, .offers = 0}};
  const Values values = figures_of(two_hours(0), day, 30'000).values.front();
  EXPECT_DOUBLE_EQ(*values[measure("fairness_jain")], 144.0 / (3 * 72));
  EXPECT_DOUBLE_EQ(*values[measure("fairness_largest_to_median")], 4);
  EXPECT_DOUBLE_EQ(*values[measure("offers_per_accept")], 2);
}

Figures of_values(size_t which, const std::vector<double>& values) {
  Figures figures;
  figures.days = static_cast<int>(values.size());
  for (const double value : values) {
    figures.values.emplace_back();
    figures.values.back()[which] = value;
  }
  return figures;
}

TEST(Measures, StrategiesAreComparedDayByDay) {
  const size_t p90 = measure("time_to_expert_p90_s");
  // Days differ much, the strategies on each of them little and always the same way.
  const Figures a = of_values(p90, {10, 50, 100, 200});
  const Figures b = of_values(p90, {12.1, 51.9, 102, 202});
  const auto compared = compare(a, b, p90);
  ASSERT_TRUE(compared);
  EXPECT_NEAR(compared->difference.mean, 2, 1e-9);
  EXPECT_EQ(compared->verdict, Verdict::kWorse);
  EXPECT_EQ(verdict_sentence(p90, compared),
            "time to expert, p90: B is worse, by 2.0 s (95 % interval 1.9 s to 2.1 s).");
  EXPECT_EQ(verdict_sentence(p90, compare(a, a, p90)),
            "time to expert, p90: no difference seen (95 % interval of B - A: 0.0 s to 0.0 s).");
  EXPECT_EQ(verdict_sentence(p90, compare(of_values(p90, {1}), of_values(p90, {3}), p90)),
            "time to expert, p90: one day says nothing of chance (B - A is 2.0 s).");
  EXPECT_EQ(verdict_sentence(p90, compare(a, Figures{}, p90)), "time to expert, p90: nothing to compare.");
  const size_t occupancy = measure("occupancy_mean_percent");
  EXPECT_EQ(verdict_sentence(occupancy, compare(of_values(occupancy, {1, 1}), of_values(occupancy, {2, 2}), occupancy)),
            "occupancy, mean: B is higher, by 1.0 % (95 % interval 1.0 % to 1.0 %).");
}

}  // namespace
}  // namespace expertline::simulate
