#include "routing/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Kind = Decision::Kind;

// Find -----------------------------------------------------------------------------------------------------------

TEST(Find, ASkillMeansAtLeastItsLevel) {
  World world;
  for (int level = 1; level <= 5; ++level) {
    world.with(Someone{.id = "l" + std::to_string(level), .skills = {{"mortgage", level}}});
  }
  world.with(Someone{.id = "other", .skills = {{"stocks", 5}}});
  world.with(mortgage_step(3));
  EXPECT_THAT(world.decide().ranked, UnorderedElementsAre("l3", "l4", "l5"));
  world.strategy.steps[0] = mortgage_step(2, 4);
  EXPECT_THAT(world.decide().ranked, UnorderedElementsAre("l2", "l3", "l4"));
  world.strategy.steps[0] = mortgage_step();
  EXPECT_EQ(world.decide().ranked.size(), 5U);
}

TEST(Find, SeveralSkillsMustAllBeThere) {
  World world;
  world.with(Someone{.id = "ann", .skills = {{"mortgage", 3}, {"stocks", 2}}})
      .with(Someone{.id = "bob"})
      .with(Someone{.id = "cid", .skills = {{"mortgage", 3}, {"stocks", 1}}});
  for (const char* id : {"dan", "eve", "fay"}) world.with(Someone{.id = id, .skills = {{"stocks", 5}}});
  Step step = mortgage_step();
  step.find.skills.push_back({.skill = "stocks", .min = 2, .max = 5});
  world.with(step);
  const Decision decision = world.decide();
  EXPECT_THAT(decision.ranked, ElementsAre("ann"));
  EXPECT_THAT(dropped(decision.explanation.steps(0)), UnorderedElementsAre(Pair("skill", 1), Pair("skill_level", 1)))
      << "of those with the rarest skill, mortgage";
}

TEST(Find, AnyOfTheGroupsWillDo) {
  World world;
  world.with(Someone{.id = "ann", .groups = {"retail"}})
      .with(Someone{.id = "bob", .groups = {"branches", "retail"}})
      .with(Someone{.id = "cid", .groups = {"back_office"}});
  world.with(Step{.name = "team", .find = {.groups = {"retail", "branches", "unheard_of"}}});
  const Decision decision = world.decide();
  EXPECT_THAT(decision.ranked, UnorderedElementsAre("ann", "bob"));
  EXPECT_EQ(decision.explanation.steps(0).found(), 2) << "bob counts once";
}

TEST(Find, SkillAndGroupMustBothHold) {
  World world;
  world.with(Someone{.id = "ann", .groups = {"retail"}})
      .with(Someone{.id = "bob"})
      .with(Someone{.id = "cid", .skills = {}, .groups = {"retail"}});
  Step step = mortgage_step();
  step.find.groups = {"retail"};
  world.with(step);
  EXPECT_THAT(world.decide().ranked, ElementsAre("ann"));
}

TEST(Find, NothingMeansEverybody) {
  World world;
  world.with(Someone{.id = "ann"}).with(Someone{.id = "bob", .skills = {}}).with(Step{.name = "all"});
  EXPECT_THAT(world.decide().ranked, UnorderedElementsAre("ann", "bob"));
}

TEST(Find, ANamedExpertIsAskedByName) {
  World world;
  world.with(Someone{.id = "ann"}).with(Someone{.id = "bob"});
  world.strategy.user_data = {{.key = "expert_id"}};
  world.with(Step{.name = "named", .find = {.expert = world.cel("user_data.expert_id")}});
  (*world.facts.mutable_user_data()->mutable_values())["expert_id"] = text_value("bob");
  EXPECT_THAT(world.decide().ranked, ElementsAre("bob"));
  world.strategy.steps[0].find.expert = world.cel("'ann'");
  EXPECT_THAT(world.decide().ranked, ElementsAre("ann"));
}

