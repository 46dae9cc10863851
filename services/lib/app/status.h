// Errors of the contract as gRPC statuses: google.rpc.Status with exactly one ErrorInfo, and BadRequest for fields.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "base/result.h"

namespace expertline::app {

// The status code that belongs to a reason.
grpc::StatusCode code_of(v1::ErrorReason reason);
// "INVALID_FIELD" for ERROR_REASON_INVALID_FIELD.
std::string reason_name(v1::ErrorReason reason);

grpc::Status to_status(const Error& error);
// What a peer's status says, as far as it is one of ours; anything else becomes NOT_READY of `service` (UNAVAILABLE,
// DEADLINE_EXCEEDED, CANCELLED) or INTERNAL.
Error from_status(const grpc::Status& status, const std::string& service);

}  // namespace expertline::app
