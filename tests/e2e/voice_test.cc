// The customer's call follows to the expert: by transfer or conference, through a routing point or direct.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

class Voice : public EndToEnd {
 protected:
  // The call arrives at the routing point with the data that PrepareVoice answered.
  static v1::RouteCallRequest arriving(const std::string& session, const v1::PrepareVoiceResponse& prepared) {
    auto call = Platform::at(prepared.target().dn());
    call.set_session(session);
    *call.mutable_user_data() = prepared.user_data();
    return call;
  }
  bool im_is_alive(const std::string& session) { return has_leg(platform().get(session), "im", v1::LEG_STATE_ACTIVE); }
};

TEST_P(Voice, OnAcceptTheAgentIsToldHowTheCallMayFollow) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  ASSERT_EQ(session.voice_targets_size(), 2);
  EXPECT_EQ(session.voice_targets(0).via(), v1::VOICE_VIA_ROUTING_POINT);
  EXPECT_EQ(session.voice_targets(0).dn(), "7001");
  EXPECT_EQ(session.voice_targets(1).via(), v1::VOICE_VIA_DIRECT);
  EXPECT_EQ(session.voice_targets(1).dn(), dn_of(ann.expert()));
  EXPECT_THAT(session.voice_targets(1).kinds(),
              testing::ElementsAre(v1::CALL_KIND_TRANSFER, v1::CALL_KIND_CONSULT, v1::CALL_KIND_CONFERENCE));
}

TEST_P(Voice, ATransferThroughTheRoutingPointReachesTheExpertOfTheIm) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  expert("bob");  // he might take the call as well
  const auto watch = platform().watch(session);
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_ROUTING_POINT, v1::CALL_KIND_TRANSFER);
  EXPECT_EQ(prepared.target().dn(), "7001");
  EXPECT_EQ(prepared.user_data().values().at("expert_id").text(), ann.expert());
  EXPECT_EQ(prepared.user_data().values().at("expert_dn").text(), dn_of(ann.expert()));
  EXPECT_GT(prepared.held_for().seconds(), 0);
  watch->wait_leg(prepared.leg(), v1::LEG_STATE_HELD);

  const auto request = arriving(session, prepared);
  const auto call = platform().route(request);
  const auto routed = call->wait_for(v1::CALL_PROGRESS_ROUTED);
  EXPECT_EQ(id_of(routed.expert()), ann.expert());
  EXPECT_EQ(routed.dn(), dn_of(ann.expert()));
  EXPECT_EQ(routed.session(), session);
  EXPECT_EQ(routed.user_data().values().at("expert_id").text(), ann.expert());
  EXPECT_EQ(ann.events().count([](const auto& told) { return told.preview().medium() == "voice"; }), 0U)
      << "straight through: she has accepted the IM";

  EXPECT_EQ(platform().report_call(request.call_id(), v1::VOICE_EVENT_RINGING), v1::LEG_STATE_CONNECTING);
  EXPECT_EQ(platform().report_call(request.call_id(), v1::VOICE_EVENT_ANSWERED), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(platform().report_call(request.call_id(), v1::VOICE_EVENT_JOINED), v1::LEG_STATE_ACTIVE);
  call->wait_for(v1::CALL_PROGRESS_ACTIVE);
  ann.wait_leg(session, v1::LEG_STATE_ACTIVE, routed.leg());
  EXPECT_EQ(platform().report_call(request.call_id(), v1::VOICE_EVENT_RELEASED), v1::LEG_STATE_ENDED);
  call->wait_for(v1::CALL_PROGRESS_ENDED);
  EXPECT_TRUE(call->status().ok()) << describe(call->status());
  EXPECT_TRUE(im_is_alive(session)) << "the end of the call is not the end of the IM";
}

TEST_P(Voice, ATransferMayGoStraightToTheExpertsDn) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  EXPECT_EQ(prepared.target().dn(), dn_of(ann.expert()));
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_RINGING);
  EXPECT_EQ(platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_ANSWERED), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_RELEASED), v1::LEG_STATE_ENDED);
  const v1::Session after = platform().get(session);
  EXPECT_EQ(leg_of(after, prepared.leg()).outcome(), v1::LEG_OUTCOME_COMPLETED);
  EXPECT_TRUE(has_leg(after, "im", v1::LEG_STATE_ACTIVE));
}

TEST_P(Voice, AConferenceOutlivesTheIm) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_CONFERENCE);
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_ANSWERED);
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_JOINED);
  const v1::Session after = platform().cancel_leg(session, "im");
  EXPECT_EQ(leg_of(after, "im").outcome(), v1::LEG_OUTCOME_COMPLETED);
  EXPECT_EQ(after.state(), v1::SESSION_STATE_OPEN);
  EXPECT_EQ(leg_of(after, prepared.leg()).state(), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(leg_of(after, prepared.leg()).call_kind(), v1::CALL_KIND_CONFERENCE);
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_LEFT);
  EXPECT_EQ(platform().watch(session)->wait_ended().outcome(), v1::SESSION_OUTCOME_HELPED);
}

