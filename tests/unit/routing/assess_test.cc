// What an agent is told before he asks.
#include "routing/assess.h"

#include <gtest/gtest.h>

#include <memory>

#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

v1::Availability assess(const World& world) {
  return assess(world.strategy, world.snapshot, world.facts, world.moment);
}

TEST(Assess, CountsWhoeverIsReadyForOneStepOrAnotherOnce) {
  World world;
  world.with({.id = "ann"}).with({.id = "bob", .skills = {{"mortgage", 1}}}).with({.id = "cleo", .skills = {}});
  world.with({.id = "dan", .state = v1::PRESENCE_STATE_AWAY, .routable = false});
  world.with(mortgage_step(3)).with(mortgage_step());
  const v1::Availability out = assess(world);
  EXPECT_EQ(out.ready(), 2);
  EXPECT_EQ(out.outcome(), v1::AVAILABILITY_OUTCOME_READY);
  EXPECT_EQ(out.step(), "specialist");
  EXPECT_TRUE(out.has_expected_wait());
  EXPECT_EQ(out.expected_wait().seconds(), 0);
  EXPECT_TRUE(out.allowed());
  EXPECT_EQ(out.calendar(), v1::CALENDAR_STATE_UNSPECIFIED);
}

TEST(Assess, LeavesOutStepsThatWouldNotBeTried) {
  World world;
  world.with({.id = "ann"});
  Step step = mortgage_step();
  step.only_if = world.cel("false");
  world.with(step);
  EXPECT_EQ(assess(world).ready(), 0);
  EXPECT_EQ(assess(world).outcome(), v1::AVAILABILITY_OUTCOME_DEFAULT);
  EXPECT_EQ(assess(world).default_target().agent_text(), "nobody");
}

TEST(Assess, DoesNotCountTheAgentHimself) {
  World world;
  world.with({.id = "agent7"}).with({.id = "ann"}).with(mortgage_step());
  EXPECT_EQ(assess(world).ready(), 1);
}

TEST(Assess, SaysWhoWaitsAndLeavesTheExpectationToWhoeverKnowsPastWaits) {
  World world;
  world.with({.id = "ann", .im_used = 2});
  Step step = mortgage_step();
  step.wait_ms = 60'000;
  world.with(step);
  world.moment.set_waiting(2);
  world.moment.mutable_longest_wait()->set_seconds(5);
  const v1::Availability out = assess(world);
  EXPECT_EQ(out.outcome(), v1::AVAILABILITY_OUTCOME_WAIT);
  EXPECT_EQ(out.waiting(), 2);
  EXPECT_EQ(out.longest_wait().seconds(), 5);
  EXPECT_FALSE(out.has_expected_wait());
}

TEST(Assess, SaysWhetherItIsOpenAndWhenThatChanges) {
  World world;
  world.with(mortgage_step());
  auto hours = std::make_shared<Calendar>();
  hours->week.fill({{.from = 9 * 60, .to = 18 * 60}});
  world.strategy.hours = hours;
  const v1::Availability out = assess(world);  // at 22:13:20 UTC
  EXPECT_EQ(out.calendar(), v1::CALENDAR_STATE_CLOSED);
  EXPECT_EQ(out.next_change().seconds(), 1'700'000'000 + 10 * 3600 + 46 * 60 + 40) << "9:00 on the next day";
}

TEST(Assess, SaysWhoMayNotAsk) {
  World world;
  world.with({.id = "ann"}).with(mortgage_step());
  world.strategy.allow = world.cel("agent.id == 'somebody else'");
  EXPECT_FALSE(assess(world).allowed());
  EXPECT_NE(assess(world).detail().find("somebody else"), std::string::npos);
}

TEST(ExpectedWait, GoesOnAsWaitsEndedSoFar) {
  const std::vector<int64_t> ended = {100'000, 70'000, 40'000};
  EXPECT_EQ(expected_wait_ms(ended, 100'000, 0), 20'000) << "three in 60 s";
  EXPECT_EQ(expected_wait_ms(ended, 100'000, 2), 60'000) << "behind two others";
  EXPECT_EQ(expected_wait_ms(ended, 160'000, 0), 40'000) << "nothing since";
  EXPECT_EQ(expected_wait_ms(std::vector<int64_t>{1, 2}, 100, 0), std::nullopt) << "too few to tell";
}

}  // namespace
}  // namespace expertline::routing