TEST(Find, ExcludeTakesListsOfIds) {
  World world;
  world.with(Someone{.id = "ann"}).with(Someone{.id = "bob"}).with(Someone{.id = "cid"}).with(Someone{.id = "dan"});
  Step step = mortgage_step();
  world.strategy.user_data = {{.key = "absent"}};
  step.find.exclude = {world.cel("'ann, cid'"), world.cel("['dan', 'zoe']"), world.cel("user_data.absent")};
  world.with(step);
  const Decision decision = world.decide();
  EXPECT_THAT(decision.ranked, ElementsAre("bob"));
  EXPECT_THAT(dropped(decision.explanation.steps(0)), ElementsAre(Pair("excluded", 3)));
}

TEST(Find, NeverFindsTheAskingAgentNorWhoWasAskedBefore) {
  World world;
  world.with(Someone{.id = "agent7"}).with(Someone{.id = "ann"}).with(Someone{.id = "bob"}).with(mortgage_step());
  world.facts.add_asked("ann");
  const Decision decision = world.decide();
  EXPECT_THAT(decision.ranked, ElementsAre("bob"));
  EXPECT_THAT(dropped(decision.explanation.steps(0)),
              UnorderedElementsAre(Pair("asking_agent", 1), Pair("asked_before", 1)));
}

TEST(Find, CountsEachOneWhoIsNotReadyByReason) {
  World world;
  world.with(Someone{.id = "ann"})
      .with(Someone{.id = "b1", .do_not_disturb = true})
      .with(Someone{.id = "b2", .desk = false})
      .with(Someone{.id = "b3", .im_used = 2})
      .with(Someone{.id = "b4", .im_used = 2})
      .with(Someone{.id = "b5", .state = v1::PRESENCE_STATE_AWAY, .routable = false})
      .with(Someone{.id = "b6", .retired = true})
      .with(Someone{.id = "b7", .im_capacity = 0})
      .with(Someone{.id = "b8", .im_used = 2});
  world.facts.add_asked("b8");
  world.with(mortgage_step());
  const v1::StepTrace trace = world.decide().explanation.steps(0);
  EXPECT_EQ(trace.found(), 9);
  EXPECT_EQ(trace.ready(), 1);
  EXPECT_THAT(dropped(trace),
              UnorderedElementsAre(Pair("do_not_disturb", 1), Pair("no_desk", 1), Pair("at_capacity", 2),
                                   Pair("away", 1), Pair("retired", 1), Pair("no_medium", 1), Pair("asked_before", 1)));
}

// Steps ----------------------------------------------------------------------------------------------------------

TEST(Steps, TheNextStepIsTriedAtOnceWhenNobodyIsReadyAndThereIsNoWait) {
  World world;
  world.with(Someone{.id = "ann", .im_used = 2}).with(Someone{.id = "bob", .skills = {{"stocks", 1}}});
  world.with(mortgage_step()).with(Step{.name = "anybody"});
  const Decision decision = world.decide();
  EXPECT_EQ(decision.kind, Kind::kOffer);
  EXPECT_EQ(decision.step->name, "anybody");
  EXPECT_EQ(decision.step_index, 1U);
  EXPECT_EQ(decision.explanation.steps(0).skipped(), "nobody_ready");
}

TEST(Steps, BeginAtTheLegsOwn) {
  World world;
  world.with(Someone{.id = "ann"}).with(mortgage_step()).with(Step{.name = "anybody"});
  world.facts.set_step(1);
  EXPECT_EQ(world.decide().step->name, "anybody");
  world.facts.set_step(2);
  EXPECT_EQ(world.decide().kind, Kind::kDefault);
}

TEST(Steps, AStepThatMadeAllItsOffersIsOver) {
  World world;
  world.with(Someone{.id = "ann"}).with(mortgage_step()).with(Step{.name = "anybody"});
  world.strategy.steps[0].preview.offers = 3;
  world.facts.set_step_offers(2);
  EXPECT_EQ(world.decide().step->name, "specialist");
  world.facts.set_step_offers(3);
  const Decision decision = world.decide();
  EXPECT_EQ(decision.step->name, "anybody") << "its own count begins at 0";
  EXPECT_EQ(decision.explanation.steps(0).skipped(), "offers_used_up");
}

