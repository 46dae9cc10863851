// What is written: literals, precedence, names, and where it is said that something cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "unit/cel/support.h"

namespace expertline::cel {
namespace {

using ::testing::ElementsAre;

class Literals : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Literals, AreTheValuesTheyWrite) { EXPECT_EQ(result(GetParam().first), GetParam().second) << GetParam().first; }

INSTANTIATE_TEST_SUITE_P(, Literals,
                         testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
                             {"0", "0"},
                             {"-9223372036854775808", "-9223372036854775808"},
                             {"- 5", "-5"},
                             {"0xfF", "255"},
                             {"-0x10", "-16"},
                             {"18446744073709551615u", "18446744073709551615u"},
                             {"0x10U", "16u"},
                             {"1.50", "1.5"},
                             {".5", "0.5"},
                             {"2.", "issue: a name is missing after '.'"},
                             {"1e3", "1000.0"},
                             {"1.5E-7", "1.5e-07"},
                             {"1e-400", "0.0"},
                             {"true", "true"},
                             {"null", "null"},
                             {"'it''s'", "issue: ''s'' is not expected here"},
                             {"'say \"so\"'", R"("say \"so\"")"},
                             {R"("\a\b\f\n\r\t\v\\\?\"\'\`")", R"("\x07\x08\x0c\n\r\t\x0b\\?\"'`")"},
                             {R"("\x41\X42\103\u00e9\U0001F600")", "\"ABCé😀\""},
                             {R"("\377")", "\"ÿ\""},
                             {R"(b"\377\xff")", R"(b"\xff\xff")"},
                             {"b'ÿ'", R"(b"\xc3\xbf")"},
                             {R"(r"\d")", R"("\\d")"},
                             {R"(Br'\n')", R"(b"\\n")"},
                             {"'''two\nlines, it's'''", R"("two\nlines, it's")"},
                             {"\"\"\"a\"b\"\"\"", R"("a\"b")"},
                             {"''", "\"\""},
                             {"''''''", "\"\""},
                             {"[]", "[]"},
                             {"[1, 'a',]", "[1, \"a\"]"},
                             {"{}", "{}"},
                             {"{'a': 1, 2: [3u],}", "{\"a\": 1, 2: [3u]}"},
                         }));

class Precedence : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Precedence, IsTheLanguages) { EXPECT_EQ(result(GetParam().first), GetParam().second) << GetParam().first; }

INSTANTIATE_TEST_SUITE_P(, Precedence,
                         testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
                             {"1 + 2 * 3", "7"},
                             {"(1 + 2) * 3", "9"},
                             {"10 - 4 - 3", "3"},
                             {"12 / 2 * 3 % 5", "3"},
                             {"-2 + 3", "1"},
                             {"- -2", "2"},
                             {"--2", "2"},
                             {"!true || true", "true"},
                             {"!(true || true)", "false"},
                             {"!!true", "true"},
                             {"1 + 1 == 2 && 3 < 4", "true"},
                             {"true || false && false", "true"},
                             {"1 < 2 == true", "true"},
                             {"1 in [1] == true", "true"},
                             {"false ? 1 : true ? 2 : 3", "2"},
                             {"true ? false ? 1 : 2 : 3", "issue: '?' is not expected here"},
                             {"[1, 2][1] + {'a': 5}.a", "7"},
                             {"-[1][0]", "-1"},
                             {"1 // and a comment\n + 1", "2"},
                             {"\t1\f+\r\n1 // at the end", "2"},
                         }));

TEST(Parser, SaysWhereItCannotReadOn) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "0+0 there is no expression"},
      {"  // nothing", "12+0 there is no expression"},
      {"1 +", "3+0 the expression ends too early"},
      {"1 2", "2+1 '2' is not expected here"},
      {"(1 + 2", "0+1 '(' is not closed by ')'"},
      {"f(1, 2", "1+1 '(' is not closed by ')'"},
      {"f(1,)", "4+1 ')' is not expected here"},
      {"[1, 2", "0+1 '[' is not closed by ']'"},
      {"{1: 2", "0+1 '{' is not closed by '}'"},
      {"{1, 2}", "2+1 ',' is not expected here"},
      {"a ? b", "5+0 '?' has no ':' with what holds otherwise"},
      {"a.", "2+0 a name is missing after '.'"},
      {"a.1", "1+2 '.1' is not expected here"},
      {"a = 1", "2+1 '=' is no operator; equality is '=='"},
      {"a & b", "2+1 '&' is no operator; 'and' is '&&'"},
      {"a | b", "2+1 '|' is no operator; 'or' is '||'"},
      {"a # b", "2+1 '#' is not part of the language"},
      {"a é b", "2+2 'é' is not part of the language"},
      {"'abc", "0+4 a string is not closed"},
      {"'a\nb'", "0+2 a string is not closed"},
      {"b'abc", "0+5 bytes are not closed"},
      {"'a\\qb'", "2+2 no such escape; a backslash itself is written \\\\"},
      {"'\\u12'", "1+4 no such escape; a backslash itself is written \\\\"},
      {"'\\477'", "1+2 no such escape; a backslash itself is written \\\\"},
      {"'\\ud800'", "1+6 the escape is no Unicode character"},
      {"'\\U00110000'", "1+10 the escape is no Unicode character"},
      {"b'\\u00e9'", "2+6 bytes take \\x and octal escapes only"},
      {"9223372036854775808", "0+19 the number is too large for an int"},
      {"-9223372036854775809", "1+19 the number is too large for an int"},
      {"18446744073709551616u", "0+21 the number is too large for a uint"},
      {"1e400", "0+5 the number is too large for a double"},
      {"while", "0+5 'while' is a reserved word"},
      {"`a`", "0+3 '`a`' is not expected here"},
      {"a.`b", "2+2 a name in backquotes is not closed, or holds what no name may"},
      {"has(a)", "4+1 has() takes a field, such as has(a.b)"},
      {"[1].all(x.y, true)", "8+3 all() takes a name for the element first"},
      {"'\xff'", "1+1 the text is not UTF-8"},
  };
  for (const auto& [text, expected] : cases) EXPECT_THAT(issues(text), ElementsAre(expected)) << text;
}

TEST(Parser, TakesReservedWordsAfterADot) {
  EXPECT_EQ(result("{'for': 1, 'package': 2}.for"), "1");
  EXPECT_EQ(result("{'in': 1}.in"), "issue: 'in' is not expected here");
}

TEST(Parser, TakesNamesInBackquotesAfterADot) {
  EXPECT_EQ(result("{'content-type': {'a.b': 3}}.`content-type`.`a.b`"), "3");
  EXPECT_EQ(result("has({'a/b': 1}.`a/b`)"), "true");
}

TEST(Parser, KnowsNoMessages) {
  EXPECT_THAT(issues("a.B{c: 1} == 2"), ElementsAre("0+3 there are no message types, so none can be made"));
}

TEST(Parser, ReadsMacrosAsFunctionsIfThereAreNone) {
  EXPECT_EQ(result("[1].exists(x, x == 1)"), "true");
  EXPECT_EQ(result("[1].exists(x, x == 1)", Facts(), {.disable_macros = true}), "issue: no function 'exists'");
}

}  // namespace
}  // namespace expertline::cel
