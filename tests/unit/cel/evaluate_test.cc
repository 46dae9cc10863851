// What expressions evaluate to, by area.
#include <gtest/gtest.h>

#include "unit/cel/support.h"

namespace expertline::cel {
namespace {

struct Case {
  const char* text;
  const char* expected;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.text; }

class Evaluated : public testing::TestWithParam<Case> {};

TEST_P(Evaluated, Value) { EXPECT_EQ(result(GetParam().text), GetParam().expected) << GetParam().text; }

constexpr const char* kRange = "error: the result is out of range";

INSTANTIATE_TEST_SUITE_P(WholeNumbers, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"9223372036854775807 + 1", kRange},
                             {"-9223372036854775808 - 1", kRange},
                             {"4611686018427387904 * 2", kRange},
                             {"-(-9223372036854775808)", kRange},
                             {"-9223372036854775808 / -1", kRange},
                             {"-9223372036854775808 % -1", kRange},
                             {"18446744073709551615u + 1u", kRange},
                             {"0u - 1u", kRange},
                             {"9223372036854775808u * 2u", kRange},
                             {"7 / 2", "3"},
                             {"-7 / 2", "-3"},
                             {"-7 % 2", "-1"},
                             {"7u % 4u", "3u"},
                             {"1 / 0", "error: division by zero"},
                             {"1u % 0u", "error: remainder by zero"},
                         }));

INSTANTIATE_TEST_SUITE_P(Doubles, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"0.1 + 0.2", "0.30000000000000004"},
                             {"1.0 / 0.0", "Infinity"},
                             {"-1.0 / 0.0", "-Infinity"},
                             {"0.0 / 0.0", "NaN"},
                             {"0.0 / 0.0 == 0.0 / 0.0", "false"},
                             {"0.0 / 0.0 != 0.0 / 0.0", "true"},
                             {"0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0", "false"},
                             {"0.0 == -0.0", "true"},
                             {"dyn(5.0) % dyn(2.0)", "error: '%' cannot take (double, double)"},
                         }));

INSTANTIATE_TEST_SUITE_P(NumbersOfDifferentKinds, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"dyn(1) == 1u && dyn(1) == 1.0 && dyn(1u) == 1.0", "true"},
                             {"dyn(-1) == 18446744073709551615u", "false"},
                             {"dyn(1) == 1.5", "false"},
                             {"1 < 1.5 && 1u < 2 && 2.5 > 2u && -1 < 0u", "true"},
                             {"1 <= 0.0 / 0.0", "false"},
                             {"9223372036854775807 < 9223372036854775808u", "true"},
                             {"dyn(9007199254740993) == 9007199254740992.0", "true"},
                             {"dyn(1) == 'a' || dyn(null) == 0", "false"},
                             {"1 in [dyn(1.0)] && dyn(2u) in [1, 2]", "true"},
                             {"dyn(1) + 1.0", "error: '+' cannot take (int, double)"},
                         }));

INSTANTIATE_TEST_SUITE_P(Order, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"'a' < 'b' && 'a' < 'aa' && 'Z' < 'a'", "true"},
                             {"'\U0001F600' > '\uFFFF'", "true"},
                             {"b'\\xff' > b'a'", "true"},
                             {"false < true && true >= true", "true"},
                             {"dyn('a') < 1", "error: '<' cannot take (string, int)"},
                             {"dyn([1]) < dyn([2])", "error: '<' cannot take (list, list)"},
                         }));

INSTANTIATE_TEST_SUITE_P(Texts, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"'ab' + 'cd'", R"("abcd")"},
                             {"b'a' + b'b'", R"(b"ab")"},
                             {"size('größe😀')", "6"},
                             {"'größe'.size()", "5"},
                             {"size(b'größe')", "7"},
                             {"'mortgage'.contains('tga') && !'mortgage'.contains('x') && ''.contains('')", "true"},
                             {"'mortgage'.startsWith('mort') && 'mortgage'.endsWith('age')", "true"},
                             {"'a1b'.matches('[0-9]')", "true"},
                             {"'a1b'.matches('^[0-9]$')", "false"},
                             {"matches('abc', 'B')", "false"},
                             {"matches('abc', '(?i)B')", "true"},
                             {"'x'.matches('(')", "error: not a regular expression: missing ): ("},
                             {"['(', 'x'].exists(p, 'x'.matches(p))", "true"},
                         }));

