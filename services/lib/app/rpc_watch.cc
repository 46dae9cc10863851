#include "app/rpc_watch.h"

#include <grpcpp/grpcpp.h>
#include <uv.h>

#include <iterator>
#include <string>
#include <tuple>
#include <utility>

#include "app/metrics.h"
#include "app/trace.h"

namespace expertline::app {
namespace {

Counter server_handled("expertline_rpc_server_handled_total", {"service", "method", "code"}, "all",
                       "RPCs answered, by gRPC service, method and status code");
Histogram server_duration("expertline_rpc_server_duration_seconds", {"service", "method"}, "all",
                          "Time from the request to its answer; a stream's whole life", machine_times());
Gauge server_in_flight("expertline_rpc_server_in_flight", {"service", "method"}, "all",
                       "RPCs and streams that are open");
Counter client_handled("expertline_rpc_client_handled_total", {"service", "method", "code"}, "all",
                       "RPCs to other services that have ended");
Histogram client_duration("expertline_rpc_client_duration_seconds", {"service", "method"}, "all",
                          "Time until a peer's answer", machine_times());

constexpr double kNs = 1e-9;

int64_t now_ns() { return static_cast<int64_t>(uv_hrtime()); }

const char* code_name(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto number = static_cast<size_t>(code);
  return number < std::size(kNames) ? kNames[number] : "UNKNOWN";
}

// "/expertline.v1.SessionService/StartSession": SessionService, StartSession.
std::pair<std::string, std::string> names_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t dot = path.rfind('.', slash);
  return {path.substr(dot + 1, slash - dot - 1), path.substr(slash + 1)};
}

WorkPtr& incoming() {
  thread_local WorkPtr work;
  return work;
}

class ServerCall : public grpc::experimental::Interceptor {
 public:
  explicit ServerCall(const grpc::experimental::ServerRpcInfo& info) : began_ns_(now_ns()) {
    std::tie(service_, method_) = names_of(info.method());
    server_in_flight.at({service_, method_}).Increment();
  }
  ~ServerCall() override { server_in_flight.at({service_, method_}).Decrement(); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_INITIAL_METADATA)) received(methods);
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_INITIAL_METADATA)) answering(methods);
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_STATUS)) done(methods->GetSendStatus());
    methods->Proceed();
  }

 private:
  void received(grpc::experimental::InterceptorBatchMethods* methods) {
    std::string parent;
    if (const auto* metadata = methods->GetRecvInitialMetadata()) {
      const auto sent = metadata->find("traceparent");
      if (sent != metadata->end()) parent.assign(sent->second.data(), sent->second.size());
    }
    span_ = Span(service_ + "/" + method_, Span::Kind::kServer, work_of(parent));
    span_.attribute("rpc.system", "grpc");
    span_.attribute("rpc.service", service_);
    span_.attribute("rpc.method", method_);
    // The handler follows on this thread.
    incoming() = span_.work();
  }

  void answering(grpc::experimental::InterceptorBatchMethods* methods) {
    const Working within(span_.work());
    if (auto* metadata = methods->GetSendInitialMetadata()) metadata->emplace("traceparent", traceparent());
  }

  void done(const grpc::Status& status) {
    server_handled.at({service_, method_, code_name(status.error_code())}).Increment();
    server_duration.at({service_, method_}).Observe(static_cast<double>(now_ns() - began_ns_) * kNs);
    // Only the code: messages may quote what somebody sent.
    if (!status.ok()) span_.fail(code_name(status.error_code()));
    span_.end();
  }

  std::string service_, method_;
  const int64_t began_ns_;
  Span span_;
};

class ClientCall : public grpc::experimental::Interceptor {
 public:
  explicit ClientCall(const grpc::experimental::ClientRpcInfo& info)
      : traceparent_(app::traceparent()), began_ns_(now_ns()) {
    std::tie(service_, method_) = names_of(info.method());
    span_ = Span(service_ + "/" + method_, Span::Kind::kClient);
    span_.attribute("rpc.system", "grpc");
    span_.attribute("rpc.service", service_);
    span_.attribute("rpc.method", method_);
    if (!span_.work()) return;
    const Working within(span_.work());
    traceparent_ = app::traceparent();
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_INITIAL_METADATA) && !traceparent_.empty()) {
      methods->GetSendInitialMetadata()->emplace("traceparent", traceparent_);
    }
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_STATUS)) {
      const char* code = code_name(methods->GetRecvStatus()->error_code());
      client_handled.at({service_, method_, code}).Increment();
      client_duration.at({service_, method_}).Observe(static_cast<double>(now_ns() - began_ns_) * kNs);
      if (!methods->GetRecvStatus()->ok()) span_.fail(code);
      span_.end();
    }
    methods->Proceed();
  }

 private:
  std::string service_, method_, traceparent_;
  const int64_t began_ns_;
  Span span_;
};

class ServerFactory : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    return new ServerCall(*info);  // gRPC deletes it
  }
};

class ClientFactory : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo* info) override {
    return new ClientCall(*info);  // gRPC deletes it
  }
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> watch_server() {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> all;
  all.push_back(std::make_unique<ServerFactory>());
  return all;
}

WorkPtr take_incoming() { return std::exchange(incoming(), nullptr); }

std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> watch_peer() {
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> all;
  all.push_back(std::make_unique<ClientFactory>());
  return all;
}

}  // namespace expertline::app
