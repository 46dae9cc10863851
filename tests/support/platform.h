// The platform's side: an ACD that starts sessions, watches them, and moves calls.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "expertline/v1/session.grpc.pb.h"
#include "support/following.h"

namespace expertline::test {

v1::UserValue text_value(const std::string& text);
v1::UserValue number_value(int64_t number);
v1::UserValue binary_value(const std::string& bytes);

// The leg with that id; throws if there is none.
const v1::Leg& leg_of(const v1::Session& session, const std::string& leg);
bool has_leg(const v1::Session& session, const std::string& leg, v1::LegState state);
// "domains/main/experts/ann" -> "ann".
std::string id_of(const std::string& resource_name);

// One session as it is told: states and messages, resumed without loss when the bridge is lost.
class Watch {
 public:
  Watch(std::shared_ptr<v1::SessionService::Stub> stub, std::string session);

  // The first state told that satisfies `wanted`.
  template <typename Predicate>
  v1::Session wait_for(const std::string& what, Predicate wanted) const {
    return following_.events()
        .wait_for(what, [&](const auto& event) { return event.has_session() && wanted(event.session()); })
        .session();
  }
  v1::Session wait_leg(const std::string& leg, v1::LegState state) const;
  v1::Session wait_ended() const;
  v1::Typing wait_typing() const;
  v1::Message wait_message(const std::string& text) const;
  std::vector<v1::Message> messages() const;
  std::vector<v1::Session> states() const;
  // How the stream ended.
  grpc::Status status() const { return following_.status(); }

 private:
  std::unique_ptr<grpc::ClientReader<v1::WatchSessionResponse>> open(grpc::ClientContext* context);

  std::shared_ptr<v1::SessionService::Stub> stub_;
  std::string session_;
  std::string last_message_;  // of the reader thread
  Following<v1::WatchSessionResponse> following_;
};

// One RouteCall stream.
class RoutedCall {
 public:
  RoutedCall(std::shared_ptr<v1::SessionService::Stub> stub, v1::RouteCallRequest request);

  template <typename Predicate>
  v1::RouteCallResponse wait_for(const std::string& what, Predicate wanted) const {
    return following_.events().wait_for(what, wanted);
  }
  v1::RouteCallResponse wait_for(v1::CallProgress progress) const;
  // ROUTED to this expert.
  v1::RouteCallResponse wait_routed(const std::string& expert) const;
  std::vector<v1::RouteCallResponse> all() const { return following_.events().all(); }
  // Loses the stream, not the call.
  void drop() { following_.drop(); }
  grpc::Status status() const { return following_.status(); }

 private:
  std::shared_ptr<v1::SessionService::Stub> stub_;
  Following<v1::RouteCallResponse> following_;
};

// Calls throw CallFailed when refused; with `stub()` a test sees the status itself.
class Platform {
 public:
  explicit Platform(const std::string& target) : stub_(v1::SessionService::NewStub(connect(target))) {}

  v1::SessionService::Stub& stub() { return *stub_; }

  // A request of a new agent about a new interaction, to be changed at will.
  static v1::StartSessionRequest ask(const std::string& routing_point);
  v1::Session start(const v1::StartSessionRequest& request);
  v1::Session start(const std::string& routing_point) { return start(ask(routing_point)); }
  v1::Session get(const std::string& session);
  // All of a state, over all pages.
  std::vector<v1::Session> list(v1::SessionState state, int page_size = 1000);
  std::unique_ptr<Watch> watch(const std::string& session) { return std::make_unique<Watch>(stub_, session); }
  // Waits until the leg is in that state.
  v1::Session wait_leg(const std::string& session, const std::string& leg, v1::LegState state) {
    return watch(session)->wait_leg(leg, state);
  }
  std::string send(const std::string& session, const std::string& text);
  v1::Session cancel_leg(const std::string& session, const std::string& leg);
  v1::Session change_agent(const std::string& session, const std::string& agent);
  // A further expert, or one in place of another; with a leading `@` by name, else by routing point. The new leg's id.
  std::string add(const std::string& session, const std::string& to);
  std::string transfer(const std::string& session, const std::string& to, const std::string& leg = "");
  v1::Session join(const std::string& session, const std::string& supervisor);
  v1::Session leave(const std::string& session, const std::string& supervisor);
  v1::Session end(const std::string& session, v1::SessionOutcome outcome = v1::SESSION_OUTCOME_UNSPECIFIED);

  v1::PrepareVoiceResponse prepare(const std::string& session, v1::VoiceVia via, v1::CallKind kind);
  // A call of a new id at a voice routing point, to be changed at will.
  static v1::RouteCallRequest at(const std::string& routing_point);
  std::unique_ptr<RoutedCall> route(const v1::RouteCallRequest& request) {
    return std::make_unique<RoutedCall>(stub_, request);
  }
  void cancel_call(const std::string& call_id);
  v1::LegState report_call(const std::string& call_id, v1::VoiceEvent event);
  v1::LegState report_leg(const std::string& session, const std::string& leg, v1::VoiceEvent event);

 private:
  std::shared_ptr<v1::SessionService::Stub> stub_;
};

}  // namespace expertline::test
