// Functions of texts and of time.
#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "cel/evaluation.h"
#include "cel/time.h"

namespace expertline::cel {
namespace {

using Kind = Value::Kind;
using Code = EvalError::Code;

constexpr uint64_t kBytesPerUnit = 16;
// A pattern that is known only when evaluated is compiled each time: that is dear, so it is short.
constexpr size_t kLongestPattern = 1024;
constexpr uint64_t kUnitsPerPatternByte = 50;
constexpr int64_t kPatternMemory = 1 << 18;

// Instructions of a pattern that are one unit for each piece of the text.
constexpr uint64_t kInstructionsPerUnit = 64;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// RE2 takes time for each byte of the text, and, where its automaton does not fit into memory, for each instruction.
Value search(Context& context, std::string_view text, const re2::RE2& pattern) {
  const auto instructions = static_cast<uint64_t>(std::max(0, pattern.ProgramSize()));
  const uint64_t work = (1 + text.size() / kBytesPerUnit) * (1 + instructions / kInstructionsPerUnit);
  return context.budget.spend(work) ? Value::boolean(re2::RE2::PartialMatch(piece(text), pattern)) : exhausted();
}

Value matches(Context& context, const Node& node, std::string_view text, std::string_view pattern) {
  if (node.regex) return search(context, text, *node.regex);
  if (pattern.size() > kLongestPattern) return fail(context, node, Code::kBadValue, "the pattern is too long");
  if (!context.budget.spend((pattern.size() + 1) * kUnitsPerPatternByte)) return exhausted();
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kPatternMemory);
  const re2::RE2 compiled(piece(pattern), options);
  if (!compiled.ok()) return fail(context, node, Code::kBadValue, "not a regular expression: " + compiled.error());
  return search(context, text, compiled);
}

// Of the duration, towards zero.
std::optional<int64_t> part_of(Op op, Duration duration) {
  const int64_t nanos = nanoseconds(duration);
  switch (op) {
    case Op::kGetHours:
      return nanos / 3'600'000'000'000;
    case Op::kGetMinutes:
      return nanos / 60'000'000'000;
    case Op::kGetSeconds:
      return nanos / 1'000'000'000;
    case Op::kGetMilliseconds:
      return nanos / 1'000'000 % 1'000;
    default:
      return std::nullopt;
  }
}

int64_t part_of(Op op, const absl::CivilSecond& time, Timestamp timestamp) {
  switch (op) {
    case Op::kGetDate:
      return time.day();
    case Op::kGetDayOfMonth:
      return time.day() - 1;
    case Op::kGetDayOfWeek:  // from Sunday on; absl counts from Monday
      return (static_cast<int>(absl::GetWeekday(time)) + 1) % 7;
    case Op::kGetDayOfYear:
      return absl::GetYearDay(absl::CivilDay(time)) - 1;
    case Op::kGetFullYear:
      return time.year();
    case Op::kGetHours:
      return time.hour();
    case Op::kGetMilliseconds:
      return timestamp.nanos / 1'000'000;
    case Op::kGetMinutes:
      return time.minute();
    case Op::kGetMonth:
      return time.month() - 1;
    default:
      return time.second();
  }
}

}  // namespace

Value apply_text(Context& context, const Node& node, Value text, Value argument) {
  if (text.kind() != Kind::kString || argument.kind() != Kind::kString) {
    const Value args[] = {text, argument};
    return no_overload(context, node, args);
  }
  const std::string_view whole = text.as_string();
  const std::string_view part = argument.as_string();
  switch (node.op) {
    case Op::kContains: {
      // The search looks at each place of the text, and may compare the part at each.
      const uint64_t work = whole.size() / kBytesPerUnit * (1 + part.size() / kBytesPerUnit);
      if (!context.budget.spend(work)) return exhausted();
      return Value::boolean(whole.find(part) != std::string_view::npos);
    }
    case Op::kStartsWith:
    case Op::kEndsWith:
      if (!context.budget.spend(part.size() / kBytesPerUnit)) return exhausted();
      return Value::boolean(node.op == Op::kStartsWith ? whole.starts_with(part) : whole.ends_with(part));
    default:
      return matches(context, node, whole, part);
  }
}

Value apply_calendar(Context& context, const Node& node, std::span<const Value> args) {
  const Value value = args[0];
  if (value.kind() == Kind::kDuration && args.size() == 1) {
    const auto part = part_of(node.op, value.as_duration());
    if (part) return Value::integer(*part);
  }
  const bool zoned = args.size() == 2 && args[1].kind() == Kind::kString;
  if (value.kind() != Kind::kTimestamp || (args.size() == 2 && !zoned)) return no_overload(context, node, args);
  const std::string_view zone = zoned ? args[1].as_string() : "UTC";
  const auto time = civil_time(value.as_timestamp(), zone);
  if (!time) return fail(context, node, Code::kBadValue, "no such time zone: " + to_text(args[1]));
  return Value::integer(part_of(node.op, *time, value.as_timestamp()));
}

}  // namespace expertline::cel
