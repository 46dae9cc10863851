#include "routing/statistics.h"

#include <gtest/gtest.h>

#include <vector>

namespace expertline::routing {
namespace {

TEST(ChiSquare, AgreesWithTheTables) {
  EXPECT_NEAR(chi_square_tail(3.841459, 1), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_tail(18.307038, 10), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_tail(23.209251, 10), 0.01, 1e-6);
  EXPECT_NEAR(chi_square_tail(124.342113, 100), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_tail(1, 2), 0.6065306597, 1e-9);
  EXPECT_EQ(chi_square_tail(0, 5), 1);
  EXPECT_LT(chi_square_tail(1e6, 10), 1e-100);
  EXPECT_NEAR(chi_square_tail(19'999, 19'999), 0.4987, 1e-3);
}

TEST(UniformP, IsSmallOnlyForUnequalCounts) {
  EXPECT_NEAR(uniform_p_value(std::vector<int64_t>{10, 10, 10}), 1, 1e-12);
  EXPECT_LT(uniform_p_value(std::vector<int64_t>{100, 10, 10}), 1e-10);
  EXPECT_EQ(uniform_p_value(std::vector<int64_t>{5}), 1);
  EXPECT_EQ(uniform_p_value(std::vector<int64_t>{0, 0}), 1);
}

}  // namespace
}  // namespace expertline::routing
