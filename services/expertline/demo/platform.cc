#include "expertline/demo/platform.h"

#include <fmt/format.h>

#include <chrono>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

using Stub = v1::SessionService::Stub;

std::string describe_watch(const v1::WatchSessionResponse& event) { return event.ShortDebugString(); }
std::string describe_route(const v1::RouteCallResponse& event) { return event.ShortDebugString(); }

const v1::Leg* find_leg(const v1::Session& session, const std::string& id) {
  for (const auto& leg : session.legs()) {
    if (leg.id() == id) return &leg;
  }
  return nullptr;
}

}  // namespace

DemoPlatform::DemoPlatform(Connection& connection, Script& script)
    : connection_(connection),
      script_(script),
      run_(fmt::format("{:x}", std::chrono::system_clock::now().time_since_epoch().count())) {}

DemoPlatform::~DemoPlatform() {
  if (watch_) watch_->cancel();
  if (route_) route_->cancel();
}

std::string DemoPlatform::request_id() { return fmt::format("demo-platform-{}-{}", run_, ++requests_); }

void DemoPlatform::check(const std::string& what, const grpc::Status& status) const {
  script_.expect(status.ok(), what, describe(status));
}

void DemoPlatform::sweep() {
  v1::ListSessionsRequest request;
  request.set_parent(connection_.parent());
  request.set_state(v1::SESSION_STATE_OPEN);
  request.set_page_size(1000);
  const auto page = call(connection_.sessions(), &Stub::ListSessions, request);
  check("open sessions can be listed", page.status);
  for (const auto& session : page.value.sessions()) {
    if (session.agent().id() != kDemoAgent) continue;
    v1::EndSessionRequest end_it;
    end_it.set_name(session.name());
    check("a session that an earlier demo left is ended",
          call(connection_.sessions(), &Stub::EndSession, end_it).status);
  }
}

std::string DemoPlatform::ask(const std::string& routing_point, const std::string& text, const v1::UserData& data) {
  v1::StartSessionRequest request;
  request.set_parent(connection_.parent());
  request.set_routing_point(routing_point);
  request.mutable_agent()->set_id(kDemoAgent);
  request.mutable_agent()->set_display_name("Dana, agent of the demo");
  request.set_request_id(request_id());
  request.mutable_interaction()->set_id("demo-interaction-" + request.request_id());
  request.mutable_interaction()->set_channel("voice");
  *request.mutable_user_data() = data;
  request.set_text(text);
  const auto answer = call(connection_.sessions(), &Stub::StartSession, request);
  check("the session starts", answer.status);
  name_ = answer.value.session().name();

  if (watch_) watch_->cancel();
  watched_ = std::make_shared<Watched>();
  v1::WatchSessionRequest watch;
  watch.set_name(name_);
  watch_ = Watch::open(
      [&](auto* context, auto* reactor) { connection_.sessions().async()->WatchSession(context, &watch, reactor); },
      [inbox = watched_](const v1::WatchSessionResponse& event) { inbox->put(event); },
      [inbox = watched_](const grpc::Status& status) { inbox->end(describe(status)); });
  return name_;
}

v1::Session DemoPlatform::session(const std::string& expected, const std::function<bool(const v1::Session&)>& fits) {
  return watched_
      ->take(
          script_, expected, [&](const v1::WatchSessionResponse& e) { return e.has_session() && fits(e.session()); },
          describe_watch)
      .session();
}

v1::Leg DemoPlatform::leg(const std::string& leg_id, v1::LegState state) {
  const auto now = session(fmt::format("leg {} is {}", leg_id, word(state)), [&](const v1::Session& s) {
    const auto* leg = find_leg(s, leg_id);
    return leg != nullptr && leg->state() == state;
  });
  return *find_leg(now, leg_id);
}

void DemoPlatform::write(const std::string& text) {
  v1::SendMessageRequest request;
  request.set_session(name_);
  request.set_text(text);
  request.set_request_id(request_id());
  check("the agent's message is taken", call(connection_.sessions(), &Stub::SendMessage, request).status);
}

