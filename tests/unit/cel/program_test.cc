// What a program tells about itself, and its limits.
#include "cel/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "unit/cel/support.h"

namespace expertline::cel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Environment declared() {
  Environment environment;
  environment.declare_variable("user_data.topic", TypeKind::kString);
  environment.declare_variable("user_data.vip", TypeKind::kBool);
  environment.declare_variable("x", TypeKind::kDyn);
  environment.declare_function("ready", {TypeKind::kString, TypeKind::kInt}, TypeKind::kInt);
  environment.declare_function("ready", {TypeKind::kString}, TypeKind::kInt);
  environment.declare_function("queue.waiting", {}, TypeKind::kInt);
  return environment;
}

std::shared_ptr<const Program> compiled(std::string_view text, const Options& options = {}) {
  return compile(text, declared(), options).program;
}

TEST(Environments, NumberWhatTheyDeclare) {
  Environment environment;
  EXPECT_EQ(environment.declare_variable("a", TypeKind::kInt), 0u);
  EXPECT_EQ(environment.declare_variable("b.c", TypeKind::kInt), 1u);
  EXPECT_EQ(environment.declare_variable("a", TypeKind::kString), 0u);
  EXPECT_EQ(environment.variables()[0].type, TypeKind::kString);
  EXPECT_EQ(environment.find_variable("b.c"), 1u);
  EXPECT_EQ(environment.find_variable("b"), std::nullopt);
  EXPECT_EQ(environment.declare_function("f", {}, TypeKind::kInt), 0u);
  EXPECT_EQ(environment.declare_function("f", {TypeKind::kInt}, TypeKind::kInt), 1u);
}

TEST(Programs, TellWhatTheyRead) {
  const auto program = compiled("has(user_data.topic) && ready('a', 1) > ready('b') && user_data.topic == x.y");
  const auto& uses = program->variable_uses();
  ASSERT_EQ(uses.size(), 3u);
  EXPECT_EQ(uses[0].variable, 0u);
  EXPECT_TRUE(uses[0].presence_only);
  EXPECT_EQ(uses[1].variable, 0u);
  EXPECT_FALSE(uses[1].presence_only);
  EXPECT_EQ(uses[1].place.offset, 54u);
  EXPECT_EQ(uses[1].place.length, 15u);
  EXPECT_EQ(uses[2].variable, 2u);
  EXPECT_EQ(uses[2].place.length, 1u);
  const auto& calls = program->function_uses();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_THAT(calls[0].overloads, ElementsAre(0));
  EXPECT_EQ(calls[0].place.offset, 24u);
  EXPECT_THAT(calls[1].overloads, ElementsAre(1));
}

TEST(Programs, TellWhatVariablesAreComparedWith) {
  const auto program = compiled(
      "user_data.topic == 'a' || 'b' != user_data.topic || user_data.topic in ['c', 'd']"
      " || user_data.topic == user_data.topic || [user_data.topic] == ['e']");
  const auto& equalities = program->equalities();
  ASSERT_EQ(equalities.size(), 3u);
  EXPECT_EQ(equalities[0].op, Equality::Op::kEqual);
  ASSERT_EQ(equalities[0].literals.size(), 1u);
  EXPECT_EQ(equalities[0].literals[0].value.as_string(), "a");
  EXPECT_EQ(equalities[0].literals[0].place.offset, 19u);
  EXPECT_EQ(equalities[0].literals[0].place.length, 3u);
  EXPECT_EQ(equalities[1].op, Equality::Op::kNotEqual);
  EXPECT_EQ(equalities[1].literals[0].value.as_string(), "b");
  EXPECT_EQ(equalities[2].op, Equality::Op::kIn);
  ASSERT_EQ(equalities[2].literals.size(), 2u);
  EXPECT_EQ(equalities[2].literals[1].value.as_string(), "d");
  EXPECT_EQ(equalities[2].literals[1].place.offset, 77u);
}

TEST(Programs, TellTheirValueIfItDependsOnNothing) {
  const auto constant = [](std::string_view text) {
    const auto program = compiled(text);
    return program->constant() ? to_text(*program->constant()) : "none";
  };
  EXPECT_EQ(constant("1 < 2"), "true");
  EXPECT_EQ(constant("false && user_data.vip"), "false");
  EXPECT_EQ(constant("user_data.vip && user_data.vip && 1 > 2"), "false");
  EXPECT_EQ(constant("user_data.vip || size('abc') == 3"), "true");
  EXPECT_EQ(constant("[1, 2, 3].map(x, x * x).exists(y, y == 9)"), "true");
  EXPECT_EQ(constant("duration('1h') > duration('59m')"), "true");
  EXPECT_EQ(constant("user_data.vip && true"), "none");
  EXPECT_EQ(constant("has(user_data.topic)"), "none");
  EXPECT_EQ(constant("queue.waiting() > 0"), "none");
  EXPECT_EQ(constant("[1].map(i, user_data.vip)"), "none");
  EXPECT_EQ(constant("1 / 0"), "none");
}

