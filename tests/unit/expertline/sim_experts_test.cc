#include "expertline/replay/sim_experts.h"

#include <gtest/gtest.h>

#include "expertline/calls/call_record.h"

namespace expertline::cli {
namespace {

TEST(SimExperts, EverySkillsetHasItsShare) {
  const SimExperts experts(40, {}, 1);
  for (const auto& skill : skillsets()) EXPECT_EQ(experts.ready(skill, {}).size(), 16U) << skill;
}

TEST(SimExperts, WhoHoldsALegOrWasAskedIsNotReady) {
  SimExperts experts(5, {}, 1);
  const auto all = experts.ready("regular", {});
  ASSERT_EQ(all.size(), 2U);
  experts.hold(all[0], "leg");
  experts.hold(all[0], "leg");
  EXPECT_EQ(experts.ready("regular", {}), std::vector{all[1]});
  EXPECT_TRUE(experts.ready("regular", {all[1]}).empty());
  experts.release(all[0], "leg");
  EXPECT_EQ(experts.ready("regular", {}), all);
}

TEST(SimExperts, AnswerAsOftenAsTheyWereTold) {
  SimExperts experts(1, {.decline = 0.2, .overlook = 0.3, .answer_s = 4}, 1);
  std::map<SimExperts::Reaction, int> count;
  double delay = 0;
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    const auto answer = experts.draw_answer();
    ++count[answer.reaction];
    delay += answer.delay_s;
  }
  EXPECT_NEAR(count[SimExperts::Reaction::kDecline], 0.2 * kDraws, 300);
  EXPECT_NEAR(count[SimExperts::Reaction::kOverlook], 0.3 * kDraws, 300);
  EXPECT_NEAR(delay / kDraws, 4, 0.2);
}

TEST(SimExperts, RostersTogetherHoldAllOfThem) {
  const SimExperts experts(25, {}, 1);
  const auto rosters = experts.rosters(10);
  ASSERT_EQ(rosters.size(), 3U);
  EXPECT_NE(rosters[2].find("id: sim-025"), std::string::npos);
  EXPECT_EQ(rosters[2].find("id: sim-020"), std::string::npos);
}

}  // namespace
}  // namespace expertline::cli
