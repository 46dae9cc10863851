// Those for whom nobody is free wait, in order, and are served as soon as somebody is.
#include <future>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

class Waiting : public EndToEnd {};

TEST_P(Waiting, WhoWaitsIsServedWhenAnExpertComesOnline) {
  const std::string ann = enter("ann");
  Desk& hers = desk({ann});
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(hers.previews(session), 0U);
  source().online(ann);
  hers.accept(hers.wait_preview(session).offer());
  platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE);
}

TEST_P(Waiting, OneExpertServesThemInTheOrderOfTheirArrival) {
  std::vector<std::string> asked;
  for (int i = 0; i < 8; ++i) {
    asked.push_back(platform().start("help").name());
    platform().wait_leg(asked.back(), "im", v1::LEG_STATE_WAITING);
  }
  Desk& ann = expert("ann", {.im = 1}, [](Desk& desk, const v1::DeskResponse& told) {
    if (told.has_preview()) desk.post(Desk::accepting(told.preview().offer()));
    const v1::LegUpdate& update = told.leg_update();
    if (update.leg().state() == v1::LEG_STATE_ACTIVE) {
      desk.post(Desk::ending(update.session(), update.leg().id(), update.expert()));
    }
  });
  for (const std::string& session : asked) {
    EXPECT_EQ(platform().watch(session)->wait_ended().outcome(), v1::SESSION_OUTCOME_HELPED);
  }
  std::vector<std::string> served;
  for (const auto& told : ann.events().all()) {
    if (told.has_preview()) served.push_back(told.preview().offer().session());
  }
  EXPECT_EQ(served, asked);
}

TEST_P(Waiting, ANewcomerDoesNotOvertake) {
  Desk& ann = expert("ann", {.im = 1});
  const std::string talking = accepted(ann).name();
  const std::string first = platform().start("help").name();
  platform().wait_leg(first, "im", v1::LEG_STATE_WAITING);
  const std::string second = platform().start("help").name();
  platform().wait_leg(second, "im", v1::LEG_STATE_WAITING);
  ann.end_leg(talking);
  platform().start("help");
  const auto offer = ann.wait_preview(first).offer();
  EXPECT_EQ(ann.previews(second), 0U);
  ann.decline(offer);
  ann.wait_preview(second);
}

TEST_P(Waiting, AnAgentCanSeeBeforehandWhatToExpect) {
  const auto available = [&](const std::string& routing_point) {
    v1::GetAvailabilityRequest request;
    request.set_parent("domains/main");
    request.set_routing_point(routing_point);
    request.mutable_agent()->set_id("curious");
    return call(platform().stub(), &v1::SessionService::Stub::GetAvailability, request).availability();
  };
  // Where no other test here has anybody, who might be known a little longer than he is there.
  EXPECT_EQ(available("team").outcome(), v1::AVAILABILITY_OUTCOME_WAIT);
  EXPECT_EQ(available("team").ready(), 0);
  Desk& ann = expert("ann", {.skills = {{"team", 1}}, .im = 1});
  const std::string talking = accepted(ann, "team").name();
  const std::string waiting = platform().start("team").name();
  platform().wait_leg(waiting, "im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(available("team").waiting(), 1);
  EXPECT_TRUE(available("team").has_longest_wait());
  ann.end_leg(talking);
  ann.decline(ann.wait_preview(waiting).offer());
  platform().end(waiting);
  Desk& bob = expert("bob", {.skills = {{"team", 1}}});
  settle({&bob});
  const v1::Availability now = available("team");
  EXPECT_EQ(now.outcome(), v1::AVAILABILITY_OUTCOME_READY);
  EXPECT_GE(now.ready(), 1);
  EXPECT_EQ(now.step(), "the team");
  EXPECT_EQ(now.expected_wait().seconds(), 0);
  EXPECT_THROW(available("nowhere"), CallFailed);
}

TEST_P(Waiting, WhoGivesUpWaitingIsNotServed) {
  const std::string gone = platform().start("help").name();
  const std::string patient = platform().start("help").name();
  platform().wait_leg(gone, "im", v1::LEG_STATE_WAITING);
  platform().wait_leg(patient, "im", v1::LEG_STATE_WAITING);
  platform().cancel_leg(gone, "im");
  Desk& ann = expert("ann");
  ann.wait_preview(patient);
  EXPECT_EQ(ann.previews(gone), 0U);
}

TEST_P(Waiting, AnExpertWhoGoesAwayGetsNothing) {
  Desk& ann = expert("ann");
  settle({&ann});
  for (const auto state : {v1::PRESENCE_STATE_AWAY, v1::PRESENCE_STATE_BUSY, v1::PRESENCE_STATE_OFFLINE}) {
    source().report(ann.expert(), state);
    const std::string session = platform().start("help").name();
    platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
    EXPECT_EQ(ann.previews(session), 0U) << v1::PresenceState_Name(state);
    source().online(ann.expert());
    ann.wait_preview(session);
    platform().end(session);
  }
}

// However the two replicas race, one ask gets the last expert and the other waits until he is free.
TEST_P(Waiting, OfTwoWhoWantTheLastExpertOneGetsHimAndTheOtherWaits) {
  Desk& ann = expert("ann", {.im = 1});
  Platform here = platform_at(0);
  Platform there = platform_at(1);
  for (int round = 0; round < 10; ++round) {
    auto other = std::async(std::launch::async, [&] { return there.start("help").name(); });
    const std::vector<std::string> sessions = {here.start("help").name(), other.get()};
    const auto offered = ann.events().wait_for("a preview of either", [&](const v1::DeskResponse& told) {
      const std::string& session = told.preview().offer().session();
      return session == sessions[0] || session == sessions[1];
    });
    const std::string winner = offered.preview().offer().session();
    const std::string loser = winner == sessions[0] ? sessions[1] : sessions[0];
    platform().wait_leg(loser, "im", v1::LEG_STATE_WAITING);
    EXPECT_EQ(ann.previews(loser), 0U);
    ann.accept(offered.preview().offer());
    platform().end(winner);
    ann.accept(ann.wait_preview(loser).offer());
    platform().end(loser);
  }
}

EXPERTLINE_IN_ALL_SHAPES(Waiting);

}  // namespace
}  // namespace expertline::test
