// What the file of sources says, and how fast a source may be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "presence-ingest/sources/rate.h"
#include "presence-ingest/sources/source_file.h"

namespace expertline::presence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Sources, WithoutAFileAnySourceMaySayAnything) {
  const SourceFile none;
  ASSERT_NE(none.rules("any"), nullptr);
  EXPECT_TRUE(none.rules("any")->experts.covers("ann", [](const auto&) { return false; }));
  EXPECT_EQ(none.rules("any")->reports_per_second, 0);
}

TEST(Sources, AFileSaysWhatEachMayDo) {
  const auto [file, issues] = read_sources(R"(
busy_takes_im: true
sources:
  xmpp-main:
    kind: client
    experts: [ann, "retail-*", "group:sales"]
    heartbeat: 10s
    grace: 0s
    reports_per_second: 500
    clock: 1m
    write_back: true
  pbx: {kind: phone, experts: all}
)",
                                           "s.yaml");
  ASSERT_THAT(issues, IsEmpty());
  EXPECT_TRUE(file.busy_takes_im);
  const SourceRules* xmpp = file.rules("xmpp-main");
  ASSERT_NE(xmpp, nullptr);
  EXPECT_EQ(xmpp->kind, v1::SOURCE_KIND_CLIENT);
  EXPECT_EQ(xmpp->heartbeat_ms, 10'000);
  EXPECT_EQ(xmpp->grace_ms, 0);
  EXPECT_EQ(xmpp->reports_per_second, 500);
  EXPECT_EQ(xmpp->clock_ms, 60'000);
  EXPECT_TRUE(xmpp->write_back);
  const auto in_sales = [](const std::string& group) { return group == "sales"; };
  const auto in_none = [](const std::string&) { return false; };
  EXPECT_TRUE(xmpp->experts.covers("ann", in_none));
  EXPECT_TRUE(xmpp->experts.covers("retail-17", in_none));
  EXPECT_TRUE(xmpp->experts.covers("bob", in_sales));
  EXPECT_FALSE(xmpp->experts.covers("bob", in_none));
  EXPECT_TRUE(file.rules("pbx")->experts.all);
  EXPECT_EQ(file.rules("other"), nullptr);
}

TEST(Sources, OthersMayBeLetIn) {
  const auto [file, issues] = read_sources("sources: {}\nothers: {kind: client, experts: [guest]}\n", "s.yaml");
  ASSERT_THAT(issues, IsEmpty());
  ASSERT_NE(file.rules("any"), nullptr);
  EXPECT_FALSE(file.rules("any")->experts.all);
  EXPECT_EQ(read_sources("sources: {}\nothers: refuse\n", "s.yaml").file.rules("any"), nullptr);
}

TEST(Sources, AllFaultsAreTold) {
  const auto issues = read_sources(R"(sources:
  "a b": {kind: fax}
  c: {experts: some, heartbeat: 1ms, reports_per_second: 0}
  d: {experts: ["", "group:", "x y"], graec: 1s}
others: maybe
)",
                                   "s.yaml")
                          .issues;
  std::vector<std::string> lines;
  for (const auto& issue : issues) lines.push_back(yaml::to_string(issue));
  EXPECT_THAT(lines, ElementsAre(StartsWith("s.yaml:2:3"), HasSubstr("fax"), HasSubstr("experts must be"),
                                 HasSubstr("heartbeat"), HasSubstr("reports_per_second"), StartsWith("s.yaml:4:17"),
                                 HasSubstr("group:"), HasSubstr("x y"), HasSubstr("did you mean grace?"),
                                 StartsWith("s.yaml:5:9")));
}

TEST(Rate, LetsPassWhatOneSecondAllows) {
  Rate rate(100);
  EXPECT_EQ(rate.take(60, 1000), 60);
  EXPECT_EQ(rate.take(60, 1000), 40);
  EXPECT_EQ(rate.take(60, 1000), 0);
  EXPECT_EQ(rate.wait_ms(10), 101);
  EXPECT_EQ(rate.take(60, 1100), 10);
  EXPECT_EQ(rate.take(500, 100'000), 100);  // what was not used is not saved up
}

TEST(Rate, OverTimeNoMoreThanTheRatePasses) {
  Rate rate(250);
  int passed = 0;
  for (int64_t ms = 1; ms <= 10'000; ++ms) passed += rate.take(20, ms);
  EXPECT_GE(passed, 2'500);
  EXPECT_LE(passed, 2'750);
}

TEST(Rate, NoRateIsNoLimit) {
  Rate rate(0);
  EXPECT_EQ(rate.take(1'000'000, 1), 1'000'000);
  EXPECT_EQ(rate.wait_ms(1'000'000), 0);
}

}  // namespace
}  // namespace expertline::presence
