// What a test of a strategy says: where it fails and why, what it covers, and how that is reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "expertline/test_strategies/report.h"
#include "strategy/load.h"

namespace expertline::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kStrategy = R"(strategy: help
media: im
routing_points: [help]
allow: '"retail" in agent.groups'
user_data:
  topic: {type: string, default: ""}
priority: 'user_data.topic == "fraud" ? 10 : 0'
steps:
  - step: best
    only_if: user_data.topic != "closed"
    find: {skills: {help: 3}}
    preview: {answer_within: 20s, offers: 1, show: [topic], message: "About ${user_data.topic}"}
    wait: 10s
otherwise:
  - {only_if: user_data.topic == "fraud", dn: "1234"}
  - {agent: nobody}
on_accept:
  attach: {expert_id: expert.id}
)";

constexpr const char* kHead = R"(experts:
  - {id: ann, skills: {help: 4}, capacity: {im: 1}}
  - {id: ben, skills: {help: 3}, capacity: {im: 1}}
  - {id: cleo, skills: {help: 1}, capacity: {im: 1}}
request: {agent: {id: agent7, groups: [retail]}}
cases:
  - case: it
)";

std::shared_ptr<const routing::Strategy> help() {
  const strategy::Loaded loaded = strategy::load("help.yaml", kStrategy);
  for (const yaml::Issue& issue : loaded.issues) ADD_FAILURE() << yaml::to_string(issue);
  return loaded.strategy;
}

struct Ran {
  TestFile test;
  std::vector<yaml::Issue> issues;
  Coverage coverage;
  Played played;
};

// Plays one case, whose keys are `body`.
Ran play(const std::string& body) {
  Ran ran;
  ran.test = read_test_file("help.test.yaml", kHead + body, ran.issues);
  for (const yaml::Issue& issue : ran.issues) ADD_FAILURE() << yaml::to_string(issue);
  if (ran.test.cases.empty()) return ran;
  const auto strategy = help();
  ran.coverage.add(*strategy, "help.yaml");
  ran.played = play_case(ran.test.cases[0], strategy, ran.test.experts, ran.coverage);
  return ran;
}

TEST(TestStrategies, PassesWhatIsSo) {
  for (const char* body : {
           "    then: [{offer: any}]",
           "    then: [{offer: {step: best, one_of: [ann, ben], count: 1, priority: 0, reasons: {cleo: skill_level}}}]",
           "    given: {ann: busy}\n    then: [{offer: {expert: ben, message: 'About ', reasons: {ann: busy}}}]",
           "    given: {ann: busy, ben: {used: {im: 1}}}\n    then: [{waits: {step: best, up_to: 10s}}, {wait: 4s}, "
           "{becomes_free: ben}, {offer: ben}]",
           "    given: {ann: {blocked: paused}, ben: {desk: false}}\n    then: [{waits: best}, {reasons: {ann: paused, "
           "ben: no_desk}}]",
           "    then: [{declines: any}, {ends: {agent: nobody, skipped: {best: offers_used_up}}}]\n    offers: 1",
           "    then: [{accepts: any}, {ends: {accepted_by: [ann, ben], voice: []}}]\n    never: cleo",
           "    given: {ben: away}\n    then: [{accepts: ann}, {ends: {accepted_by: ann, attached: {expert_id: ann, "
           "other: ~}}}]",
           "    then: [{times_out: any}, {ends: {agent: nobody}}]",
           "    request: {user_data: {topic: fraud}}\n    then: [{offer: {priority: 10, show: {topic: fraud}}}, "
           "{declines: any}, "
           "{ends: {dn: '1234'}}]",
           "    request: {user_data: {topic: closed}}\n    then: [{ends: {agent: nobody, skipped: {best: only_if}}}]",
           "    request: {agent: {groups: []}}\n    then: [refused]",
           "    then: [agent_cancels, {ends: canceled}]",
           "    seeds: 500\n    fair: [ann, ben]",
           "    seeds: 20\n    asked_any_of: [ann, ben]",
       }) {
    const Ran ran = play(std::string(body) + "\n");
    for (const Failure& failure : ran.played.failures) {
      ADD_FAILURE() << body << "\nexpected " << failure.expected << ", but " << failure.actual;
    }
  }
}

