// The command itself: its exit codes, and the forms for machines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "expertline/check/print.h"
#include "expertline/command.h"
#include "strategy/codes.h"

namespace expertline::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Ran {
  int exit = 0;
  std::string out;
  std::string err;
};

Ran run(std::vector<std::string> arguments) {
  CLI::App app;
  const Run command = declare_check(app);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Ran ran;
  ran.exit = command();
  std::fflush(stdout);
  ran.out = ::testing::internal::GetCapturedStdout();
  ran.err = ::testing::internal::GetCapturedStderr();
  return ran;
}

std::string bad(const std::string& name) { return std::string(CHECK_DIR) + "/bad/" + name; }
std::string good(const std::string& name) { return std::string(CHECK_DIR) + "/good/" + name; }

TEST(Check, ExitsWithZeroWithoutAnError) {
  const Ran ran = run({good("who-may-ask.yaml")});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "1 file, no issues\n");
}

TEST(Check, ExitsWithOneOnAnErrorAndOnAWarningIfAsked) {
  EXPECT_EQ(run({bad("levels.yaml")}).exit, 1);
  EXPECT_EQ(run({bad("a-very-long-wait.yaml")}).exit, 0);
  EXPECT_EQ(run({"--werror", bad("a-very-long-wait.yaml")}).exit, 1);
}

TEST(Check, ExitsWithTwoOnMisuse) {
  EXPECT_EQ(run({}).exit, 2);
  EXPECT_EQ(run({"no-such-file.yaml"}).exit, 2);
  EXPECT_THAT(run({"no-such-file.yaml"}).err, HasSubstr("cannot read no-such-file.yaml"));
  EXPECT_EQ(run({"--roster", "no-such-file.yaml", good("who-may-ask.yaml")}).exit, 2);
  EXPECT_EQ(run({"--explain", "unknown_kee"}).exit, 2);
  EXPECT_THAT(run({"--explain", "unknown_kee"}).err, HasSubstr("did you mean unknown_key?"));
  EXPECT_THROW(run({"--format", "xml", good("who-may-ask.yaml")}), CLI::ParseError);
}

TEST(Check, ExplainsACode) {
  const Ran ran = run({"--explain", "yaml_tag"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, StartsWith("yaml_tag (error): a value that begins with !\n"));
  EXPECT_THAT(ran.out, HasSubstr("only_if: '!hours.open'"));
}

TEST(Check, ChecksNamesAgainstARoster) {
  const std::string strategies = good("the-least-that-a-strategy-has.yaml");
  const std::string folder = ::testing::TempDir() + "/check_roster.yaml";
  std::ofstream(folder) << "experts:\n  - {id: ann, skills: {stocks: 3}, capacity: {im: 1}}\n";
  const Ran ran = run({"--roster", folder, strategies});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("[unknown_skill]"));
}

TEST(Check, TakesTheFoldersOfDomainsAsSetsOfTheirOwn) {
  // good/ has folders whose files would not go together, and files that all have one routing point.
  const Ran ran = run({good("fallback-chain"), good("after-hours")});
  EXPECT_EQ(ran.exit, 1) << "one set: the routing point mortgage is bound twice";
  const FileSets sets = read_files({std::string(CHECK_DIR) + "/good"});
  EXPECT_EQ(sets.fault, "");
  EXPECT_EQ(sets.sets.size(), 5U);
}

TEST(Check, TellsEveryIssueAsJson) {
  const Ran ran = run({"--format", "json", bad("levels.yaml"), bad("a-very-long-wait.yaml")});
  const json out = json::parse(ran.out);
  EXPECT_EQ(out["version"], 1);
  EXPECT_EQ(out["files"], 2);
  EXPECT_EQ(out["issues"].size(), out["errors"].get<size_t>() + out["warnings"].get<size_t>());
  const json& first = out["issues"][0];
  EXPECT_EQ(first["file"], bad("levels.yaml"));
  EXPECT_EQ(first["line"], 6);
  EXPECT_EQ(first["column"], 31);
  EXPECT_EQ(first["length"], 1);
  EXPECT_EQ(first["severity"], "error");
  EXPECT_EQ(first["code"], "out_of_range");
  EXPECT_THAT(first["message"].get<std::string>(), HasSubstr("between 1 and 5"));
  EXPECT_THAT(first["source"].get<std::string>(), HasSubstr("mortgage: 6"));
}

