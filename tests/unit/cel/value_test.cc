// Values, and lists and maps that are the caller's.
#include "cel/value.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/cel/support.h"

namespace expertline::cel {
namespace {

// A column of a table, seen as a list.
class Languages final : public List {
 public:
  explicit Languages(std::vector<std::string> languages) : languages_(std::move(languages)) {}
  size_t size() const override { return languages_.size(); }
  Value at(size_t i, Arena&) const override { return Value::string(languages_[i]); }

 private:
  std::vector<std::string> languages_;
};

TEST(Values, OfTheCallerAreUsedAsTheyAre) {
  const Languages languages({"en", "de"});
  class Expert final : public Activation {
   public:
    explicit Expert(const Languages& languages) : languages_(languages) {}
    std::optional<Value> variable(size_t, Arena&) const override { return Value::list(&languages_); }

   private:
    const Languages& languages_;
  } expert(languages);
  Environment environment;
  environment.declare_variable("expert.languages", Type::list(TypeKind::kString));
  const auto program = compile(
                           "'de' in expert.languages && expert.languages.size() == 2 && "
                           "expert.languages + ['fr'] == ['en', 'de', 'fr']",
                           environment)
                           .program;
  Arena arena;
  Budget budget;
  EXPECT_TRUE(program->evaluate(expert, arena, budget).is_true());
}

TEST(Values, AreCopiedWhole) {
  Arena kept;
  Value copied;
  {
    Arena arena;
    const Value inner[] = {Value::string(arena.copy("text")), Value::bytes(arena.copy("bytes")), Value::null()};
    const std::pair<Value, Value> entries[] = {{Value::string(arena.copy("key")), make_list(arena, inner)}};
    copied = copy(make_map(arena, entries), kept);
  }
  EXPECT_EQ(to_text(copied), R"({"key": ["text", b"bytes", null]})");
  EXPECT_EQ(copy(make_error(kept, EvalError::Code::kOther, "why"), kept).as_error().message, "why");
}

TEST(Values, AreEqualByContent) {
  Arena arena;
  const Value ints[] = {Value::integer(1), Value::integer(2)};
  const Value doubles[] = {Value::number(1), Value::number(2)};
  EXPECT_TRUE(equal(make_list(arena, ints), make_list(arena, doubles), arena));
  EXPECT_FALSE(equal(make_list(arena, ints), make_list(arena, {ints, 1}), arena));
  EXPECT_FALSE(equal(Value::string("a"), Value::bytes("a"), arena));
}

TEST(Texts, OfLargeValuesAreCut) {
  Arena arena;
  Value value = Value::integer(1);
  for (int i = 0; i < 60; ++i) {
    const Value both[] = {value, value};
    value = make_list(arena, both);
  }
  EXPECT_LT(to_text(value).size(), 50'000u);
  EXPECT_LT(to_text(Value::string(std::string(1'000'000, 'a'))).size(), 11'000u);
}

TEST(Arenas, GiveAlignedMemoryOfAnySize) {
  Arena arena;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(arena.copy("abc"), "abc");
    for (const size_t size : {1, 3, 100, 5'000, 70'000}) {
      const auto numbers = arena.array<uint64_t>(size);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(numbers.data()) % alignof(uint64_t), 0u);
      for (uint64_t& number : numbers) number = size;
    }
    arena.reset();
  }
}

}  // namespace
}  // namespace expertline::cel