TEST(TestStrategies, SaysWhatIsNotSoAndWhere) {
  struct Row {
    const char* body;
    int line;
    const char* expected;
    const char* actual;
  };
  for (const Row& row : std::vector<Row>{
           {"    given: {ben: away}\n    then:\n      - offer: ben\n", 10, "an offer to ben",
            "ann is asked in \"best\""},
           {"    then:\n      - waits: best\n", 9, "waiting", " asked in \"best\""},
           {"    then:\n      - declines: cleo\n", 9, "`declines: cleo`, so an offer to cleo", "asked"},
           {"    then:\n      - reasons: {cleo: busy}\n", 9, "cleo in \"best\": busy", "skill_level"},
           {"    then:\n      - skipped: {best: only_if}\n", 9, "step \"best\" passed over for only_if",
            "not passed over"},
           {"    then:\n      - ends: {voicemail: box}\n", 9, "the end voicemail \"box\"", "asked"},
           {"    then:\n      - offer: {count: 2}\n", 9, "2 at once", "asked"},
           {"    given: {ben: away}\n    then: [{accepts: ann}]\n    never: [ann]\n", 10, "never ann", "asked: ann"},
           {"    then: [{declines: any}]\n    offers: 2\n", 9, "2 offers in all", "asked: "},
           {"    seeds: 100\n    fair: [ann, cleo]\n", 9, "only ann, cleo asked first", "ben"},
           {"    then: [refused]\n", 8, "a refusal", "asked"},
       }) {
    const Ran ran = play(row.body);
    ASSERT_FALSE(ran.played.failures.empty()) << row.body;
    const Failure& failure = ran.played.failures.front();
    EXPECT_EQ(failure.mark.line, row.line) << row.body;
    EXPECT_THAT(failure.expected, HasSubstr(row.expected)) << row.body;
    EXPECT_THAT(failure.actual, HasSubstr(row.actual)) << row.body;
  }
}

TEST(TestStrategies, ExplainsTheStepOfAFailure) {
  const Ran ran = play("    given: {ann: busy, ben: busy}\n    then:\n      - offer: ann\n");
  ASSERT_FALSE(ran.played.failures.empty());
  EXPECT_THAT(ran.played.failures.front().why,
              AllOf(Contains(HasSubstr("step \"best\"")), Contains(HasSubstr("ann: busy")),
                    Contains(HasSubstr("cleo: skill_level"))));
}

TEST(TestStrategies, PlaysTheSameAgainWithTheSameSeed) {
  const Ran once = play("    seed: 11\n    then: [{offer: any}, {accepts: any}]\n");
  const Ran again = play("    seed: 11\n    then: [{offer: any}, {accepts: any}]\n");
  EXPECT_EQ(once.played.course, again.played.course);
  EXPECT_FALSE(once.played.course.empty());
}

TEST(TestStrategies, NamesWhatNoCaseReached) {
  const Ran ran = play("    then: [{declines: any}]\n");
  std::vector<std::string> missing;
  const StrategyCoverage of = ran.coverage.strategies().at(0);
  for (const CoverItem& item : of.items) {
    if (item.times == 0) missing.push_back(item.missing);
  }
  EXPECT_THAT(missing,
              ElementsAre("allow: never false", HasSubstr("only_if: never false"), "step \"best\": never waits",
                          "otherwise, dn: never happens", HasSubstr("only_if: never true")));
  EXPECT_GT(ran.coverage.percent(), 40);
  EXPECT_LT(ran.coverage.percent(), 60);
}

TEST(TestFile, ReportsEveryFaultAtItsPlace) {
  struct Row {
    const char* body;
    const char* code;
    int line;
    const char* hint;
  };
  for (const Row& row : std::vector<Row>{
           {"    then: [{ofer: ann}]\n", "unknown_key", 8, "did you mean offer?"},
           {"    then: [{offer: {exprt: ann}}]\n", "unknown_key", 8, "did you mean expert?"},
           {"    then: [{reasons: {ann: bsy}}]\n", "", 8, "busy"},
           {"    then: [{wait: 5}]\n", "", 8, ""},
           {"    then: [{ends: {step: best}}]\n", "missing_key", 8, "accepted_by"},
           {"    then: [{offer: any, accepts: any}]\n", "two_at_once", 8, "- accepts:"},
           {"    now: 2026-11-23 10:00\n    then: [refused]\n", "bad_time", 8, "Europe/Zurich"},
           {"    seeds: 5\n    fair: [ann, ben]\n", "too_few_seeds", 9, "seeds: 500"},
           {"    seed: 1\n", "nothing_expected", 7, "offer: ann"},
           {"    given: {ann: sleeping}\n    then: [refused]\n", "", 8, ""},
       }) {
    std::vector<yaml::Issue> issues;
    read_test_file("t.test.yaml", std::string(kHead) + row.body, issues);
    ASSERT_FALSE(issues.empty()) << row.body;
    EXPECT_THAT(issues[0].code, HasSubstr(row.code)) << yaml::to_string(issues[0]);
    EXPECT_EQ(issues[0].mark.line, row.line) << yaml::to_string(issues[0]);
    EXPECT_THAT(yaml::to_string(issues[0]), HasSubstr(row.hint));
  }
}

