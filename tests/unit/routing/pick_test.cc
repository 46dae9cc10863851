// In which order experts are preferred: the picks, and who is asked again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/statistics.h"
#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// p-value of how often each expert was first over many seeds, against chances in proportion to `weights`.
double first_p_value(World& world, const std::map<std::string, double>& weights) {
  constexpr int kDraws = 20'000;
  std::map<std::string, int> firsts;
  for (int seed = 0; seed < kDraws; ++seed) {
    world.facts.set_seed(static_cast<uint64_t>(seed) * 7919 + 17);
    ++firsts[world.decide().ranked.at(0)];
  }
  double total = 0;
  for (const auto& [id, weight] : weights) total += weight;
  double chi_square = 0;
  for (const auto& [id, weight] : weights) {
    const double expected = kDraws * weight / total;
    chi_square += (firsts[id] - expected) * (firsts[id] - expected) / expected;
  }
  EXPECT_EQ(firsts.size(), weights.size()) << "somebody was drawn who has no chance";
  return chi_square_tail(chi_square, static_cast<double>(weights.size()) - 1);
}

// Ask again -------------------------------------------------------------------------------------------------------

TEST(AskAgain, WhoLetItRunOutComesAfterAllOthersAndOnlyOnce) {
  World world;
  for (const char* id : {"ann", "bob", "cid"}) world.with(Someone{.id = id});
  world.with(mortgage_step());
  world.facts.add_asked("ann");
  world.facts.add_asked("bob");
  world.facts.add_timed_out("ann");
  EXPECT_THAT(world.decide().ranked, ElementsAre("cid"));
  world.strategy.steps[0].preview.ask_again = true;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    world.facts.set_seed(seed);
    EXPECT_THAT(world.decide().ranked, ElementsAre("cid", "ann"));
  }
  EXPECT_EQ(world.decide().explanation.steps(0).ready(), 2);
  world.facts.clear_timed_out();  // asked twice by now
  EXPECT_THAT(world.decide().ranked, ElementsAre("cid"));
}

TEST(AskAgain, AmongThoseWhoLetItRunOutEachIsEquallyLikely) {
  World world;
  for (const char* id : {"ann", "bob", "cid", "dan"}) {
    world.with(Someone{.id = id});
    world.facts.add_asked(id);
    world.facts.add_timed_out(id);
  }
  world.with(mortgage_step());
  world.strategy.steps[0].preview.ask_again = true;
  EXPECT_GT(first_p_value(world, {{"ann", 1}, {"bob", 1}, {"cid", 1}, {"dan", 1}}), 0.001);
}

// Pick ------------------------------------------------------------------------------------------------------------

TEST(BestSkill, PrefersTheHighestSumOfLevels) {
  World world;
  world.with(Someone{.id = "ann", .skills = {{"mortgage", 3}, {"stocks", 3}, {"golf", 5}}})
      .with(Someone{.id = "bob", .skills = {{"mortgage", 5}, {"stocks", 2}}})
      .with(Someone{.id = "cid", .skills = {{"mortgage", 1}, {"stocks", 4}}});
  Step step = mortgage_step();
  step.find.skills.push_back({.skill = "stocks"});
  step.pick = Pick::kBestSkill;
  world.with(step);
  EXPECT_THAT(world.decide().ranked, ElementsAre("bob", "ann", "cid"));
}

TEST(LeastLoadToday, ComparesWorkByTheHoursThatHavePassed) {
  World world;  // 22:13:20 UTC
  v1::GuardRails late;
  v1::WorkingTime& evening = *late.add_hours();
  evening.set_day(v1::WEEKDAY_TUESDAY);
  evening.set_start_minute(20 * 60);
  evening.set_end_minute(23 * 60);
  constexpr int64_t kHour = 3'600'000;
  world
      .with(Someone{.id = "allday", .worked_today_ms = 8 * kHour, .today = 19675})                     // of 22.2 h: 36%
      .with(Someone{.id = "late", .rails = late, .worked_today_ms = kHour, .today = 19675})            // of 2.2 h: 45%
      .with(Someone{.id = "fresh", .rails = late, .worked_today_ms = kHour / 2, .today = 19675})       // 22%
      .with(Someone{.id = "yesterday", .rails = late, .worked_today_ms = 3 * kHour, .today = 19674});  // nothing today
  world.with(mortgage_step());
  world.strategy.steps[0].pick = Pick::kLeastLoadToday;
  EXPECT_THAT(world.decide().ranked, ElementsAre("yesterday", "fresh", "allday", "late"));
}

