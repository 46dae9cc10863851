#include "expertline/replay/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "expertline/calls/generate.h"

namespace expertline::cli {
namespace {

CallRecord served(const std::string& server, DaySeconds start, int seconds) {
  CallRecord call;
  call.call_id = "1";
  call.type = "PS";
  call.vru_entry = start - 20;
  call.vru_exit = start - 10;
  call.outcome = CallOutcome::kAgent;
  call.service_start = start;
  call.service_time = seconds;
  call.server = server;
  return call;
}

TEST(ReplayPlan, OnlyServedCallsAreInteractions) {
  CallRecord gave_up;
  gave_up.type = "PS";
  const auto plan = make_plan({served("ANN", 3600, 60), gave_up, served("BEN", 7200, 60)}, 1, 1);
  EXPECT_EQ(plan.interactions, 2U);
  EXPECT_EQ(plan.agents, 2U);
  EXPECT_EQ(plan.asks.size(), 2U);
  EXPECT_DOUBLE_EQ(plan.span_s, 3660);
}

TEST(ReplayPlan, AnAskLiesWithinItsCallAndTalksForWhatIsLeft) {
  const auto calls = generate_day({.calls = 500, .agents = 8, .seed = 2});
  const auto plan = make_plan(calls, 1, 5);
  std::multiset<int> lengths;
  for (const auto& call : calls) {
    if (call.served()) lengths.insert(call.service_time);
  }
  ASSERT_EQ(plan.asks.size(), lengths.size());
  for (const auto& ask : plan.asks) {
    EXPECT_GE(ask.at_s, 0);
    EXPECT_GE(ask.talk_s, 0);
    EXPECT_LE(ask.talk_s, *lengths.rbegin());
  }
}

TEST(ReplayPlan, AsksComeInTheOrderOfTime) {
  const auto plan = make_plan(generate_day({.calls = 500, .agents = 8, .seed = 2}), 0.5, 5);
  EXPECT_TRUE(
      std::is_sorted(plan.asks.begin(), plan.asks.end(), [](const Ask& a, const Ask& b) { return a.at_s < b.at_s; }));
}

TEST(ReplayPlan, TheSameSeedAsksAboutTheSameCallsAndALargerShareAboutThemToo) {
  const auto calls = generate_day({.calls = 500, .agents = 8, .seed = 2});
  auto asked = [&](double share, uint64_t seed) {
    std::set<std::string> ids;
    for (const auto& ask : make_plan(calls, share, seed).asks) ids.insert(ask.interaction);
    return ids;
  };
  EXPECT_EQ(asked(0.1, 9), asked(0.1, 9));
  EXPECT_NE(asked(0.1, 9), asked(0.1, 10));
  const auto few = asked(0.1, 9);
  const auto more = asked(0.3, 9);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), few.begin(), few.end()));
}

TEST(ReplayPlan, ACallAfterMidnightComesAfterThoseOfTheEvening) {
  CallRecord late = served("BEN", 86'390, 60);
  late.service_start = 5;  // entered before midnight
  const auto plan = make_plan({late, served("ANN", 86'300, 60)}, 1, 1);
  EXPECT_EQ(plan.asks[0].agent, "agent-ANN");
  EXPECT_DOUBLE_EQ(plan.span_s, 86'405 + 60 - 86'300);
}

TEST(ReplayPlan, ACallWithoutServiceTimeNeverAsks) {
  EXPECT_TRUE(make_plan({served("ANN", 3600, 0)}, 1, 1).asks.empty());
}

TEST(ReplayPlan, NamesBecomeIds) {
  EXPECT_EQ(make_plan({served("O'Neil, {x}", 3600, 10)}, 1, 1).asks[0].agent, "agent-O-Neil---x-");
}

TEST(ParseShare, TakesPercentAndFractions) {
  EXPECT_EQ(parse_share("10%"), 0.1);
  EXPECT_EQ(parse_share("0.25"), 0.25);
  EXPECT_EQ(parse_share("100%"), 1.0);
  for (const char* bad : {"", "%", "101%", "-1%", "ten", "10 %", "nan", "1.5"})
    EXPECT_EQ(parse_share(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace expertline::cli
