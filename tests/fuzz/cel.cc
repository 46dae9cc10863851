// Any bytes as an expression: with and without its types checked, and evaluated within a small budget.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/program.h"
#include "cel/time.h"
#include "fuzz/fuzz.h"

namespace expertline::cel {
namespace {

using fuzz::require;

constexpr uint64_t kBudget = 20'000;
constexpr size_t kReady = 0;

const Environment& environment() {
  static const Environment kEnvironment = [] {
    Environment made;
    for (const auto& [name, type] : std::initializer_list<std::pair<const char*, const char*>>{
             {"x", "dyn"},
             {"i", "int"},
             {"agent.site", "string"},
             {"agent.groups", "list(string)"},
             {"expert.skills", "map(string, int)"},
             {"user_data.amount", "int"},
             {"user_data.topic", "string"},
             {"hours.open", "bool"},
             {"now", "google.protobuf.Timestamp"},
             {"waited", "google.protobuf.Duration"},
             {"gone", "int"},
         }) {
      made.declare_variable(name, *Type::parse(type));
    }
    made.declare_function("ready", {TypeKind::kString, TypeKind::kInt}, TypeKind::kInt);
    made.declare_function("ready", {TypeKind::kString}, TypeKind::kInt);
    return made;
  }();
  return kEnvironment;
}

class Facts final : public Activation {
 public:
  std::optional<Value> variable(size_t number, Arena& arena) const override {
    const std::string& name = environment().variables()[number].name;
    if (name == "x") return Value::number(1);
    if (name == "i") return Value::integer(7);
    if (name == "agent.site") return Value::string("Leeds");
    if (name == "agent.groups") {
      const Value groups[] = {Value::string("retail"), Value::string("branches")};
      return make_list(arena, groups);
    }
    if (name == "expert.skills") {
      const std::pair<Value, Value> skills[] = {{Value::string("mortgage"), Value::integer(3)}};
      return make_map(arena, skills);
    }
    if (name == "user_data.amount") return Value::integer(250'000);
    if (name == "user_data.topic") return Value::string("fraud");
    if (name == "hours.open") return Value::boolean(true);
    if (name == "now") return Value::timestamp({1'700'000'000, 5});
    if (name == "waited") return Value::duration({20, 0});
    return std::nullopt;
  }

  Value call(size_t overload, std::span<const Value> arguments, Arena&) const override {
    require(overload != kReady || arguments[1].kind() == Value::Kind::kInt, "a function gets what it is declared with");
    return Value::integer(static_cast<int64_t>(arguments[0].as_string().size()));
  }
};

void require_inside(Place place, std::string_view text) {
  require(place.offset <= text.size() && place.length <= text.size() - place.offset, "a place lies in the text");
}

struct Outcome {
  bool compiled = false;
  bool out_of_budget = false;
  bool is_error = false;
  std::string text;
};

Outcome evaluate(std::string_view text, const Options& options) {
  const Compiled compiled = compile(text, environment(), options);
  require((compiled.program != nullptr) == compiled.issues.empty(), "a program, or why there is none");
  for (const Issue& issue : compiled.issues) {
    require_inside(issue.place, text);
    require(!issue.message.empty(), "an issue has a message");
  }
  if (!compiled.program) return {};
  for (const VariableUse& use : compiled.program->variable_uses()) require_inside(use.place, text);
  for (const FunctionUse& use : compiled.program->function_uses()) require_inside(use.place, text);
  for (const Failure& failure : compiled.program->failures()) require_inside(failure.place, text);
  for (const Equality& equality : compiled.program->equalities()) {
    for (const Equality::Literal& literal : equality.literals) require_inside(literal.place, text);
  }
  Arena arena;
  Budget budget{.left = kBudget};
  const Value value = compiled.program->evaluate(Facts(), arena, budget);
  Outcome outcome{true, budget.exhausted, value.is_error(), to_text(value)};
  require(!budget.exhausted || (value.is_error() && value.as_error().code == EvalError::Code::kBudget),
          "without a budget there is no value");
  if (value.is_error()) require_inside({value.as_error().offset, value.as_error().length}, text);
  if (compiled.program->constant()) {
    require(to_text(*compiled.program->constant()) == outcome.text, "a constant is what it evaluates to");
  }
  return outcome;
}

void times(std::string_view text) {
  if (const auto duration = parse_duration(text)) require(parse_duration(format(*duration)) == duration, "durations");
  if (const auto timestamp = parse_timestamp(text)) {
    require(parse_timestamp(format(*timestamp)) == timestamp, "timestamps");
  }
  if (const auto type = Type::parse(text)) require(Type::parse(type->text()) == type, "types");
}

}  // namespace
}  // namespace expertline::cel

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expertline::cel;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  times(text);
  const Outcome checked = evaluate(text, {});
  evaluate(text, {.container = "agent", .disable_check = true});
  const Outcome plain = evaluate(text, {.disable_check = true});
  evaluate(text, {.disable_macros = true});
  if (checked.compiled && !checked.out_of_budget && !plain.out_of_budget) {
    expertline::fuzz::require(
        plain.compiled && plain.is_error == checked.is_error && (plain.is_error || plain.text == checked.text),
        "checking types changes no result");
  }
  return 0;
}
