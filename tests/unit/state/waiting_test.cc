// Legs that wait: their order, what they ask for while they wait, and what a decision is told of them.
#include <google/protobuf/util/time_util.h>

#include "store_fixture.h"

namespace expertline::state {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WaitingTest : public StoreTest {
 protected:
  std::vector<std::string> order(const std::string& expert) {
    std::vector<std::string> sessions;
    const auto waiting = run<Result<Waiting>>([&] { return store_->waiting(expert, "im", "", 100); });
    for (const Waiting::Entry& entry : waiting->entries) sessions.push_back(entry.leg.session);
    return sessions;
  }
  std::vector<std::string> to_route(const Tick& tick) {
    std::vector<std::string> sessions;
    for (const LegRef& ref : tick.route) sessions.push_back(ref.session);
    return sessions;
  }
  std::string state(const std::string& id) { return read(id).legs.at(0).state; }
  v1::RoutingFacts facts(const std::string& id) {
    const SessionRecord record = read(id);
    return routing_facts(record, record.legs.at(0));
  }
  static Decided with(int priority, std::vector<v1::PresenceState> states = {}) {
    Decided decided;
    decided.priority = priority;
    decided.states = std::move(states);
    return decided;
  }
};

TEST_F(WaitingTest, ALegWhoseStepRelaxesIsDecidedAnewInItsPlace) {
  add("ann");
  ASSERT_EQ(wait(start("first"), {}, kMinute, 5'000), WaitAnswer::Outcome::waiting);
  ASSERT_EQ(wait(start("second"), {}, kHour), WaitAnswer::Outcome::waiting);
  EXPECT_THAT(to_route(pass(4'000)), IsEmpty());
  const LegRef seen = leg("first");
  const Tick relaxes = pass(1'500);
  ASSERT_THAT(to_route(relaxes), ElementsAre("first"));
  EXPECT_EQ(relaxes.route[0].version, seen.version) << "a decision that is under way stays good";
  EXPECT_EQ(state("first"), "waiting");
  EXPECT_THAT(order("ann"), ElementsAre("first", "second"));
  ASSERT_EQ(wait(leg("first"), {}, kMinute, 10'000), WaitAnswer::Outcome::waiting);
  EXPECT_THAT(order("ann"), ElementsAre("first", "second"));
  EXPECT_THAT(to_route(pass(9'000)), IsEmpty());
  EXPECT_THAT(to_route(pass(1'500)), ElementsAre("first"));
}

TEST_F(WaitingTest, TheWaitEndsWhenItWasToEndHoweverOftenItIsDecided) {
  ASSERT_EQ(wait(start("s"), {}, 10'000, 4'000), WaitAnswer::Outcome::waiting);
  pass(4'100);
  ASSERT_EQ(wait(leg("s"), {}, 10'000, 8'000), WaitAnswer::Outcome::waiting);
  pass(5'000);
  EXPECT_EQ(state("s"), "waiting");
  EXPECT_THAT(to_route(pass(1'000)), ElementsAre("s"));
  EXPECT_EQ(state("s"), "routing");
}

TEST_F(WaitingTest, ARelaxationNobodyDecidesIsAskedForAgain) {
  ASSERT_EQ(wait(start("s"), {}, kMinute, 1'000), WaitAnswer::Outcome::waiting);
  EXPECT_THAT(to_route(pass(1'001)), ElementsAre("s"));
  EXPECT_THAT(to_route(pass(1'000)), IsEmpty());
  EXPECT_THAT(to_route(pass(1'100)), ElementsAre("s"));
}

TEST_F(WaitingTest, AWaitingLegMayBeReservedForOrSettledWhenItIsDecidedAnew) {
  add("ann");
  ASSERT_EQ(wait(start("s"), {}, kMinute, 1'000), WaitAnswer::Outcome::waiting);
  pass(1'001);
  ASSERT_EQ(reserve(leg("s"), {"ann"}), Reservation::Outcome::reserved);
  EXPECT_EQ(state("s"), "offering");
  EXPECT_THAT(order("ann"), IsEmpty());
  ASSERT_EQ(wait(start("t"), {}, kMinute, 1'000), WaitAnswer::Outcome::waiting);
  Decided otherwise;
  otherwise.step = 3;
  const LegRef ref = leg("t");
  ASSERT_TRUE(*run<Result<bool>>([&] { return store_->settle(ref, otherwise, v1::DefaultTarget()); }));
  EXPECT_EQ(state("t"), "ended");
  EXPECT_THAT(order("ann"), IsEmpty());
  EXPECT_EQ(loop_->ask({"KEYS", "{d}:wait:*"}).elements.size(), 0U);
}

TEST_F(WaitingTest, ADecisionThatWasOvertakenChangesNothing) {
  ASSERT_EQ(wait(start("s"), {}, kMinute, 1'000), WaitAnswer::Outcome::waiting);
  const LegRef seen = leg("s");
  ASSERT_EQ(wait(seen, {}, kMinute, 5'000), WaitAnswer::Outcome::waiting);
  EXPECT_EQ(wait(seen, {}, kMinute, 9'000), WaitAnswer::Outcome::stale);
}

TEST_F(WaitingTest, PriorityComesBeforeArrival) {
  add("ann");
  wait(start("plain"), with(0));
  wait(start("urgent"), with(10));
  wait(start("patient"), with(-5));
  wait(start("urgent-2"), with(10));
  EXPECT_THAT(order("ann"), ElementsAre("urgent", "urgent-2", "plain", "patient"));
  wait(leg("patient"), with(1000));
  EXPECT_THAT(order("ann"), ElementsAre("patient", "urgent", "urgent-2", "plain"));
}

TEST_F(WaitingTest, OnlyWhoIsMoreUrgentGoesBeforeOneWhoWaits) {
  add("ann");
  wait(start("waits"), with(5));
  EXPECT_EQ(reserve(start("equal"), {"ann"}, 1, with(5)), Reservation::Outcome::behind);
  EXPECT_EQ(reserve(start("urgent"), {"ann"}, 1, with(6)), Reservation::Outcome::reserved);
}

TEST_F(WaitingTest, AStepWithStatesReachesWhomPresenceDoesNotLetThrough) {
  add("ann");
  be("ann", v1::PRESENCE_STATE_BUSY, false);
  EXPECT_EQ(reserve(start("s1"), {"ann"}), Reservation::Outcome::none);
  EXPECT_EQ(reserve(leg("s1"), {"ann"}, 1, with(0, {v1::PRESENCE_STATE_AWAY})), Reservation::Outcome::none);
  EXPECT_EQ(reserve(leg("s1"), {"ann"}, 1, with(0, {v1::PRESENCE_STATE_AWAY, v1::PRESENCE_STATE_BUSY})),
            Reservation::Outcome::reserved);
  be("ann", v1::PRESENCE_STATE_ONLINE, true);
  EXPECT_EQ(reserve(start("s2"), {"ann"}, 1, with(0, {v1::PRESENCE_STATE_BUSY})), Reservation::Outcome::none);
}

TEST_F(WaitingTest, WhoeverWaitsForAStateIsServedWhenSomebodyComesToIt) {
  add("ann");
  be("ann", v1::PRESENCE_STATE_AWAY, false);
  wait(start("plain"), with(0), kHour);
  wakes();
  be("ann", v1::PRESENCE_STATE_BUSY, false);
  EXPECT_THAT(wakes(), IsEmpty()) << "nobody waits who could take her like this";
  wait(start("any"), with(0, {v1::PRESENCE_STATE_AWAY}), kHour);
  be("ann", v1::PRESENCE_STATE_AWAY, false);
  EXPECT_THAT(wakes(), ElementsAre("ann"));
  be("ann", v1::PRESENCE_STATE_OFFLINE, false);
  EXPECT_THAT(wakes(), IsEmpty());
}

TEST_F(WaitingTest, TheTimeWaitedIsThatOfNow) {
  wait(start("s"), {}, kMinute, 5'000);
  pass(4'000);
  EXPECT_NEAR(static_cast<double>(TimeUtil::DurationToMilliseconds(facts("s").waited())), 4'000, 900);
  EXPECT_NEAR(static_cast<double>(TimeUtil::DurationToMilliseconds(facts("s").wait_left())), 56'000, 900);
  wait(leg("s"), {}, kMinute, 5'000);
  pass(2'000);
  EXPECT_NEAR(static_cast<double>(TimeUtil::DurationToMilliseconds(facts("s").waited())), 6'000, 900);
  Decided next;
  next.step = 1;
  wait(leg("s"), next, 30'000);
  pass(3'000);
  EXPECT_NEAR(static_cast<double>(TimeUtil::DurationToMilliseconds(facts("s").waited())), 9'000, 900)
      << "in all steps together";
  EXPECT_NEAR(static_cast<double>(TimeUtil::DurationToMilliseconds(facts("s").wait_left())), 27'000, 900)
      << "of this step";
}

TEST_F(WaitingTest, WhoLetOneOfferRunOutAndGaveNoAnswerMayBeAskedOnceMore) {
  add("ann");
  add("bob");
  ASSERT_TRUE(offer("s", "ann"));
  pass(20'001);
  ASSERT_EQ(reserve(leg("s"), {"bob"}), Reservation::Outcome::reserved);
  answer("s", "bob", "declined");
  EXPECT_THAT(facts("s").asked(), ElementsAre("ann", "bob"));
  EXPECT_THAT(facts("s").timed_out(), ElementsAre("ann"));
  ASSERT_EQ(reserve(leg("s"), {"ann"}), Reservation::Outcome::reserved) << "nothing forbids it";
  EXPECT_THAT(facts("s").timed_out(), IsEmpty()) << "while she is asked";
  pass(20'001);
  EXPECT_THAT(facts("s").timed_out(), IsEmpty()) << "never a third time";
}

TEST_F(WaitingTest, ARoutingPointTellsHowManyWaitThereAndHowLong) {
  const auto moment = [&](const std::string& at) {
    return *run<Result<v1::Moment>>([&] { return store_->moment(at); });
  };
  EXPECT_EQ(moment("help").waiting(), 0);
  EXPECT_GT(moment("help").store_now_ms(), 0);
  EXPECT_NEAR(static_cast<double>(moment("help").now().seconds()), static_cast<double>(time(nullptr)), 5);
  wait(start("a", "help"), {}, kHour, 1'000);
  pass(10'000);
  wait(leg("a"), {}, kHour, 1'000);
  wait(start("b", "help"), {}, kHour);
  wait(start("c", "other"), {}, kHour);
  EXPECT_EQ(moment("help").waiting(), 2);
  EXPECT_NEAR(static_cast<double>(TimeUtil::DurationToMilliseconds(moment("help").longest_wait())), 10'000, 900);
  cancel("a");
  EXPECT_EQ(moment("help").waiting(), 1);
  EXPECT_LT(TimeUtil::DurationToMilliseconds(moment("help").longest_wait()), 5'000);
}

TEST_F(WaitingTest, WhatIsSecretOnAnyLegIsShownToNobody) {
  NewSession session;
  session.session = "s";
  session.facts.mutable_agent()->set_id("agent");
  session.bridge = "b";
  session.medium = "im";
  session.routing_point = "help";
  session.secret_keys = {"card_pin", "token"};
  session.user_data_limit = kDefaultUserDataLimit;
  (*session.user_data.mutable_values())["card_pin"].set_text("1234");
  (*session.user_data.mutable_values())["topic"].set_text("rates");
  ASSERT_TRUE(run<Result<Enqueued>>([&] { return store_->enqueue(session); }).ok());
  const SessionRecord record = read("s");
  EXPECT_EQ(record.user_data.values().size(), 2U);
  EXPECT_EQ(record.shown_user_data().values().size(), 1U);
  EXPECT_EQ(record.shown_user_data().values().at("topic").text(), "rates");
}

}  // namespace
}  // namespace expertline::state