void DemoPlatform::read(const std::string& text) {
  watched_->take(
      script_, fmt::format("the agent reads \"{}\"", text),
      [&](const v1::WatchSessionResponse& e) {
        return e.has_message() && e.message().author() == v1::MESSAGE_AUTHOR_EXPERT && e.message().text() == text;
      },
      describe_watch);
}

void DemoPlatform::set_user_data(const std::string& key, const v1::UserValue& value) {
  v1::UpdateUserDataRequest request;
  request.set_session(name_);
  (*request.mutable_set())[key] = value;
  request.set_request_id(request_id());
  check("user data is set", call(connection_.sessions(), &Stub::UpdateUserData, request).status);
}

v1::PrepareVoiceResponse DemoPlatform::prepare(v1::VoiceVia via, v1::CallKind kind, const std::string& call_id) {
  v1::PrepareVoiceRequest request;
  request.set_session(name_);
  request.set_via(via);
  request.set_kind(kind);
  request.set_call_id(call_id);
  request.set_request_id(request_id());
  const auto answer = call(connection_.sessions(), &Stub::PrepareVoice, request);
  check("the expert's line is held", answer.status);
  return answer.value;
}

void DemoPlatform::route(const std::string& routing_point, const std::string& call_id, const v1::UserData& data) {
  v1::RouteCallRequest request;
  request.set_parent(connection_.parent());
  request.set_call_id(call_id);
  request.set_kind(v1::CALL_KIND_TRANSFER);
  request.set_ani("5550100");
  request.set_dnis(routing_point);
  request.set_routing_point(routing_point);
  request.set_session(name_);
  *request.mutable_user_data() = data;
  request.mutable_agent()->set_id(kDemoAgent);
  request.mutable_deadline()->set_seconds(30);
  if (route_) route_->cancel();
  routed_ = std::make_shared<Routed>();
  route_ = Route::open(
      [&](auto* context, auto* reactor) { connection_.sessions().async()->RouteCall(context, &request, reactor); },
      [inbox = routed_](const v1::RouteCallResponse& event) { inbox->put(event); },
      [inbox = routed_](const grpc::Status& status) { inbox->end(describe(status)); });
}

v1::RouteCallResponse DemoPlatform::progress(v1::CallProgress wanted) {
  return routed_->take(
      script_, "the call is " + word(wanted), [&](const v1::RouteCallResponse& e) { return e.progress() == wanted; },
      describe_route);
}

void DemoPlatform::report(const std::string& leg_id, v1::VoiceEvent event, v1::LegState after) {
  v1::ReportVoiceRequest request;
  request.set_parent(connection_.parent());
  request.set_session(name_);
  request.set_leg(leg_id);
  request.set_event(event);
  const auto answer = call(connection_.sessions(), &Stub::ReportVoice, request);
  check("the report is taken: " + word(event), answer.status);
  script_.expect(answer.value.state() == after, fmt::format("after {} leg {} is {}", word(event), leg_id, word(after)),
                 word(answer.value.state()));
}

v1::Session DemoPlatform::cancel_leg(const std::string& leg_id) {
  v1::CancelLegRequest request;
  request.set_session(name_);
  request.set_leg(leg_id);
  request.set_request_id(request_id());
  const auto answer = call(connection_.sessions(), &Stub::CancelLeg, request);
  check("the leg is canceled", answer.status);
  return answer.value.session();
}

v1::Session DemoPlatform::end(v1::SessionOutcome outcome) {
  v1::EndSessionRequest request;
  request.set_name(name_);
  request.set_outcome(outcome);
  request.set_request_id(request_id());
  const auto answer = call(connection_.sessions(), &Stub::EndSession, request);
  check("the session is ended", answer.status);
  return answer.value.session();
}

}  // namespace expertline::cli
