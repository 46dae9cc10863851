// Comparison of numbers of different kinds.
#pragma once

#include <compare>
#include <cstdint>

#include "cel/value.h"

namespace expertline::cel {

inline bool is_number(Value value) {
  return value.kind() == Value::Kind::kInt || value.kind() == Value::Kind::kUint ||
         value.kind() == Value::Kind::kDouble;
}

inline std::partial_ordering reversed(std::partial_ordering order) {
  if (order == std::partial_ordering::less) return std::partial_ordering::greater;
  if (order == std::partial_ordering::greater) return std::partial_ordering::less;
  return order;
}

inline std::partial_ordering compare(int64_t a, uint64_t b) {
  if (a < 0) return std::partial_ordering::less;
  return static_cast<uint64_t>(a) <=> b;
}

// As doubles: the largest int equals 2^63.
inline std::partial_ordering compare(int64_t a, double b) { return static_cast<double>(a) <=> b; }
inline std::partial_ordering compare(uint64_t a, double b) { return static_cast<double>(a) <=> b; }

// Both are numbers.
inline std::partial_ordering compare_numbers(Value a, Value b) {
  using Kind = Value::Kind;
  if (a.kind() == Kind::kInt) {
    if (b.kind() == Kind::kInt) return a.as_int() <=> b.as_int();
    return b.kind() == Kind::kUint ? compare(a.as_int(), b.as_uint()) : compare(a.as_int(), b.as_double());
  }
  if (a.kind() == Kind::kUint) {
    if (b.kind() == Kind::kUint) return a.as_uint() <=> b.as_uint();
    return b.kind() == Kind::kInt ? reversed(compare(b.as_int(), a.as_uint())) : compare(a.as_uint(), b.as_double());
  }
  if (b.kind() == Kind::kDouble) return a.as_double() <=> b.as_double();
  return reversed(b.kind() == Kind::kInt ? compare(b.as_int(), a.as_double()) : compare(b.as_uint(), a.as_double()));
}

}  // namespace expertline::cel
