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

TEST(Roster, WithoutExpertsItIsNone) {
  EXPECT_THAT(places(""), ::testing::SizeIs(1));
  EXPECT_THAT(places("people: []\n"), ::testing::SizeIs(2));
  EXPECT_THAT(places("experts: {a: 1}\n"), ::testing::SizeIs(1));
}

}  // namespace
}  // namespace expertline::roster
