#include "expertline/simulate/statistics.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace expertline::simulate {
namespace {

TEST(Statistics, PercentilesAreByNearestRank) {
  const std::vector<double> values = {40, 10, 30, 20};
  EXPECT_EQ(percentile(values, 0.5), 20);
  EXPECT_EQ(percentile(values, 0.51), 30);
  EXPECT_EQ(percentile(values, 1), 40);
  EXPECT_EQ(percentile({}, 0.5), 0);
}

TEST(Statistics, JainsIndexIsOneWhenAllHaveTheSameAndOneNthWhenOneHasAll) {
  EXPECT_DOUBLE_EQ(jain_index(std::vector<double>{3, 3, 3}), 1);
  EXPECT_DOUBLE_EQ(jain_index(std::vector<double>{9, 0, 0}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(jain_index(std::vector<double>{1, 2, 3}), 36.0 / 42);
  EXPECT_DOUBLE_EQ(jain_index(std::vector<double>{0, 0}), 1);
  EXPECT_DOUBLE_EQ(jain_index({}), 1);
}

// NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, upper critical values at 0.975.
TEST(Statistics, StudentsQuantilesAreThoseOfTheTables) {
  const std::vector<std::pair<int, double>> known = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},
                                                     {5, 2.571},  {9, 2.262},  {10, 2.228}, {19, 2.093},
                                                     {29, 2.045}, {60, 2.000}, {100, 1.984}};
  for (const auto& [degrees, value] : known) EXPECT_NEAR(student_t95(degrees), value, 6e-4) << degrees;
}

TEST(Statistics, AnIntervalIsTheMeanAndStudentsTimesItsDeviation) {
  const Interval interval = interval_of(std::vector<double>{1, 2, 3, 4, 5});  // deviation of the mean: sqrt(2.5 / 5)
  EXPECT_TRUE(interval.known);
  EXPECT_DOUBLE_EQ(interval.mean, 3);
  EXPECT_NEAR(interval.low, 3 - 2.776445 * 0.7071068, 1e-5);
  EXPECT_NEAR(interval.high, 3 + 2.776445 * 0.7071068, 1e-5);
  EXPECT_FALSE(interval_of(std::vector<double>{7}).known);
}

TEST(Statistics, ADifferenceIsSeenOnlyIfItsIntervalDoesNotHoldZero) {
  const Interval above{.mean = 2, .low = 1, .high = 3, .known = true};
  const Interval below{.mean = -2, .low = -3, .high = -1, .known = true};
  const Interval around{.mean = 1, .low = -1, .high = 3, .known = true};
  const Interval none{.mean = 0, .low = 0, .high = 0, .known = true};
  const Interval one_day{.mean = 2, .low = 2, .high = 2, .known = false};
  EXPECT_EQ(verdict_of(above, true), Verdict::kBetter);
  EXPECT_EQ(verdict_of(above, false), Verdict::kWorse);
  EXPECT_EQ(verdict_of(below, true), Verdict::kWorse);
  EXPECT_EQ(verdict_of(below, false), Verdict::kBetter);
  EXPECT_EQ(verdict_of(around, true), Verdict::kNoDifference);
  EXPECT_EQ(verdict_of(none, true), Verdict::kNoDifference);
  EXPECT_EQ(verdict_of(one_day, true), Verdict::kNoDifference);
}

}  // namespace
}  // namespace expertline::simulate