TEST(LeastLoadToday, CountsTheDayOfHisOwnZone) {
  World world;  // in Auckland it is Wednesday, 11:13:20
  v1::GuardRails auckland;
  auckland.set_time_zone("Pacific/Auckland");
  constexpr int64_t kHour = 3'600'000;
  world.with(Someone{.id = "here", .worked_today_ms = 8 * kHour, .today = 19675})
      .with(Someone{.id = "there", .rails = auckland, .worked_today_ms = 5 * kHour, .today = 19676})
      .with(Someone{.id = "ended", .rails = auckland, .worked_today_ms = 5 * kHour, .today = 19675});
  world.with(mortgage_step());
  world.strategy.steps[0].pick = Pick::kLeastLoadToday;
  EXPECT_THAT(world.decide().ranked, ElementsAre("ended", "here", "there"));
}

TEST(Weighted, GivesChancesInProportion) {
  World world;
  std::map<std::string, double> weights;
  for (const auto& [id, weight] :
       {std::pair("ann", 1), std::pair("bob", 2), std::pair("cid", 3), std::pair("dan", 6)}) {
    world.with(Someone{.id = id, .attributes = {{"weight", number(weight)}}});
    weights[id] = weight;
  }
  world.with(Someone{.id = "never", .attributes = {{"weight", number(0)}}}).with(Someone{.id = "without"});
  world.with(mortgage_step());
  Step& step = world.strategy.steps[0];
  step.pick = Pick::kWeighted;
  step.weight = world.cel("expert.attributes.weight");
  EXPECT_GT(first_p_value(world, weights), 0.001);
  EXPECT_EQ(world.decide().ranked.size(), 4U);
  EXPECT_THAT(dropped(world.decide().explanation.steps(0)), ElementsAre(Pair("weight", 2)));
  EXPECT_EQ(world.accepts("never"), Reason::kWeight);
  step.weight = world.cel("double(expert.attributes.weight) / 1000000.0");
  EXPECT_GT(first_p_value(world, weights), 0.001) << "only the proportion counts";
}

TEST(Weighted, TheSecondIsDrawnFromThoseWhoAreLeft) {
  World world;
  for (const auto& [id, weight] : {std::pair("ann", 1), std::pair("bob", 2), std::pair("cid", 3)}) {
    world.with(Someone{.id = id, .attributes = {{"weight", number(weight)}}});
  }
  world.with(mortgage_step());
  world.strategy.steps[0].pick = Pick::kWeighted;
  world.strategy.steps[0].weight = world.cel("expert.attributes.weight");
  int bob_after_ann = 0;
  int ann_first = 0;
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    world.facts.set_seed(seed);
    const auto ranked = world.decide().ranked;
    if (ranked[0] != "ann") continue;
    ++ann_first;
    bob_after_ann += ranked[1] == "bob";
  }
  EXPECT_NEAR(static_cast<double>(bob_after_ann) / ann_first, 0.4, 0.03) << "2 of 2 + 3";
}

TEST(Weighted, AmongVeryManyWeighsThoseDrawn) {
  World world;
  constexpr int kMany = static_cast<int>(kMostTested) + 5'000;
  for (int i = 0; i < kMany; ++i) {
    world.with(Someone{.id = "e" + std::to_string(i), .attributes = {{"weight", number(i % 2 == 0 ? 9 : 1)}}});
  }
  world.with(mortgage_step());
  world.strategy.steps[0].pick = Pick::kWeighted;
  world.strategy.steps[0].weight = world.cel("expert.attributes.weight");
  int heavy = 0;
  int all = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    world.facts.set_seed(seed);
    for (const std::string& id : world.decide().ranked) {
      heavy += std::stoi(id.substr(1)) % 2 == 0;
      ++all;
    }
  }
  EXPECT_NEAR(static_cast<double>(heavy) / all, 0.9, 0.06);
}

}  // namespace
}  // namespace expertline::routing
