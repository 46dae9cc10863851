#include "cel/library.h"

#include <algorithm>

#include <initializer_list>

namespace expertline::cel {
namespace {

constexpr TypeKind kBool = TypeKind::kBool;
constexpr TypeKind kInt = TypeKind::kInt;
constexpr TypeKind kUint = TypeKind::kUint;
constexpr TypeKind kDouble = TypeKind::kDouble;
constexpr TypeKind kString = TypeKind::kString;
constexpr TypeKind kBytes = TypeKind::kBytes;
constexpr TypeKind kTimestamp = TypeKind::kTimestamp;
constexpr TypeKind kDuration = TypeKind::kDuration;

uint32_t variables_of(const Type& type) {
  if (type.kind() == TypeKind::kVariable) return type.number() + 1;
  if (type.kind() == TypeKind::kList) return variables_of(type.element());
  if (type.kind() == TypeKind::kMap) return std::max(variables_of(type.key()), variables_of(type.element()));
  return 0;
}

Overload make(bool member, std::vector<Type> parameters, Type result) {
  Overload made{member, std::move(parameters), std::move(result), 0};
  for (const Type& type : made.parameters) made.variables = std::max(made.variables, variables_of(type));
  return made;
}

Overload global(std::vector<Type> parameters, Type result) {
  return make(false, std::move(parameters), std::move(result));
}
Overload method(std::vector<Type> parameters, Type result) {
  return make(true, std::move(parameters), std::move(result));
}

// (T, T) -> T for each T.
std::vector<Overload> closed(std::initializer_list<TypeKind> kinds) {
  std::vector<Overload> made;
  for (const TypeKind kind : kinds) made.push_back(global({kind, kind}, kind));
  return made;
}

std::vector<Overload> joined(std::vector<Overload> a, std::vector<Overload> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Overload> ordering() {
  std::vector<Overload> made;
  for (const TypeKind kind : {kBool, kInt, kUint, kDouble, kString, kBytes, kTimestamp, kDuration}) {
    made.push_back(global({kind, kind}, kBool));
  }
  for (const TypeKind a : {kInt, kUint, kDouble}) {
    for (const TypeKind b : {kInt, kUint, kDouble}) {
      if (a != b) made.push_back(global({a, b}, kBool));
    }
  }
  return made;
}

// T(x) for each kind of x.
std::vector<Overload> conversions(std::initializer_list<TypeKind> from, TypeKind to) {
  std::vector<Overload> made;
  for (const TypeKind kind : from) made.push_back(global({kind}, to));
  return made;
}

std::vector<Overload> of_calendar(bool of_durations) {
  std::vector<Overload> made = {method({kTimestamp}, kInt), method({kTimestamp, kString}, kInt)};
  if (of_durations) made.push_back(method({kDuration}, kInt));
  return made;
}

std::vector<StandardFunction> operators() {
  const Type a = Type::variable(0);
  const Type b = Type::variable(1);
  const Type list = Type::list(a);
  const Type map = Type::map(a, b);
  return {
      {"!", Op::kNot, {global({kBool}, kBool)}},
      {"-", Op::kNegate, {global({kInt}, kInt), global({kDouble}, kDouble)}},
      {"+", Op::kAdd,
       joined(closed({kInt, kUint, kDouble, kString, kBytes, kDuration}),
              {global({list, list}, list), global({kTimestamp, kDuration}, kTimestamp),
               global({kDuration, kTimestamp}, kTimestamp)})},
      {"-", Op::kSubtract,
       joined(closed({kInt, kUint, kDouble, kDuration}),
              {global({kTimestamp, kTimestamp}, kDuration), global({kTimestamp, kDuration}, kTimestamp)})},
      {"*", Op::kMultiply, closed({kInt, kUint, kDouble})},
      {"/", Op::kDivide, closed({kInt, kUint, kDouble})},
      {"%", Op::kModulo, closed({kInt, kUint})},
      {"==", Op::kEqual, {global({a, a}, kBool)}},
      {"!=", Op::kNotEqual, {global({a, a}, kBool)}},
      {"<", Op::kLess, ordering()},
      {"<=", Op::kLessEqual, ordering()},
      {">", Op::kGreater, ordering()},
      {">=", Op::kGreaterEqual, ordering()},
      {"in", Op::kIn, {global({a, list}, kBool), global({a, map}, kBool)}},
      {"[]", Op::kIndex, {global({list, kInt}, a), global({map, a}, b)}},
      {"? :", Op::kConditional, {global({kBool, a, a}, a)}},
  };
}

std::vector<StandardFunction> functions() {
  const Type a = Type::variable(0);
  const Type list = Type::list(a);
  const Type map = Type::map(a, Type::variable(1));
  const Overload text_test = method({kString, kString}, kBool);
  return {
      {"size",
       Op::kSize,
       {global({kString}, kInt), global({kBytes}, kInt), global({list}, kInt), global({map}, kInt),
        method({kString}, kInt), method({kBytes}, kInt), method({list}, kInt), method({map}, kInt)}},
      {"contains", Op::kContains, {text_test}},
      {"startsWith", Op::kStartsWith, {text_test}},
      {"endsWith", Op::kEndsWith, {text_test}},
      {"matches", Op::kMatches, {text_test, global({kString, kString}, kBool)}},
      {"bool", Op::kToBool, conversions({kBool, kString}, kBool)},
      {"bytes", Op::kToBytes, conversions({kBytes, kString}, kBytes)},
      {"double", Op::kToDouble, conversions({kDouble, kInt, kUint, kString}, kDouble)},
      {"duration", Op::kToDuration, conversions({kDuration, kString}, kDuration)},
      {"dyn", Op::kToDyn, {global({a}, TypeKind::kDyn)}},
      {"int", Op::kToInt, conversions({kInt, kUint, kDouble, kString, kTimestamp}, kInt)},
      {"string", Op::kToString,
       conversions({kString, kBool, kInt, kUint, kDouble, kBytes, kTimestamp, kDuration}, kString)},
      {"timestamp", Op::kToTimestamp, conversions({kTimestamp, kString, kInt}, kTimestamp)},
      {"uint", Op::kToUint, conversions({kUint, kInt, kDouble, kString}, kUint)},
      {"type", Op::kTypeOf, {global({a}, Type::type(a))}},
      {"getDate", Op::kGetDate, of_calendar(false)},
      {"getDayOfMonth", Op::kGetDayOfMonth, of_calendar(false)},
      {"getDayOfWeek", Op::kGetDayOfWeek, of_calendar(false)},
      {"getDayOfYear", Op::kGetDayOfYear, of_calendar(false)},
      {"getFullYear", Op::kGetFullYear, of_calendar(false)},
      {"getHours", Op::kGetHours, of_calendar(true)},
      {"getMilliseconds", Op::kGetMilliseconds, of_calendar(true)},
      {"getMinutes", Op::kGetMinutes, of_calendar(true)},
      {"getMonth", Op::kGetMonth, of_calendar(false)},
      {"getSeconds", Op::kGetSeconds, of_calendar(true)},
  };
}

}  // namespace

const std::vector<StandardFunction>& standard_functions() {
  static const std::vector<StandardFunction> kFunctions = functions();
  return kFunctions;
}

const StandardFunction* find_standard_function(std::string_view name) {
  for (const auto& function : standard_functions()) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

const StandardFunction& standard_operator(Op op) {
  static const std::vector<StandardFunction> kOperators = operators();
  for (const auto& known : kOperators) {
    if (known.op == op) return known;
  }
  return kOperators.front();
}

}  // namespace expertline::cel
