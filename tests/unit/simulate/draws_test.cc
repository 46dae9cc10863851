#include "expertline/simulate/draws.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "expertline/simulate/statistics.h"

namespace expertline::simulate {
namespace {

TEST(Draws, LogarithmAndExponentialAreThoseOfTheLibraryToFourteenDigits) {
  for (double x = 1e-12; x < 1e12; x *= 1.37) {
    EXPECT_NEAR(natural_log(x), std::log(x), 1e-14 * (1 + std::abs(std::log(x)))) << x;
  }
  for (double x = -40; x < 40; x += 0.173) EXPECT_NEAR(exponential_of(x) / std::exp(x), 1, 1e-13) << x;
}

// These values must never change: they are what makes a day the same on every machine.
TEST(Draws, AStreamIsFixedForever) {
  Stream stream(1, Purpose::kReaction, 2, 3);
  Stream again(1, Purpose::kReaction, 2, 3);
  EXPECT_EQ(stream.next(), 6333544418393037108U);
  EXPECT_EQ(stream.next(), 12251298266421165945U);
  EXPECT_EQ(again.next(), 6333544418393037108U);
  Stream times(1, Purpose::kAnswerTime, 2, 3);
  EXPECT_EQ((Lognormal{.median_s = 5, .spread = 2}.draw_ms(times)), 3916);
}

TEST(Draws, StreamsDifferBySeedPurposeAndWhatTheyAreOf) {
  const uint64_t first = Stream(1, Purpose::kReaction, 2, 3).next();
  EXPECT_NE(first, Stream(2, Purpose::kReaction, 2, 3).next());
  EXPECT_NE(first, Stream(1, Purpose::kTalk, 2, 3).next());
  EXPECT_NE(first, Stream(1, Purpose::kReaction, 3, 3).next());
  EXPECT_NE(first, Stream(1, Purpose::kReaction, 2, 4).next());
}

TEST(Draws, UnitsAreUniformAndNormalsNormal) {
  std::vector<double> units, normals, squares, exponentials;
  for (uint64_t i = 0; i < 40'000; ++i) {
    Stream stream(7, Purpose::kTalk, i);
    units.push_back(stream.unit());
    const double normal = stream.normal();
    normals.push_back(normal);
    squares.push_back(normal * normal);
    exponentials.push_back(stream.exponential(10));
  }
  EXPECT_NEAR(mean(units), 0.5, 0.006);
  EXPECT_NEAR(percentile(units, 0.9), 0.9, 0.006);
  EXPECT_NEAR(mean(normals), 0, 0.02);
  EXPECT_NEAR(mean(squares), 1, 0.03);
  EXPECT_NEAR(mean(exponentials), 10, 0.2);
  EXPECT_NEAR(percentile(exponentials, 0.5), 10 * std::log(2.0), 0.2);
}

TEST(Draws, OfALognormalTwoThirdsLieWithinItsSpread) {
  const Lognormal time{.median_s = 5, .spread = 2};
  std::vector<double> drawn;
  int within = 0;
  for (uint64_t i = 0; i < 20'000; ++i) {
    Stream stream(3, Purpose::kAnswerTime, i);
    const auto ms = static_cast<double>(time.draw_ms(stream));
    drawn.push_back(ms);
    within += ms >= 2500 && ms <= 10'000 ? 1 : 0;
  }
  EXPECT_NEAR(percentile(drawn, 0.5), 5000, 100);
  EXPECT_NEAR(within / 20'000.0, 0.683, 0.012);
}

TEST(Draws, WithASpreadOfOneItIsAlwaysTheMedian) {
  Stream stream(1, Purpose::kTalk, 1);
  EXPECT_EQ((Lognormal{.median_s = 2.5, .spread = 1}.draw_ms(stream)), 2500);
}

}  // namespace
}  // namespace expertline::simulate
