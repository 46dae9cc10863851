#include "expertline/replay/fairness.h"

#include <gtest/gtest.h>

#include "expertline/calls/draw.h"

namespace expertline::cli {
namespace {

const std::vector<std::string> kAll = {"a", "b", "c", "d"};

TEST(Fairness, UniformOffersPass) {
  FairnessLedger ledger;
  Draw draw(11);
  for (int i = 0; i < 4000; ++i) ledger.add("stocks", kAll[draw.index(4)], kAll);
  const auto report = ledger.report();
  ASSERT_EQ(report.size(), 1U);
  EXPECT_EQ(report[0].offers, 4000);
  EXPECT_EQ(report[0].degrees_of_freedom, 3);
  EXPECT_GT(report[0].p_value, 0.001);
}

TEST(Fairness, AFavouriteFails) {
  FairnessLedger ledger;
  Draw draw(11);
  for (int i = 0; i < 1000; ++i) ledger.add("stocks", draw.chance(0.2) ? "a" : kAll[draw.index(4)], kAll);
  EXPECT_LT(ledger.report()[0].p_value, 0.001);
}

TEST(Fairness, WhoIsSeldomFreeIsDueLess) {
  FairnessLedger ledger;
  Draw draw(12);
  for (int i = 0; i < 4000; ++i) {
    std::vector<std::string> eligible = {"a", "b"};
    if (i % 4 == 0) eligible.emplace_back("c");
    ledger.add("stocks", eligible[draw.index(eligible.size())], eligible);
  }
  const auto report = ledger.report()[0];
  EXPECT_LT(report.by_expert.at("c"), report.by_expert.at("a") / 2);
  EXPECT_GT(report.p_value, 0.001);
}

TEST(Fairness, AnOfferWithoutAChoiceIsCountedNotTested) {
  FairnessLedger ledger;
  for (int i = 0; i < 50; ++i) ledger.add("stocks", "a", {"a"});
  const auto report = ledger.report()[0];
  EXPECT_EQ(report.offers, 50);
  EXPECT_EQ(report.tested, 0);
  EXPECT_EQ(report.p_value, 1);
}

}  // namespace
}  // namespace expertline::cli
