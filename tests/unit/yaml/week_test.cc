#include "yaml/week.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expertline::yaml {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Read {
  Week week;
  std::vector<Issue> issues;
};

Read read(std::string_view text) {
  Issues issues("f.yaml");
  Read out;
  if (const auto root = parse(text, issues)) out.week = read_week(*root, "week", issues);
  out.issues = issues.take();
  return out;
}

std::vector<std::string> faults(std::string_view text) {
  std::vector<std::string> out;
  for (const Issue& issue : read(text).issues) {
    out.push_back(std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + ":" + issue.code);
  }
  return out;
}

constexpr OpenTime kNineToSix{540, 1080};

TEST(Week, ReadsDaysAndRangesOfDays) {
  const Read got = read("{mon-fri: '09:00-18:00', sat: ['14:00-16:00', '10:00-13:00']}");
  EXPECT_THAT(got.issues, IsEmpty());
  for (size_t day = 0; day < 5; ++day) EXPECT_THAT(got.week[day], ElementsAre(kNineToSix)) << day;
  EXPECT_THAT(got.week[5], ElementsAre(OpenTime{600, 780}, OpenTime{840, 960})) << "in order";
  EXPECT_THAT(got.week[6], IsEmpty()) << "a day that is not named is closed";
}

TEST(Week, ARangeMayRunOverTheEndOfTheWeek) {
  const Read got = read("{sun-tue: '09:00-18:00', wed: []}");
  EXPECT_THAT(got.issues, IsEmpty());
  EXPECT_THAT(got.week[6], ElementsAre(kNineToSix));
  EXPECT_THAT(got.week[0], ElementsAre(kNineToSix));
  EXPECT_THAT(got.week[1], ElementsAre(kNineToSix));
  EXPECT_THAT(got.week[2], IsEmpty());
}

TEST(Week, DailyIsEveryDayAndADayMayBeWhole) {
  const Read got = read("{daily: '00:00-24:00'}");
  EXPECT_THAT(got.issues, IsEmpty());
  for (const auto& day : got.week) EXPECT_THAT(day, ElementsAre(OpenTime{0, 1440}));
}

TEST(Week, HoursMayTouch) { EXPECT_THAT(faults("{mon: ['09:00-12:00', '12:00-13:00']}"), IsEmpty()); }

struct Bad {
  std::string text;
  std::vector<std::string> issues;
};

class BadWeeks : public ::testing::TestWithParam<Bad> {};

TEST_P(BadWeeks, AreToldAtTheirPlace) { EXPECT_EQ(faults(GetParam().text), GetParam().issues); }

INSTANTIATE_TEST_SUITE_P(
    All, BadWeeks,
    ::testing::Values(Bad{"[mon]", {"1:1:wrong_type"}}, Bad{"{mon: 9-18}", {"1:7:bad_hours"}},
                      Bad{"{mon: '9:00-18:00'}", {"1:7:bad_hours"}}, Bad{"{mon: '09:00'}", {"1:7:bad_hours"}},
                      Bad{"{mon: '09:00-18:60'}", {"1:7:bad_hours"}}, Bad{"{mon: '09:00-24:01'}", {"1:7:bad_hours"}},
                      Bad{"{mon: '22:00-06:00'}", {"1:7:bad_hours"}}, Bad{"{mon: '09:00-09:00'}", {"1:7:bad_hours"}},
                      Bad{"{mon: {from: 9}}", {"1:7:wrong_type"}},
                      Bad{"{mon: ['09:00-12:00', '11:00-13:00']}", {"1:23:hours_overlap"}},
                      Bad{"{monday: '09:00-18:00'}", {"1:2:unknown_day"}},
                      Bad{"{mon-fry: '09:00-18:00'}", {"1:2:unknown_day"}},
                      Bad{"{mon-fri: '09:00-18:00', wed: []}", {"1:26:day_twice"}},
                      Bad{"{daily: '09:00-18:00', sun: []}", {"1:24:day_twice"}}));

TEST(Week, HintsAtWhatIsMeant) {
  const auto hint = [](const std::string& text) { return read(text).issues.at(0).hint; };
  EXPECT_EQ(hint("{Monday: []}"), "did you mean mon?");
  EXPECT_EQ(hint("{Mo-Fri: []}"), "did you mean mon-fri?");
  EXPECT_EQ(hint("{dayly: []}"), "did you mean daily?");
  EXPECT_EQ(hint("{mon: '22:00-06:00'}"), "over midnight it is two: to 24:00 here, from 00:00 on the next day");
}

}  // namespace
}  // namespace expertline::yaml
