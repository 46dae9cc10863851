#include "yaml/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expertline::yaml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> codes(std::string_view text, Limits limits = {}) {
  Issues issues("f.yaml");
  parse(text, issues, limits);
  std::vector<std::string> out;
  for (const Issue& issue : issues.take()) {
    out.push_back(std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + ":" + issue.code);
  }
  return out;
}

TEST(Yaml, ReadsATreeWithThePlaceOfEachValue) {
  Issues issues("f.yaml");
  const auto root = parse("a: 1\nb:\n  - x\n  - 'y z'\nc: {d: ~}\n", issues);
  ASSERT_TRUE(root);
  EXPECT_TRUE(issues.empty());
  EXPECT_EQ(root->find("a")->value.scalar, "1");
  EXPECT_EQ(root->find("a")->value.mark, (Mark{1, 4}));
  const Node& list = root->find("b")->value;
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[1].scalar, "y z");
  EXPECT_TRUE(list.items[1].quoted);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_EQ(list.items[1].mark, (Mark{4, 5}));
  const Entry* d = root->find("c")->value.find("d");
  EXPECT_EQ(d->value.kind, Node::Kind::kNull);
  EXPECT_EQ(d->mark, (Mark{5, 5}));
  EXPECT_EQ(root->find("e"), nullptr);
}

TEST(Yaml, KeepsScalarsAsTheyWereWritten) {
  Issues issues("f.yaml");
  const auto root = parse("[010, NO, 1e3, 0x10, 7001, \"null\"]", issues);
  ASSERT_TRUE(root);
  std::vector<std::string> texts;
  for (const Node& item : root->items) texts.push_back(item.scalar);
  EXPECT_THAT(texts, ElementsAre("010", "NO", "1e3", "0x10", "7001", "null"));
}

TEST(Yaml, ColumnsCountCharactersNotBytes) {
  EXPECT_THAT(codes("{größe: 1, größe: 2}"), ElementsAre("1:12:yaml_duplicate_key"));
}

TEST(Yaml, AMissingValueIsAtItsKey) {
  Issues issues("f.yaml");
  const auto root = parse("a:\nb: 1\n", issues);
  EXPECT_EQ(root->find("a")->value.mark, (Mark{1, 1}));
}

struct Bad {
  std::string text;
  std::vector<std::string> issues;
};

class YamlTraps : public ::testing::TestWithParam<Bad> {};

