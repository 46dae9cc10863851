#include "expertline/diff/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/decide.h"
#include "routing/explain.h"
#include "routing/record.h"
#include "strategy/load.h"

namespace expertline::cli {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::shared_ptr<const routing::Strategy> strategy(const std::string& steps, const std::string& mailbox = "team") {
  const auto loaded = strategy::load("test.yaml", "strategy: help\nmedia: im\nrouting_points: [help]\nsteps:\n" +
                                                      steps + "otherwise:\n  - {voicemail: " + mailbox + "}\n");
  for (const auto& issue : loaded.issues) EXPECT_EQ(yaml::to_string(issue), "");
  return loaded.strategy;
}

v1::ExpertRecord expert(const std::string& id, const std::string& skill) {
  v1::ExpertRecord record;
  record.mutable_expert()->set_name("domains/main/experts/" + id);
  (*record.mutable_expert()->mutable_skills())[skill] = 3;
  record.set_state(v1::PRESENCE_STATE_ONLINE);
  record.set_has_desk(true);
  record.set_revision(1);
  v1::MediumStatus& medium = *record.add_media();
  medium.set_medium("im");
  medium.set_routable(true);
  medium.set_capacity(1);
  return record;
}

// What the strategy decides with ann, who knows rates, and ben, who knows cards.
v1::DecisionRecord decided(const routing::Strategy& by, int step = 0, const std::vector<std::string>& asked = {}) {
  routing::Snapshot snapshot;
  snapshot.apply(expert("ann", "rates"));
  snapshot.apply(expert("ben", "cards"));
  v1::RoutingFacts facts;
  facts.set_medium("im");
  facts.set_routing_point("help");
  facts.set_seed(7);
  facts.set_step(step);
  for (const std::string& id : asked) facts.add_asked(id);
  v1::Moment moment;
  moment.mutable_now()->set_seconds(1'700'000'000);
  const auto decision = routing::decide(by, snapshot, facts, moment);
  return routing::record_of(by, snapshot, facts, moment, decision);
}

const char* kRates = "  - {step: rates, find: {skills: {rates: any}}}\n";
const char* kCards = "  - {step: cards, find: {skills: {cards: any}}}\n";
const char* kWait = "  - {step: rates, find: {skills: {tax: any}}, wait: 10s}\n";

TEST(Compare, TheSameTwiceIsTheSame) {
  const auto one = strategy(kRates);
  const auto comparison = compare(*one, *one, {decided(*one), decided(*one, 0, {"ann"})});
  EXPECT_EQ(comparison.same, 2);
  EXPECT_TRUE(comparison.differences.empty());
}

TEST(Compare, DifferencesAreToldByKindAndInWords) {
  const auto old = strategy(kRates);
  struct Case {
    std::string steps;
    std::string kind;
  };
  for (const Case& c :
       {Case{kCards, "another step"}, Case{"  - {step: rates, find: {skills: {cards: any}}}\n", "another expert"},
        Case{kWait, "wait instead of offer"},
        Case{"  - {step: rates, find: {skills: {tax: any}}}\n", "default routing instead of offer"}}) {
    const auto comparison = compare(*old, *strategy(c.steps), {decided(*old)});
    EXPECT_THAT(comparison.kinds, ElementsAre(Pair(c.kind, 1)));
    ASSERT_EQ(comparison.differences.size(), 1U);
    EXPECT_EQ(comparison.differences[0].before, "offer in \"rates\" to ann");
  }
}

TEST(Compare, AnotherMailboxIsADifference) {
  const auto old = strategy(kRates);
  const auto comparison = compare(*old, *strategy(kRates, "elsewhere"), {decided(*old, 0, {"ann"})});
  EXPECT_THAT(comparison.kinds, ElementsAre(Pair("another default target", 1)));
}

TEST(Compare, ALegGoesOnInTheStepOfTheSameName) {
  const auto old = strategy(std::string(kRates) + kCards);
  const auto reordered = strategy(std::string(kCards) + kRates);
  EXPECT_EQ(compare(*old, *reordered, {decided(*old, 1)}).same, 1);
  EXPECT_EQ(compare(*old, *strategy(kRates), {decided(*old, 1)}).without_step, 1);
}

}  // namespace
}  // namespace expertline::cli
