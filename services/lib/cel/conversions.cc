// Conversions between kinds of values.
#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "cel/evaluation.h"
#include "cel/text.h"
#include "cel/time.h"
#include "cel/utf8.h"

namespace expertline::cel {
namespace {

using Kind = Value::Kind;
using Code = EvalError::Code;

constexpr uint64_t kBytesPerUnit = 16;

std::optional<Value> boolean(Value arg) {
  constexpr std::array<std::string_view, 5> kTrue = {"true", "True", "TRUE", "t", "1"};
  constexpr std::array<std::string_view, 5> kFalse = {"false", "False", "FALSE", "f", "0"};
  const std::string_view text = arg.as_string();
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return Value::boolean(true);
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return Value::boolean(false);
  return std::nullopt;
}

// A whole number in decimal digits, with nothing around it.
template <typename T>
std::optional<T> whole_number(std::string_view text) {
  if (std::is_signed_v<T> && text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  T value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> number(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity" || text == "+Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const bool plain = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
  if (!plain || !absl::SimpleAtod({text.data(), text.size()}, &value) || std::isinf(value)) return std::nullopt;
  return value;
}

// Nothing in the outer optional: not defined for the kind; in the inner one: no such value.
using Result = std::optional<std::optional<Value>>;

template <typename T, typename Make>
std::optional<Value> mapped(std::optional<T> value, Make make) {
  if (!value) return std::nullopt;
  return make(*value);
}

Result to_int(Value arg) {
  switch (arg.kind()) {
    case Kind::kInt:
      return arg;
    case Kind::kUint:
      if (arg.as_uint() > INT64_MAX) return std::optional<Value>();
      return Value::integer(static_cast<int64_t>(arg.as_uint()));
    case Kind::kDouble:
      // The ends of the range are left out, being what larger numbers round to.
      if (!(arg.as_double() > -0x1p63 && arg.as_double() < 0x1p63)) return std::optional<Value>();
      return Value::integer(static_cast<int64_t>(arg.as_double()));
    case Kind::kString:
      return mapped(whole_number<int64_t>(arg.as_string()), Value::integer);
    case Kind::kTimestamp:
      return Value::integer(arg.as_timestamp().seconds);
    default:
      return std::nullopt;
  }
}

Result to_uint(Value arg) {
  switch (arg.kind()) {
    case Kind::kUint:
      return arg;
    case Kind::kInt:
      if (arg.as_int() < 0) return std::optional<Value>();
      return Value::unsigned_integer(static_cast<uint64_t>(arg.as_int()));
    case Kind::kDouble:
      if (!(arg.as_double() >= 0 && arg.as_double() < 0x1p64)) return std::optional<Value>();
      return Value::unsigned_integer(static_cast<uint64_t>(arg.as_double()));
    case Kind::kString:
      return mapped(whole_number<uint64_t>(arg.as_string()), Value::unsigned_integer);
    default:
      return std::nullopt;
  }
}

Result to_double(Value arg) {
  switch (arg.kind()) {
    case Kind::kDouble:
      return arg;
    case Kind::kInt:
      return Value::number(static_cast<double>(arg.as_int()));
    case Kind::kUint:
      return Value::number(static_cast<double>(arg.as_uint()));
    case Kind::kString:
      return mapped(number(arg.as_string()), Value::number);
    default:
      return std::nullopt;
  }
}

Result to_string(Arena& arena, Value arg) {
  const auto made = [&arena](const std::string& text) { return Value::string(arena.copy(text)); };
  switch (arg.kind()) {
    case Kind::kString:
      return arg;
    case Kind::kBool:
      return Value::string(arg.as_bool() ? "true" : "false");
    case Kind::kInt:
      return made(std::to_string(arg.as_int()));
    case Kind::kUint:
      return made(std::to_string(arg.as_uint()));
    case Kind::kDouble:
      return made(format(arg.as_double()));
    case Kind::kBytes:
      if (utf8_prefix(arg.as_string()) < arg.as_string().size()) return std::optional<Value>();
      return Value::string(arg.as_string());
    case Kind::kTimestamp:
      return made(format(arg.as_timestamp()));
    case Kind::kDuration:
      return made(format(arg.as_duration()));
    default:
      return std::nullopt;
  }
}

Result to_timestamp(Value arg) {
  if (arg.kind() == Kind::kTimestamp) return arg;
  if (arg.kind() == Kind::kString) return mapped(parse_timestamp(arg.as_string()), Value::timestamp);
  if (arg.kind() == Kind::kInt) return mapped(timestamp_of(arg.as_int()), Value::timestamp);
  return std::nullopt;
}

Result convert(Arena& arena, Op op, Value arg) {
  switch (op) {
    case Op::kToBool:
      if (arg.kind() == Kind::kBool) return arg;
      return arg.kind() == Kind::kString ? Result(boolean(arg)) : std::nullopt;
    case Op::kToBytes:
      if (arg.kind() == Kind::kBytes) return arg;
      return arg.kind() == Kind::kString ? Result(Value::bytes(arg.as_string())) : std::nullopt;
    case Op::kToDouble:
      return to_double(arg);
    case Op::kToDuration:
      if (arg.kind() == Kind::kDuration) return arg;
      return arg.kind() == Kind::kString ? Result(mapped(parse_duration(arg.as_string()), Value::duration))
                                         : std::nullopt;
    case Op::kToInt:
      return to_int(arg);
    case Op::kToString:
      return to_string(arena, arg);
    case Op::kToTimestamp:
      return to_timestamp(arg);
    case Op::kToUint:
      return to_uint(arg);
    case Op::kTypeOf:
      return Value::type(type_name(arg));
    default:  // kToDyn
      return arg;
  }
}

}  // namespace

Value apply_conversion(Context& context, const Node& node, Value arg) {
  if (arg.kind() == Kind::kString || arg.kind() == Kind::kBytes) {
    if (!context.budget.spend(arg.as_string().size() / kBytesPerUnit)) return exhausted();
  }
  const Result result = convert(context.arena, node.op, arg);
  if (!result) return no_overload(context, node, {&arg, 1});
  if (*result) return **result;
  return fail(context, node, Code::kBadValue,
              to_text(arg) + " is no " + std::string(node.name) + ", or out of its range");
}

}  // namespace expertline::cel
