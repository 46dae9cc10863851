// The flow: an agent asks by IM, an expert accepts a preview, they talk.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using testing::ElementsAre;

class Flow : public EndToEnd {};

TEST_P(Flow, AnAskBecomesAPreviewThenAConversation) {
  Desk& ann = expert("ann");
  auto ask = Platform::ask("help");
  ask.set_text("Are you there?");
  (*ask.mutable_user_data()->mutable_values())["topic"] = text_value("rates");
  (*ask.mutable_user_data()->mutable_values())["balance"] = text_value("12000");
  const v1::Session begun = platform().start(ask);
  EXPECT_EQ(begun.state(), v1::SESSION_STATE_OPEN);
  ASSERT_EQ(begun.legs_size(), 1);
  EXPECT_EQ(begun.legs(0).medium(), "im");
  EXPECT_EQ(begun.agent().id(), ask.agent().id());
  const std::string session = begun.name();
  const auto watch = platform().watch(session);

  const v1::Preview preview = ann.wait_preview(session);
  EXPECT_EQ(preview.expert(), ann.expert());
  EXPECT_EQ(preview.medium(), "im");
  EXPECT_EQ(preview.routing_point(), "help");
  EXPECT_EQ(preview.agent().display_name(), "Alex Agent");
  EXPECT_EQ(preview.message(), "A question about rates");
  EXPECT_EQ(preview.show().values().at("topic").text(), "rates");
  EXPECT_FALSE(preview.show().values().contains("balance")) << "the strategy does not show it";
  EXPECT_GT(preview.time_left().seconds(), 0);
  EXPECT_LE(preview.time_left().seconds(), 60);
  watch->wait_leg("im", v1::LEG_STATE_OFFERING);

  EXPECT_EQ(ann.accept(preview.offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  const v1::LegUpdate hers = ann.wait_leg(session, v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(hers.user_data().values().at("balance").text(), "12000");
  EXPECT_EQ(hers.interaction().id(), ask.interaction().id());
  const v1::Session active = watch->wait_leg("im", v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(id_of(active.legs(0).expert()), ann.expert());
  EXPECT_EQ(active.legs(0).expert_display_name(), "Expert " + ann.expert());
  EXPECT_EQ(active.legs(0).strategy(), "help");
  EXPECT_EQ(active.legs(0).step(), "anyone who can help");

  ann.wait_message(session, "Are you there?");
  EXPECT_EQ(ann.say(session, "Yes, how can I help?").code(), 0);
  EXPECT_EQ(watch->wait_message("Yes, how can I help?").author(), v1::MESSAGE_AUTHOR_EXPERT);
  platform().send(session, "What is the rate?");
  const v1::Message asked = ann.wait_message(session, "What is the rate?");
  EXPECT_EQ(asked.author(), v1::MESSAGE_AUTHOR_AGENT);
  EXPECT_EQ(asked.author_id(), ask.agent().id());

  const v1::Session ended = platform().end(session);
  EXPECT_EQ(ended.state(), v1::SESSION_STATE_ENDED);
  EXPECT_EQ(ended.outcome(), v1::SESSION_OUTCOME_HELPED);
  EXPECT_EQ(ended.legs(0).outcome(), v1::LEG_OUTCOME_COMPLETED);
  EXPECT_TRUE(ended.has_end_time());
  ann.wait_leg(session, v1::LEG_STATE_ENDED);
  watch->wait_ended();
  EXPECT_TRUE(watch->status().ok()) << describe(watch->status());
}

TEST_P(Flow, RevisionsOfASessionOnlyGrowAndLegsNeverGoBack) {
  Desk& ann = expert("ann");
  const std::string session = platform().start("help").name();
  const auto watch = platform().watch(session);
  ann.accept(ann.wait_preview(session).offer());
  watch->wait_leg("im", v1::LEG_STATE_ACTIVE);
  platform().end(session);
  watch->wait_ended();
  int64_t revision = 0;
  int64_t version = 0;
  for (const v1::Session& state : watch->states()) {
    EXPECT_GE(state.revision(), revision);
    EXPECT_GE(state.legs(0).version(), version);
    revision = state.revision();
    version = state.legs(0).version();
  }
}

TEST_P(Flow, AfterADeclineTheNextExpertIsAsked) {
  Desk& ann = expert("ann", {.skills = {{"craft", 5}}});
  Desk& bob = expert("bob", {.skills = {{"craft", 1}}});
  settle({&ann, &bob});
  const std::string session = platform().start("levels").name();
  const auto watch = platform().watch(session);
  const v1::OfferRef offer = ann.wait_preview(session).offer();
  EXPECT_EQ(ann.decline(offer, "in a meeting").outcome(), v1::OFFER_OUTCOME_DECLINED);
  EXPECT_EQ(ann.wait_closed(offer).outcome(), v1::OFFER_OUTCOME_DECLINED);
  bob.accept(bob.wait_preview(session).offer());
  const v1::Leg leg = leg_of(watch->wait_leg("im", v1::LEG_STATE_ACTIVE), "im");
  EXPECT_THAT(offers(leg), ElementsAre(ann.expert() + ":DECLINED", bob.expert() + ":ACCEPTED"));
  EXPECT_EQ(leg.offers(0).decline_reason(), "in a meeting");
}

TEST_P(Flow, AfterATimeOutTheNextStepIsTried) {
  Desk& ann = expert("ann", {.skills = {{"quick", 3}}});
  Desk& bob = expert("bob", {.skills = {}, .groups = {"patient"}});
  settle({&ann, &bob});
  const std::string session = platform().start("soon").name();
  const v1::OfferRef offer = ann.wait_preview(session).offer();
  EXPECT_EQ(ann.wait_closed(offer).outcome(), v1::OFFER_OUTCOME_TIMED_OUT);
  const v1::DeskResult late = ann.accept(offer);
  EXPECT_EQ(late.code(), 0);
  EXPECT_EQ(late.outcome(), v1::OFFER_OUTCOME_TIMED_OUT) << "an accept that came too late";
  bob.accept(bob.wait_preview(session).offer());
  const v1::Leg leg = leg_of(platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE), "im");
  EXPECT_THAT(offers(leg), ElementsAre(ann.expert() + ":TIMED_OUT", bob.expert() + ":ACCEPTED"));
  EXPECT_EQ(leg.step(), "patient ones");
}

TEST_P(Flow, WhenNobodyIsFreeDefaultRoutingAppliesAtOnce) {
  const std::string session = platform().start("at-once").name();
  const auto watch = platform().watch(session);
  const v1::Session ended = watch->wait_ended();
  EXPECT_EQ(ended.outcome(), v1::SESSION_OUTCOME_DEFAULT_ROUTED);
  EXPECT_EQ(ended.legs(0).outcome(), v1::LEG_OUTCOME_DEFAULT_ROUTED);
  EXPECT_EQ(ended.legs(0).default_target().agent_text(), "Nobody is free; please offer a call back.");
}

TEST_P(Flow, WhenTheWaitIsOverDefaultRoutingApplies) {
  const std::string session = platform().start("short-wait").name();
  const auto watch = platform().watch(session);
  watch->wait_leg("im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(watch->wait_ended().legs(0).default_target().dn(), "5999");
}

TEST_P(Flow, AnAgentWhoGivesUpTakesThePreviewOffTheScreen) {
  Desk& ann = expert("ann");
  const std::string session = platform().start("help").name();
  const v1::OfferRef offer = ann.wait_preview(session).offer();
  const v1::Session ended = platform().cancel_leg(session, "im");
  EXPECT_EQ(leg_of(ended, "im").outcome(), v1::LEG_OUTCOME_CANCELED);
  EXPECT_EQ(ended.outcome(), v1::SESSION_OUTCOME_CANCELED);
  EXPECT_EQ(ann.wait_closed(offer).outcome(), v1::OFFER_OUTCOME_CANCELED);
  EXPECT_EQ(ann.accept(offer).outcome(), v1::OFFER_OUTCOME_CANCELED);
}

TEST_P(Flow, AnExpertMayEndTheLeg) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  EXPECT_EQ(ann.end_leg(session.name()).code(), 0);
  const v1::Session ended = platform().watch(session.name())->wait_ended();
  EXPECT_EQ(ended.legs(0).outcome(), v1::LEG_OUTCOME_COMPLETED);
  EXPECT_EQ(ended.outcome(), v1::SESSION_OUTCOME_HELPED);
}

TEST_P(Flow, AWatchResumesAfterTheLastMessageItSaw) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  platform().send(session.name(), "one");
  const std::string second = platform().send(session.name(), "two");
  platform().send(session.name(), "three");
  v1::WatchSessionRequest request;
  request.set_name(session.name());
  request.set_after_message(second);
  grpc::ClientContext context;
  const auto stream = platform().stub().WatchSession(&context, request);
  v1::WatchSessionResponse told;
  while (stream->Read(&told) && !told.has_message()) {
  }
  EXPECT_EQ(told.message().text(), "three");
  context.TryCancel();
  stream->Finish();
}

EXPERTLINE_IN_ALL_SHAPES(Flow);

}  // namespace
}  // namespace expertline::test