TEST(Programs, TellWhatAlwaysFails) {
  const auto failures = [](std::string_view text) {
    std::vector<std::string> found;
    const auto program = compiled(text);
    for (const Failure& failure : program->failures()) {
      found.push_back(std::to_string(failure.place.offset) + "+" + std::to_string(failure.place.length) + " " +
                      std::string(failure.message));
    }
    return found;
  };
  EXPECT_THAT(failures("user_data.vip || 1 / 0 == 1"), ElementsAre("17+5 division by zero"));
  EXPECT_THAT(failures("user_data.topic.matches('a(')"), ElementsAre("24+4 not a regular expression: missing ): a("));
  EXPECT_THAT(failures("duration('5 minutes') > duration('1s')"),
              ElementsAre("9+11 \"5 minutes\" is no duration, or out of its range"));
  EXPECT_THAT(failures("size(user_data.topic) / 0 > 1 || size(user_data.topic) % 0 > 1"),
              ElementsAre("0+25 division by zero", "33+25 remainder by zero"));
  EXPECT_THAT(failures("user_data.topic.size() > 8 || timestamp(user_data.topic).getHours('Europe/Berln') > 8"),
              ElementsAre("66+14 no such time zone: \"Europe/Berln\""));
  EXPECT_THAT(failures("timestamp('2024-01-01T00:00:00Z').getHours('Berln') > 8"),
              ElementsAre("43+7 no such time zone: \"Berln\""));
  EXPECT_THAT(failures("user_data.topic == 'a'"), IsEmpty());
}

// The activation that tests functions: ready(text, n) gives n, ready(text) the length, queue.waiting() an error.
class Calls final : public Activation {
 public:
  std::optional<Value> variable(size_t number, Arena&) const override {
    return number == 2 ? std::optional(Value::integer(5)) : std::nullopt;
  }
  Value call(size_t overload, std::span<const Value> arguments, Arena& arena) const override {
    if (overload == 0) return arguments[1];
    if (overload == 1) return Value::integer(static_cast<int64_t>(arguments[0].as_string().size()));
    return make_error(arena, EvalError::Code::kOther, "the queue is not known");
  }
};

std::string called(std::string_view text, const Options& options = {}) {
  Arena arena;
  Budget budget;
  return to_text(compiled(text, options)->evaluate(Calls(), arena, budget));
}

TEST(Functions, AreCalledByTheirOverload) {
  EXPECT_EQ(called("ready('mortgage', 3)"), "3");
  EXPECT_EQ(called("ready('mortgage')"), "8");
  EXPECT_EQ(called("ready('mortgage', x)"), "5");
  EXPECT_EQ(called("ready(x)"), "error: 'ready' cannot take (int)");
  EXPECT_EQ(called("ready('mortgage')", {.disable_check = true}), "8");
  EXPECT_EQ(called("queue.waiting() > 3"), "error: the queue is not known");
  EXPECT_EQ(called("queue.waiting() > 3 || true"), "true");
  EXPECT_EQ(called("waiting() > 3 || true", {.container = "queue"}), "true");
}

std::string chain(std::string_view first, std::string_view more, size_t times) {
  std::string text(first);
  for (size_t i = 0; i < times; ++i) text += more;
  return text;
}

std::string nested(std::string_view open, std::string_view inner, std::string_view close, size_t times) {
  return chain("", open, times) + std::string(inner) + chain("", close, times);
}