INSTANTIATE_TEST_SUITE_P(Lists, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"[1, 2] + [3]", "[1, 2, 3]"},
                             {"[1, 2] == [1, 2] && [1, 2] != [2, 1] && [1] != [1, 1]", "true"},
                             {"[dyn(1), 'a'] == [1.0, 'a']", "true"},
                             {"[1, 2, 3][2]", "3"},
                             {"[1, 2, 3][3]", "error: index out of range: 3"},
                             {"[1, 2, 3][-1]", "error: index out of range: -1"},
                             {"[1, 2, 3][dyn(1.0)] + [1, 2][dyn(1u)]", "4"},
                             {"[1, 2, 3][dyn(1.5)]", "error: no index of a list: double"},
                             {"[1][dyn('a')]", "error: no index of a list: 'a'"},
                             {"2 in [1, 2] && !(3 in [1, 2]) && !(1 in [])", "true"},
                             {"size([1, 2]) + [].size()", "2"},
                             {"[[1], []].map(l, l.size())", "[1, 0]"},
                         }));

INSTANTIATE_TEST_SUITE_P(Maps, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"{'a': 1, 'b': 2}.b", "2"},
                             {"{'a': 1}['b']", "error: no such key: 'b'"},
                             {"{'a': 1}.b", "error: no such key: 'b'"},
                             {"{1: 'x'}[dyn(1u)] + {1u: 'y'}[dyn(1)] + {1: 'z'}[dyn(1.0)]", R"("xyz")"},
                             {"{1: 'x'}[dyn(1.5)]", "error: no such key: double"},
                             {"dyn(1.0) in {1: 2} && !(dyn('1') in {1: 2})", "true"},
                             {"{'a': 1, 'b': 2} == {'b': 2.0, 'a': dyn(1u)}", "true"},
                             {"{'a': 1} == {'b': 1}", "false"},
                             {"{'a': 1, 'a': 2}", "error: the key \"a\" is repeated"},
                             {"{1: 1, dyn(1u): 2}", "error: the key 1u is repeated"},
                             {"{dyn(1.5): 1}", "error: double cannot be a map's key"},
                             {"size({'a': 1}) + {}.size()", "1"},
                             {"has({'a': null}.a) && !has({'a': 1}.b)", "true"},
                             {"has(dyn(1).a)", "error: this cannot take (int)"},
                             {"{1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9,10:10,11:11}[dyn(9u)]", "9"},
                             {"12 in {1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9,10:10,11:11}", "false"},
                             {"{1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9,10:10,1u:11}", "error: the key 1u is repeated"},
                         }));

INSTANTIATE_TEST_SUITE_P(Macros, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"[1, 2].all(x, x > 0) && ![1, 2].all(x, x > 1) && [].all(x, false)", "true"},
                             {"[1, 2].exists(x, x > 1) && ![].exists(x, true)", "true"},
                             {"[1, 2, 3].exists_one(x, x > 2) && ![2, 3].exists_one(x, x > 1)", "true"},
                             {"[1, 2, 3].existsOne(x, x > 2)", "true"},
                             {"[1, 2, 3].map(x, x * 2)", "[2, 4, 6]"},
                             {"[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"},
                             {"[1, 2, 3].filter(x, x % 2 == 1)", "[1, 3]"},
                             {"{'a': 1, 'b': 2}.filter(k, k > 'a')", R"(["b"])"},
                             {"{'a': 1}.map(k, k + '!')", R"(["a!"])"},
                             {"[[1, 2], [3]].map(l, l.map(x, x + l.size()))", "[[3, 4], [4]]"},
                             {"[1].map(x, [2].map(x, x))", "[[2]]"},
                             {"[1, 2].map(x, [x]).map(y, y[0] + 1)", "[2, 3]"},
                         }));

