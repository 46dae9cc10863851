// A caller that did not hear the answer asks again with the same request id and gets the same answer, from whichever
// replica; the same id with another payload is refused.
#include <future>
#include <set>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using Stub = v1::SessionService::Stub;

class Idempotence : public EndToEnd {
 protected:
  // Asks twice, at different replicas, then with another payload.
  template <typename Request, typename Response>
  void expect_once(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, const Request& changed) {
    Platform here = platform_at(0);
    Platform there = platform_at(1);
    const Response first = call(here.stub(), method, request);
    const Response second = call(there.stub(), method, request);
    EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString()) << first.ShortDebugString() << "\n"
                                                                     << second.ShortDebugString();
    const grpc::Status other = status_of(there.stub(), method, changed);
    EXPECT_THAT(other, Refused(grpc::StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
    EXPECT_EQ(refusal(other).metadata["request_id"], request.request_id());
  }
  size_t open_sessions() { return platform().list(v1::SESSION_STATE_OPEN).size(); }
};

TEST_P(Idempotence, StartSession) {
  const auto ask = Platform::ask("help");
  auto changed = ask;
  changed.mutable_agent()->set_id("somebody-else");
  Platform here = platform_at(0);
  Platform there = platform_at(1);
  EXPECT_EQ(here.start(ask).name(), there.start(ask).name());
  EXPECT_THAT(status_of(there.stub(), &Stub::StartSession, changed),
              Refused(grpc::StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
  EXPECT_EQ(open_sessions(), 1U);
}

TEST_P(Idempotence, StartSessionAskedByManyAtOnce) {
  const auto ask = Platform::ask("help");
  std::vector<std::future<std::string>> askers;
  for (size_t i = 0; i < 16; ++i) {
    askers.push_back(std::async(std::launch::async, [&, i] { return platform_at(i).start(ask).name(); }));
  }
  std::set<std::string> names;
  for (auto& asker : askers) names.insert(asker.get());
  EXPECT_EQ(names.size(), 1U);
  EXPECT_EQ(open_sessions(), 1U);
}

TEST_P(Idempotence, SendMessage) {
  Desk& ann = expert("ann");
  v1::SendMessageRequest request;
  request.set_session(accepted(ann).name());
  request.set_text("once");
  request.set_request_id(new_id());
  auto changed = request;
  changed.set_text("twice");
  expect_once(&Stub::SendMessage, request, changed);
  platform().send(request.session(), "last");
  ann.wait_message(request.session(), "last");
  EXPECT_EQ(ann.events().count([](const auto& told) { return told.message().message().text() == "once"; }), 1U);
}

TEST_P(Idempotence, PrepareVoice) {
  Desk& ann = expert("ann", {.voice = 2});
  const std::string session = accepted(ann).name();
  v1::PrepareVoiceRequest request;
  request.set_session(session);
  request.set_via(v1::VOICE_VIA_DIRECT);
  request.set_kind(v1::CALL_KIND_TRANSFER);
  request.set_request_id(new_id());
  auto changed = request;
  changed.set_kind(v1::CALL_KIND_CONFERENCE);
  const auto first = call(platform().stub(), &Stub::PrepareVoice, request);
  const auto second = call(platform().stub(), &Stub::PrepareVoice, request);
  EXPECT_EQ(first.leg(), second.leg());
  EXPECT_EQ(first.target().dn(), second.target().dn());
  EXPECT_THAT(status_of(platform().stub(), &Stub::PrepareVoice, changed),
              Refused(grpc::StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
  EXPECT_EQ(platform().get(session).legs_size(), 2) << "held once";
}

TEST_P(Idempotence, UpdateUserData) {
  v1::UpdateUserDataRequest request;
  request.set_session(platform().start("help").name());
  (*request.mutable_set())["a"] = text_value("1");
  request.set_request_id(new_id());
  auto changed = request;
  (*changed.mutable_set())["a"] = text_value("2");
  expect_once(&Stub::UpdateUserData, request, changed);
  EXPECT_EQ(platform().get(request.session()).user_data().values().at("a").text(), "1");
}

TEST_P(Idempotence, CancelLeg) {
  v1::CancelLegRequest request;
  request.set_session(platform().start("help").name());
  request.set_leg("im");
  request.set_request_id(new_id());
  auto changed = request;
  changed.set_leg("v1");
  expect_once(&Stub::CancelLeg, request, changed);
  auto repeated = request;
  repeated.set_request_id(new_id());
  EXPECT_TRUE(status_of(platform().stub(), &Stub::CancelLeg, repeated).ok()) << "repeating it changes nothing";
}

TEST_P(Idempotence, EndSession) {
  v1::EndSessionRequest request;
  request.set_name(platform().start("help").name());
  request.set_outcome(v1::SESSION_OUTCOME_CANCELED);
  request.set_request_id(new_id());
  auto changed = request;
  changed.set_outcome(v1::SESSION_OUTCOME_FAILED);
  expect_once(&Stub::EndSession, request, changed);
  EXPECT_EQ(platform().end(request.name(), v1::SESSION_OUTCOME_HELPED).outcome(), v1::SESSION_OUTCOME_CANCELED)
      << "the stored outcome stays";
}

TEST_P(Idempotence, AcceptAtTheDesk) {
  Desk& ann = expert("ann");
  const std::string session = platform().start("help").name();
  auto request = Desk::accepting(ann.wait_preview(session).offer());
  request.set_request_id(new_id());
  EXPECT_EQ(ann.request(request).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  EXPECT_EQ(desk({ann.expert()}).request(request).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
}

TEST_P(Idempotence, MessageAtTheDesk) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  auto request = Desk::saying(session, ann.expert(), "once");
  request.set_request_id(new_id());
  const std::string first = ann.request(request).message_id();
  EXPECT_EQ(desk({ann.expert()}).request(request).message_id(), first);
}

EXPERTLINE_IN_ALL_SHAPES(Idempotence);

}  // namespace
}  // namespace expertline::test