TEST_P(YamlTraps, AreIssuesAtTheirPlace) { EXPECT_EQ(codes(GetParam().text), GetParam().issues) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(
    All, YamlTraps,
    ::testing::Values(
        Bad{"", {"1:1:yaml_empty"}}, Bad{"# only a comment\n", {"1:1:yaml_empty"}},
        Bad{"only_if: !user_data.vip\n", {"1:10:yaml_tag"}}, Bad{"a: ! x\n", {"1:4:yaml_tag"}},
        Bad{"a: !!int 3\n", {"1:4:yaml_tag"}}, Bad{"a: !!map {b: 1}\n", {"1:4:yaml_tag"}},
        Bad{"a: !x [1]\n", {"1:4:yaml_tag"}}, Bad{"!k a: 1\n", {"1:1:yaml_tag"}},
        Bad{"a: &x 1\nb: *x\n", {"1:4:yaml_anchor", "2:4:yaml_alias"}}, Bad{"a: *x\n", {"1:4:yaml_alias"}},
        Bad{"&a [*a]\n", {"1:1:yaml_anchor", "1:5:yaml_alias"}}, Bad{"a: &x\n", {"1:4:yaml_anchor"}},
        Bad{"a: 1\nb: 2\na: 3\n", {"3:1:yaml_duplicate_key"}},
        Bad{"{a: 1, a: 2, a: 3}", {"1:8:yaml_duplicate_key", "1:14:yaml_duplicate_key"}},
        Bad{"a: {b: 1,\n b: 2}\n", {"2:2:yaml_duplicate_key"}}, Bad{"a: 1\n---\nb: 2\n", {"2:1:yaml_second_document"}},
        Bad{"a: 1\n...\nb: 2\n", {"3:1:yaml_second_document"}}, Bad{"? [a]\n: 1\n", {"1:3:yaml_key"}},
        Bad{"~: 1\n", {"1:1:yaml_key"}}, Bad{"a: b: c\n", {"1:5:yaml_colon"}}, Bad{"a: [1\n", {"1:4:yaml_bracket"}},
        Bad{"a: 'x\n", {"1:4:yaml_quote"}}, Bad{"a: 'it''s", {"1:4:yaml_quote"}},
        Bad{"a: \"x\\\"\n", {"1:4:yaml_quote"}}, Bad{"a: 'it''s'\nb: \"\\\"\"", {}},
        Bad{"a:\n\t- 1\n", {"2:1:yaml_tab"}}, Bad{"a: \xff\n", {"1:4:yaml_not_utf8"}},
        Bad{"a: \xc0\xaf\n", {"1:4:yaml_not_utf8"}}, Bad{"a: \xed\xa0\x80\n", {"1:4:yaml_not_utf8"}},
        Bad{"a: \xf4\x90\x80\x80\n", {"1:4:yaml_not_utf8"}}, Bad{"a: \xe2\x82", {"1:4:yaml_not_utf8"}},
        Bad{"a: 1\nb: \x01\n", {"2:4:yaml_control_character"}},
        Bad{std::string("a: \0b\n", 6), {"1:4:yaml_control_character"}}, Bad{"a: p ? 1 : 0\n", {"1:10:yaml_colon"}},
        Bad{"a: {b: c: d}\n", {"1:9:yaml_colon"}}, Bad{"a: \"x\" == y\n", {"1:4:yaml_after_quote"}},
        Bad{"a: {b: 'x' == y}\n", {"1:8:yaml_after_quote"}}, Bad{"a: [1, 2].size()\n", {"1:10:yaml_after_bracket"}},
        Bad{"a: %x\nb: @y\nc: `z\n", {"1:4:yaml_reserved", "2:4:yaml_reserved", "3:4:yaml_reserved"}},
        Bad{"a: > 5\n", {"1:4:yaml_reserved"}}, Bad{"a: 1\nb:2\nc: 3\n", {"2:2:yaml_colon_space"}},
        Bad{"a: {m: Hello ${b}}\n", {"1:15:yaml_bracket"}}, Bad{"a: [x, y}\n", {"1:9:yaml_bracket"}},
        Bad{"a: call #5\n", {"1:9:yaml_comment"}}, Bad{"a: call # 5\n", {}},
        Bad{"a: |\n  b: c: d\ne: f: g\n", {"3:5:yaml_colon"}}, Bad{"a: x\rb: y\n", {"1:5:yaml_control_character"}}));

TEST(Yaml, TakesAByteOrderMarkAndWindowsLineEnds) {
  EXPECT_THAT(codes("\xEF\xBB\xBF"
                    "a: 1\r\nb: 2\r\nb: 3\r\n"),
              ElementsAre("3:1:yaml_duplicate_key"));
}

TEST(Yaml, LimitsSizeAndDepth) {
  EXPECT_THAT(codes(std::string(300'000, 'a')), ElementsAre("1:1:yaml_too_large"));
  EXPECT_THAT(codes(std::string(300'000, 'a'), {.bytes = 1'000'000}), ElementsAre());
  EXPECT_THAT(codes(std::string(32, '[') + std::string(32, ']')), ElementsAre());
  EXPECT_THAT(codes(std::string(33, '[') + std::string(33, ']')), ElementsAre("1:33:yaml_too_deep"));
  EXPECT_THAT(codes(std::string(200'000, '[')), ElementsAre(HasSubstr("yaml_too_deep")));
  EXPECT_THAT(codes(std::string(200'000, '{')), ElementsAre(HasSubstr("yaml_too_deep")));
}

TEST(Yaml, HintsAtTheQuotedForm) {
  Issues issues("f.yaml");
  parse("only_if: !user_data.vip  # x\nb: {c: !d.e, f: 1}\n", issues);
  const auto list = issues.take();
  EXPECT_THAT(list[0].hint, HasSubstr("'!user_data.vip'"));
  EXPECT_THAT(list[1].hint, HasSubstr("'!d.e'"));
}

TEST(Yaml, ShowsTheLineWithACaret) {
  const Issue issue{.file = "f.yaml", .mark = {2, 4}, .code = "c", .message = "m", .hint = "h"};
  EXPECT_EQ(with_source(issue, "x\n\tä: y\n"), "f.yaml:2:4: m [c] (h)\n  \tä: y\n  \t  ^");
}

// Where byte `offset` of the value of the only key stands, and how long three bytes from there are.
std::string inside(const std::string& text, const std::string& part) {
  Issues issues("f.yaml");
  const auto root = parse(text, issues);
  if (!root || root->entries.empty()) return "not read";
  const Node& node = root->entries[0].value;
  const size_t offset = node.scalar.find(part);
  if (offset == std::string::npos) return "not there: " + node.scalar;
  issues.add_inside(node, offset, part.size(), "c", "m");
  const Issue issue = issues.take().back();
  return std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + "+" + std::to_string(issue.length);
}

TEST(Places, InsideAScalarAreExact) {
  EXPECT_EQ(inside("a: one two\n", "two"), "1:8+3");
  EXPECT_EQ(inside("a: 'one two'\n", "two"), "1:9+3");
  EXPECT_EQ(inside("a: 'it''s one two'\n", "two"), "1:15+3");
  EXPECT_EQ(inside("a: \"\\\"one\\\" two\"\n", "two"), "1:13+3");
  EXPECT_EQ(inside("a: \"\\x41\\u00e4\\U0001F600 two\"\n", "two"), "1:26+3");
  EXPECT_EQ(inside("a: größe two\n", "two"), "1:10+3");
  EXPECT_EQ(inside("a: 'größe'\n", "öß"), "1:7+2");
  EXPECT_EQ(inside("a: one\n  more\n\n  two\n", "two"), "4:3+3");
  EXPECT_EQ(inside("a: 'one  \n  more\n\n\n  two'\n", "two"), "5:3+3");
  EXPECT_EQ(inside("a: \"one\\\n  more two\"\n", "two"), "2:8+3");
  EXPECT_EQ(inside("a: |\n  one\n\n    two\n", "two"), "4:5+3");
  EXPECT_EQ(inside("a: |\r\n  one\r\n  two\r\n", "two"), "3:3+3");
  EXPECT_EQ(inside("a: >-\n\n    one\n    more\n\n    two\n", "two"), "6:5+3");
  EXPECT_EQ(inside("a: >2\n    one\n   two\n", "two"), "3:4+3");
  EXPECT_EQ(inside("\xEF\xBB\xBF"
                   "a: one two\n",
                   "two"),
            "1:8+3");
}

TEST(Excerpts, UnderlineWhatIsMeantAndCutLongLines) {
  Issues issues("f.yaml");
  const std::string text = "k: {word: \"a b\", other: 5}\n";
  parse(text, issues);
  issues.add({1, 5}, "c", "m");
  issues.add({1, 11}, "c", "m");
  issues.warn({1, 25}, "c", "m");
  const auto list = issues.take();
  EXPECT_EQ(excerpt(list[0], text).caret, "    ^~~~");
  EXPECT_EQ(excerpt(list[1], text).caret, "          ^~~~~");
  EXPECT_EQ(to_string(list[2]), "f.yaml:1:25: warning: m [c]");
  const std::string wide = std::string(500, 'x') + "!" + std::string(500, 'y');
  const Excerpt shown = excerpt({.file = "f", .mark = {1, 501}, .length = 1}, wide);
  EXPECT_EQ(shown.line, "..." + std::string(60, 'x') + "!" + std::string(60, 'y') + "...");
  EXPECT_EQ(shown.caret, std::string(63, ' ') + "^");
}

TEST(Numbers, FollowOurRules) {
  EXPECT_EQ(to_int("0"), 0);
  EXPECT_EQ(to_int("-12"), -12);
  EXPECT_EQ(to_int("9223372036854775807"), INT64_MAX);
  for (const char* bad : {"", "-", "010", "0x10", "1_000", "+1", "1.0", " 1", "1 ", "9223372036854775808"}) {
    EXPECT_FALSE(to_int(bad)) << bad;
  }
  EXPECT_EQ(to_double("1.5e3"), 1500);
  EXPECT_EQ(to_double("-0.5"), -0.5);
  for (const char* bad : {"", ".5", "5.", "1.e3", "nan", "inf", "0x1p3", "01.5", "+1"})
    EXPECT_FALSE(to_double(bad)) << bad;
  EXPECT_EQ(to_bool("true"), true);
  EXPECT_EQ(to_bool("false"), false);
  for (const char* bad : {"NO", "no", "yes", "True", "on", "1", ""}) EXPECT_FALSE(to_bool(bad)) << bad;
}

TEST(Durations, AreWholeNumbersWithUnits) {
  EXPECT_EQ(to_duration_ms("20s"), 20'000);
  EXPECT_EQ(to_duration_ms("500ms"), 500);
  EXPECT_EQ(to_duration_ms("1h30m"), 5'400'000);
  EXPECT_EQ(to_duration_ms("1m5s1ms"), 65'001);
  EXPECT_EQ(to_duration_ms("0s"), 0);
  for (const char* bad : {"", "20", "s", "20 s", "20sec", "5s1m", "1s1s", "1.5s", "-1s", "020s", "99999999999999h"}) {
    EXPECT_FALSE(to_duration_ms(bad)) << bad;
  }
  for (const int64_t ms : {0, 1, 999, 1000, 61'001, 3'600'000, 5'400'000}) {
    EXPECT_EQ(to_duration_ms(duration_text(ms)), ms);
  }
}

TEST(Nearest, FindsATypoButNoStranger) {
  const std::vector<std::string> words{"mortgage", "stocks", "internet"};
  EXPECT_EQ(nearest("morgage", words), "mortgage");
  EXPECT_EQ(nearest("sotcks", words), "stocks");
  EXPECT_EQ(nearest("retail", words), std::nullopt);
  EXPECT_EQ(did_you_mean("internt", words), "did you mean internet?");
}

TEST(Fields, ReportUnknownAndMissingKeys) {
  Issues issues("f.yaml");
  const auto root = parse("naem: x\nage: 010\nok: 20\nwait: \"20\"\n", issues);
  Fields fields(*root, "a person", issues);
  fields.required("name");
  read_int(*fields.optional("age"), "age", 0, 150, issues);
  read_int(*fields.optional("ok"), "ok", 0, 10, issues);
  read_duration_ms(*fields.optional("wait"), "wait", 0, 1000, issues);
  fields.done();
  std::vector<std::string> lines;
  for (const Issue& issue : issues.take()) lines.push_back(to_string(issue));
  EXPECT_THAT(lines,
              ElementsAre("f.yaml:1:1: a person lacks the key name [missing_key]",
                          "f.yaml:1:1: a person has no key \"naem\" [unknown_key] (did you mean name?)",
                          "f.yaml:2:6: age must be a whole number, not \"010\" [bad_number]",
                          "f.yaml:3:5: ok must lie between 0 and 10, not 20 [out_of_range]",
                          "f.yaml:4:7: wait must be a duration, not \"20\" [bad_duration] (with its unit: 20s)"));
}

}  // namespace
}  // namespace expertline::yaml
