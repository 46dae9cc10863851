#include "expertline/replay/tally.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace expertline::cli {
namespace {

TEST(Percentile, IsTheNearestRank) {
  const std::vector<double> values = {5, 1, 4, 2, 3};
  EXPECT_EQ(percentile(values, 0.5), 3);
  EXPECT_EQ(percentile(values, 0.2), 1);
  EXPECT_EQ(percentile(values, 0.99), 5);
  EXPECT_EQ(percentile({}, 0.5), 0);
}

Tally small_tally() {
  Tally tally;
  tally.rows = 10;
  tally.bad_rows = 1;
  tally.interactions = 8;
  tally.asked = 3;
  tally.accepted = 2;
  tally.default_routed = 1;
  tally.offers = 4;
  tally.declined = 1;
  tally.timed_out = 1;
  tally.to_expert_ms = {10, 20};
  tally.fairness.add("stocks", "a", {"a", "b"});
  return tally;
}

TEST(Tally, JsonIsOneLineThatSaysWhatTheTableSays) {
  const auto text = tally_json({.file = "day.csv"}, small_tally());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["asked"], 3);
  EXPECT_EQ(json["accepted"], 2);
  EXPECT_EQ(json["default_routed"], 1);
  EXPECT_EQ(json["time_to_expert_ms"]["p99"], 20);
  EXPECT_EQ(json["skillsets"][0]["offers_per_expert"]["a"], 1);
  EXPECT_EQ(json["skillsets"][0]["offers_per_expert"]["b"], 0);
}

TEST(Tally, TheTableNamesRowsThatWereLeftOutAndWhatIsNotScaled) {
  const auto text = tally_text({}, {.file = "day.csv"}, small_tally());
  EXPECT_NE(text.find("1 of 11 rows left out"), std::string::npos) << text;
  EXPECT_NE(text.find("Not scaled"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace expertline::cli
