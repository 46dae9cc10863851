// What a program is made of: a tree of operations.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "cel/value.h"

namespace expertline::cel {

enum class Op : uint8_t {
  kConstant,     // value
  kFail,         // error
  kVariable,     // number; error: that it is absent
  kHasVariable,  // number
  kLocal,        // number: slot of the loop's variable
  kSelect,       // args[0].value
  kHasField,     // has(args[0].value)
  kList,
  kMap,
  kCall,  // the first of `targets` that takes the arguments
  kAnd,
  kOr,
  kConditional,
  // Loops: args[0] is the range, args[1] the body, number the slot. kMapIf: args[1] the condition, args[2] the body.
  kAll,
  kExists,
  kExistsOne,
  kFilter,
  kMapEach,
  kMapIf,
  // From here on: a function of the values of its arguments.
  kNot,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kIndex,
  kSize,
  kContains,
  kStartsWith,
  kEndsWith,
  kMatches,  // regex, if the pattern is constant
  kToBool,
  kToBytes,
  kToDouble,
  kToDuration,
  kToDyn,
  kToInt,
  kToString,
  kToTimestamp,
  kToUint,
  kTypeOf,
  kGetDate,
  kGetDayOfMonth,
  kGetDayOfWeek,
  kGetDayOfYear,
  kGetFullYear,
  kGetHours,
  kGetMilliseconds,
  kGetMinutes,
  kGetMonth,
  kGetSeconds,
};

// Parameters of an overload, by the kinds that they take. dyn takes all.
struct CallTarget {
  uint32_t overload = 0;
  std::span<const TypeKind> parameters;
};

// Lies in the program's arena.
struct Node {
  Op op = Op::kConstant;
  uint32_t number = 0;
  uint32_t offset = 0;
  uint32_t length = 0;
  std::span<const Node* const> args;
  Value value;
  const EvalError* error = nullptr;
  const re2::RE2* regex = nullptr;
  std::span<const CallTarget> targets;  // kCall
  std::string_view name;                // of the operator or function, for messages
};

}  // namespace expertline::cel
