// What each part of the language does to a decision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/statistics.h"
#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Kind = Decision::Kind;

std::map<std::string, int> dropped(const v1::StepTrace& trace) {
  return {trace.dropped().begin(), trace.dropped().end()};
}

v1::AttributeValue number(int64_t value) {
  v1::AttributeValue out;
  out.set_number(value);
  return out;
}

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

// Conditions ------------------------------------------------------------------------------------------------------

TEST(Allow, IsAskedOfTheRequest) {
  World world;
  const auto admitted = [&] { return admit(world.strategy, world.snapshot, world.facts, world.moment); };
  EXPECT_TRUE(admitted().allowed()) << "without a condition everybody may ask";
  world.strategy.allow = world.cel("'retail' in agent.groups");
  EXPECT_FALSE(admitted().allowed());
  EXPECT_THAT(admitted().detail(), HasSubstr("'retail' in agent.groups"));
  world.facts.mutable_agent()->add_groups("retail");
  EXPECT_TRUE(admitted().allowed());
  world.strategy.allow = world.cel("agent.site == 'Leeds'");
  EXPECT_FALSE(admitted().allowed()) << "a name that is absent is no match";
}

TEST(OnlyIf, PassesAStepOverAndSaysWhy) {
  World world;
  world.with(Someone{.id = "ann"}).with(mortgage_step()).with(Step{.name = "anybody"});
  world.strategy.user_data = {{.key = "amount", .type = Declared::Type::kInt}};
  world.strategy.steps[0].only_if = world.cel("user_data.amount < 500");
  EXPECT_EQ(world.decide().step->name, "anybody");
  EXPECT_EQ(world.decide().explanation.steps(0).skipped(), "only_if");
  EXPECT_THAT(world.decide().explanation.steps(0).detail(), HasSubstr("user_data.amount"));
  world.given("amount", " 499 ");
  EXPECT_EQ(world.decide().step->name, "specialist");
  world.given("amount", "500");
  EXPECT_EQ(world.decide().step->name, "anybody");
}

TEST(OnlyIf, IsAskedWhenTheLegComesToTheStepAndNotWhileItStays) {
  World world;
  world.with(mortgage_step());
  world.strategy.steps[0].wait_ms = 20'000;
  world.strategy.steps[0].only_if = world.cel("queue.waiting < 1");
  EXPECT_EQ(world.decide().kind, Kind::kWait);
  world.moment.set_waiting(1);  // this leg itself
  EXPECT_EQ(world.decide().kind, Kind::kDefault);
  world.facts.mutable_wait_left()->set_seconds(10);
  EXPECT_EQ(world.decide().kind, Kind::kWait);
  EXPECT_TRUE(reads_queue(world.strategy));
  world.strategy.steps[0].only_if.reset();
  EXPECT_FALSE(reads_queue(world.strategy));
}

TEST(Where, IsAskedOfEachExpertAndAMissingAttributeIsNoMatch) {
  World world;
  world.with(Someone{.id = "ann", .attributes = {{"years", number(5)}}})
      .with(Someone{.id = "bob", .attributes = {{"years", number(2)}}})
      .with(Someone{.id = "cid"})
      .with(Someone{.id = "dan", .im_used = 2, .attributes = {{"years", number(9)}}});
  world.with(mortgage_step());
  world.strategy.steps[0].where = world.cel("expert.attributes.years >= 3");
  const Decision decision = world.decide();
  EXPECT_THAT(decision.ranked, ElementsAre("ann"));
  const v1::StepTrace& trace = decision.explanation.steps(0);
  EXPECT_THAT(dropped(trace), UnorderedElementsAre(Pair("where", 2), Pair("at_capacity", 1)));
  EXPECT_EQ(trace.ready(), 1);
  EXPECT_THAT(trace.detail(), HasSubstr("years"));
  EXPECT_EQ(world.accepts("ann"), Reason::kReady);
  EXPECT_EQ(world.accepts("cid"), Reason::kWhere);
  EXPECT_EQ(world.accepts("dan"), Reason::kAtCapacity);
}

