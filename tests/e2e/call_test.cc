// Calls at a voice routing point, and their streams.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

class Calls : public EndToEnd {};

TEST_P(Calls, ACallWithoutASessionBeginsOne) {
  Desk& ann = expert("ann");
  const auto request = Platform::at("7002");
  const auto call = platform().route(request);
  const auto routed = call->wait_routed(ann.expert());
  EXPECT_EQ(routed.dn(), dn_of(ann.expert()));
  EXPECT_GT(routed.time_left().seconds(), 0);
  const v1::Session session = platform().get(routed.session());
  EXPECT_EQ(session.state(), v1::SESSION_STATE_OPEN);
  EXPECT_EQ(leg_of(session, routed.leg()).call_id(), request.call_id());
  platform().report_call(request.call_id(), v1::VOICE_EVENT_ANSWERED);
  platform().report_call(request.call_id(), v1::VOICE_EVENT_RELEASED);
  EXPECT_EQ(platform().watch(routed.session())->wait_ended().outcome(), v1::SESSION_OUTCOME_HELPED);
}

TEST_P(Calls, TheSessionIsFoundByItsUserDataToo) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  auto request = Platform::at("7001");
  (*request.mutable_user_data()->mutable_values())["session_id"] = text_value(id_of(session));
  (*request.mutable_user_data()->mutable_values())["expert_id"] = text_value(ann.expert());
  EXPECT_EQ(platform().route(request)->wait_routed(ann.expert()).session(), session);
}

TEST_P(Calls, AVoicePreviewIsShownAndAccepted) {
  Desk& ann = expert("ann");
  const auto call = platform().route(Platform::at("7001"));
  const auto previewing = call->wait_for(v1::CALL_PROGRESS_PREVIEWING);
  const v1::Preview preview = ann.wait_preview(previewing.session(), previewing.leg());
  EXPECT_EQ(preview.medium(), "voice");
  ann.accept(preview.offer());
  call->wait_routed(ann.expert());
}

TEST_P(Calls, ACallResumesByItsIdOnAnotherReplica) {
  Desk& ann = expert("ann");
  const auto request = Platform::at("7001");
  Platform here = platform_at(0);
  Platform there = platform_at(1);
  const auto first = here.route(request);
  const auto previewing = first->wait_for(v1::CALL_PROGRESS_PREVIEWING);
  first->drop();
  const auto second = there.route(request);
  EXPECT_EQ(second->wait_for(v1::CALL_PROGRESS_PREVIEWING).leg(), previewing.leg());
  ann.accept(ann.wait_preview(previewing.session(), previewing.leg()).offer());
  second->wait_routed(ann.expert());
  EXPECT_EQ(ann.previews(previewing.session()), 1U) << "the same call, not another one";
  EXPECT_EQ(here.route(request)->wait_routed(ann.expert()).leg(), previewing.leg());
}

TEST_P(Calls, WhenTheCallerHangsUpThePreviewGoes) {
  Desk& ann = expert("ann");
  const auto request = Platform::at("7001");
  const auto call = platform().route(request);
  const auto previewing = call->wait_for(v1::CALL_PROGRESS_PREVIEWING);
  const auto offer = ann.wait_preview(previewing.session(), previewing.leg()).offer();
  platform().cancel_call(request.call_id());
  EXPECT_EQ(ann.wait_closed(offer).outcome(), v1::OFFER_OUTCOME_CANCELED);
  call->wait_for(v1::CALL_PROGRESS_ENDED);
  EXPECT_TRUE(call->status().ok()) << describe(call->status());
  platform().cancel_call(request.call_id());
}

TEST_P(Calls, ACallWaitsInOrderAndIsServed) {
  const auto call = platform().route(Platform::at("7002"));
  call->wait_for(v1::CALL_PROGRESS_WAITING);
  Desk& ann = expert("ann");
  call->wait_routed(ann.expert());
}

TEST_P(Calls, AtItsDeadlineACallGoesToTheDefaultTargetOfThePlatform) {
  auto request = Platform::at("7002");
  request.mutable_deadline()->set_seconds(1);
  request.mutable_default_target()->set_dn("9999");
  (*request.mutable_user_data()->mutable_values())["ref"] = text_value("abc");
  const auto call = platform().route(request);
  const auto routed = call->wait_for(v1::CALL_PROGRESS_DEFAULT);
  EXPECT_EQ(routed.default_target().dn(), "9999");
  EXPECT_EQ(routed.user_data().values().at("ref").text(), "abc");
  EXPECT_TRUE(call->status().ok()) << describe(call->status());
}

TEST_P(Calls, WithoutATargetOfThePlatformTheStrategySaysWhereItGoes) {
  auto request = Platform::at("7002");
  request.mutable_deadline()->set_seconds(1);
  EXPECT_EQ(platform().route(request)->wait_for(v1::CALL_PROGRESS_DEFAULT).default_target().dn(), "5998");
}

EXPERTLINE_IN_ALL_SHAPES(Calls);

}  // namespace
}  // namespace expertline::test
