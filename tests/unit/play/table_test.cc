// Legs on a virtual clock follow the rules of the store.
#include "play/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roster/roster.h"
#include "strategy/load.h"

namespace expertline::play {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr int64_t kNow = 1'795'428'000'000;  // 2026-11-23T10:00:00Z, a Monday

struct Scene : Watcher {
  std::shared_ptr<const routing::Strategy> strategy;
  Table table{kNow, this};
  std::vector<std::string> heard;

  Scene(const std::string& steps, const std::string& experts) {
    const std::string text =
        "strategy: test\nmedia: im\nrouting_points: [help]\nuser_data: {vip: {type: bool, default: false}}\n"
        "priority: 'user_data.vip ? 10 : 0'\nsteps:\n" +
        steps + "otherwise:\n  - {agent: nobody}\non_accept:\n  attach: {expert_id: expert.id}\n";
    const strategy::Loaded loaded = strategy::load("test.yaml", text);
    for (const yaml::Issue& issue : loaded.issues) ADD_FAILURE() << yaml::to_string(issue);
    strategy = loaded.strategy;
    const roster::Roster roster = roster::read_roster("experts:\n" + experts, "roster.yaml", {});
    for (const yaml::Issue& issue : roster.issues) ADD_FAILURE() << yaml::to_string(issue);
    for (const roster::Member& member : roster.experts) table.put(at_work(member.record, member.id));
  }

  size_t ask(bool vip = false) {
    v1::RoutingFacts facts;
    facts.mutable_agent()->set_id("agent7");
    facts.set_seed(7);
    if (vip) (*facts.mutable_user_data()->mutable_values())["vip"].set_text("true");
    return table.begin(strategy, std::move(facts));
  }
  void pass(int64_t ms) { table.advance_to(table.now_ms() + ms); }
  Leg::State state(size_t leg) const { return table.leg(leg).state; }
  std::vector<std::string> open(size_t leg) const {
    std::vector<std::string> experts;
    for (const Offer& offer : table.leg(leg).offers) {
      if (offer.outcome == v1::OFFER_OUTCOME_UNSPECIFIED) experts.push_back(offer.expert);
    }
    return experts;
  }