TEST(Where, SeesAllNamesOfAnExpert) {
  World world;
  Someone ann{.id = "ann", .skills = {{"mortgage", 3}}, .groups = {"retail"}, .im_used = 1, .site = "Leeds"};
  ann.languages = {"en", "de"};
  ann.attributes["vip"].set_flag(true);
  ann.offers_today = 4;
  ann.today = 19675;
  auto known = record(ann);
  known.set_note("at lunch");
  known.mutable_expert()->add_media_order("voice");
  known.mutable_expert()->add_media_order("im");
  world.snapshot.apply(known);
  world.with(Step{.name = "all"});
  for (const char* holds : {"expert.id == 'ann'",
                            "expert.name == 'The ann'",
                            "expert.site == 'Leeds'",
                            "expert.languages == ['en', 'de']",
                            "expert.skills == {'mortgage': 3}",
                            "expert.skills.mortgage == 3",
                            "!('stocks' in expert.skills)",
                            "expert.groups == ['retail']",
                            "expert.attributes.vip",
                            "expert.state == 'online'",
                            "expert.note == 'at lunch'",
                            "expert.idle_for == duration('0s')",
                            "expert.load == 0.5",
                            "expert.offers_today == 4",
                            "expert.media == ['voice', 'im']",
                            "expert.dn.voice == '5-ann'",
                            "!has(expert.dn.fax)",
                            "expert.skills.all(s, expert.skills[s] > 2)",
                            "now == timestamp('2023-11-14T22:13:20Z')",
                            "ready('mortgage') == 1",
                            "ready('mortgage', 4) == 0",
                            "ready('unheard of') == 0",
                            "interaction.bucket >= 0 && interaction.bucket < 100",
                            "!has(interaction.last_expert)",
                            "!has(agent.site)"}) {
    world.strategy.steps[0].where = world.cel(holds);
    EXPECT_EQ(world.decide().kind, Kind::kOffer) << holds << ": " << world.decide().explanation.ShortDebugString();
  }
}

TEST(Where, CountsOffersAndWorkOfAnotherDayAsNone) {
  World world;
  world.with(Someone{.id = "ann", .offers_today = 4, .today = 19674}).with(Step{.name = "all"});
  world.strategy.steps[0].where = world.cel("expert.offers_today == 0");
  EXPECT_EQ(world.decide().kind, Kind::kOffer);
}

TEST(Where, OnVeryManyIsBoundedAndSaysHowManyWereTested) {
  World world;
  constexpr int kMany = static_cast<int>(kMostTested) * 2;
  for (int i = 0; i < kMany; ++i) {
    world.with(Someone{.id = "e" + std::to_string(i), .idle_since_ms = i + 1, .site = i % 4 == 0 ? "Leeds" : "York"});
  }
  world.with(mortgage_step());
  world.strategy.steps[0].where = world.cel("expert.site == 'Leeds'");
  Decision decision = world.decide();
  EXPECT_EQ(decision.ranked.size(), kMaxRanked);
  EXPECT_GT(decision.explanation.steps(0).tested(), 15);
  EXPECT_LT(decision.explanation.steps(0).tested(), 500);
  EXPECT_EQ(decision.explanation.steps(0).ready(), kMany);
  world.strategy.steps[0].pick = Pick::kLongestIdle;
  decision = world.decide();
  EXPECT_EQ(decision.ranked.front(), "e0");
  EXPECT_EQ(decision.ranked[1], "e4") << "exact: they are tested in order of preference";
  world.strategy.steps[0].where = world.cel("expert.site == 'nowhere'");
  decision = world.decide();
  EXPECT_EQ(decision.explanation.steps(0).tested(), static_cast<int>(kMostTested));
  EXPECT_EQ(decision.kind, Kind::kDefault);
}

