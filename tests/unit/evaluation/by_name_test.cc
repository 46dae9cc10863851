// The strategy for experts who are asked by name.
#include "strategy-evaluation/by_name.h"

#include <gtest/gtest.h>

namespace expertline::evaluation {
namespace {

TEST(ByName, ThereIsOneForEachMedium) {
  for (const char* medium : {"im", "sms", "customer_chat"}) {
    const auto strategy = by_name_strategy(medium);
    ASSERT_NE(strategy, nullptr) << medium;
    EXPECT_EQ(strategy->medium, medium);
    ASSERT_EQ(strategy->steps.size(), 1U);
    EXPECT_EQ(strategy->steps[0].preview.answer_within_ms, 30'000);
    EXPECT_EQ(strategy->steps[0].wait_ms, 0);
    EXPECT_EQ(strategy->otherwise.back().kind, routing::Otherwise::Kind::kAgentText);
  }
  EXPECT_NE(by_name_strategy("im")->revision, by_name_strategy("sms")->revision);
  EXPECT_EQ(by_name_strategy("no medium"), nullptr);
}

}  // namespace
}  // namespace expertline::evaluation
