// What strategies say beyond whom they find, as it shows from outside.
#include <google/protobuf/util/time_util.h>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using Code = grpc::StatusCode;
using Sessions = v1::SessionService::Stub;

class Language : public EndToEnd {
 protected:
  static v1::StartSessionRequest insider(const std::string& routing_point) {
    v1::StartSessionRequest ask = Platform::ask(routing_point);
    ask.mutable_agent()->add_groups("insiders");
    return ask;
  }
};

TEST_P(Language, AStepAsksForLessTheLongerItWaits) {
  Desk& novice = expert("novice", {.skills = {{"deep", 1}}});
  const std::string session = platform().start("relax").name();
  novice.wait_preview(session);
  const v1::Session asked = platform().get(session);
  const auto waited = asked.legs(0).offers(0).offer_time() - asked.create_time();
  EXPECT_GE(google::protobuf::util::TimeUtil::DurationToMilliseconds(waited), 1000);
}

TEST_P(Language, WhoeverRelaxesKeepsHisPlace) {
  Desk& novice = expert("novice", {.skills = {{"deep", 1}}, .im = 1});
  std::vector<std::string> asked;
  for (int i = 0; i < 4; ++i) {
    asked.push_back(platform().start("relax").name());
    platform().watch(asked.back())->wait_for("waits, or is offered already", [](const v1::Session& session) {
      return session.legs(0).state() != v1::LEG_STATE_ROUTING;
    });
  }
  for (const std::string& session : asked) {
    novice.accept(novice.wait_preview(session).offer());
    platform().end(session);
  }
}

TEST_P(Language, WhatIsUrgentIsServedFirst) {
  Desk& ann = expert("ann", {.im = 1});
  const std::string talking = accepted(ann, "urgent").name();
  const std::string plain = platform().start("urgent").name();
  platform().wait_leg(plain, "im", v1::LEG_STATE_WAITING);
  auto ask = Platform::ask("urgent");
  (*ask.mutable_user_data()->mutable_values())["urgent"] = text_value("true");
  const std::string urgent = platform().start(ask).name();
  platform().wait_leg(urgent, "im", v1::LEG_STATE_WAITING);
  ann.end_leg(talking);
  const auto offer = ann.wait_preview(urgent).offer();
  EXPECT_EQ(ann.previews(plain), 0U);
  ann.decline(offer);
  ann.wait_preview(plain);
}

TEST_P(Language, WhoLetsAPreviewRunOutIsAskedOnceMoreAndNotAThirdTime) {
  Desk& ann = expert("ann");
  settle({&ann});
  const std::string session = platform().start("again").name();
  const v1::Session ended = platform().watch(session)->wait_ended();
  EXPECT_THAT(offers(leg_of(ended, "im")),
              testing::ElementsAre(ann.expert() + ":TIMED_OUT", ann.expert() + ":TIMED_OUT"));
  EXPECT_EQ(ended.outcome(), v1::SESSION_OUTCOME_DEFAULT_ROUTED);
}

TEST_P(Language, AStepMayAskForThoseWhoAreBusy) {
  Desk& ann = expert("ann");
  source().report(ann.expert(), v1::PRESENCE_STATE_AWAY);
  const std::string session = platform().start("states").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  const std::string plain = platform().start("help").name();
  platform().wait_leg(plain, "im", v1::LEG_STATE_WAITING);
  source().report(ann.expert(), v1::PRESENCE_STATE_BUSY);
  ann.wait_preview(session);
  EXPECT_EQ(ann.previews(plain), 0U);
}

TEST_P(Language, WhoMayNotAskIsRefusedAndNothingIsCreated) {
  const size_t before = platform().list(v1::SESSION_STATE_UNSPECIFIED).size();
  EXPECT_THAT(status_of(platform().stub(), &Sessions::StartSession, Platform::ask("few")),
              Refused(Code::PERMISSION_DENIED, "NOT_ALLOWED"));
  auto only_asked = Platform::ask("few");
  only_asked.set_validate_only(true);
  EXPECT_THAT(status_of(platform().stub(), &Sessions::StartSession, only_asked),
              Refused(Code::PERMISSION_DENIED, "NOT_ALLOWED"));
  const auto call = platform().route(Platform::at("7009"));
  EXPECT_THAT(call->status(), Refused(Code::PERMISSION_DENIED, "NOT_ALLOWED"));
  EXPECT_EQ(platform().list(v1::SESSION_STATE_UNSPECIFIED).size(), before);
}

TEST_P(Language, WhoMayAskIsHelped) {
  Desk& ann = expert("ann");
  settle({&ann});
  const std::string session = platform().start(insider("few")).name();
  ann.accept(ann.wait_preview(session).offer());
  auto call = Platform::at("7009");
  call.mutable_agent()->add_groups("insiders");
  platform().route(call)->wait_routed(ann.expert());
}

TEST_P(Language, WhatIsSecretTravelsAndIsNotShown) {
  Desk& ann = expert("ann");
  auto ask = insider("few");
  (*ask.mutable_user_data()->mutable_values())["topic"] = text_value("cards");
  (*ask.mutable_user_data()->mutable_values())["card_pin"] = text_value("1234-secret");
  const std::string session = platform().start(ask).name();
  ann.accept(ann.wait_preview(session).offer());
  const v1::LegUpdate shown = ann.wait_leg(session, v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(shown.user_data().values().at("topic").text(), "cards");
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_ROUTING_POINT, v1::CALL_KIND_TRANSFER);
  EXPECT_EQ(prepared.user_data().values().at("card_pin").text(), "1234-secret");
  EXPECT_EQ(platform().get(session).user_data().values().at("card_pin").text(), "1234-secret");
  platform().end(session);
  ann.wait_leg(session, v1::LEG_STATE_ENDED);
  for (const v1::DeskResponse& told : ann.events().all()) {
    EXPECT_EQ(told.SerializeAsString().find("1234-secret"), std::string::npos) << told.ShortDebugString();
  }
}

EXPERTLINE_IN_ALL_SHAPES(Language);

}  // namespace
}  // namespace expertline::test
