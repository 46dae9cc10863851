// Bad input is refused with a status and a reason, and changes nothing.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using Code = grpc::StatusCode;
using Sessions = v1::SessionService::Stub;

class Refusals : public EndToEnd {
 protected:
  std::vector<std::string> all_sessions() {
    std::vector<std::string> names;
    for (const auto& session : platform().list(v1::SESSION_STATE_UNSPECIFIED)) {
      names.push_back(session.name() + " " + std::to_string(session.revision()));
    }
    return names;
  }
};

template <typename Request>
struct Case {
  const char* what;
  std::function<void(Request&)> spoil;
  Code code;
  const char* reason;
};

TEST_P(Refusals, StartSession) {
  using Request = v1::StartSessionRequest;
  const std::string long_id(129, 'x');
  const std::vector<Case<Request>> cases = {
      {"no parent", [](Request& r) { r.clear_parent(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"parent of another form", [](Request& r) { r.set_parent("domain/main"); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"parent with more", [](Request& r) { r.set_parent("domains/main/sessions/x"); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"braces in the domain", [](Request& r) { r.set_parent("domains/{main}"); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"unknown domain", [](Request& r) { r.set_parent("domains/elsewhere"); }, Code::NOT_FOUND, "UNKNOWN_DOMAIN"},
      {"no routing point", [](Request& r) { r.clear_routing_point(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"unknown routing point", [](Request& r) { r.set_routing_point("nowhere"); }, Code::NOT_FOUND,
       "UNKNOWN_ROUTING_POINT"},
      {"braces in the routing point", [](Request& r) { r.set_routing_point("{help}"); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"no agent", [](Request& r) { r.clear_agent(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"control character in the agent's id", [](Request& r) { r.mutable_agent()->set_id("a\nb"); },
       Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"no interaction", [](Request& r) { r.clear_interaction(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"agent's id too long", [&](Request& r) { r.mutable_agent()->set_id(long_id); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"text too long", [](Request& r) { r.set_text(std::string(8001, 'x')); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"request id with a space", [](Request& r) { r.set_request_id("a b"); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"request id too long", [&](Request& r) { r.set_request_id(long_id); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"a value without a kind", [](Request& r) { (*r.mutable_user_data()->mutable_values())["a"]; },
       Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"an empty key", [](Request& r) { (*r.mutable_user_data()->mutable_values())[""] = text_value("x"); },
       Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"a key too long",
       [](Request& r) { (*r.mutable_user_data()->mutable_values())[std::string(256, 'k')] = text_value("x"); },
       Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"too much user data",
       [](Request& r) { (*r.mutable_user_data()->mutable_values())["a"] = text_value(std::string(16'000, 'x')); },
       Code::INVALID_ARGUMENT, "USER_DATA_TOO_LARGE"},
  };
  const auto before = all_sessions();
  for (const auto& each : cases) {
    auto request = Platform::ask("help");
    each.spoil(request);
    const auto status = status_of(platform().stub(), &Sessions::StartSession, request);
    EXPECT_THAT(status, Refused(each.code, each.reason)) << each.what;
    EXPECT_FALSE(refusal(status).message.empty()) << each.what;
    const bool names_field = std::string(each.reason) == "INVALID_FIELD";
    EXPECT_EQ(refusal(status).metadata.contains("field"), names_field) << each.what;
  }
  EXPECT_EQ(all_sessions(), before) << "nothing was changed";
}

TEST_P(Refusals, ValidateOnlyChangesNothing) {
  const auto before = all_sessions();
  auto request = Platform::ask("help");
  request.set_validate_only(true);
  EXPECT_TRUE(status_of(platform().stub(), &Sessions::StartSession, request).ok());
  request.set_routing_point("nowhere");
  EXPECT_THAT(status_of(platform().stub(), &Sessions::StartSession, request),
              Refused(Code::NOT_FOUND, "UNKNOWN_ROUTING_POINT"));
  EXPECT_EQ(all_sessions(), before);
}

TEST_P(Refusals, OfSessionsThatAreNotThere) {
  for (const auto& [name, code, reason] :
       {std::tuple{"domains/main/sessions/none", Code::NOT_FOUND, "UNKNOWN_SESSION"},
        std::tuple{"domains/elsewhere/sessions/none", Code::NOT_FOUND, "UNKNOWN_DOMAIN"},
        std::tuple{"", Code::INVALID_ARGUMENT, "INVALID_FIELD"},
        std::tuple{"domains/main/sessions/", Code::INVALID_ARGUMENT, "INVALID_FIELD"},
        std::tuple{"domains/main/sessions/a{b}", Code::INVALID_ARGUMENT, "INVALID_FIELD"},
        std::tuple{"domains/main/experts/ann", Code::INVALID_ARGUMENT, "INVALID_FIELD"}}) {
    v1::GetSessionRequest get;
    get.set_name(name);
    EXPECT_THAT(status_of(platform().stub(), &Sessions::GetSession, get), Refused(code, reason)) << name;
    v1::SendMessageRequest send;
    send.set_session(name);
    send.set_text("x");
    EXPECT_THAT(status_of(platform().stub(), &Sessions::SendMessage, send), Refused(code, reason)) << name;
    v1::UpdateUserDataRequest update;
    update.set_session(name);
    EXPECT_THAT(status_of(platform().stub(), &Sessions::UpdateUserData, update), Refused(code, reason)) << name;
    v1::CancelLegRequest cancel;
    cancel.set_session(name);
    cancel.set_leg("im");
    EXPECT_THAT(status_of(platform().stub(), &Sessions::CancelLeg, cancel), Refused(code, reason)) << name;
    v1::EndSessionRequest end;
    end.set_name(name);
    EXPECT_THAT(status_of(platform().stub(), &Sessions::EndSession, end), Refused(code, reason)) << name;
    const Watch watch(v1::SessionService::NewStub(connect(system().target(Service::Bridge))), name);
    EXPECT_THAT(watch.status(), Refused(code, reason)) << name;
  }
}

TEST_P(Refusals, OfWhatASessionIsNotReadyFor) {
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  const auto before = all_sessions();
  v1::SendMessageRequest send;
  send.set_session(session);
  send.set_text("nobody reads this");
  EXPECT_THAT(status_of(platform().stub(), &Sessions::SendMessage, send),
              Refused(Code::FAILED_PRECONDITION, "WRONG_STATE"));
  send.set_text("");
  EXPECT_THAT(status_of(platform().stub(), &Sessions::SendMessage, send),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  v1::CancelLegRequest cancel;
  cancel.set_session(session);
  cancel.set_leg("v9");
  EXPECT_THAT(status_of(platform().stub(), &Sessions::CancelLeg, cancel), Refused(Code::NOT_FOUND, "UNKNOWN_LEG"));
  v1::EndSessionRequest end;
  end.set_name(session);
  end.set_outcome(static_cast<v1::SessionOutcome>(99));
  EXPECT_THAT(status_of(platform().stub(), &Sessions::EndSession, end),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  v1::PrepareVoiceRequest prepare;
  prepare.set_session(session);
  prepare.set_kind(v1::CALL_KIND_TRANSFER);
  EXPECT_THAT(status_of(platform().stub(), &Sessions::PrepareVoice, prepare),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  prepare.set_via(static_cast<v1::VoiceVia>(7));
  EXPECT_THAT(status_of(platform().stub(), &Sessions::PrepareVoice, prepare),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  prepare.set_via(v1::VOICE_VIA_DIRECT);
  prepare.clear_kind();
  EXPECT_THAT(status_of(platform().stub(), &Sessions::PrepareVoice, prepare),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_EQ(all_sessions(), before);
}

TEST_P(Refusals, RouteCall) {
  using Request = v1::RouteCallRequest;
  const std::vector<Case<Request>> cases = {
      {"no call id", [](Request& r) { r.clear_call_id(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"braces in the call id", [](Request& r) { r.set_call_id("a{b}"); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"no routing point", [](Request& r) { r.clear_routing_point(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"unknown routing point", [](Request& r) { r.set_routing_point("7999"); }, Code::NOT_FOUND,
       "UNKNOWN_ROUTING_POINT"},
      {"no kind", [](Request& r) { r.clear_kind(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"wrong kind", [](Request& r) { r.set_kind(static_cast<v1::CallKind>(42)); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"neither session nor agent", [](Request& r) { r.clear_agent(); }, Code::INVALID_ARGUMENT, "INVALID_FIELD"},
      {"a session that is not there", [](Request& r) { r.set_session("domains/main/sessions/none"); }, Code::NOT_FOUND,
       "UNKNOWN_SESSION"},
      {"a deadline of a day", [](Request& r) { r.mutable_deadline()->set_seconds(86'400); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
      {"a deadline in the past", [](Request& r) { r.mutable_deadline()->set_seconds(-1); }, Code::INVALID_ARGUMENT,
       "INVALID_FIELD"},
  };
  const auto before = all_sessions();
  for (const auto& each : cases) {
    auto request = Platform::at("7001");
    each.spoil(request);
    EXPECT_THAT(platform().route(request)->status(), Refused(each.code, each.reason)) << each.what;
  }
  v1::ReportVoiceRequest report;
  report.set_parent("domains/main");
  report.set_call_id("no-such-call");
  report.set_event(v1::VOICE_EVENT_ANSWERED);
  EXPECT_THAT(status_of(platform().stub(), &Sessions::ReportVoice, report), Refused(Code::NOT_FOUND, "UNKNOWN_CALL"));
  report.clear_event();
  EXPECT_THAT(status_of(platform().stub(), &Sessions::ReportVoice, report),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  v1::CancelCallRequest cancel;
  cancel.set_parent("domains/main");
  cancel.set_call_id("no-such-call");
  EXPECT_THAT(status_of(platform().stub(), &Sessions::CancelCall, cancel), Refused(Code::NOT_FOUND, "UNKNOWN_CALL"));
  EXPECT_EQ(all_sessions(), before);
}

TEST_P(Refusals, Pages) {
  v1::ListSessionsRequest request;
  request.set_parent("domains/main");
  request.set_page_size(-1);
  EXPECT_THAT(status_of(platform().stub(), &Sessions::ListSessions, request),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  request.set_page_size(1001);
  EXPECT_THAT(status_of(platform().stub(), &Sessions::ListSessions, request),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  request.set_page_size(10);
  request.set_page_token("no token of ours");
  EXPECT_THAT(status_of(platform().stub(), &Sessions::ListSessions, request),
              Refused(Code::OUT_OF_RANGE, "BAD_CURSOR"));
  request.clear_page_token();
  request.set_state(static_cast<v1::SessionState>(17));
  EXPECT_THAT(status_of(platform().stub(), &Sessions::ListSessions, request),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
}

TEST_P(Refusals, TheDesk) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto refused = [&](v1::DeskRequest request, Code code, const std::string& reason) {
    const v1::DeskResult result = ann.request(std::move(request));
    EXPECT_EQ(result.code(), code) << result.ShortDebugString();
    EXPECT_EQ(result.reason(), reason) << result.ShortDebugString();
  };
  v1::OfferRef none;
  none.set_session(session);
  none.set_leg("im");
  none.set_n(9);
  refused(Desk::accepting(none), Code::NOT_FOUND, "UNKNOWN_OFFER");
  none.set_leg("v9");
  refused(Desk::accepting(none), Code::NOT_FOUND, "UNKNOWN_LEG");
  none.set_session("domains/main/sessions/none");
  refused(Desk::declining(none), Code::NOT_FOUND, "UNKNOWN_SESSION");
  refused(Desk::saying(session, ann.expert(), ""), Code::INVALID_ARGUMENT, "INVALID_FIELD");
  refused(Desk::saying(session, ann.expert(), std::string(8001, 'x')), Code::INVALID_ARGUMENT, "INVALID_FIELD");
  refused(v1::DeskRequest(), Code::INVALID_ARGUMENT, "INVALID_FIELD");
  v1::DeskRequest attach;
  attach.mutable_attach()->set_parent("domains/main");
  attach.mutable_attach()->add_experts("nobody");
  refused(attach, Code::NOT_FOUND, "UNKNOWN_EXPERT");
}

EXPERTLINE_IN_ALL_SHAPES(Refusals);

}  // namespace
}  // namespace expertline::test
