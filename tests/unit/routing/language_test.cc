// What each part of the language does to a decision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Kind = Decision::Kind;

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

TEST(OnlyIf, SeesAllNamesOfARequest) {
  World world;
  v1::Agent& agent = *world.facts.mutable_agent();
  agent.set_display_name("Grace");
  agent.set_site("Leeds");
  agent.add_groups("retail");
  agent.add_languages("en");
  (*agent.mutable_attributes())["team"] = "blue";
  v1::Interaction& interaction = *world.facts.mutable_interaction();
  interaction.set_id("call-1");
  interaction.set_case_key("case-2");
  interaction.set_channel("voice");
  interaction.set_customer_id("customer-3");
  interaction.set_last_expert("ann");
  interaction.mutable_start_time()->set_seconds(1'700'000'000 - 60);
  world.facts.mutable_waited()->set_seconds(7);
  world.moment.set_waiting(2);
  world.moment.mutable_longest_wait()->set_seconds(9);
  world.strategy.hours = std::make_shared<Calendar>();  // never open
  world.strategy.user_data = {{.key = "amount", .type = Declared::Type::kInt}};
  world.given("amount", "5");
  world.with(Someone{.id = "ann", .skills = {{"mortgage", 3}}}).with(Step{.name = "all"});
  for (const char* holds : {"agent.id == 'agent7'",
                            "agent.name == 'Grace'",
                            "agent.site == 'Leeds'",
                            "agent.groups == ['retail']",
                            "agent.languages == ['en']",
                            "agent.attributes.team == 'blue' && !has(agent.attributes.floor)",
                            "interaction.id == 'call-1'",
                            "interaction.case_key == 'case-2'",
                            "interaction.channel == 'voice'",
                            "interaction.customer_id == 'customer-3'",
                            "interaction.last_expert == 'ann'",
                            "now - interaction.started == duration('60s')",
                            "interaction.bucket >= 0 && interaction.bucket < 100",
                            "queue.waiting == 2",
                            "queue.longest_wait == duration('9s')",
                            "!hours.open",
                            "now == timestamp('2023-11-14T22:13:20Z')",
                            "waited == duration('7s')",
                            "ready('mortgage') == 1 && ready('mortgage', 4) == 0 && ready('stocks') == 0",
                            "user_data.amount == 5"}) {
    world.strategy.steps[0].only_if = world.cel(holds);
    EXPECT_EQ(world.decide().kind, Kind::kOffer) << holds;
  }
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

}  // namespace
}  // namespace expertline::routing
