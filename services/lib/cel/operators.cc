// Operators on values: arithmetic, order, membership, indexing.
#include <charconv>
#include <string>

#include "cel/compare.h"
#include "cel/evaluation.h"
#include "cel/numbers.h"
#include "cel/time.h"
#include "cel/utf8.h"

namespace expertline::cel {
namespace {

using Kind = Value::Kind;
using Code = EvalError::Code;

constexpr uint64_t kBytesPerUnit = 16;

Value overflow(Context& context, const Node& node) {
  return fail(context, node, Code::kBadValue, "the result is out of range");
}

template <typename T>
Value checked(Context& context, const Node& node, std::optional<T> result) {
  if (!result) return overflow(context, node);
  if constexpr (std::is_same_v<T, Timestamp>) {
    return Value::timestamp(*result);
  } else {
    return Value::duration(*result);
  }
}

Value of(int64_t value) { return Value::integer(value); }
Value of(uint64_t value) { return Value::unsigned_integer(value); }

template <typename T>
Value whole_numbers(Context& context, const Node& node, T a, T b) {
  T result = 0;
  bool beyond = false;
  switch (node.op) {
    case Op::kAdd:
      beyond = __builtin_add_overflow(a, b, &result);
      break;
    case Op::kSubtract:
      beyond = __builtin_sub_overflow(a, b, &result);
      break;
    case Op::kMultiply:
      beyond = __builtin_mul_overflow(a, b, &result);
      break;
    default:
      if (b == 0) {
        return fail(context, node, Code::kBadValue, node.op == Op::kDivide ? "division by zero" : "remainder by zero");
      }
      if constexpr (std::is_signed_v<T>) beyond = a == std::numeric_limits<T>::min() && b == -1;
      if (!beyond) result = node.op == Op::kDivide ? a / b : a % b;
  }
  return beyond ? overflow(context, node) : of(result);
}

// Nothing: not defined for doubles.
std::optional<Value> doubles(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return Value::number(a + b);
    case Op::kSubtract:
      return Value::number(a - b);
    case Op::kMultiply:
      return Value::number(a * b);
    case Op::kDivide:
      return Value::number(a / b);
    default:
      return std::nullopt;
  }
}

// Texts and lists, one after the other.
std::optional<Value> join(Context& context, Value a, Value b) {
  if (a.kind() == Kind::kList) {
    const List& x = a.as_list();
    const List& y = b.as_list();
    const size_t size = x.size() + y.size();
    if (!context.budget.spend(size)) return exhausted();
    const auto elements = context.arena.array<Value>(size);
    for (size_t i = 0; i < x.size(); ++i) elements[i] = x.at(i, context.arena);
    for (size_t i = 0; i < y.size(); ++i) elements[x.size() + i] = y.at(i, context.arena);
    return made_list(context, elements);
  }
  if (a.kind() != Kind::kString && a.kind() != Kind::kBytes) return std::nullopt;
  const std::string_view x = a.as_string();
  const std::string_view y = b.as_string();
  if (!context.budget.spend((x.size() + y.size()) / kBytesPerUnit)) return exhausted();
  if (x.size() + y.size() > UINT32_MAX) return std::nullopt;
  char* const text = static_cast<char*>(context.arena.allocate(x.size() + y.size(), 1));
  std::copy(x.begin(), x.end(), text);
  std::copy(y.begin(), y.end(), text + x.size());
  const std::string_view joined(text, x.size() + y.size());
  return a.kind() == Kind::kString ? Value::string(joined) : Value::bytes(joined);
}

// Nothing: not defined for these.
std::optional<Value> times(Context& context, const Node& node, Value a, Value b) {
  const bool adds = node.op == Op::kAdd;
  if (!adds && node.op != Op::kSubtract) return std::nullopt;
  if (a.kind() == Kind::kDuration && b.kind() == Kind::kDuration) {
    return checked(context, node,
                   adds ? add(a.as_duration(), b.as_duration()) : subtract(a.as_duration(), b.as_duration()));
  }
  if (a.kind() == Kind::kTimestamp && b.kind() == Kind::kDuration) {
    return checked(context, node,
                   adds ? add(a.as_timestamp(), b.as_duration()) : subtract(a.as_timestamp(), b.as_duration()));
  }
  if (adds && a.kind() == Kind::kDuration && b.kind() == Kind::kTimestamp) {
    return checked(context, node, add(b.as_timestamp(), a.as_duration()));
  }
  if (!adds && a.kind() == Kind::kTimestamp && b.kind() == Kind::kTimestamp) {
    return checked(context, node, subtract(a.as_timestamp(), b.as_timestamp()));
  }
  return std::nullopt;
}

Value arithmetic(Context& context, const Node& node, std::span<const Value> args) {
  const Value a = args[0];
  const Value b = args[1];
  std::optional<Value> result;
  const bool of_times = a.kind() == Kind::kTimestamp || a.kind() == Kind::kDuration;
  if (a.kind() != b.kind() || of_times) {
    result = times(context, node, a, b);
  } else if (a.kind() == Kind::kInt) {
    return whole_numbers(context, node, a.as_int(), b.as_int());
  } else if (a.kind() == Kind::kUint) {
    return whole_numbers(context, node, a.as_uint(), b.as_uint());
  } else if (a.kind() == Kind::kDouble) {
    result = doubles(node.op, a.as_double(), b.as_double());
  } else if (node.op == Op::kAdd) {
    result = join(context, a, b);
  }
  return result ? *result : no_overload(context, node, args);
}

Value negate(Context& context, const Node& node, std::span<const Value> args) {
  if (args[0].kind() == Kind::kDouble) return Value::number(-args[0].as_double());
  if (args[0].kind() != Kind::kInt) return no_overload(context, node, args);
  if (args[0].as_int() == INT64_MIN) return overflow(context, node);
  return Value::integer(-args[0].as_int());
}

// Nothing: these have no order.
std::optional<std::partial_ordering> order_of(Context& context, Value a, Value b) {
  if (is_number(a) && is_number(b)) return compare_numbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::kBool:
      return a.as_bool() <=> b.as_bool();
    case Kind::kString:
    case Kind::kBytes:
      context.budget.spend(std::min(a.as_string().size(), b.as_string().size()) / kBytesPerUnit);
      return a.as_string() <=> b.as_string();
    case Kind::kTimestamp:
      return a.as_timestamp() <=> b.as_timestamp();
    case Kind::kDuration:
      return a.as_duration() <=> b.as_duration();
    default:
      return std::nullopt;
  }
}