// What decides hides what is wrong, in either order.
INSTANTIATE_TEST_SUITE_P(Absorption, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"1 / 0 == 1 || true", "true"},
                             {"true || 1 / 0 == 1", "true"},
                             {"1 / 0 == 1 && false", "false"},
                             {"false && 1 / 0 == 1", "false"},
                             {"1 / 0 == 1 || false", "error: division by zero"},
                             {"true && 1 / 0 == 1", "error: division by zero"},
                             {"1 / 0 == 1 && 1 / 0 == 1 && false", "false"},
                             {"[0, 1].exists(x, 1 / x == 1)", "true"},
                             {"[1, 0].exists(x, 1 / x == 1)", "true"},
                             {"[0, 2].exists(x, 1 / x == 1)", "error: division by zero"},
                             {"[0, 2].all(x, 2 / x == 0)", "false"},
                             {"[0, 2].all(x, 2 / x == 1)", "error: division by zero"},
                             {"[0, 1].exists_one(x, 1 / x == 1)", "error: division by zero"},
                             {"[0, 1].map(x, 1 / x)", "error: division by zero"},
                             {"[0, 1].filter(x, 1 / x == 1)", "error: division by zero"},
                             {"true ? 1 : 1 / 0", "1"},
                             {"1 / 0 == 1 ? 1 : 2", "error: division by zero"},
                             {"dyn('a') || true", "true"},
                             {"dyn('a') && true", "error: this cannot take (string)"},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Conversions, Evaluated,
    testing::ValuesIn(std::vector<Case>{
        {"int('-12') + int(' 1')", "error: \" 1\" is no int, or out of its range"},
        {"int('+7')", "7"},
        {"int('')", "error: \"\" is no int, or out of its range"},
        {"int('9223372036854775808')", "error: \"9223372036854775808\" is no int, or out of its range"},
        {"int(2.9) + int(-2.9) + int(3u)", "3"},
        {"int(1e19)", "error: 10000000000000000000.0 is no int, or out of its range"},
        {"int(0.0 / 0.0)", "error: NaN is no int, or out of its range"},
        {"int(9223372036854775808u)", "error: 9223372036854775808u is no int, or out of its range"},
        {"int(timestamp('1970-01-01T00:01:00.9Z'))", "60"},
        {"uint('7') + uint(1) + uint(1.9)", "9u"},
        {"uint(-1)", "error: -1 is no uint, or out of its range"},
        {"uint('-1')", "error: \"-1\" is no uint, or out of its range"},
        {"double('1.5') + double(2) + double(1u)", "4.5"},
        {"double('x')", "error: \"x\" is no double, or out of its range"},
        {"double('0x10')", "error: \"0x10\" is no double, or out of its range"},
        {"double('-Infinity')", "-Infinity"},
        {"string(1) + string(2u) + string(true) + string('a')", R"("12truea")"},
        {"string(1.0) + ' ' + string(1e30) + ' ' + string(0.00001)", R"("1 1e+30 1e-05")"},
        {"string(b'\\xff')", R"(error: b"\xff" is no string, or out of its range)"},
        {"string(b'abc') + string(bytes('d'))", R"("abcd")"},
        {"bytes('ÿ')", R"(b"\xc3\xbf")"},
        {"bool('true') && bool('T')", R"(error: "T" is no bool, or out of its range)"},
        {"bool('False') || bool('1')", "true"},
        {"type(1) == int && type('') == string && type([1]) == type([]) && type(null) == null_type", "true"},
        {"type(type(1))", "type"},
        {"type(timestamp(0)) == google.protobuf.Timestamp", "true"},
        {"type({}) == map && type(b'') == bytes && type(1u) == uint && type(.1) == double", "true"},
        {"[dyn(1), dyn('a')].map(v, type(v))", "[int, string]"},
    }));