TEST(Steps, NeverAskMoreAtOnceThanTheOffersThatAreLeft) {
  World world;
  world.with(Someone{.id = "ann"}).with(Someone{.id = "bob"}).with(Someone{.id = "cid"}).with(mortgage_step());
  world.strategy.steps[0].preview = {.offers = 4, .to = 3};
  EXPECT_EQ(world.decide().to, 3);
  world.facts.set_step_offers(3);
  EXPECT_EQ(world.decide().to, 1);
}

TEST(Steps, AtMostSixteenAreRanked) {
  World world;
  for (int i = 0; i < 200; ++i) world.with(Someone{.id = "e" + std::to_string(i)});
  world.with(mortgage_step());
  for (const Pick pick : {Pick::kRandom, Pick::kLongestIdle, Pick::kLeastBusy}) {
    world.strategy.steps[0].pick = pick;
    const Decision decision = world.decide();
    EXPECT_EQ(decision.ranked.size(), kMaxRanked);
    EXPECT_EQ(std::set<std::string>(decision.ranked.begin(), decision.ranked.end()).size(), kMaxRanked);
    EXPECT_EQ(decision.explanation.ranked_size(), 16);
  }
}

// Wait -----------------------------------------------------------------------------------------------------------

struct BusyWorld : World {
  BusyWorld() {
    with(Someone{.id = "ann", .im_used = 2}).with(mortgage_step());
    strategy.steps[0].wait_ms = 20'000;
  }
};

