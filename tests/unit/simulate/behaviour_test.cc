#include "expertline/simulate/behaviour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expertline::simulate {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Behaviour, IsReadWhole) {
  const auto read = read_behaviour(R"(
experts:
  decline: 5%
  overlook: 0.2
  answer: {median: 4s, spread: 1.5}
  talk: {median: 3m}
  hours: {mon-fri: "08:00-17:00"}
  zone: Europe/Zurich
named:
  ann: {decline: 50%}
agents: {site: {zurich: 60, bern: 40}, groups: [retail], languages: [en, de]}
user_data: {topic: {rates: 70, fraud: 30}, amount: "250000"}
)",
                                   "b.yaml");
  ASSERT_TRUE(read.issues.empty()) << to_string(read.issues.front());
  const Behaviour& behaviour = read.behaviour;
  EXPECT_DOUBLE_EQ(behaviour.everybody.decline, 0.05);
  EXPECT_DOUBLE_EQ(behaviour.everybody.overlook, 0.2);
  EXPECT_EQ(behaviour.everybody.answer, (Lognormal{.median_s = 4, .spread = 1.5}));
  EXPECT_EQ(behaviour.everybody.talk, (Lognormal{.median_s = 180, .spread = 1}));
  EXPECT_EQ(behaviour.hours.hours_size(), 5);
  EXPECT_EQ(behaviour.hours.hours(4).day(), v1::WEEKDAY_FRIDAY);
  EXPECT_EQ(behaviour.hours.hours(4).end_minute(), 17 * 60);
  EXPECT_EQ(behaviour.hours.time_zone(), "Europe/Zurich");
  EXPECT_DOUBLE_EQ(behaviour.of("ann").decline, 0.5);
  EXPECT_DOUBLE_EQ(behaviour.of("ann").overlook, 0.2);
  EXPECT_DOUBLE_EQ(behaviour.of("bob").decline, 0.05);
  EXPECT_THAT(behaviour.site, ElementsAre(Pair("zurich", 60), Pair("bern", 40)));
  EXPECT_THAT(behaviour.groups, ElementsAre("retail"));
  EXPECT_THAT(behaviour.languages, ElementsAre("en", "de"));
  EXPECT_THAT(behaviour.user_data.at("amount"), ElementsAre(Pair("250000", 1)));
}

TEST(Behaviour, WhatIsNotSaidStaysAsItIsByDefault) {
  const auto read = read_behaviour("experts: {decline: 0%}\n", "b.yaml");
  EXPECT_TRUE(read.issues.empty());
  EXPECT_DOUBLE_EQ(read.behaviour.everybody.overlook, 0.1);
  EXPECT_FALSE(read.behaviour.everybody.talk);
  EXPECT_TRUE(read.behaviour.hours.hours().empty());
}

TEST(Behaviour, EveryFaultIsToldAtItsPlace) {
  const auto read = read_behaviour(R"(experts:
  decline: 110%
  answer: {median: 5s, spread: 0.5}
  zone: Europe/Zurick
  talk: {mean: 3m}
named:
  ann: {decline: 60%, overlook: 50%}
user_data: {topic: {rates: 0}}
pace: 1
)",
                                   "b.yaml");
  std::vector<std::pair<int, std::string>> told;
  for (const auto& issue : read.issues) told.emplace_back(issue.mark.line, issue.code);
  EXPECT_THAT(told, testing::UnorderedElementsAre(Pair(2, "bad_share"), Pair(3, "bad_spread"), Pair(4, "unknown_zone"),
                                                  Pair(5, "missing_key"), Pair(5, "unknown_key"), Pair(7, "bad_share"),
                                                  Pair(8, "bad_weight"), Pair(9, "unknown_key")));
}

TEST(Behaviour, AChoiceIsDrawnByItsWeights) {
  const Choice choice = {{"never", 0}, {"rates", 3}, {"fraud", 1}};
  EXPECT_EQ(choose(choice, 0), "rates");
  EXPECT_EQ(choose(choice, 0.74), "rates");
  EXPECT_EQ(choose(choice, 0.76), "fraud");
  EXPECT_EQ(choose({{"fraud", 1}, {"never", 0}}, 0.9999999999999999), "fraud");
}

}  // namespace
}  // namespace expertline::simulate
