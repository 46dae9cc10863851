#include "app/status.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace expertline::app {
namespace {
constexpr std::string_view kPrefix = "ERROR_REASON_";
}

grpc::StatusCode code_of(v1::ErrorReason reason) {
  switch (reason) {
    case v1::ERROR_REASON_INVALID_FIELD:
    case v1::ERROR_REASON_USER_DATA_TOO_LARGE:
    case v1::ERROR_REASON_BAD_ROSTER:
    case v1::ERROR_REASON_STATUS_NOT_UNDERSTOOD:
    case v1::ERROR_REASON_BAD_FILTER:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case v1::ERROR_REASON_UNKNOWN_DOMAIN:
    case v1::ERROR_REASON_UNKNOWN_ROUTING_POINT:
    case v1::ERROR_REASON_UNKNOWN_EXPERT:
    case v1::ERROR_REASON_UNKNOWN_SESSION:
    case v1::ERROR_REASON_UNKNOWN_LEG:
    case v1::ERROR_REASON_UNKNOWN_CALL:
    case v1::ERROR_REASON_UNKNOWN_OFFER:
    case v1::ERROR_REASON_UNKNOWN_STRATEGY:
    case v1::ERROR_REASON_UNKNOWN_REVISION:
    case v1::ERROR_REASON_UNKNOWN_SOURCE:
    case v1::ERROR_REASON_UNKNOWN_INTERACTION:
    case v1::ERROR_REASON_UNKNOWN_PRESET:
      return grpc::StatusCode::NOT_FOUND;
    case v1::ERROR_REASON_REQUEST_ID_REUSED:
    case v1::ERROR_REASON_EXPERT_EXISTS:
      return grpc::StatusCode::ALREADY_EXISTS;
    case v1::ERROR_REASON_WRONG_STATE:
    case v1::ERROR_REASON_VOICE_TARGET_NOT_ALLOWED:
    case v1::ERROR_REASON_EXPERT_IN_USE:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case v1::ERROR_REASON_NOT_ALLOWED:
    case v1::ERROR_REASON_CONTENT_NOT_ALLOWED:
      return grpc::StatusCode::PERMISSION_DENIED;
    case v1::ERROR_REASON_REVISION_MISMATCH:
    case v1::ERROR_REASON_SOURCE_SUPERSEDED:
      return grpc::StatusCode::ABORTED;
    case v1::ERROR_REASON_NO_CAPACITY:
    case v1::ERROR_REASON_SLOW_READER:
    case v1::ERROR_REASON_TOO_MANY_CONTACTS:
    case v1::ERROR_REASON_TOO_MANY_PARTICIPANTS:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case v1::ERROR_REASON_STORE_UNAVAILABLE:
    case v1::ERROR_REASON_NOT_READY:
      return grpc::StatusCode::UNAVAILABLE;
    case v1::ERROR_REASON_BAD_CURSOR:
      return grpc::StatusCode::OUT_OF_RANGE;
    default:
      return grpc::StatusCode::INTERNAL;
  }
}

std::string reason_name(v1::ErrorReason reason) {
  const std::string name = v1::ErrorReason_Name(reason);
  return name.substr(kPrefix.size());
}

grpc::Status to_status(const Error& error) {
  const grpc::StatusCode code = code_of(error.reason);
  google::rpc::Status status;
  status.set_code(static_cast<int>(code));
  status.set_message(error.message);
  google::rpc::ErrorInfo info;
  info.set_reason(reason_name(error.reason));
  info.set_domain("expertline");
  for (const auto& [key, value] : error.metadata) (*info.mutable_metadata())[key] = value;
  status.add_details()->PackFrom(info);
  if (error.reason == v1::ERROR_REASON_INVALID_FIELD) {
    google::rpc::BadRequest bad;
    auto* violation = bad.add_field_violations();
    const auto field = error.metadata.find("field");
    if (field != error.metadata.end()) violation->set_field(field->second);
    violation->set_description(error.message);
    status.add_details()->PackFrom(bad);
  }
  return {code, error.message, status.SerializeAsString()};
}

Error from_status(const grpc::Status& status, const std::string& service) {
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& any : details.details()) {
      google::rpc::ErrorInfo info;
      v1::ErrorReason reason{};
      if (any.UnpackTo(&info) && v1::ErrorReason_Parse(std::string(kPrefix) + info.reason(), &reason)) {
        return Error{.reason = reason,
                     .message = status.error_message(),
                     .metadata = {info.metadata().begin(), info.metadata().end()}};
      }
    }
  }
  const auto code = status.error_code();
  const bool away = code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
                    code == grpc::StatusCode::CANCELLED;
  if (away) {
    return Error{.reason = v1::ERROR_REASON_NOT_READY,
                 .message = service + " does not answer: " + status.error_message(),
                 .metadata = {{"service", service}}};
  }
  return Error{.reason = v1::ERROR_REASON_INTERNAL,
               .message = service + ": " + status.error_message(),
               .metadata = {{"detail", status.error_message()}}};
}

}  // namespace expertline::app
