// Who comes and goes is held back; who goes is gone.
#include "presence-ingest/damping.h"

#include <gtest/gtest.h>

#include <string>

namespace expertline::presence {
namespace {

constexpr int64_t kBegin = 1'700'000'000'000;

class DampingTest : public ::testing::Test {
 protected:
  int64_t is(bool available, const std::string& expert = "ann") { return damping_.hold_until(expert, available, now_); }
  // Comes and goes so often, each time within a second.
  int64_t flap(int times) {
    int64_t held = 0;
    for (int i = 0; i < times; ++i) {
      EXPECT_EQ(is(false), 0);
      now_ += 100;
      held = is(true);
      now_ += 100;
    }
    return held;
  }

  Damping damping_;
  int64_t now_ = kBegin;
};

TEST_F(DampingTest, ComingBackNowAndThenIsNothingUnusual) { EXPECT_EQ(flap(Damping::kComebacks), 0); }

TEST_F(DampingTest, OneComebackMoreHasToLast) {
  flap(Damping::kComebacks);
  const int64_t back = now_ + 100;
  EXPECT_EQ(flap(1), back + Damping::kHoldOffMs);
  EXPECT_EQ(is(true), back + Damping::kHoldOffMs) << "the same again does not begin anew";
  now_ = back + Damping::kHoldOffMs - 1;
  EXPECT_NE(is(true), 0);
  ++now_;
  EXPECT_EQ(is(true), 0);
}

TEST_F(DampingTest, LeavingIsNeverHeldBackAndBeginsAnew) {
  flap(Damping::kComebacks + 1);
  EXPECT_EQ(is(false), 0);
  now_ += Damping::kHoldOffMs;
  EXPECT_EQ(is(true), now_ + Damping::kHoldOffMs);
}

TEST_F(DampingTest, AWindowLaterItIsForgotten) {
  flap(Damping::kComebacks + 1);
  is(false);
  now_ += Damping::kWindowMs;
  EXPECT_EQ(is(true), 0);
  EXPECT_EQ(flap(Damping::kComebacks - 1), 0);
  EXPECT_NE(flap(1), 0);
}

TEST_F(DampingTest, EachExpertIsOnHisOwn) {
  EXPECT_NE(flap(Damping::kComebacks + 1), 0);
  EXPECT_EQ(is(true, "bob"), 0);
}

TEST_F(DampingTest, ItIsToldBeforeWhoMayBeHeldBack) {
  EXPECT_FALSE(damping_.restless("ann"));
  flap(Damping::kComebacks - 1);
  EXPECT_FALSE(damping_.restless("ann"));
  flap(1);
  EXPECT_TRUE(damping_.restless("ann"));
  EXPECT_FALSE(damping_.restless("bob"));
}

// A window may turn anywhere between two comebacks.
TEST_F(DampingTest, WhatIsRememberedSurvivesATurn) {
  now_ = kBegin;
  is(true, "bob");  // the window turns here
  now_ = kBegin + Damping::kWindowMs - 1000;
  EXPECT_EQ(flap(Damping::kComebacks), 0);
  now_ = kBegin + Damping::kWindowMs + 1000;
  EXPECT_NE(flap(1), 0);
}

}  // namespace
}  // namespace expertline::presence