TEST(Limits, AreAboveWhatTheDefinitionAsksFor) {
  EXPECT_EQ(result(chain("false", " || false", 5'000)), "false");
  EXPECT_EQ(result(chain("true", " && true", 5'000)), "true");
  EXPECT_EQ(result(chain("0", " + 1", 900)), "900");
  EXPECT_EQ(result(chain("[", "1, ", 10'000) + "1].size()"), "10001");
  EXPECT_EQ(result(nested("(", "1", ")", 200)), "1");
  EXPECT_EQ(result(nested("[", "1", "]", 200) + chain("", "[0]", 200)), "1");
  EXPECT_EQ(result(nested("{'a': ", "1", "}", 200) + chain("", ".a", 200)), "1");
  EXPECT_EQ(result(chain("", "!", 200) + "true"), "true");
  EXPECT_EQ(result(chain("", "true ? 1 : ", 200) + "2"), "1");
  EXPECT_EQ(result(nested("int(", "1", ")", 200)), "1");
  EXPECT_EQ(result(nested("[1].map(x, ", "1", ")", 12) + ".size()"), "1");
}

TEST(Limits, AreErrorsNotCrashes) {
  const std::string deep = "issue: the expression is nested too deep";
  for (const char* open : {"(", "[", "{1: ", "f(", "a[", "true ? 1 : ", "[1].map(x, "}) {
    EXPECT_EQ(result(chain("", open, 5'000)), deep) << open;
  }
  EXPECT_EQ(result(chain("", "!", 20'000) + "true"), deep);
  EXPECT_EQ(result(chain("", "-", 20'000) + "a"), deep);
  EXPECT_EQ(result(chain("a", ".a", 20'000)), deep);
  EXPECT_EQ(result(chain("a", "[0]", 20'000)), deep);
  EXPECT_EQ(result(chain("a", ".a()", 10'000)), deep);
  EXPECT_EQ(result(chain("[]", ".map(x, x)", 6'000)), deep);
  EXPECT_EQ(result(chain("1", " + 1", 15'000)), deep);
  EXPECT_EQ(result(chain("1", " < 1", 15'000)), deep);
  EXPECT_EQ(result(nested("[1].map(x, ", "1", ")", 20)), "issue: macros are nested too deep");
  EXPECT_EQ(result(std::string(64 * 1024 + 1, ' ')), "issue: the expression is longer than 64 KiB");
}

TEST(Budgets, BoundTheWork) {
  const std::string over = "error: the expression takes too much work";
  const std::string list = chain("[", "1,", 999) + "1]";
  const std::string loops = list + ".all(a, " + list + ".all(b, " + list + ".all(c, a + b + c == 3)))";
  EXPECT_EQ(result(loops), over);
  EXPECT_EQ(result(chain("['0123456789']", ".map(x, x + x + x + x)", 30)), over);
  EXPECT_EQ(result(chain("[1]", ".map(x, [x, x])", 50)), over);
  EXPECT_EQ(result(chain("[{'a': 1}]", ".map(x, {'a': x, 'b': x})", 50)), over);
  // It is not hidden as errors are.
  const Facts facts({{"always", "bool", "true"}});
  EXPECT_EQ(result(loops + " || always", facts), over);
}

TEST(Budgets, BoundHowLargeAValueIs) {
  const auto program = compiled(chain("[x]", ".map(x, [x, x])", 12));
  Arena arena;
  Budget budget{.left = 100'000};
  const Value value = program->evaluate(Calls(), arena, budget);
  ASSERT_FALSE(value.is_error());
  EXPECT_EQ(value.as_list().weight(), (1u << 13) - 1);
  EXPECT_LT(budget.left, 100'000u - 2 * (1u << 12));
}

TEST(Budgets, AreShared) {
  const Facts facts({{"a", "int", "1"}});
  const auto program = compile("a + a == 2", facts.environment()).program;
  EXPECT_EQ(program->node_count(), 5u);
  Arena arena;
  Budget budget{.left = 12};
  EXPECT_TRUE(program->evaluate(facts, arena, budget).is_true());
  EXPECT_EQ(budget.left, 7u);
  EXPECT_TRUE(program->evaluate(facts, arena, budget).is_true());
  EXPECT_FALSE(budget.exhausted);
  const Value value = program->evaluate(facts, arena, budget);
  ASSERT_TRUE(value.is_error());
  EXPECT_EQ(value.as_error().code, EvalError::Code::kBudget);
  EXPECT_TRUE(budget.exhausted);
}

TEST(Patterns, AreLimitedInSize) {
  EXPECT_EQ(result("'a'.matches('((a{100}){100}){100}')").substr(0, 30), "error: not a regular expressio");
  const Facts facts({{"pattern", "string", "'" + std::string(2'000, 'a') + "'"}});
  EXPECT_EQ(result("'a'.matches(pattern)", facts), "error: the pattern is too long");
}

TEST(Patterns, CostTextTimesPattern) {
  const Facts facts({{"text", "string", "'" + std::string(16'000, 'a') + "'"}});
  const auto program = compile("text.matches('(a|b){500}c')", facts.environment()).program;
  Arena arena;
  Budget budget{.left = 1'000'000};
  EXPECT_TRUE(program->evaluate(facts, arena, budget).is_false());
  EXPECT_LT(budget.left, 1'000'000u - 5'000u);
}

TEST(Compiling, StopsListingMistakes) {
  EXPECT_EQ(compile(chain("a", " && a", 5'000), Environment()).issues.size(), 1'000u);
}

TEST(Programs, MayBeEvaluatedByManyThreads) {
  const Facts facts({{"a", "int", "3"}});
  const auto program =
      compile("[1, 2, a].exists(x, x == 3) && 'abc'.matches('b') && string(a) + '!' == '3!'", facts.environment())
          .program;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Arena arena;
      for (int j = 0; j < 1'000; ++j) {
        arena.reset();
        Budget budget;
        ASSERT_TRUE(program->evaluate(facts, arena, budget).is_true());
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace expertline::cel
