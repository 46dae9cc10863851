// Calls over gRPC as a careful caller makes them, and what their refusals say.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "expertline/v1/common.pb.h"
#include "support/wait.h"

namespace expertline::test {

// To one address, or to all replicas in turn ("ipv4:host:port,host:port"). A connection of its own.
std::shared_ptr<grpc::Channel> connect(const std::string& target);

// The one ErrorInfo a refusal carries. `reason` is empty if there is none or more than one.
struct Refusal {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason;
  std::string domain;
  std::map<std::string, std::string> metadata;
  std::string message;
};
Refusal refusal(const grpc::Status& status);
// For messages of tests.
std::string describe(const grpc::Status& status);

// A call that had to succeed did not.
struct CallFailed : std::runtime_error {
  explicit CallFailed(const grpc::Status& why) : std::runtime_error(describe(why)), status(why) {}
  grpc::Status status;
};

// A new UUID-like id for `request_id` and such.
std::string new_id();

// One try.
template <typename Stub, typename Service, typename Request, typename Response>
grpc::Status ask(Stub& stub, grpc::Status (Service::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request, Response& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  context.set_wait_for_ready(true);
  return (stub.*method)(&context, request, &response);
}

// What came of a call: asks again on UNAVAILABLE, as the contract tells callers to.
template <typename Stub, typename Service, typename Request, typename Response>
grpc::Status status_of(Stub& stub, grpc::Status (Service::*method)(grpc::ClientContext*, const Request&, Response*),
                       const Request& request, Response& response) {
  grpc::Status status;
  eventually(Request::descriptor()->name() + " is answered", [&] {
    response.Clear();
    status = ask(stub, method, request, response);
    return status.error_code() != grpc::StatusCode::UNAVAILABLE;
  });
  return status;
}

template <typename Stub, typename Service, typename Request, typename Response>
grpc::Status status_of(Stub& stub, grpc::Status (Service::*method)(grpc::ClientContext*, const Request&, Response*),
                       const Request& request) {
  Response ignored;
  return status_of(stub, method, request, ignored);
}

// The same of a call that has to succeed: a refusal throws CallFailed.
template <typename Stub, typename Service, typename Request, typename Response>
Response call(Stub& stub, grpc::Status (Service::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
  Response response;
  const grpc::Status status = status_of(stub, method, request, response);
  if (!status.ok()) throw CallFailed(status);
  return response;
}

}  // namespace expertline::test
