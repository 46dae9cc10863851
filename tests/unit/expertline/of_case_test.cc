#include "expertline/explain/of_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "support/process.h"

namespace expertline::cli {
namespace {

using testing::HasSubstr;

class OfCaseTest : public testing::Test {
 protected:
  OfCaseTest() {
    write("rates.yaml", R"(strategy: rates
media: im
routing_points: [rates]
allow: '"branches" in agent.groups'
steps:
  - step: anyone
    find: {skills: {rates: 3}}
otherwise:
  - {voicemail: team}
)");
    write("rates.test.yaml", R"(experts:
  - {id: ann, skills: {rates: 4}, capacity: {im: 1}}
  - {id: ben, skills: {rates: 2}, capacity: {im: 1}}
  - {id: carl, skills: {rates: 5}, capacity: {im: 1}}
cases:
  - case: carl is away
    given: {carl: away}
    request: {agent: {id: dana, groups: [branches]}}
    then:
      - offer: {expert: ann}
  - case: not from the branches
    request: {agent: {id: dana, groups: [sales]}}
    then:
      - refused
)");
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::map<std::string, std::string> reasons(const CaseToExplain& wanted) {
    const auto explained = explain_case(wanted);
    if (!explained) return {{explained.error().message, ""}};
    EXPECT_TRUE(explained->exact());
    std::map<std::string, std::string> all;
    for (const auto& verdict : explained->steps(0).experts()) all[verdict.expert()] = verdict.reason();
    return all;
  }

  test::TempDir folder_;
};

TEST_F(OfCaseTest, TheFirstCaseIsExplainedWithItsExperts) {
  EXPECT_EQ(reasons({.file = folder_ / "rates.test.yaml", .name = {}, .strategy = {}, .roster = {}}),
            (std::map<std::string, std::string>{{"ann", "ready"}, {"ben", "skill_level"}, {"carl", "away"}}));
}

TEST_F(OfCaseTest, AnotherStrategyAndOtherExpertsMayBeTried) {
  write("less.yaml",
        "strategy: rates\nmedia: im\nrouting_points: [rates]\nsteps:\n"
        "  - {step: anyone, find: {skills: {rates: any}}}\notherwise:\n  - {voicemail: team}\n");
  write("roster.yaml", "experts:\n  - {id: eva, skills: {rates: 1}, capacity: {im: 1}}\n");
  EXPECT_EQ(reasons({.file = folder_ / "rates.test.yaml",
                     .name = "carl is away",
                     .strategy = folder_ / "less.yaml",
                     .roster = folder_ / "roster.yaml"}),
            (std::map<std::string, std::string>{{"eva", "ready"}}));
}

TEST_F(OfCaseTest, WhatIsNotAllowedOrNotThereIsSaid) {
  CaseToExplain wanted{
      .file = folder_ / "rates.test.yaml", .name = "not from the branches", .strategy = {}, .roster = {}};
  const auto refused = explain_case(wanted);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, v1::ERROR_REASON_NOT_ALLOWED);
  wanted.name = "no such case";
  EXPECT_THAT(explain_case(wanted).error().message, HasSubstr("has no case \"no such case\""));
  wanted.file = folder_ / "nowhere.test.yaml";
  EXPECT_THAT(explain_case(wanted).error().message, HasSubstr("nowhere.test.yaml"));
}

}  // namespace
}  // namespace expertline::cli
