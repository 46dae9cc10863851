// A client's way to the services.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "expertline/v1/desk.grpc.pb.h"
#include "expertline/v1/expert.grpc.pb.h"
#include "expertline/v1/presence.grpc.pb.h"
#include "expertline/v1/report.grpc.pb.h"
#include "expertline/v1/session.grpc.pb.h"
#include "expertline/v1/strategy.grpc.pb.h"

namespace CLI {
class App;
}

namespace expertline::cli {

// Where the services are. An empty address means `address`, where all of them are.
struct Endpoints {
  std::string address = "127.0.0.1:7400";
  std::string presence;
  std::string strategy;
  std::string session;
  std::string domain = "main";
};

// --address, --presence, --strategy, --session, --domain. `endpoints` must outlive the parsing.
void add_connection_options(CLI::App& app, Endpoints& endpoints);

// Channels and stubs. Thread-safe, as gRPC's stubs are.
//
// Every channel carries the published service config: retry on UNAVAILABLE only, at most 5 attempts within the
// call's deadline. Keepalive pings go out every 30 s while calls are open, and a connection that does not answer
// one within 10 s is closed.
class Connection {
 public:
  explicit Connection(Endpoints endpoints);

  // The bare id.
  const std::string& domain() const { return endpoints_.domain; }
  // `domains/{domain}`.
  std::string parent() const { return "domains/" + endpoints_.domain; }
  std::string expert_name(const std::string& id) const { return parent() + "/experts/" + id; }
  std::string session_name(const std::string& id) const { return parent() + "/sessions/" + id; }

  v1::PresenceService::Stub& presence() { return *presence_; }
  v1::ExpertService::Stub& experts() { return *experts_; }
  v1::StrategyService::Stub& strategies() { return *strategies_; }
  v1::SessionService::Stub& sessions() { return *sessions_; }
  v1::DeskService::Stub& desks() { return *desks_; }
  v1::ReportService::Stub& reports() { return *reports_; }

  // Waits until presence-ingest and session-bridge take connections. Empty, or what does not answer and what to do.
  std::string wait_ready(std::chrono::milliseconds patience);

  // For people: "127.0.0.1:7400, domain main".
  std::string where() const;

 private:
  Endpoints endpoints_;
  std::shared_ptr<grpc::Channel> presence_channel_;
  std::shared_ptr<grpc::Channel> strategy_channel_;
  std::shared_ptr<grpc::Channel> session_channel_;
  std::unique_ptr<v1::PresenceService::Stub> presence_;
  std::unique_ptr<v1::ExpertService::Stub> experts_;
  std::unique_ptr<v1::StrategyService::Stub> strategies_;
  std::unique_ptr<v1::SessionService::Stub> sessions_;
  std::unique_ptr<v1::DeskService::Stub> desks_;
  std::unique_ptr<v1::ReportService::Stub> reports_;
};

inline constexpr std::chrono::seconds kCallDeadline{5};

// For people: "NOT_FOUND UNKNOWN_EXPERT: no expert ann".
std::string describe(const grpc::Status& status);
// The reason of the status' ErrorInfo; empty without one.
std::string reason_of(const grpc::Status& status);

// What a call came back with; `value` only if ok().
template <typename T>
struct Answer {
  grpc::Status status;
  T value;
  bool ok() const { return status.ok(); }
};

// One unary call that blocks at most kCallDeadline: `call(c.sessions(), &v1::SessionService::Stub::GetSession,
// request)`.
template <typename Stub, typename Request, typename Response>
Answer<Response> call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const std::type_identity_t<Request>& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  Answer<Response> answer;
  answer.status = (stub.*method)(&context, request, &answer.value);
  return answer;
}

// The same without blocking: `done(answer)` runs on a gRPC thread.
template <typename Async, typename Request, typename Response, typename Done>
void call_async(std::type_identity_t<Async>* stub,
                void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                      std::function<void(grpc::Status)>),
                std::type_identity_t<Request> request, Done done) {
  struct Call {
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto state = std::make_shared<Call>();
  state->context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  state->request = std::move(request);
  (stub->*method)(&state->context, &state->request, &state->response,
                  [state, done = std::move(done)](grpc::Status status) {
                    done(Answer<Response>{.status = std::move(status), .value = std::move(state->response)});
                  });
}

}  // namespace expertline::cli