  void closed(size_t, const Offer& offer) override {
    heard.push_back(offer.expert + " " + v1::OfferOutcome_Name(offer.outcome).substr(14));
  }
};

constexpr const char* kOneByOne =
    "  - step: one\n    find: {skills: {help: any}}\n    pick: best_skill\n    preview: {answer_within: 20s}\n    "
    "wait: 30s\n";
constexpr const char* kTwo =
    "  - {id: ann, skills: {help: 3}, capacity: {im: 1}}\n  - {id: ben, skills: {help: 2}, capacity: {im: 1}}\n";

TEST(Table, AsksOneAfterTheOtherAndNobodyTwice) {
  Scene scene(kOneByOne, kTwo);
  const size_t leg = scene.ask();
  EXPECT_THAT(scene.open(leg), ElementsAre("ann"));
  EXPECT_FALSE(scene.table.accept(leg, "ben")) << "who is not asked cannot accept";
  EXPECT_TRUE(scene.table.decline(leg, "ann"));
  EXPECT_THAT(scene.open(leg), ElementsAre("ben"));
  scene.pass(20'000);
  EXPECT_EQ(scene.state(leg), Leg::State::kWaiting);
  EXPECT_THAT(scene.heard, ElementsAre("ann DECLINED", "ben TIMED_OUT"));
  scene.pass(29'999);
  EXPECT_EQ(scene.state(leg), Leg::State::kWaiting) << "preview time does not count as waiting";
  scene.pass(1);
  EXPECT_EQ(scene.state(leg), Leg::State::kEnded);
  EXPECT_EQ(scene.table.leg(leg).decision.default_target.agent_text(), "nobody");
}

TEST(Table, LetsTheFirstAcceptRescindTheOthers) {
  Scene scene("  - step: all\n    find: {skills: {help: any}}\n    preview: {answer_within: 20s, to: 2}\n", kTwo);
  const size_t leg = scene.ask();
  EXPECT_THAT(scene.open(leg), UnorderedElementsAre("ann", "ben"));
  EXPECT_TRUE(scene.table.accept(leg, "ben"));
  EXPECT_THAT(scene.heard, UnorderedElementsAre("ben ACCEPTED", "ann RESCINDED"));
  EXPECT_EQ(scene.table.leg(leg).expert, "ben");
  EXPECT_EQ(scene.table.leg(leg).attached.values().at("expert_id").text(), "ben");
  EXPECT_EQ(scene.table.record("ben").media(0).used(), 1);
  EXPECT_EQ(scene.table.record("ann").media(0).used(), 0);
  EXPECT_TRUE(scene.table.finish(leg));
  EXPECT_EQ(scene.table.record("ben").media(0).used(), 0);
  EXPECT_FALSE(scene.table.finish(leg));
}

TEST(Table, ServesThoseWhoWaitByPriorityThenArrival) {
  Scene scene(kOneByOne, "  - {id: ann, skills: {help: 3}, capacity: {im: 1}}\n");
  scene.table.presence("ann", v1::PRESENCE_STATE_BUSY);
  const size_t first = scene.ask(), second = scene.ask(), vip = scene.ask(true);
  EXPECT_EQ(scene.table.waiting(), 3U);
  std::vector<size_t> served;
  for (int i = 0; i < 3; ++i) {
    scene.table.presence("ann", v1::PRESENCE_STATE_ONLINE);
    for (const size_t leg : {first, second, vip}) {
      if (!scene.open(leg).empty()) {
        served.push_back(leg);
        scene.table.accept(leg, "ann");
        scene.table.presence("ann", v1::PRESENCE_STATE_BUSY);
        scene.table.finish(leg);
      }
    }
  }
  EXPECT_THAT(served, ElementsAre(vip, first, second));
}

TEST(Table, DecidesAnewWhenAStepRelaxes) {
  Scene scene(
      "  - step: one\n    find: {skills: {help: 3}}\n    preview: {answer_within: 20s}\n    wait: 30s\n"
      "    relax:\n      - {after: 10s, skills: {help: any}}\n",
      "  - {id: ben, skills: {help: 2}, capacity: {im: 1}}\n");
  const size_t leg = scene.ask();
  EXPECT_EQ(scene.table.next_timer(), kNow + 10'000);
  scene.pass(9'999);
  EXPECT_EQ(scene.state(leg), Leg::State::kWaiting);
  scene.pass(1);
  EXPECT_THAT(scene.open(leg), ElementsAre("ben"));
}

TEST(Table, AsksOnceMoreOnlyWhoMissedIt) {
  Scene scene(
      "  - step: one\n    find: {skills: {help: any}}\n    pick: best_skill\n"
      "    preview: {answer_within: 20s, ask_again: after_timeout}\n",
      kTwo);
  const size_t leg = scene.ask();
  scene.pass(20'000);
  scene.table.decline(leg, "ben");
  EXPECT_THAT(scene.open(leg), ElementsAre("ann"));
  scene.pass(20'000);
  EXPECT_EQ(scene.state(leg), Leg::State::kEnded);
}

TEST(Table, KeepsGuardRails) {
  Scene scene(kOneByOne,
              "  - id: ann\n    skills: {help: 3}\n    capacity: {im: 1}\n"
              "    guard_rails: {decline_cool_down: 5s, wrap_up: {im: 10s}, pause_after_timeouts: 1}\n");
  const size_t declined = scene.ask();
  scene.table.decline(declined, "ann");
  EXPECT_EQ(scene.table.record("ann").block(), v1::BLOCK_COOL_DOWN);
  const size_t leg = scene.ask();
  EXPECT_EQ(scene.state(leg), Leg::State::kWaiting);
  scene.pass(5'000);
  EXPECT_THAT(scene.open(leg), ElementsAre("ann"));
  scene.table.accept(leg, "ann");
  scene.table.finish(leg);
  const size_t next = scene.ask();
  EXPECT_EQ(scene.table.record("ann").media(0).wrapping_up(), 1);
  EXPECT_EQ(scene.state(next), Leg::State::kWaiting);
  scene.pass(10'000);
  EXPECT_THAT(scene.open(next), ElementsAre("ann"));
  scene.pass(20'000);
  EXPECT_EQ(scene.table.record("ann").block(), v1::BLOCK_PAUSED);
  scene.table.presence("ann", v1::PRESENCE_STATE_ONLINE);
  EXPECT_EQ(scene.table.record("ann").block(), v1::BLOCK_UNSPECIFIED);
}

TEST(Table, OffersOnlyInAnExpertsHours) {
  Scene scene("  - step: one\n    find: {skills: {help: any}}\n    preview: none\n    wait: 15m\n",
              "  - {id: ann, skills: {help: 3}, capacity: {im: 1}, guard_rails: {hours: {mon: \"10:10-12:00\"}}}\n");
  const size_t leg = scene.ask();
  EXPECT_EQ(scene.table.record("ann").block(), v1::BLOCK_OFF_HOURS);
  scene.pass(600'000);
  EXPECT_EQ(scene.state(leg), Leg::State::kWithExpert);
  EXPECT_TRUE(scene.table.leg(leg).straight);
  scene.pass(6'600'000);
  EXPECT_EQ(scene.table.record("ann").block(), v1::BLOCK_OFF_HOURS);
}

TEST(Table, GoesOnWhenAPhoneIsNotAnswered) {
  Scene scene("  - step: one\n    find: {skills: {help: any}}\n    pick: best_skill\n    preview: none\n", kTwo);
  const size_t leg = scene.ask();
  EXPECT_EQ(scene.table.leg(leg).expert, "ann");
  EXPECT_TRUE(scene.table.no_answer(leg));
  EXPECT_EQ(scene.table.leg(leg).expert, "ben");
  EXPECT_TRUE(scene.table.cancel(leg));
  EXPECT_EQ(scene.table.leg(leg).end, Leg::End::kCompleted);
  EXPECT_EQ(scene.table.record("ann").media(0).used() + scene.table.record("ben").media(0).used(), 0);
}

TEST(Table, GivesBackEverythingWhenTheAgentCancels) {
  Scene scene(kOneByOne, kTwo);
  const size_t leg = scene.ask();
  EXPECT_TRUE(scene.table.cancel(leg));
  EXPECT_FALSE(scene.table.cancel(leg));
  EXPECT_THAT(scene.open(leg), IsEmpty());
  EXPECT_EQ(scene.table.record("ann").media(0).used(), 0);
  EXPECT_FALSE(scene.table.next_timer());
}

}  // namespace
}  // namespace expertline::play
