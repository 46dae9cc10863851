// Types are deduced, and what cannot be meant is said with its place before anything runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cel/support.h"

namespace expertline::cel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

Environment declared() {
  Environment environment;
  environment.declare_variable("user_data.topic", TypeKind::kString);
  environment.declare_variable("user_data.amount", TypeKind::kInt);
  environment.declare_variable("agent.groups", Type::list(TypeKind::kString));
  environment.declare_variable("expert.skills", Type::map(TypeKind::kString, TypeKind::kInt));
  environment.declare_variable("expert.dn", Type::map(TypeKind::kString, TypeKind::kDyn));
  environment.declare_variable("x", TypeKind::kDyn);
  environment.declare_function("ready", {TypeKind::kString, TypeKind::kInt}, TypeKind::kInt);
  environment.declare_function("ready", {TypeKind::kString}, TypeKind::kInt);
  environment.declare_function("queue.waiting", {TypeKind::kString}, TypeKind::kDuration);
  return environment;
}

TEST(Types, AreReadAndWritten) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"dyn", "dyn"},
      {" list( string ) ", "list(string)"},
      {"map(string,list(int))", "map(string, list(int))"},
      {"list", "list(dyn)"},
      {"map", "map(dyn, dyn)"},
      {"type(int)", "type(int)"},
      {"type", "type"},
      {"null_type", "null_type"},
      {"timestamp", "google.protobuf.Timestamp"},
      {"google.protobuf.Duration", "google.protobuf.Duration"},
  };
  for (const auto& [text, expected] : cases) {
    const auto type = Type::parse(text);
    ASSERT_TRUE(type) << text;
    EXPECT_EQ(type->text(), expected);
    EXPECT_EQ(Type::parse(type->text()), type);
  }
  for (const char* wrong : {"", "strin", "list(", "list(int))", "map(int)", "list(int, int)", "int(int)", "list int"}) {
    EXPECT_FALSE(Type::parse(wrong)) << wrong;
  }
  std::string deep = "int";
  for (int i = 0; i < 40; ++i) deep = "list(" + deep + ")";
  EXPECT_FALSE(Type::parse(deep));
}

class Deduced : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Deduced, Type) { EXPECT_EQ(type_of(GetParam().first, declared()), GetParam().second) << GetParam().first; }

INSTANTIATE_TEST_SUITE_P(, Deduced,
                         testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
                             {"1 + 2", "int"},
                             {"1.0 / 2.0", "double"},
                             {"'a' + 'b'", "string"},
                             {"user_data.amount > 5", "bool"},
                             {"agent.groups[0]", "string"},
                             {"expert.skills.mortgage", "int"},
                             {"expert.skills['mortgage']", "int"},
                             {"expert.dn.voice", "dyn"},
                             {"x + 1", "int"},
                             {"x + x", "dyn"},
                             {"x.y.z", "dyn"},
                             {"x < 1", "bool"},
                             {"[]", "list(dyn)"},
                             {"[1, 2]", "list(int)"},
                             {"[1, 'a']", "list(dyn)"},
                             {"[[], [1]]", "list(list(int))"},
                             {"[] + [1u]", "list(uint)"},
                             {"{}", "map(dyn, dyn)"},
                             {"{'a': 1}", "map(string, int)"},
                             {"{'a': 1, 2: 1}", "map(dyn, int)"},
                             {"{'a': [], 'b': [true]}", "map(string, list(bool))"},
                             {"true ? [] : ['a']", "list(string)"},
                             {"agent.groups.map(g, size(g))", "list(int)"},
                             {"agent.groups.filter(g, g != '')", "list(string)"},
                             {"expert.skills.map(k, expert.skills[k] > 2, k)", "list(string)"},
                             {"[].map(x, x)", "list(dyn)"},
                             {"[].map(n, n / 2)", "list(int)"},
                             {"has(x.y)", "bool"},
                             {"int", "type(int)"},
                             {"type(1.5)", "type(double)"},
                             {"type", "type(type)"},
                             {"google.protobuf.Timestamp", "type(google.protobuf.Timestamp)"},
                             {"timestamp(0) - timestamp(1)", "google.protobuf.Duration"},
                             {"duration('1s') + timestamp(1)", "google.protobuf.Timestamp"},
                             {"dyn(1)", "dyn"},
                             {"ready('a', 1)", "int"},
                             {"queue.waiting('a')", "google.protobuf.Duration"},
                             {"null", "null_type"},
                         }));

class Mistakes : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Mistakes, AreSaidWithTheirPlace) {
  EXPECT_THAT(issues(GetParam().first, declared()), ElementsAre(GetParam().second)) << GetParam().first;
}