TEST(Check, JsonIsUtf8WhateverTheFileIs) {
  const json out = json::parse(run({"--format", "json", bad("not-utf-8.yaml")}).out);
  EXPECT_EQ(out["issues"][0]["code"], "yaml_not_utf8");
}

TEST(Check, TellsEveryIssueAsSarif) {
  const json out = json::parse(run({"--format", "sarif", bad("levels.yaml"), bad("several-faults-at-once.yaml")}).out);
  EXPECT_EQ(out["version"], "2.1.0");
  ASSERT_EQ(out["runs"].size(), 1U);
  const json& one = out["runs"][0];
  EXPECT_EQ(one["columnKind"], "unicodeCodePoints");
  const json& rules = one["tool"]["driver"]["rules"];
  std::set<std::string> ids;
  for (const json& rule : rules) {
    EXPECT_TRUE(ids.insert(rule["id"]).second);
    EXPECT_FALSE(rule["fullDescription"]["text"].get<std::string>().empty()) << rule["id"];
  }
  EXPECT_GT(one["results"].size(), 5U);
  for (const json& result : one["results"]) {
    EXPECT_EQ(rules[result["ruleIndex"].get<size_t>()]["id"], result["ruleId"]);
    EXPECT_TRUE(result["level"] == "error" || result["level"] == "warning");
    EXPECT_FALSE(result["message"]["text"].get<std::string>().empty());
    const json& place = result["locations"][0]["physicalLocation"];
    EXPECT_THAT(place["artifactLocation"]["uri"].get<std::string>(), HasSubstr(".yaml"));
    EXPECT_GE(place["region"]["startLine"].get<int>(), 1);
    EXPECT_GT(place["region"]["endColumn"].get<int>(), place["region"]["startColumn"].get<int>());
  }
}

TEST(Print, NothingInAFileDrivesTheTerminal) {
  Report report;
  report.files = {{"a\x1b[2J.yaml",
                   "x: \x1b[31m\xc2\x9b"
                   "2J\n"}};
  report.issues = {{.file = "a\x1b[2J.yaml", .mark = {1, 4}, .code = "c", .message = "m\x07", .hint = "h\x1b"}};
  report.errors = 1;
  const std::string out = as_text(report, {});
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  EXPECT_EQ(out.find('\x07'), std::string::npos);
  EXPECT_EQ(out.find("\xc2\x9b"), std::string::npos);
}

TEST(Print, ColoursOnlyATerminal) {
  Report report;
  report.files = {{"a.yaml", "x: y\n"}};
  report.issues = {{.file = "a.yaml", .mark = {1, 4}, .code = "c", .message = "m"}};
  report.errors = 1;
  EXPECT_EQ(as_text(report, {}).find('\x1b'), std::string::npos);
  EXPECT_NE(as_text(report, {.tty = true, .colour = true}).find('\x1b'), std::string::npos);
}

// Every code that the goldens have is explained, and the document is that of the table.
TEST(Codes, AreAllExplainedAndInOrder) {
  std::set<std::string> known;
  std::string before;
  for (const strategy::Code& code : strategy::codes()) {
    EXPECT_LT(before, code.code);
    before = code.code;
    EXPECT_GT(std::string(code.meaning).size(), 20U) << code.code;
    known.insert(code.code);
  }
  for (const auto& entry : std::filesystem::directory_iterator(std::string(CHECK_DIR) + "/bad")) {
    if (entry.path().extension() == ".txt") continue;
    const json out = json::parse(run({"--format", "json", entry.path().string()}).out);
    for (const json& issue : out["issues"]) {
      const strategy::Code* code = strategy::find_code(issue["code"].get<std::string>());
      ASSERT_TRUE(code) << issue["code"];
      EXPECT_EQ(code->severity == yaml::Issue::Severity::kError, issue["severity"] == "error") << issue["code"];
    }
  }
}

TEST(Codes, DocumentIsThatOfTheTable) {
  const std::string path = std::string(DOCS_DIR) + "/check-codes.md";
  if (std::getenv("UPDATE_GOLDENS") != nullptr) std::ofstream(path, std::ios::binary) << strategy::codes_document();
  std::ifstream in(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), strategy::codes_document());
}

}  // namespace
}  // namespace expertline::cli