INSTANTIATE_TEST_SUITE_P(Null, Evaluated,
                         testing::ValuesIn(std::vector<Case>{
                             {"null == null && dyn(null) != false", "true"},
                             {"{'a': null}.a == null", "true"},
                         }));

TEST(Names, AreLookedUpInTheContainersFirst) {
  const Facts facts({{"y", "string", "'outer'"}, {"a.y", "string", "'a'"}, {"a.b.y", "string", "'a.b'"}});
  EXPECT_EQ(result("y", facts), R"("outer")");
  EXPECT_EQ(result("y", facts, {.container = "a"}), R"("a")");
  EXPECT_EQ(result("y", facts, {.container = "a.b"}), R"("a.b")");
  EXPECT_EQ(result("y", facts, {.container = "a.c"}), R"("a")");
  EXPECT_EQ(result(".y", facts, {.container = "a.b"}), R"("outer")");
  EXPECT_EQ(result("b.y", facts, {.container = "a"}), R"("a.b")");
}

TEST(Names, AreTheLongestThatIsDeclared) {
  const Facts facts({{"a.b", "map(string, string)", "{'c': 'field', 'd': 'other'}"}, {"a.b.c", "string", "'name'"}});
  EXPECT_EQ(result("a.b.c", facts), R"("name")");
  EXPECT_EQ(result("(a.b).c", facts), R"("name")");
  EXPECT_EQ(result("a.b['c'] + a.b.d", facts), R"("fieldother")");
}

TEST(Names, OfLoopsComeBeforeAllOthers) {
  const Facts facts({{"y", "int", "42"}, {"y.z", "int", "42"}});
  EXPECT_EQ(result("[0].exists(y, y == 0)", facts), "true");
  EXPECT_EQ(result("[{'z': 0}].exists(y, y.z == 0)", facts), "true");
  EXPECT_EQ(result("[{'z': 0}].exists(y, .y.z == 42)", facts), "true");
  EXPECT_EQ(result("[0].exists(y, y == 0) && y == 42", facts), "true");
  EXPECT_EQ(result("[{'z': 0}].exists(y, y.z == 0)", facts, {.disable_check = true}), "true");
}

TEST(AbsentVariables, AreErrorsThatConditionsAbsorb) {
  const Facts facts({{"user_data.topic", "string", std::nullopt}, {"user_data.vip", "bool", "true"}});
  EXPECT_EQ(result("user_data.topic", facts), "error: 'user_data.topic' is not there");
  EXPECT_EQ(result("user_data.topic == 'a' || user_data.vip", facts), "true");
  EXPECT_EQ(result("user_data.topic == 'a' && !user_data.vip", facts), "false");
  EXPECT_EQ(result("user_data.topic == 'a' && user_data.vip", facts), "error: 'user_data.topic' is not there");
  EXPECT_EQ(result("has(user_data.topic)", facts), "false");
  EXPECT_EQ(result("has(user_data.vip)", facts), "true");
  EXPECT_EQ(result("has(user_data.topic) && user_data.topic == 'a'", facts), "false");
  EXPECT_EQ(result("has(user_data.topic) ? user_data.topic : 'none'", facts), R"("none")");
}

TEST(AbsentVariables, AreNamedByTheError) {
  const Facts facts({{"a", "int", "1"}, {"user_data.topic", "string", std::nullopt}});
  const auto program = compile("a == 1 && user_data.topic == 'x'", facts.environment()).program;
  Arena arena;
  Budget budget;
  const Value value = program->evaluate(facts, arena, budget);
  ASSERT_TRUE(value.is_error());
  EXPECT_EQ(value.as_error().code, EvalError::Code::kMissing);
  EXPECT_EQ(value.as_error().variable, 1u);
  EXPECT_EQ(value.as_error().offset, 10u);
  EXPECT_EQ(value.as_error().length, 15u);
}

}  // namespace
}  // namespace expertline::cel