TEST(Budget, ThatIsUsedUpIsNoMatchAndSaid) {
  World world;
  for (int i = 0; i < 300; ++i) world.with(Someone{.id = "e" + std::to_string(i)});
  world.with(mortgage_step());
  std::string list = "[0";
  for (int i = 1; i < 60; ++i) list += "," + std::to_string(i);
  list += "]";
  world.strategy.steps[0].where = world.cel(list + ".all(x, " + list + ".all(y, " + list + ".all(z, x + y + z >= 0)))");
  const Decision decision = world.decide();
  EXPECT_EQ(decision.kind, Kind::kDefault);
  EXPECT_THAT(decision.explanation.steps(0).detail(), HasSubstr("costs too much"));
  EXPECT_THAT(decision.explanation.steps(0).detail(), HasSubstr("the expressions of the decision cost too much"));
}

// States, guard rails ---------------------------------------------------------------------------------------------

TEST(States, ReachThoseWhomPresenceWouldNotLetThrough) {
  World world;
  world.with(Someone{.id = "ann", .state = v1::PRESENCE_STATE_BUSY, .routable = false})
      .with(Someone{.id = "bob"})
      .with(Someone{.id = "cid", .state = v1::PRESENCE_STATE_BUSY, .routable = false, .do_not_disturb = true})
      .with(Someone{.id = "dan", .state = v1::PRESENCE_STATE_BUSY, .routable = false, .desk = false})
      .with(Someone{.id = "eve", .state = v1::PRESENCE_STATE_BUSY, .routable = false, .block = v1::BLOCK_PAUSED});
  world.with(mortgage_step());
  EXPECT_THAT(world.decide().ranked, ElementsAre("bob"));
  world.strategy.steps[0].find.states = {v1::PRESENCE_STATE_BUSY};
  const Decision decision = world.decide();
  EXPECT_THAT(decision.ranked, ElementsAre("ann"));
  EXPECT_THAT(dropped(decision.explanation.steps(0)), UnorderedElementsAre(Pair("states", 1), Pair("do_not_disturb", 1),
                                                                           Pair("no_desk", 1), Pair("paused", 1)));
  EXPECT_THAT(states_asked(world.strategy, 0, world.facts), ElementsAre(v1::PRESENCE_STATE_BUSY));
}

TEST(GuardRails, KeepOffersFromAnExpertInEveryStep) {
  World world;
  world.with(Someone{.id = "b1", .block = v1::BLOCK_OFF_HOURS})
      .with(Someone{.id = "b2", .block = v1::BLOCK_COOL_DOWN})
      .with(Someone{.id = "b3", .block = v1::BLOCK_PAUSED})
      .with(Someone{.id = "b4", .block = v1::BLOCK_HOUR_LIMIT})
      .with(Someone{.id = "b5", .block = v1::BLOCK_DAY_LIMIT})
      .with(Someone{.id = "b6", .im_used = 2, .wrapping_up = 1})
      .with(mortgage_step());
  EXPECT_THAT(dropped(world.decide().explanation.steps(0)),
              UnorderedElementsAre(Pair("off_hours", 1), Pair("cool_down", 1), Pair("paused", 1), Pair("hour_limit", 1),
                                   Pair("day_limit", 1), Pair("wrap_up", 1)));
}

// Relax -----------------------------------------------------------------------------------------------------------

