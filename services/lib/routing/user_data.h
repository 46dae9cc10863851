// A request's user data as the strategy declares it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cel/arena.h"
#include "cel/value.h"
#include "expertline/v1/strategy.pb.h"
#include "routing/strategy.h"

namespace expertline::routing {

class RequestData {
 public:
  // Platforms send numbers as text and text as numbers: the declared type decides. The values refer to `facts`,
  // `strategy` and `arena`.
  RequestData(const Strategy& strategy, const v1::RoutingFacts& facts, cel::Arena& arena);

  // By order of declaration. Nothing where there is no good value and no default.
  const std::optional<cel::Value>& value(size_t declared) const { return values_[declared]; }

  // What is bad about the first value that is: required and missing, not of its type, none of `one_of`. Empty if all
  // are good. It shows no value.
  const std::string& fault() const { return fault_; }
  // A secret was given that is not good.
  bool bad_secret() const { return bad_secret_; }

 private:
  std::vector<std::optional<cel::Value>> values_;
  std::string fault_;
  bool bad_secret_ = false;
};

// In a record a secret that was given has a value of no kind: it was good, and nobody knows it any more.
inline bool is_redacted(const Declared& declared, const v1::UserValue& value) {
  return declared.secret && value.kind_case() == v1::UserValue::KIND_NOT_SET;
}

cel::Value value_of(const Literal& literal);

}  // namespace expertline::routing
