// The expressions of a strategy, put to one request and, one after the other, to its experts. For one decision, on one
// thread. On the common path it takes nothing from the heap.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/program.h"
#include "routing/decide.h"
#include "routing/user_data.h"

namespace expertline::routing {

// All that it is given must outlive it.
class Expressions final : public cel::Activation {
 public:
  Expressions(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
              const v1::Moment& moment, Asked* asked = nullptr);
  Expressions(const Expressions&) = delete;
  Expressions& operator=(const Expressions&) = delete;

  // Whom `expert` names stand for from now on.
  void set_expert(std::optional<uint32_t> expert) { expert_ = expert; }

  // The value, one of Kind::kError if there is none. Good until the next one is asked for.
  cel::Value value(const Expression& expression);
  // Whether a condition holds. One that has no value does not.
  bool holds(const Expression& condition);
  // The text; what has no value leaves nothing.
  std::string fill(const Text& text);

  // Why the last value was none, for people; empty if it was one. It shows no secret.
  const std::string& problem() const { return problem_; }
  // What is bad about the user data, empty if they are good.
  const std::string& fault() const { return data_.fault(); }
  // Of a declared key, by order of declaration.
  const std::optional<cel::Value>& user_data(size_t declared) const { return data_.value(declared); }
  bool bad_secret() const { return data_.bad_secret(); }
  // The work of all expressions together has reached its limit.
  bool exhausted() const { return cost_left_ == 0; }
  // From here on only the limit of the single expression holds.
  void lift_decision_limit() { cost_left_ = UINT64_MAX; }
  // The skills that ready() was asked for, by number; a skill may be there several times.
  const std::vector<uint32_t>& counted_skills() const { return counted_skills_; }

  std::optional<cel::Value> variable(size_t number, cel::Arena& arena) const override;
  cel::Value call(size_t overload, std::span<const cel::Value> arguments, cel::Arena& arena) const override;

 private:
  std::optional<cel::Value> of_agent(size_t number, cel::Arena& arena) const;
  std::optional<cel::Value> of_interaction(size_t number) const;
  std::optional<cel::Value> of_expert(size_t number, cel::Arena& arena) const;
  bool reads_secret(const cel::Program& program) const;

  const Strategy& strategy_;
  const Snapshot& snapshot_;
  const v1::RoutingFacts& facts_;
  const v1::Moment& moment_;
  Asked* const asked_;
  const std::optional<uint32_t> medium_;
  cel::Arena request_arena_;  // of data_
  cel::Arena arena_;          // of one value
  RequestData data_;
  std::optional<uint32_t> expert_;
  uint64_t cost_left_ = kDecisionCost;
  std::string problem_;
  mutable std::vector<uint32_t> counted_skills_;
};

// As text for people and user data: texts as they are, numbers in decimal, lists with commas between.
std::string text_of(cel::Value value);

// Milliseconds since 1970-01-01T00:00:00Z.
inline int64_t milliseconds(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}
inline int64_t milliseconds(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000 + duration.nanos() / 1'000'000;
}

}  // namespace expertline::routing