struct Relaxing : World {
  Relaxing() {
    with(Someone{.id = "ann", .skills = {{"mortgage", 2}}, .site = "York"});
    with(mortgage_step(3));
    Step& step = strategy.steps[0];
    step.where = cel("expert.site == 'Leeds'");
    step.wait_ms = 20'000;
    step.relax = {{.after_ms = 5'000, .skills = {{.skill = "mortgage", .min = 2}}, .text = "skills.mortgage: 2"},
                  {.after_ms = 12'000, .drop_where = true, .text = "drop: where"}};
  }
  Decision after(int seconds) {
    facts.mutable_wait_left()->set_seconds(20 - seconds);
    return decide();
  }
};

TEST(Relax, AsksForLessAndLessWhileTheLegWaits) {
  Relaxing world;
  EXPECT_EQ(world.decide().until_ms, 5'000);
  EXPECT_EQ(world.decide().wait_ms, 20'000);
  EXPECT_EQ(world.after(4).explanation.steps(0).found(), 0);
  EXPECT_EQ(world.after(4).until_ms, 1'000);
  const Decision then = world.after(5);
  EXPECT_THAT(dropped(then.explanation.steps(0)), ElementsAre(Pair("where", 1)));
  EXPECT_THAT(then.explanation.steps(0).relaxed(), ElementsAre("skills.mortgage: 2"));
  EXPECT_EQ(then.until_ms, 7'000);
  EXPECT_EQ(then.wait_ms, 15'000);
  EXPECT_EQ(world.accepts("ann"), Reason::kWhere);
  const Decision last = world.after(12);
  EXPECT_THAT(last.ranked, ElementsAre("ann"));
  EXPECT_THAT(last.explanation.steps(0).relaxed(), ElementsAre("skills.mortgage: 2", "drop: where"));
  EXPECT_EQ(world.accepts("ann"), Reason::kReady);
}

TEST(Relax, WithNothingMoreToRelaxTheLegWaitsToTheEnd) {
  Relaxing world;
  world.strategy.steps[0].find.skills[0].skill = "stocks";
  EXPECT_EQ(world.after(15).until_ms, 5'000);
  EXPECT_EQ(world.after(15).wait_ms, 5'000);
}

TEST(Relax, IsOfTheLegsOwnStepOnly) {
  Relaxing world;
  world.strategy.steps.insert(world.strategy.steps.begin(), Step{.name = "first", .find = {.groups = {"none"}}});
  EXPECT_EQ(world.after(15).until_ms, 5'000) << "the wait was in the first step";
}

TEST(Relax, MovesTheLegToTheBucketOfWhatIsLeft) {
  Relaxing world;
  world.strategy.steps[0].relax[0] = {.after_ms = 5'000, .drop_skills = {"mortgage"}};
  world.strategy.steps[0].find.groups = {"retail"};
  EXPECT_EQ(world.after(4).bucket, "skill=mortgage");
  EXPECT_EQ(world.after(5).bucket, "group=retail");
  world.strategy.steps[0].relax[0].drop_groups = true;
  EXPECT_EQ(world.after(5).bucket, "all");
}

TEST(Relax, MayNameOtherGroupsAndStates) {
  Relaxing world;
  Step& step = world.strategy.steps[0];
  step.find = {.groups = {"retail"}};
  step.where.reset();
  step.relax = {{.after_ms = 5'000, .groups = {"branches"}, .states = {v1::PRESENCE_STATE_AWAY}}};
  world.with(Someone{.id = "bob", .groups = {"branches"}, .state = v1::PRESENCE_STATE_AWAY, .routable = false});
  EXPECT_EQ(world.after(4).kind, Kind::kWait);
  EXPECT_THAT(world.after(5).ranked, ElementsAre("bob"));
  EXPECT_THAT(states_asked(world.strategy, 0, world.facts), ElementsAre(v1::PRESENCE_STATE_AWAY));
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
  std::map<std::string, double> seconds;
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

// The request -----------------------------------------------------------------------------------------------------

TEST(Priority, IsClampedAndCountsAsNothingWithoutAValue) {
  World world;
  world.with(mortgage_step());
  world.strategy.user_data = {{.key = "vip", .type = Declared::Type::kBool}};
  EXPECT_EQ(world.decide().priority, 0);
  world.strategy.priority = world.cel("user_data.vip ? 10 : -5000");
  EXPECT_EQ(world.decide().priority, 0);
  EXPECT_THAT(world.decide().explanation.steps(0).detail(), HasSubstr("priority"));
  world.given("vip", "true");
  EXPECT_EQ(world.decide().priority, 10);
  world.given("vip", "false");
  EXPECT_EQ(world.decide().priority, -1000);
}

TEST(Otherwise, IsTheFirstThatApplies) {
  World world;
  world.with(mortgage_step());
  world.strategy.user_data = {{.key = "team", .default_value = "mortgage"}};
  world.strategy.otherwise = {
      {.only_if = world.cel("agent.id == 'nobody'"), .kind = Otherwise::Kind::kDn, .text = {std::string("1")}},
      {.only_if = world.cel("agent.id == 'agent7'"),
       .kind = Otherwise::Kind::kVoicemail,
       .text = {world.cel("user_data.team"), std::string("-box")}},
      {.kind = Otherwise::Kind::kDn, .text = {std::string("2")}}};
  EXPECT_EQ(world.decide().default_target.voicemail(), "mortgage-box");
  world.facts.mutable_agent()->set_id("agent8");
  EXPECT_EQ(world.decide().default_target.dn(), "2");
}

TEST(BadData, LeadsToOtherwiseOrCountsAsAbsent) {
  World world;
  world.with(Someone{.id = "ann"}).with(mortgage_step());
  world.strategy.user_data = {{.key = "topic", .one_of = {"rates", "fraud"}, .required = true}};
  const auto skipped = [&] { return world.decide().explanation.steps(0).skipped(); };
  EXPECT_EQ(world.decide().kind, Kind::kOffer);
  EXPECT_THAT(world.decide().explanation.steps(0).detail(), HasSubstr("user_data.topic is required and missing"));
  world.strategy.on_bad_data = OnBadData::kOtherwise;
  EXPECT_EQ(skipped(), "bad_data");
  EXPECT_EQ(world.decide().kind, Kind::kDefault);
  world.given("topic", "golf");
  EXPECT_THAT(world.decide().explanation.steps(0).detail(), HasSubstr("user_data.topic is none of its values"));
  EXPECT_EQ(world.decide().explanation.steps(0).detail().find("golf"), std::string::npos) << "no value is shown";
  world.given("topic", "rates");
  EXPECT_EQ(skipped(), "");
}

struct Coercion {
  Declared::Type type;
  std::string text;
  std::string condition;  // that holds then
};

class Coerced : public ::testing::TestWithParam<Coercion> {};

TEST_P(Coerced, ToTheDeclaredType) {
  World world;
  world.strategy.user_data = {{.key = "x", .type = GetParam().type}};
  world.strategy.allow = world.cel(GetParam().condition);
  world.given("x", GetParam().text);
  EXPECT_TRUE(admit(world.strategy, world.snapshot, world.facts, world.moment).allowed());
}

using enum Declared::Type;
INSTANTIATE_TEST_SUITE_P(
    All, Coerced,
    ::testing::Values(Coercion{kInt, "250000", "user_data.x == 250000"}, Coercion{kInt, " -7\n", "user_data.x == -7"},
                      Coercion{kInt, "+7", "user_data.x == 7"}, Coercion{kInt, "7.5", "!has(user_data.x)"},
                      Coercion{kInt, "7 apples", "!has(user_data.x)"}, Coercion{kInt, "", "!has(user_data.x)"},
                      Coercion{kInt, "99999999999999999999", "!has(user_data.x)"},
                      Coercion{kDouble, "7.5", "user_data.x == 7.5"}, Coercion{kDouble, "7", "user_data.x == 7.0"},
                      Coercion{kDouble, "nan", "!has(user_data.x)"}, Coercion{kBool, "true", "user_data.x"},
                      Coercion{kBool, "false", "!user_data.x"}, Coercion{kBool, "yes", "!has(user_data.x)"},
                      Coercion{kString, " a ", "user_data.x == ' a '"}, Coercion{kString, "", "user_data.x == ''"}));

TEST(Coerced, ANumberIsATextWhereOneIsDeclared) {
  World world;
  world.strategy.user_data = {
      {.key = "x"}, {.key = "y", .type = Declared::Type::kDouble}, {.key = "z", .type = Declared::Type::kBool}};
  world.strategy.allow = world.cel("user_data.x == '5' && user_data.y == 5.0 && !has(user_data.z)");
  for (const char* key : {"x", "y", "z"}) (*world.facts.mutable_user_data()->mutable_values())[key].set_number(5);
  EXPECT_TRUE(admit(world.strategy, world.snapshot, world.facts, world.moment).allowed());
}

TEST(Asked, RemembersHowConditionsCameOut) {
  World world;
  world.with(Someone{.id = "ann", .site = "Leeds"}).with(Someone{.id = "bob"}).with(mortgage_step());
  world.strategy.steps[0].only_if = world.cel("true");
  world.strategy.steps[0].where = world.cel("expert.site == 'Leeds'");
  Asked asked;
  decide(world.strategy, world.snapshot, world.facts, world.moment, &asked);
  const auto& where = asked.conditions.at(&*world.strategy.steps[0].where);
  EXPECT_TRUE(where.held && where.held_not);
  const auto& only_if = asked.conditions.at(&*world.strategy.steps[0].only_if);
  EXPECT_TRUE(only_if.held && !only_if.held_not);
}

// Calendar --------------------------------------------------------------------------------------------------------

int64_t at(const char* time) {
  absl::Time parsed;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, time, &parsed, &error)) << error;
  return absl::ToUnixMillis(parsed);
}

Calendar berlin() {
  Calendar calendar{.name = "retail"};
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &calendar.zone));
  for (size_t day = 0; day < 5; ++day) calendar.week[day] = {{.from = 9 * 60, .to = 18 * 60}};
  calendar.special[absl::CivilDay(2026, 12, 24)] = {.open = {{.from = 9 * 60, .to = 12 * 60}}, .name = "Christmas Eve"};
  calendar.special[absl::CivilDay(2026, 12, 25)] = {.open = {}, .name = "Christmas"};
  return calendar;
}

TEST(Calendar, IsOpenByDayOfTheWeekInItsZone) {
  const Calendar calendar = berlin();
  EXPECT_FALSE(calendar.open(at("2026-12-21T07:59:59Z")));  // Monday
  EXPECT_TRUE(calendar.open(at("2026-12-21T08:00:00Z")));
  EXPECT_TRUE(calendar.open(at("2026-12-21T16:59:59Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-21T17:00:00Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-20T11:00:00Z"))) << "Sunday";
  EXPECT_TRUE(calendar.open(at("2026-07-06T07:30:00Z"))) << "in summer two hours ahead";
}

TEST(Calendar, SpecialDaysStandInThePlaceOfTheWeek) {
  const Calendar calendar = berlin();
  EXPECT_TRUE(calendar.open(at("2026-12-24T10:59:00Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-24T11:00:00Z")));
  EXPECT_FALSE(calendar.open(at("2026-12-25T11:00:00Z")));
}

TEST(Calendar, SumsOpenTime) {
  const Calendar calendar = berlin();
  constexpr int64_t kHour = 3'600'000;
  EXPECT_EQ(calendar.open_ms(at("2026-12-21T00:00:00Z"), at("2026-12-28T00:00:00Z")), (3 * 9 + 3) * kHour);
  EXPECT_EQ(calendar.open_ms(at("2026-12-21T10:00:00Z"), at("2026-12-21T10:30:00Z")), kHour / 2);
  EXPECT_EQ(calendar.open_ms(at("2026-12-21T20:00:00Z"), at("2026-12-21T20:00:00Z")), 0);
  Calendar nights{.name = "nights", .zone = calendar.zone};
  nights.week.fill({{.from = 0, .to = 1440}});
  EXPECT_EQ(nights.open_ms(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")), 23 * kHour) << "clocks go forward";
  EXPECT_EQ(nights.open_ms(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")), 25 * kHour) << "and back";
}

TEST(HoursOpen, AsksTheStrategysCalendar) {
  World world;
  world.strategy.allow = world.cel("hours.open");
  const auto allowed = [&] { return admit(world.strategy, world.snapshot, world.facts, world.moment).allowed(); };
  EXPECT_FALSE(allowed()) << "without a calendar it is absent";
  world.strategy.hours = std::make_shared<const Calendar>(berlin());
  EXPECT_FALSE(allowed());
  world.moment.mutable_now()->set_seconds(at("2026-12-21T08:00:00Z") / 1000);
  EXPECT_TRUE(allowed());
}

}  // namespace
}  // namespace expertline::routing