TEST(TestFile, KnowsWhichNamesAreThere) {
  std::vector<yaml::Issue> issues;
  const TestFile test = read_test_file(
      "t.test.yaml", std::string(kHead) + "    given: {anne: busy}\n    then: [{offer: {step: bst, expert: ann}}]\n",
      issues);
  EXPECT_THAT(issues, IsEmpty());
  check_names(test, {.experts = {"ann", "ben"}, .strategies = {"help"}, .steps = {"best"}}, issues);
  ASSERT_EQ(issues.size(), 2U);
  EXPECT_EQ(issues[0].code, "unknown_expert");
  EXPECT_THAT(issues[0].hint, HasSubstr("ann"));
  EXPECT_EQ(issues[1].code, "unknown_step");
  EXPECT_THAT(issues[1].hint, HasSubstr("best"));
}

TestReport report(const std::string& body) {
  Ran ran = play(body);
  TestReport all;
  FileReport file{.file = "a<b>&\"c\".test.yaml", .text = ran.test.text};
  file.cases.push_back({.name = "it & that", .mark = {7, 11}, .played = ran.played});
  all.files.push_back(std::move(file));
  FileReport broken{.file = "broken.test.yaml", .text = ""};
  broken.broken = true;
  broken.issues.push_back({.file = "broken.test.yaml", .code = "no_cases", .message = "there are no cases"});
  all.files.push_back(std::move(broken));
  all.coverage = std::move(ran.coverage);
  return all;
}

TEST(TestReport, CountsFilesThatCannotRunAsFailed) {
  TestReport all = report("    then: [{offer: any}]\n");
  EXPECT_EQ(all.passed(), 1);
  EXPECT_EQ(all.failed(), 1);
  EXPECT_FALSE(all.good());
  all.files.pop_back();
  EXPECT_TRUE(all.good());
  all.fail_under = 99.9;
  EXPECT_FALSE(all.good());
}

TEST(TestReport, IsTextWithThePlaceAndTheReason) {
  const std::string text = as_text(report("    then: [{offer: cleo}]\n"), {.width = 200}, false);
  EXPECT_THAT(text, HasSubstr("a<b>&\"c\".test.yaml:8:"));
  EXPECT_THAT(text, HasSubstr("expected an offer to cleo, but "));
  EXPECT_THAT(text, HasSubstr("cleo: skill_level"));
  EXPECT_THAT(text, HasSubstr("Not covered:"));
  EXPECT_THAT(text, HasSubstr("0 passed, 2 failed"));
}

TEST(TestReport, IsXmlWithEverythingEscaped) {
  const std::string xml = as_junit(report("    then: [{offer: cleo}]\n"));
  EXPECT_THAT(xml, HasSubstr("<testsuites name=\"expertline test\" tests=\"2\" failures=\"1\" errors=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"a&lt;b&gt;&amp;&quot;c&quot;.test.yaml\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<testcase name=\"it &amp; that\""));
  EXPECT_THAT(xml, HasSubstr("<error type=\"issues\""));
}

TEST(TestReport, IsJson) {
  const auto json = nlohmann::json::parse(as_json(report("    then: [{offer: cleo}]\n")));
  EXPECT_EQ(json["good"], false);
  EXPECT_EQ(json["files"][0]["cases"][0]["failures"][0]["line"], 8);
  EXPECT_EQ(json["files"][1]["issues"][0]["code"], "no_cases");
  EXPECT_EQ(json["coverage"]["strategies"][0]["strategy"], "help");
}

}  // namespace
}  // namespace expertline::cli