TEST(Wait, BeginsWhenNobodyIsFree) {
  BusyWorld world;
  const Decision decision = world.decide();
  EXPECT_EQ(decision.kind, Kind::kWait);
  EXPECT_EQ(decision.wait_ms, 20'000);
  EXPECT_EQ(decision.bucket, "skill=mortgage");
  EXPECT_EQ(decision.step->name, "specialist");
}

TEST(Wait, GoesOnWithWhatIsLeft) {
  BusyWorld world;
  world.facts.mutable_wait_left()->set_seconds(3);
  EXPECT_EQ(world.decide().wait_ms, 3'000);
  world.facts.mutable_wait_left()->set_seconds(0);
  const Decision decision = world.decide();
  EXPECT_EQ(decision.kind, Kind::kDefault);
  EXPECT_EQ(decision.explanation.steps(0).skipped(), "wait_over");
}

TEST(Wait, OfALaterStepIsItsOwn) {
  BusyWorld world;
  world.with(mortgage_step());
  world.strategy.steps[1].wait_ms = 7'000;
  world.facts.mutable_wait_left()->set_seconds(0);
  EXPECT_EQ(world.decide().wait_ms, 7'000);
}

TEST(Wait, IsAlsoForThoseWhoAreNotYetInTheDirectory) {
  World world;
  world.with(Someone{.id = "ann"})
      .with(Someone{.id = "bob", .retired = true})
      .with(Someone{.id = "cid", .im_capacity = 0});
  world.facts.add_asked("ann");
  world.with(mortgage_step());
  world.strategy.steps[0].wait_ms = 20'000;
  EXPECT_EQ(world.decide().kind, Kind::kWait);
}

TEST(Wait, IsForTheOneWhoIsNamed) {
  World world;
  world.with(Someone{.id = "ann", .im_used = 2});
  world.strategy.user_data = {{.key = "expert_id"}};
  world.with(Step{.name = "named", .find = {.expert = world.cel("user_data.expert_id")}, .wait_ms = 20'000});
  auto& values = *world.facts.mutable_user_data()->mutable_values();
  EXPECT_EQ(world.decide().explanation.steps(0).skipped(), "nobody_named");
  values["expert_id"] = text_value("");
  EXPECT_EQ(world.decide().explanation.steps(0).skipped(), "nobody_named");
  values["expert_id"] = text_value("zoe");
  EXPECT_EQ(world.decide().bucket, "expert=zoe") << "not known, or not yet";
  values["expert_id"] = text_value("ann");
  EXPECT_EQ(world.decide().kind, Kind::kWait);
  EXPECT_EQ(world.decide().bucket, "expert=ann");
}

TEST(Wait, OfSeveralCriteriaTakesNobodyWhoHasOnlyOne) {
  World world;
  world.with(Someone{.id = "ann", .im_used = 2}).with(Someone{.id = "bob", .skills = {{"stocks", 1}}});
  Step step = mortgage_step();
  step.find.skills.push_back({.skill = "stocks"});
  step.wait_ms = 1000;
  world.with(step);
  EXPECT_EQ(world.decide().kind, Kind::kWait);
}

TEST(Wait, BucketIsOfTheFirstCriterion) {
  World world;
  const auto bucket = [&](Find find) {
    world.strategy.steps = {Step{.name = "s", .find = std::move(find)}};
    return bucket_of(world.strategy, 0, world.snapshot, world.facts, world.moment);
  };
  EXPECT_EQ(bucket({}), "all");
  EXPECT_EQ(bucket({.groups = {"retail"}}), "group=retail");
  EXPECT_EQ(bucket({.groups = {"retail", "branches"}}), "all") << "an expert of either must meet it";
  EXPECT_EQ(bucket({.skills = {{.skill = "a"}, {.skill = "b"}}, .groups = {"retail"}}), "skill=a");
  EXPECT_EQ(bucket({.skills = {{.skill = "a"}}, .expert = world.cel("'ann'")}), "expert=ann");
}

// Otherwise ------------------------------------------------------------------------------------------------------

TEST(Otherwise, AppliesAfterTheLastStep) {
  World world;
  world.with(mortgage_step());
  world.strategy.otherwise = {
      {.kind = Otherwise::Kind::kVoicemail, .text = {std::string("box-"), world.cel("agent.id")}}};
  const Decision decision = world.decide();
  EXPECT_EQ(decision.kind, Kind::kDefault);
  EXPECT_EQ(decision.default_target.voicemail(), "box-agent7");
  EXPECT_THAT(decision.ranked, IsEmpty());
  world.strategy.otherwise[0].kind = Otherwise::Kind::kAgentText;
  EXPECT_EQ(world.decide().default_target.agent_text(), "box-agent7");
  world.strategy.otherwise[0].kind = Otherwise::Kind::kRoutingPoint;
  EXPECT_EQ(world.decide().default_target.routing_point(), "box-agent7");
  world.strategy.otherwise[0].kind = Otherwise::Kind::kDn;
  EXPECT_EQ(world.decide().default_target.dn(), "box-agent7");
}

// Pick -----------------------------------------------------------------------------------------------------------

TEST(LongestIdle, PrefersWhoNeverHeldAnythingThenWhoIsIdleLongest) {
  World world;
  world.with(Someone{.id = "busy", .im_used = 1, .idle_since_ms = 1})
      .with(Someone{.id = "late", .idle_since_ms = 300})
      .with(Someone{.id = "early", .idle_since_ms = 100})
      .with(Someone{.id = "never"});
  world.with(mortgage_step());
  world.strategy.steps[0].pick = Pick::kLongestIdle;
  EXPECT_THAT(world.decide().ranked, ElementsAre("never", "early", "late", "busy"));
}

TEST(LeastBusy, ComparesUsedOverCapacity) {
  World world;
  world.with(Someone{.id = "half", .im_used = 1, .im_capacity = 2})
      .with(Someone{.id = "tenth", .im_used = 1, .im_capacity = 10})
      .with(Someone{.id = "free", .im_capacity = 1})
      .with(Someone{.id = "third", .im_used = 333, .im_capacity = 1000});
  world.with(mortgage_step());
  world.strategy.steps[0].pick = Pick::kLeastBusy;
  EXPECT_THAT(world.decide().ranked, ElementsAre("free", "tenth", "third", "half"));
}

TEST(Ties, AreBrokenByTheSeed) {
  World world;
  for (const char* id : {"ann", "bob", "cid"}) world.with(Someone{.id = id, .im_used = 1, .im_capacity = 3});
  world.with(mortgage_step());
  world.strategy.steps[0].pick = Pick::kLeastBusy;
  std::map<std::string, int> firsts;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    world.facts.set_seed(seed);
    ++firsts[world.decide().ranked.front()];
  }
  for (const auto& [id, count] : firsts) EXPECT_NEAR(count, 1000, 100) << id;
}

// Held by the leg itself -------------------------------------------------------------------------------------------

TEST(HeldExpert, IsReadyForTheLegThatHoldsHim) {
  World world;
  world.with(Someone{.id = "ann", .im_used = 2}).with(Step{.name = "named", .find = {.expert = world.cel("'ann'")}});
  EXPECT_EQ(world.decide().kind, Kind::kDefault);
  world.facts.set_held_expert("ann");
  EXPECT_THAT(world.decide().ranked, ElementsAre("ann"));
}

TEST(HeldExpert, IsFoundAmongVeryMany) {
  World world;
  for (size_t i = 0; i < kMostTested + 100; ++i) world.with(Someone{.id = "e" + std::to_string(i), .site = "York"});
  world.with(Someone{.id = "ann", .im_used = 2, .site = "Leeds"}).with(mortgage_step());
  world.strategy.steps[0].where = world.cel("expert.site == 'Leeds'");
  world.facts.set_held_expert("ann");
  world.strategy.steps[0].pick = Pick::kLeastBusy;
  EXPECT_EQ(world.accepts("ann"), Reason::kReady);
  EXPECT_THAT(world.decide().ranked, IsEmpty()) << "all the others come before him, and so many are not tested";
  world.strategy.steps[0].pick = Pick::kRandom;
  int drawn = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    world.facts.set_seed(seed);
    drawn += world.decide().ranked == std::vector<std::string>{"ann"} ? 1 : 0;
  }
  EXPECT_GT(drawn, 5) << "with one of 16,485 in 32,768 draws he is there most often";
}

TEST(HeldExpert, IsTheOnlyOneWhenAllTheOthersAreTaken) {
  World world;
  for (size_t i = 0; i <= kMostCounted; ++i) world.with(Someone{.id = "e" + std::to_string(i), .im_used = 2});
  world.with(mortgage_step());
  EXPECT_EQ(world.decide().kind, Kind::kDefault);
  world.facts.set_held_expert("e7");
  EXPECT_THAT(world.decide().ranked, ElementsAre("e7"));
  EXPECT_EQ(world.decide().explanation.steps(0).ready(), 1);
  world.strategy.steps[0].where = world.cel("expert.id == 'e7'");
  EXPECT_THAT(world.decide().ranked, ElementsAre("e7"));
}

// Asked for by name ------------------------------------------------------------------------------------------------

TEST(ByName, NobodyElseIsAskedWhateverTheStepLooksFor) {
  World world;
  world.with(Someone{.id = "ann"}).with(Someone{.id = "bob"}).with(mortgage_step());
  world.facts.set_expert("bob");
  EXPECT_THAT(world.decide().ranked, ElementsAre("bob"));
  EXPECT_EQ(world.accepts("ann"), Reason::kOtherExpert);
  world.strategy.steps[0].find.expert = world.cel("'ann'");
  EXPECT_THAT(world.decide().ranked, IsEmpty()) << "the step is for another one";
}

TEST(ByName, TheFindStillHolds) {
  World world;
  world.with(Someone{.id = "ann", .skills = {}}).with(mortgage_step());
  world.facts.set_expert("ann");
  EXPECT_EQ(world.decide().kind, Kind::kDefault);
  world.facts.set_expert("nobody");
  EXPECT_EQ(world.decide().kind, Kind::kDefault);
}

TEST(ByName, WhoWaitsForHimWaitsInHisBucket) {
  World world;
  world.with(Someone{.id = "ann", .im_used = 2}).with(mortgage_step());
  world.strategy.steps[0].wait_ms = 1'000;
  world.facts.set_expert("ann");
  EXPECT_EQ(world.decide().bucket, "expert=ann");
}

// Accepts --------------------------------------------------------------------------------------------------------

TEST(Accepts, SaysWhatTheDecisionWouldSay) {
  World world;
  world.with(Someone{.id = "ann"})
      .with(Someone{.id = "bob", .skills = {{"mortgage", 1}}})
      .with(Someone{.id = "cid", .skills = {}})
      .with(Someone{.id = "dan", .im_used = 2})
      .with(Someone{.id = "eve"})
      .with(Someone{.id = "agent7"});
  world.with(mortgage_step(2));
  world.facts.add_asked("eve");
  const auto reason = [&](const char* id) { return world.accepts(id); };
  EXPECT_EQ(reason("ann"), Reason::kReady);
  EXPECT_EQ(reason("bob"), Reason::kSkillLevel);
  EXPECT_EQ(reason("cid"), Reason::kSkill);
  EXPECT_EQ(reason("dan"), Reason::kAtCapacity);
  EXPECT_EQ(reason("eve"), Reason::kAskedBefore);
  EXPECT_EQ(reason("agent7"), Reason::kAskingAgent);
  EXPECT_EQ(reason("zoe"), Reason::kOtherExpert);
  EXPECT_EQ(accepts(world.strategy, 1, world.snapshot, world.facts, world.moment, "ann"), Reason::kOtherExpert);
}

// The whole ------------------------------------------------------------------------------------------------------

// Random worlds and finds: the decision must rank exactly those whom accepts() takes, and account for everyone found.
TEST(Decide, AgreesWithLookingAtEachExpert) {
  Engine engine(2);
  const auto any = [&](uint64_t n) { return static_cast<int>(draw_below(engine, n)); };
  for (int round = 0; round < 300; ++round) {
    World world;
    const int experts = any(40);
    for (int i = 0; i < experts; ++i) {
      Someone someone{.id = "e" + std::to_string(i), .skills = {}};
      for (const char* skill : {"a", "b"}) {
        if (any(3) != 0) someone.skills[skill] = 1 + any(5);
      }
      for (const char* group : {"g", "h"}) {
        if (any(2) == 0) someone.groups.emplace_back(group);
      }
      someone.im_used = any(3);
      someone.desk = any(5) != 0;
      someone.retired = any(10) == 0;
      someone.im_capacity = any(8) == 0 ? 0 : 2;
      world.with(someone);
    }
    Step step{.name = "s"};
    for (const char* skill : {"a", "b"}) {
      const int min = 1 + any(5);
      if (any(2) == 0)
        step.find.skills.push_back({.skill = skill, .min = min, .max = min + any(static_cast<uint64_t>(6 - min))});
    }
    for (const char* group : {"g", "h"}) {
      if (any(3) == 0) step.find.groups.emplace_back(group);
    }
    step.pick = static_cast<Pick>(any(3));
    step.wait_ms = 1000;
    world.with(step);
    for (int i = any(5); i > 0; --i) world.facts.add_asked("e" + std::to_string(any(40)));
    const Decision decision = world.decide();
    const v1::StepTrace& trace = decision.explanation.steps(0);
    int ready = 0;
    for (int i = 0; i < experts; ++i) {
      const std::string id = "e" + std::to_string(i);
      ready += world.accepts(id) == Reason::kReady;
    }
    EXPECT_EQ(trace.ready(), ready);
    EXPECT_EQ(decision.ranked.size(), std::min<size_t>(kMaxRanked, static_cast<size_t>(ready)));
    for (const std::string& id : decision.ranked) {
      EXPECT_EQ(world.accepts(id), Reason::kReady);
    }
    int accounted = trace.ready();
    for (const auto& [reason, count] : trace.dropped()) accounted += count;
    EXPECT_EQ(trace.found(), accounted);
    if (ready == 0) {
      EXPECT_EQ(decision.kind, Kind::kWait);
    }
  }
}

TEST(Decide, IsTheSameInWhateverOrderTheRecordsCame) {
  for (const int experts : {5, 60, 3000}) {
    World forward;
    World backward;
    for (int i = 0; i < experts; ++i) {
      forward.with(Someone{.id = "e" + std::to_string(i), .im_used = i % 3});
      // With a past of other skills and loads.
      const std::string id = "e" + std::to_string(experts - 1 - i);
      backward.with(Someone{.id = id, .skills = {{"stocks", 1}}, .im_used = i % 2});
      backward.with(Someone{.id = id, .im_used = (experts - 1 - i) % 3, .revision = 2});
    }
    for (World* world : {&forward, &backward}) world->with(mortgage_step());
    for (const Pick pick : {Pick::kRandom, Pick::kLongestIdle, Pick::kLeastBusy}) {
      for (const bool two_groups : {false, true}) {
        for (uint64_t seed = 0; seed < 20; ++seed) {
          for (World* world : {&forward, &backward}) {
            world->strategy.steps[0].pick = pick;
            world->strategy.steps[0].find.exclude.clear();
            if (two_groups)
              world->strategy.steps[0].find.skills = {{.skill = "mortgage"}, {.skill = "mortgage", .min = 2}};
            world->facts.set_seed(seed);
          }
          EXPECT_EQ(forward.decide().ranked, backward.decide().ranked);
        }
      }
      for (World* world : {&forward, &backward}) world->strategy.steps[0] = mortgage_step();
    }
  }
}

TEST(Decide, IsTheSameOnEveryMachine) {
  World world;
  for (int i = 0; i < 100; ++i) world.with(Someone{.id = "e" + std::to_string(i)});
  world.with(mortgage_step());
  world.facts.set_seed(12345);
  auto ranked = world.decide().ranked;
  ranked.resize(4);
  EXPECT_THAT(ranked, ElementsAre("e59", "e95", "e90", "e49")) << "a change here breaks the replay of decisions";
}

TEST(Decide, DrawsAnewWhenTheLegComesBack) {
  World world;
  for (int i = 0; i < 1000; ++i) world.with(Someone{.id = "e" + std::to_string(i)});
  world.with(mortgage_step());
  const auto first = world.decide().ranked;
  world.facts.add_asked(first.front());
  const auto second = world.decide().ranked;
  EXPECT_NE(second.front(), first.front());
  EXPECT_NE(second.front(), first[1]);
}

TEST(Decide, FindsTheOneAmongManyWhoHasBothSkills) {
  World world;
  for (int i = 0; i < 5000; ++i) {
    world.with(Someone{.id = "e" + std::to_string(i), .skills = {{i % 2 == 0 ? "mortgage" : "stocks", 3}}});
  }
  world.with(Someone{.id = "both", .skills = {{"mortgage", 3}, {"stocks", 3}}});
  Step step = mortgage_step();
  step.find.skills.push_back({.skill = "stocks"});
  step.wait_ms = 1000;
  world.with(step);
  EXPECT_THAT(world.decide().ranked, ElementsAre("both"));
  world.with(Someone{.id = "both", .skills = {{"mortgage", 3}, {"stocks", 3}}, .im_used = 2, .revision = 2});
  EXPECT_EQ(world.decide().kind, Kind::kWait);
  world.with(Someone{.id = "both", .revision = 3});
  EXPECT_EQ(world.decide().kind, Kind::kWait);
}

}  // namespace
}  // namespace expertline::routing