INSTANTIATE_TEST_SUITE_P(
    , Mistakes,
    testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
        {"1 + 'a'", "2+1 '+' cannot take int and string"},
        {"user_data.topic == 5", "16+2 string and int cannot be compared with '=='"},
        {"1 == 1.0", "2+2 int and double cannot be compared with '=='"},
        {"5 in agent.groups",
         "2+2 'in' looks for int in a list or the keys of a map of these, and on its right is "
         "list(string)"},
        {"'a' in user_data.topic",
         "4+2 'in' looks for string in a list or the keys of a map of these, and on its right is string"},
        {"user_data.amount && true", "0+16 '&&' joins conditions (bool), and this is int"},
        {"true || false || 'a'", "17+3 '||' joins conditions (bool), and this is string"},
        {"!user_data.amount", "0+1 '!' cannot take int"},
        {"-'a'", "0+1 '-' cannot take string"},
        {"-1u", "0+1 '-' cannot take uint"},
        {"1 ? 2 : 3", "2+1 the condition before '?' must be bool, and this is int"},
        {"true ? 2 : 'a'", "5+1 both values of '? :' must be of one type, and these are int and string"},
        {"agent.groups['a']", "12+1 list(string) cannot be indexed with string"},
        {"user_data.topic.length", "16+6 string has no fields, so no 'length'"},
        {"{1: 2}.a", "7+1 the keys of map(int, int) are no names; write [...] with a key"},
        {"user_data.topic.startsWith(1)",
         "16+10 'startsWith' cannot take (int) on string; it takes (string) on string"},
        {"user_data.topic.contains()", "16+8 'contains' cannot take () on string; it takes (string) on string"},
        {"ready(1)", "0+5 'ready' cannot take (int); it takes (string, int) or (string)"},
        {"size(1)", "0+4 'size' cannot take (int); it takes (string) or (bytes) or (list(dyn)) or (map(dyn, dyn))"},
        {"contains('a', 'b')", "0+8 'contains' is called after a dot: text.contains(...)"},
        {"'1'.int()", "4+3 'int' is called as int(...), not after a dot"},
        {"lowercase('A')", "0+9 no function 'lowercase'"},
        {"user_data.tpic == 'a'", "0+14 undeclared name 'user_data.tpic'"},
        {"usr_data.topic == 'a'", "0+8 undeclared name 'usr_data'"},
        {"user_data == 1", "0+9 'user_data' is not a value itself; name one of its parts, such as user_data.topic"},
        {"has(user_data.tpic)", "4+14 undeclared name 'user_data.tpic'"},
        {"dyn", "0+3 undeclared name 'dyn'"},
        {"{1.5: 2}", "1+3 a map's key is bool, int, uint or string, and this is double"},
        {"5.all(i, true)", "0+1 a list or a map is needed here, and this is int"},
        {"[1].all(i, i)", "11+1 a condition (bool) is needed here, and this is int"},
        {"[1].filter(i, 'a')", "14+3 a condition (bool) is needed here, and this is string"},
        {"[1].map(i, 'a', i)", "11+3 a condition (bool) is needed here, and this is string"},
        {"[1].map(i, i + 'a')", "13+1 '+' cannot take int and string"},
        {"[1].all(i, true) && i == 1", "20+1 undeclared name 'i'"},
    }));

TEST(Checker, FindsAllMistakesAtOnce) {
  EXPECT_THAT(issues("user_data.tpic == 1 && user_data.amount == 'a' || foo(bar)", declared()),
              ElementsAre("0+14 undeclared name 'user_data.tpic'", "40+2 int and string cannot be compared with '=='",
                          "50+3 no function 'foo'", "54+3 undeclared name 'bar'"));
}

TEST(Checker, OffersWhatCouldHaveBeenMeant) {
  const auto candidates = [](std::string_view text) { return compile(text, declared()).issues.front().candidates; };
  EXPECT_THAT(candidates("user_data.tpic"), ElementsAre("user_data.topic", "user_data.amount"));
  EXPECT_THAT(candidates("usr.topic"), Contains("user_data.topic"));
  EXPECT_THAT(candidates("redy('a')"), Contains("ready"));
  EXPECT_THAT(candidates("redy('a')"), Not(Contains("startsWith")));
  EXPECT_THAT(candidates("'a'.startWith('b')"), Contains("startsWith"));
  EXPECT_THAT(candidates("[1].any(x, true)"), Contains("exists"));
  EXPECT_EQ(compile("user_data.tpic.x", declared()).issues.front().name, "user_data.tpic");
}

TEST(Checker, LetsTypesBeMetWhenEvaluatedIfAsked) {
  const Options unchecked{.disable_check = true};
  EXPECT_EQ(result("true || 1", Facts(), unchecked), "true");
  EXPECT_EQ(result("nobody || true", Facts(), unchecked), "true");
  EXPECT_EQ(result("f(1) || true", Facts(), unchecked), "true");
  EXPECT_EQ(result("nobody.x", Facts(), unchecked), "error: undeclared name 'nobody.x'");
  EXPECT_EQ(result("1 + 'a'", Facts(), unchecked), "error: '+' cannot take (int, string)");
  EXPECT_EQ(result("(", Facts(), unchecked), "issue: the expression ends too early");
}

}  // namespace
}  // namespace expertline::cel
