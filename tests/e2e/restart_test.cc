// A process that is killed takes nothing with it.
#include <atomic>
#include <future>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

class Restart : public OwnSystem {
 protected:
  // Kills one replica; where there is another one it goes on alone, else the killed one is started again.
  void lose(Service service) {
    system().kill(service, 0);
    if (system().replicas() == 1) system().start(service, 0);
  }
  static void expect_accepted(const v1::DeskResult& result) {
    EXPECT_EQ(result.outcome(), v1::OFFER_OUTCOME_ACCEPTED) << result.ShortDebugString();
  }
  // Gives presence, desk and ask a full round.
  void expect_works() {
    Desk& zoe = expert("zoe", {.skills = {{"craft", 1}}});
    const std::string session = platform().start("levels").name();
    EXPECT_EQ(zoe.accept(zoe.wait_preview(session).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
    platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE);
    platform().end(session);
  }
};

TEST_P(Restart, TheBridgeIsKilledBetweenOfferAndAccept) {
  Desk& ann = expert("ann");
  auto ask = Platform::ask("help");
  ask.set_text("before");
  const std::string session = platform().start(ask).name();
  const auto watch = platform().watch(session);
  const auto offer = ann.wait_preview(session).offer();
  lose(Service::Bridge);
  expect_accepted(ann.accept(offer));
  watch->wait_leg("im", v1::LEG_STATE_ACTIVE);
  ann.wait_message(session, "before");
  ann.say(session, "after");
  watch->wait_message("after");
  EXPECT_EQ(platform().end(session).outcome(), v1::SESSION_OUTCOME_HELPED);
  expect_works();
}

TEST_P(Restart, TheBridgeIsKilledWhileAnAskWaits) {
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  lose(Service::Bridge);
  Desk& ann = expert("ann");
  EXPECT_EQ(ann.accept(ann.wait_preview(session).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
}

TEST_P(Restart, TheBridgeIsKilledWhileAPreviewRunsOut) {
  Desk& ann = expert("ann", {.skills = {{"quick", 1}}});
  Desk& bob = expert("bob", {.skills = {}, .groups = {"patient"}});
  settle({&ann, &bob});
  const std::string session = platform().start("soon").name();
  ann.wait_preview(session);
  lose(Service::Bridge);
  EXPECT_EQ(bob.accept(bob.wait_preview(session).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
}

TEST_P(Restart, StrategyEvaluationIsKilledWhileAnAskWaits) {
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  lose(Service::Strategy);
  Desk& ann = expert("ann");
  EXPECT_EQ(ann.accept(ann.wait_preview(session).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  expect_works();
}

TEST_P(Restart, AnAskThatComesWhileNobodyCanDecideIsRoutedLater) {
  if (GetParam() == Shape::Embedded) GTEST_SKIP() << "one process: it decides or there is nobody to ask";
  Desk& ann = expert("ann");
  settle({&ann});
  for (size_t i = 0; i < system().replicas(); ++i) system().kill(Service::Strategy, i);
  const std::string session = platform().start("help").name();
  for (size_t i = 0; i < system().replicas(); ++i) system().start(Service::Strategy, i);
  EXPECT_EQ(ann.accept(ann.wait_preview(session).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
}

TEST_P(Restart, PresenceIngestIsKilled) {
  Desk& ann = expert("ann");
  settle({&ann});
  lose(Service::Presence);
  accepted(ann);
  expect_works();
}

TEST_P(Restart, EverythingIsKilledAndEverySessionIsStillThere) {
  Desk& ann = expert("ann");
  auto ask = Platform::ask("help");
  (*ask.mutable_user_data()->mutable_values())["ref"] = text_value("kept");
  const std::string active = platform().start(ask).name();
  ann.accept(ann.wait_preview(active).offer());
  platform().wait_leg(active, "im", v1::LEG_STATE_ACTIVE);
  const auto held = platform().prepare(active, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  const std::string offered = platform().start("help").name();
  const auto offer = ann.wait_preview(offered).offer();
  const std::string waiting = platform().start("help").name();
  platform().wait_leg(waiting, "im", v1::LEG_STATE_WAITING);

  system().kill_all();
  system().start_all();

  const v1::Session kept = platform().get(active);
  EXPECT_TRUE(has_leg(kept, "im", v1::LEG_STATE_ACTIVE));
  EXPECT_TRUE(has_leg(kept, held.leg(), v1::LEG_STATE_HELD));
  EXPECT_EQ(kept.user_data().values().at("ref").text(), "kept");
  // Presence is heard of again before anything new is offered.
  source().online(ann.expert());
  expect_accepted(ann.accept(offer));
  EXPECT_EQ(platform().report_leg(active, held.leg(), v1::VOICE_EVENT_ANSWERED), v1::LEG_STATE_ACTIVE);
  platform().end(active);
  EXPECT_EQ(ann.accept(ann.wait_preview(waiting).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  expect_works();
}

TEST_P(Restart, EachOfManyKillsOfTheBridgeLosesNothing) {
  Desk& ann = expert("ann", {.im = 1000}, [](Desk& desk, const v1::DeskResponse& told) {
    if (told.has_preview()) desk.post(Desk::accepting(told.preview().offer()));
    const v1::LegUpdate& update = told.leg_update();
    if (update.leg().state() == v1::LEG_STATE_ACTIVE) {
      desk.post(Desk::ending(update.session(), update.leg().id(), update.expert()));
    }
  });
  settle({&ann});
  std::vector<std::string> sessions(200);
  std::atomic<size_t> asked = 0;
  auto asker = std::async(std::launch::async, [&] {
    for (; asked < sessions.size(); ++asked) sessions[asked] = platform().start("help").name();
  });
  for (size_t round = 0; round < 5; ++round) {
    eventually("it goes on", [&] {
      // An ask that failed says why.
      if (asker.wait_for(std::chrono::seconds(0)) == std::future_status::ready && asked < sessions.size()) asker.get();
      return asked >= 30 * (round + 1);
    });
    system().kill(Service::Bridge, round);
    system().start(Service::Bridge, round);
  }
  asker.get();
  for (const auto& session : sessions) {
    const v1::Session ended = platform().watch(session)->wait_ended();
    EXPECT_EQ(ended.outcome(), v1::SESSION_OUTCOME_HELPED) << ended.ShortDebugString();
  }
}

EXPERTLINE_IN_ALL_SHAPES(Restart);

}  // namespace
}  // namespace expertline::test
