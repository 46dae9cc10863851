#include "roster/roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expertline::roster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Roster, ReadsEveryField) {
  const Roster roster = read_roster(R"(
experts:
  - id: ann
    name: Ann Lee
    site: zurich
    languages: [en, de]
    skills: {mortgage: 4, cards: 2}
    groups: [retail]
    attributes: {floor: "3"}
    capacity: {im: 2, voice: 1}
    addresses: {im: "xmpp:ann@example.com"}
    dns: {voice: 5001}
  - id: bob
)",
                                    "roster.yaml", {});
  ASSERT_THAT(roster.issues, IsEmpty());
  ASSERT_EQ(roster.experts.size(), 2U);
  EXPECT_EQ(roster.experts[0].id, "ann");
  const v1::Expert& ann = roster.experts[0].record;
  EXPECT_EQ(ann.display_name(), "Ann Lee");
  EXPECT_EQ(ann.site(), "zurich");
  EXPECT_THAT(ann.languages(), ElementsAre("en", "de"));
  EXPECT_EQ(ann.skills().at("mortgage"), 4);
  EXPECT_EQ(ann.skills().at("cards"), 2);
  EXPECT_THAT(ann.groups(), ElementsAre("retail"));
  EXPECT_EQ(ann.attributes().at("floor").text(), "3");
  EXPECT_EQ(ann.capacities().at("im"), 2);
  EXPECT_EQ(ann.capacities().at("voice"), 1);
  EXPECT_EQ(ann.addresses().at("im"), "xmpp:ann@example.com");
  EXPECT_EQ(ann.dns().at("voice"), "5001");
  EXPECT_EQ(roster.experts[1].id, "bob");
}

TEST(Roster, AnEmptyListIsARosterOfNobody) {
  const Roster roster = read_roster("experts: []\n", "r", {});
  EXPECT_THAT(roster.issues, IsEmpty());
  EXPECT_THAT(roster.experts, IsEmpty());
}

TEST(Roster, ReadsGuardRailsWithTheDefaultsOfTheFile) {
  const Roster roster = read_roster(R"(
guard_rails:
  zone: Europe/Zurich
  offers_per_hour: 6
  decline_cool_down: 2m
  wrap_up: {im: 30s, voice: 1m}
experts:
  - id: ann
    capacity: {im: 2, voice: 1}
    media: [voice, im]
    guard_rails:
      hours: {mon-tue: "08:00-17:00", sat: ["09:00-12:00"]}
      offers_per_hour: 3
      pause_after_timeouts: 3
      wrap_up: {im: 0s}
  - id: bob
)",
                                    "r", {});
  ASSERT_THAT(roster.issues, IsEmpty());
  const v1::Expert& ann = roster.experts[0].record;
  EXPECT_THAT(ann.media_order(), ElementsAre("voice", "im"));
  const v1::GuardRails& hers = ann.guard_rails();
  EXPECT_EQ(hers.time_zone(), "Europe/Zurich");
  ASSERT_EQ(hers.hours_size(), 3);
  EXPECT_EQ(hers.hours(1).day(), v1::WEEKDAY_TUESDAY);
  EXPECT_EQ(hers.hours(1).start_minute(), 8 * 60);
  EXPECT_EQ(hers.hours(2).day(), v1::WEEKDAY_SATURDAY);
  EXPECT_EQ(hers.hours(2).end_minute(), 12 * 60);
  EXPECT_EQ(hers.offers_per_hour(), 3);
  EXPECT_EQ(hers.decline_cool_down().seconds(), 120);
  EXPECT_EQ(hers.pause_after_timeouts(), 3);
  EXPECT_EQ(hers.wrap_up().size(), 1U);
  EXPECT_EQ(hers.wrap_up().at("im").seconds(), 0);
  const v1::GuardRails& his = roster.experts[1].record.guard_rails();
  EXPECT_EQ(his.offers_per_hour(), 6);
  EXPECT_EQ(his.wrap_up().at("voice").seconds(), 60);
}

TEST(Roster, TakesAttributesAsTheyAreDeclared) {
  const Roster roster = read_roster(R"(
attributes: {years: int, rate: double, floor: string, vip: bool}
experts:
  - {id: ann, attributes: {years: "7", rate: 2, floor: 3, vip: true, other: 5}}
)",
                                    "r", {});
  ASSERT_THAT(roster.issues, IsEmpty());
  const auto& values = roster.experts[0].record.attributes();
  EXPECT_EQ(values.at("years").number(), 7);
  EXPECT_EQ(values.at("rate").decimal(), 2.0);
  EXPECT_EQ(values.at("floor").text(), "3");
  EXPECT_TRUE(values.at("vip").flag());
  EXPECT_EQ(values.at("other").number(), 5);
}

std::vector<std::string> places(std::string_view text) {
  std::vector<std::string> out;
  const Roster roster = read_roster(text, "r", {});
  EXPECT_THAT(roster.experts, IsEmpty());
  for (const yaml::Issue& issue : roster.issues) {
    out.push_back(std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + ":" + issue.code);
  }
  return out;
}

TEST(Roster, TellsAllFaultsWithTheirPlace) {
  EXPECT_THAT(places(R"(experts:
  - id: a b
    nam: x
    skills: {mortgage: 9, "c d": 1, cards: two}
  - id: ann
    languages: [en, en, "-x"]
    capacity: {im: 1001, VOICE: 1}
    dns: {voice: ""}
  - id: ann
  - name: nobody
  - 7
)"),
              ElementsAre("2:9:bad_id", "3:5:unknown_key", "4:24:bad_value", "4:27:bad_value", "4:44:bad_number",
                          "6:21:duplicate_value", "6:25:bad_value", "7:20:bad_value", "7:26:bad_value",
                          "8:18:bad_value", "9:9:duplicate_expert", "10:5:missing_key", "11:5:wrong_type"));
}

TEST(Roster, TellsFaultsOfGuardRailsAndTypesWithTheirPlace) {
  EXPECT_THAT(places(R"(attributes: {years: whole}
guard_rails: {zone: Europe/Zurch, offers: 3}
experts:
  - id: ann
    media: [im, im, VOICE]
    guard_rails:
      hours: {mon: "17:00-08:00", monday: "08:00-17:00"}
      offers_per_hour: 1001
      decline_cool_down: 9h
      wrap_up: {IM: 30s, voice: 2h}
)"),
              ElementsAre("1:21:unknown_word", "2:21:unknown_zone", "2:35:unknown_key", "5:17:duplicate_value",
                          "5:21:bad_value", "7:20:bad_hours", "7:35:unknown_day", "8:24:out_of_range",
                          "9:26:out_of_range", "10:17:bad_value", "10:33:out_of_range"));
  EXPECT_THAT(places("attributes: {vip: bool}\nexperts:\n  - {id: ann, attributes: {vip: 1}}\n"),
              ElementsAre("3:33:wrong_type"));
  EXPECT_THAT(places("guard_rails: {zone: /etc/passwd}\nexperts: []\n"), ElementsAre("1:21:unknown_zone"));
  EXPECT_THAT(places("guard_rails: {hours: {}}\nexperts: []\n"), ElementsAre("1:22:bad_hours"));
}

TEST(Roster, WithoutExpertsItIsNone) {
  EXPECT_THAT(places(""), ::testing::SizeIs(1));
  EXPECT_THAT(places("people: []\n"), ::testing::SizeIs(2));
  EXPECT_THAT(places("experts: {a: 1}\n"), ::testing::SizeIs(1));
}

}  // namespace
}  // namespace expertline::roster