TEST_P(Voice, RepeatedReportsChangeNothing) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_ANSWERED);
  const int64_t version = leg_of(platform().get(session), prepared.leg()).version();
  EXPECT_EQ(platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_ANSWERED), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_RINGING), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(leg_of(platform().get(session), prepared.leg()).version(), version);
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_RELEASED);
  EXPECT_EQ(platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_NO_ANSWER), v1::LEG_STATE_ENDED);
  EXPECT_EQ(leg_of(platform().get(session), prepared.leg()).outcome(), v1::LEG_OUTCOME_COMPLETED);
}

TEST_P(Voice, ADirectCallThatFailsFreesTheLineAndLeavesTheImAlive) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  for (const auto event : {v1::VOICE_EVENT_NO_ANSWER, v1::VOICE_EVENT_BUSY, v1::VOICE_EVENT_FAILED}) {
    const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
    EXPECT_EQ(platform().report_leg(session, prepared.leg(), event), v1::LEG_STATE_ENDED);
    EXPECT_EQ(leg_of(platform().get(session), prepared.leg()).outcome(), v1::LEG_OUTCOME_FAILED);
    EXPECT_TRUE(im_is_alive(session));
  }
}

TEST_P(Voice, WhoDoesNotAnswerHandsTheCallToTheNextExpert) {
  Desk& ann = expert("ann", {.skills = {{"team", 1}}});
  Desk& bob = expert("bob");
  for (const auto event : {v1::VOICE_EVENT_NO_ANSWER, v1::VOICE_EVENT_BUSY, v1::VOICE_EVENT_FAILED}) {
    const std::string session = accepted(ann, "team").name();
    settle({&ann}, "known-voice");  // else bob might be asked at once
    auto request = Platform::at("7001");
    request.set_session(session);
    (*request.mutable_user_data()->mutable_values())["expert_id"] = text_value(ann.expert());
    const auto call = platform().route(request);
    call->wait_routed(ann.expert());
    platform().report_call(request.call_id(), event);
    bob.accept(bob.wait_preview(session, call->wait_for(v1::CALL_PROGRESS_PREVIEWING).leg()).offer());
    EXPECT_EQ(call->wait_routed(bob.expert()).dn(), dn_of(bob.expert()));
    EXPECT_TRUE(im_is_alive(session));
    EXPECT_EQ(platform().report_call(request.call_id(), v1::VOICE_EVENT_ANSWERED), v1::LEG_STATE_ACTIVE);
    platform().end(session);
  }
}

TEST_P(Voice, AHoldThatNobodyCallsExpiresAndFreesTheLine) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann, "brief-hold").name();
  const auto watch = platform().watch(session);
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  const v1::Session after = watch->wait_leg(prepared.leg(), v1::LEG_STATE_ENDED);
  EXPECT_EQ(leg_of(after, prepared.leg()).outcome(), v1::LEG_OUTCOME_EXPIRED);
  EXPECT_TRUE(has_leg(after, "im", v1::LEG_STATE_ACTIVE));
  platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
}

TEST_P(Voice, WhileALineIsHeldNobodyElseGetsIt) {
  Desk& ann = expert("ann");
  const std::string one = accepted(ann).name();
  const std::string other = accepted(ann).name();
  const auto held = platform().prepare(one, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  v1::PrepareVoiceRequest request;
  request.set_session(other);
  request.set_via(v1::VOICE_VIA_DIRECT);
  request.set_kind(v1::CALL_KIND_TRANSFER);
  const auto refused = status_of(platform().stub(), &v1::SessionService::Stub::PrepareVoice, request);
  EXPECT_THAT(refused, Refused(grpc::StatusCode::RESOURCE_EXHAUSTED, "NO_CAPACITY"));
  EXPECT_EQ(refusal(refused).metadata["medium"], "voice");
  platform().cancel_leg(one, held.leg());
  platform().prepare(other, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
}

TEST_P(Voice, OnlyTargetsOfTheStrategyAreAllowed) {
  Desk& ann = expert("ann");
  v1::PrepareVoiceRequest request;
  request.set_session(accepted(ann, "brief-hold").name());
  request.set_via(v1::VOICE_VIA_DIRECT);
  request.set_kind(v1::CALL_KIND_CONFERENCE);
  EXPECT_THAT(status_of(platform().stub(), &v1::SessionService::Stub::PrepareVoice, request),
              Refused(grpc::StatusCode::FAILED_PRECONDITION, "VOICE_TARGET_NOT_ALLOWED"));
}

TEST_P(Voice, WithoutAnExpertThereIsNothingToPrepare) {
  v1::PrepareVoiceRequest request;
  request.set_session(platform().start("help").name());
  request.set_via(v1::VOICE_VIA_DIRECT);
  request.set_kind(v1::CALL_KIND_TRANSFER);
  EXPECT_THAT(status_of(platform().stub(), &v1::SessionService::Stub::PrepareVoice, request),
              Refused(grpc::StatusCode::FAILED_PRECONDITION, "WRONG_STATE"));
}

EXPERTLINE_IN_ALL_SHAPES(Voice);

}  // namespace
}  // namespace expertline::test
