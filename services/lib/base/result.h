// The outcome of something that can be refused: a value, or an Error that says why in the terms of the contract.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>

#include "expertline/v1/common.pb.h"

namespace expertline {

// `reason` decides the status code (app/status.h). `message` is for people: what, where, what to do.
// `metadata` holds the variables that ErrorReason's comments name.
struct Error {
  v1::ErrorReason reason = v1::ERROR_REASON_INTERNAL;
  std::string message;
  std::map<std::string, std::string> metadata = {};
};

// INVALID_FIELD for one field of a request.
inline Error invalid_field(const std::string& field, const std::string& rule) {
  return Error{.reason = v1::ERROR_REASON_INVALID_FIELD,
               .message = field + ": " + rule,
               .metadata = {{"field", field}, {"rule", rule}}};
}

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // Only if ok().
  T& operator*() { return std::get<T>(state_); }
  const T& operator*() const { return std::get<T>(state_); }
  T* operator->() { return &std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }

  // Only if not ok().
  const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

// A Result without a value.
struct Done {};

}  // namespace expertline
