#include "support/platform.h"

namespace expertline::test {

using Stub = v1::SessionService::Stub;

v1::UserValue text_value(const std::string& text) {
  v1::UserValue value;
  value.set_text(text);
  return value;
}

v1::UserValue number_value(int64_t number) {
  v1::UserValue value;
  value.set_number(number);
  return value;
}

v1::UserValue binary_value(const std::string& bytes) {
  v1::UserValue value;
  value.set_binary(bytes);
  return value;
}

const v1::Leg& leg_of(const v1::Session& session, const std::string& leg) {
  for (const v1::Leg& each : session.legs()) {
    if (each.id() == leg) return each;
  }
  throw std::runtime_error("no leg " + leg + " in " + session.ShortDebugString());
}

bool has_leg(const v1::Session& session, const std::string& leg, v1::LegState state) {
  for (const v1::Leg& each : session.legs()) {
    if (each.id() == leg && each.state() == state) return true;
  }
  return false;
}

std::string id_of(const std::string& resource_name) { return resource_name.substr(resource_name.rfind('/') + 1); }

Watch::Watch(std::shared_ptr<Stub> stub, std::string session)
    : stub_(std::move(stub)),
      session_(std::move(session)),
      following_([this](grpc::ClientContext* context) { return open(context); },
                 [this](const v1::WatchSessionResponse& event) {
                   if (event.has_message()) last_message_ = event.message().id();
                 }) {}

std::unique_ptr<grpc::ClientReader<v1::WatchSessionResponse>> Watch::open(grpc::ClientContext* context) {
  v1::WatchSessionRequest request;
  request.set_name(session_);
  request.set_after_message(last_message_);
  return stub_->WatchSession(context, request);
}

v1::Session Watch::wait_leg(const std::string& leg, v1::LegState state) const {
  return wait_for("leg " + leg + " is " + v1::LegState_Name(state),
                  [&](const v1::Session& session) { return has_leg(session, leg, state); });
}

v1::Session Watch::wait_ended() const {
  return wait_for("the session ends",
                  [](const v1::Session& session) { return session.state() == v1::SESSION_STATE_ENDED; });
}

v1::Typing Watch::wait_typing() const {
  return following_.events().wait_for("typing", [](const auto& event) { return event.has_typing(); }).typing();
}

v1::Message Watch::wait_message(const std::string& text) const {
  return following_.events()
      .wait_for("message '" + text + "'",
                [&](const auto& event) { return event.has_message() && event.message().text() == text; })
      .message();
}

std::vector<v1::Message> Watch::messages() const {
  std::vector<v1::Message> messages;
  for (const auto& event : following_.events().all()) {
    if (event.has_message()) messages.push_back(event.message());
  }
  return messages;
}

std::vector<v1::Session> Watch::states() const {
  std::vector<v1::Session> states;
  for (const auto& event : following_.events().all()) {
    if (event.has_session()) states.push_back(event.session());
  }
  return states;
}

RoutedCall::RoutedCall(std::shared_ptr<Stub> stub, v1::RouteCallRequest request)
    : stub_(std::move(stub)),
      following_([this, request](grpc::ClientContext* context) { return stub_->RouteCall(context, request); }, {}) {}

v1::RouteCallResponse RoutedCall::wait_for(v1::CallProgress progress) const {
  return wait_for(v1::CallProgress_Name(progress),
                  [&](const v1::RouteCallResponse& told) { return told.progress() == progress; });
}

v1::RouteCallResponse RoutedCall::wait_routed(const std::string& expert) const {
  return wait_for("the call is routed to " + expert, [&](const v1::RouteCallResponse& told) {
    return told.progress() == v1::CALL_PROGRESS_ROUTED && id_of(told.expert()) == expert;
  });
}

v1::StartSessionRequest Platform::ask(const std::string& routing_point) {
  v1::StartSessionRequest request;
  request.set_parent("domains/main");
  request.set_routing_point(routing_point);
  request.mutable_agent()->set_id("agent-" + new_id());
  request.mutable_agent()->set_display_name("Alex Agent");
  request.mutable_interaction()->set_id("interaction-" + new_id());
  request.mutable_interaction()->set_channel("voice");
  request.set_request_id(new_id());
  return request;
}

v1::Session Platform::start(const v1::StartSessionRequest& request) {
  return call(*stub_, &Stub::StartSession, request).session();
}

v1::Session Platform::get(const std::string& session) {
  v1::GetSessionRequest request;
  request.set_name(session);
  return call(*stub_, &Stub::GetSession, request).session();
}

std::vector<v1::Session> Platform::list(v1::SessionState state, int page_size) {
  v1::ListSessionsRequest request;
  request.set_parent("domains/main");
  request.set_page_size(page_size);
  request.set_state(state);
  std::vector<v1::Session> sessions;
  do {
    const auto page = call(*stub_, &Stub::ListSessions, request);
    sessions.insert(sessions.end(), page.sessions().begin(), page.sessions().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return sessions;
}

std::string Platform::send(const std::string& session, const std::string& text) {
  v1::SendMessageRequest request;
  request.set_session(session);
  request.set_text(text);
  request.set_request_id(new_id());
  return call(*stub_, &Stub::SendMessage, request).message_id();
}

v1::Session Platform::cancel_leg(const std::string& session, const std::string& leg) {
  v1::CancelLegRequest request;
  request.set_session(session);
  request.set_leg(leg);
  request.set_request_id(new_id());
  return call(*stub_, &Stub::CancelLeg, request).session();
}

v1::Session Platform::change_agent(const std::string& session, const std::string& agent) {
  v1::ChangeAgentRequest request;
  request.set_session(session);
  request.mutable_agent()->set_id(agent);
  request.mutable_agent()->set_display_name("Agent " + agent);
  request.set_request_id(new_id());
  return call(*stub_, &Stub::ChangeAgent, request).session();
}

namespace {
template <typename Request>
void set_to(Request& request, const std::string& to) {
  if (to.starts_with('@')) {
    request.set_expert(to.substr(1));
  } else {
    request.set_routing_point(to);
  }
  request.set_request_id(new_id());
}
}  // namespace

std::string Platform::add(const std::string& session, const std::string& to) {
  v1::AddParticipantRequest request;
  request.set_session(session);
  set_to(request, to);
  return call(*stub_, &Stub::AddParticipant, request).leg();
}

std::string Platform::transfer(const std::string& session, const std::string& to, const std::string& leg) {
  v1::TransferSessionRequest request;
  request.set_session(session);
  request.set_leg(leg);
  set_to(request, to);
  return call(*stub_, &Stub::TransferSession, request).leg();
}

v1::Session Platform::join(const std::string& session, const std::string& supervisor) {
  v1::JoinSessionRequest request;
  request.set_session(session);
  request.set_supervisor(supervisor);
  request.set_display_name("Supervisor " + supervisor);
  return call(*stub_, &Stub::JoinSession, request).session();
}

v1::Session Platform::leave(const std::string& session, const std::string& supervisor) {
  v1::LeaveSessionRequest request;
  request.set_session(session);
  request.set_supervisor(supervisor);
  return call(*stub_, &Stub::LeaveSession, request).session();
}

v1::Session Platform::end(const std::string& session, v1::SessionOutcome outcome) {
  v1::EndSessionRequest request;
  request.set_name(session);
  request.set_outcome(outcome);
  request.set_request_id(new_id());
  return call(*stub_, &Stub::EndSession, request).session();
}

v1::PrepareVoiceResponse Platform::prepare(const std::string& session, v1::VoiceVia via, v1::CallKind kind) {
  v1::PrepareVoiceRequest request;
  request.set_session(session);
  request.set_via(via);
  request.set_kind(kind);
  request.set_request_id(new_id());
  return call(*stub_, &Stub::PrepareVoice, request);
}

v1::RouteCallRequest Platform::at(const std::string& routing_point) {
  v1::RouteCallRequest request;
  request.set_parent("domains/main");
  request.set_call_id("call-" + new_id());
  request.set_kind(v1::CALL_KIND_TRANSFER);
  request.set_ani("0441234567");
  request.set_dnis(routing_point);
  request.set_routing_point(routing_point);
  request.mutable_agent()->set_id("agent-" + new_id());
  return request;
}

void Platform::cancel_call(const std::string& call_id) {
  v1::CancelCallRequest request;
  request.set_parent("domains/main");
  request.set_call_id(call_id);
  call(*stub_, &Stub::CancelCall, request);
}

v1::LegState Platform::report_call(const std::string& call_id, v1::VoiceEvent event) {
  v1::ReportVoiceRequest request;
  request.set_parent("domains/main");
  request.set_call_id(call_id);
  request.set_event(event);
  return call(*stub_, &Stub::ReportVoice, request).state();
}

v1::LegState Platform::report_leg(const std::string& session, const std::string& leg, v1::VoiceEvent event) {
  v1::ReportVoiceRequest request;
  request.set_parent("domains/main");
  request.set_session(session);
  request.set_leg(leg);
  request.set_event(event);
  return call(*stub_, &Stub::ReportVoice, request).state();
}

}  // namespace expertline::test