Value order(Context& context, const Node& node, std::span<const Value> args) {
  const auto found = order_of(context, args[0], args[1]);
  if (!found) return no_overload(context, node, args);
  switch (node.op) {
    case Op::kLess:
      return Value::boolean(*found < 0);
    case Op::kLessEqual:
      return Value::boolean(*found <= 0);
    case Op::kGreater:
      return Value::boolean(*found > 0);
    default:
      return Value::boolean(*found >= 0);
  }
}

Value contains(Context& context, const Node& node, std::span<const Value> args) {
  if (args[1].kind() == Kind::kMap) return Value::boolean(args[1].as_map().find(args[0], context.arena).has_value());
  if (args[1].kind() != Kind::kList) return no_overload(context, node, args);
  const List& list = args[1].as_list();
  const size_t size = list.size();
  for (size_t i = 0; i < size; ++i) {
    if (!context.budget.spend(1)) return exhausted();
    if (equal_within(args[0], list.at(i, context.arena), context.arena, context.budget)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value size_of(Context& context, const Node& node, std::span<const Value> args) {
  const auto counted = [](size_t size) { return Value::integer(static_cast<int64_t>(size)); };
  switch (args[0].kind()) {
    case Kind::kString:
      context.budget.spend(args[0].as_string().size() / kBytesPerUnit);
      return counted(utf8_length(args[0].as_string()));
    case Kind::kBytes:
      return counted(args[0].as_string().size());
    case Kind::kList:
      return counted(args[0].as_list().size());
    case Kind::kMap:
      return counted(args[0].as_map().size());
    default:
      return no_overload(context, node, args);
  }
}

// A key or an index, for messages.
std::string_view shown(Value key, char (&room)[96]) {
  const std::string_view text = key.kind() == Kind::kString ? key.as_string().substr(0, 60) : std::string_view();
  char* at = room;
  const auto put = [&](std::string_view part) { at = std::copy(part.begin(), part.end(), at); };
  if (key.kind() == Kind::kInt) {
    at = std::to_chars(at, std::end(room), key.as_int()).ptr;
  } else if (key.kind() == Kind::kString) {
    put("'");
    put(text);
    put(text.size() < key.as_string().size() ? "...'" : "'");
  } else {
    put(type_name(key));
  }
  return {room, static_cast<size_t>(at - room)};
}

Value no_element(Context& context, const Node& node, Code code, std::string_view what, Value key) {
  char key_room[96];
  const std::string_view key_text = shown(key, key_room);
  char message[160];
  char* at = std::copy(what.begin(), what.end(), message);
  at = std::copy(key_text.begin(), key_text.end(), at);
  return fail(context, node, code, {message, static_cast<size_t>(at - message)});
}

// The place in a list that a whole number of any kind means; nothing if it is none.
std::optional<uint64_t> place_of(Value key) {
  switch (key.kind()) {
    case Kind::kInt:
      return key.as_int() < 0 ? UINT64_MAX : static_cast<uint64_t>(key.as_int());
    case Kind::kUint:
      return key.as_uint();
    case Kind::kDouble: {
      const double number = key.as_double();
      if (!(number >= 0 && number < 0x1p63)) return std::nullopt;
      const auto whole = static_cast<uint64_t>(number);
      return static_cast<double>(whole) == number ? std::optional(whole) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

Value index_into(Context& context, const Node& node, Value container, Value key) {
  if (container.kind() == Kind::kMap) {
    const auto found = container.as_map().find(key, context.arena);
    return found ? *found : no_element(context, node, Code::kNoSuchField, "no such key: ", key);
  }
  if (container.kind() != Kind::kList) {
    const Value args[] = {container, key};
    return no_overload(context, node, args);
  }
  const auto place = place_of(key);
  const List& list = container.as_list();
  if (place && *place < list.size()) return list.at(*place, context.arena);
  return no_element(context, node, Code::kBadValue, place ? "index out of range: " : "no index of a list: ", key);
}

Value apply(Context& context, const Node& node, std::span<const Value> args) {
  switch (node.op) {
    case Op::kNot:
      if (args[0].kind() != Kind::kBool) return no_overload(context, node, args);
      return Value::boolean(!args[0].as_bool());
    case Op::kNegate:
      return negate(context, node, args);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
      return arithmetic(context, node, args);
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return order(context, node, args);
    case Op::kIn:
      return contains(context, node, args);
    case Op::kIndex:
      return index_into(context, node, args[0], args[1]);
    case Op::kSize:
      return size_of(context, node, args);
    case Op::kContains:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kMatches:
      return apply_text(context, node, args[0], args[1]);
    default:
      return node.op >= Op::kGetDate ? apply_calendar(context, node, args) : apply_conversion(context, node, args[0]);
  }
}

}  // namespace expertline::cel
