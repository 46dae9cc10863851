// Series of metrics, and how evenly something is shared out.
#include "app/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/fairness.h"

namespace expertline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, ThoseBeyondTheMostAreOne) {
  app::Counter counter("expertline_test_total", {"reason"}, "all", "For a test");
  for (size_t i = 0; i < app::kMostSeries + 10; ++i) counter.at({std::to_string(i)}).Increment();
  EXPECT_EQ(counter.at({"0"}).Value(), 1);
  EXPECT_EQ(counter.at({"never seen"}).Value(), 10);
  EXPECT_EQ(&counter.at({"other"}), &counter.at({"never seen either"}));
}

TEST(Metrics, WhatIsReadElsewhereIsReplacedAsAWhole) {
  app::Readings readings("expertline_test_seconds", "histogram", {"domain", "routing_point"}, "all", "For a test");
  readings.replace("main", {{.labels = {"a"}, .value = 7, .buckets = {{1, 2}, {HUGE_VAL, 3}}}});
  EXPECT_THAT(app::metrics_text(),
              HasSubstr(R"(expertline_test_seconds_bucket{domain="main",routing_point="a",le="1"} 2)"));
  EXPECT_THAT(app::metrics_text(), HasSubstr(R"(expertline_test_seconds_count{domain="main",routing_point="a"} 3)"));
  EXPECT_THAT(app::metrics_text(), HasSubstr(R"(expertline_test_seconds_sum{domain="main",routing_point="a"} 7)"));
  readings.replace("main", {});
  EXPECT_THAT(app::metrics_text(), Not(HasSubstr("expertline_test_seconds")));
}

TEST(Fairness, IsOneIfAllHaveTheSameAndOneNthIfOneHasAll) {
  EXPECT_DOUBLE_EQ(fairness_of({2, 2, 2, 2})->jain, 1);
  EXPECT_DOUBLE_EQ(fairness_of({2, 2, 2, 2})->largest_to_median, 1);
  EXPECT_DOUBLE_EQ(fairness_of({8, 0, 0, 0})->jain, 0.25);
  EXPECT_TRUE(std::isinf(fairness_of({8, 0, 0, 0})->largest_to_median));
  // (1 + 2 + 3)^2 / (3 * (1 + 4 + 9))
  EXPECT_DOUBLE_EQ(fairness_of({3, 1, 2})->jain, 36.0 / 42);
  EXPECT_DOUBLE_EQ(fairness_of({3, 1, 2})->largest_to_median, 1.5);
}

TEST(Fairness, IsOfNothingIfThereIsNothingToShareOrNobodyToShareWith) {
  EXPECT_FALSE(fairness_of({}));
  EXPECT_FALSE(fairness_of({5}));
  EXPECT_FALSE(fairness_of({0, 0}));
}

}  // namespace
}  // namespace expertline
