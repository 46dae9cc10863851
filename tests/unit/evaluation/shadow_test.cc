#include "strategy-evaluation/shadow.h"

#include <gtest/gtest.h>

namespace expertline::evaluation {
namespace {

std::shared_ptr<routing::Strategy> ends_in(const std::string& mailbox) {
  auto strategy = std::make_shared<routing::Strategy>();
  strategy->name = "help";
  strategy->revision = mailbox;
  strategy->medium = "im";
  strategy->steps.push_back({.name = "nobody", .find = {.groups = {"nobody"}}});
  strategy->otherwise.push_back({.kind = routing::Otherwise::Kind::kVoicemail, .text = {mailbox}});
  return strategy;
}

class ShadowTest : public testing::Test {
 protected:
  void compare(const std::string& session) {
    const Shadow::Case what{.session = session, .leg = "im", .facts = {}, .moment = {}};
    const auto decision = routing::decide(*live_, snapshot_, what.facts, what.moment);
    shadow_.compare(*live_, decision, snapshot_, what);
  }
  v1::GetShadowResponse counts() const { return shadow_.counts("help"); }

  std::shared_ptr<routing::Strategy> live_ = ends_in("team");
  routing::Snapshot snapshot_;
  Shadow shadow_;
};

TEST_F(ShadowTest, WithoutACandidateNothingIsCounted) {
  compare("s");
  EXPECT_EQ(counts().revision(), "");
  EXPECT_EQ(counts().decisions(), 0);
}

TEST_F(ShadowTest, AgreementIsCounted) {
  shadow_.use({{"help", ends_in("team")}});
  compare("s");
  EXPECT_EQ(counts().decisions(), 1);
  EXPECT_EQ(counts().agreed(), 1);
  EXPECT_EQ(counts().differences_size(), 0);
}

TEST_F(ShadowTest, TheLastHundredDifferencesAreKeptNewestFirst) {
  shadow_.use({{"help", ends_in("elsewhere")}});
  for (int i = 0; i < 150; ++i) compare(std::to_string(i));
  EXPECT_EQ(counts().decisions(), 150);
  EXPECT_EQ(counts().agreed(), 0);
  ASSERT_EQ(counts().differences_size(), 100);
  EXPECT_EQ(counts().differences(0).session(), "149");
  EXPECT_EQ(counts().differences(0).live(), "voicemail team");
  EXPECT_EQ(counts().differences(0).candidate(), "voicemail elsewhere");
}

TEST_F(ShadowTest, OnlyAnotherRevisionBeginsAnew) {
  shadow_.use({{"help", ends_in("elsewhere")}});
  compare("s");
  shadow_.use({{"help", ends_in("elsewhere")}});
  EXPECT_EQ(counts().decisions(), 1);
  shadow_.use({{"help", ends_in("third")}});
  EXPECT_EQ(counts().decisions(), 0);
}

}  // namespace
}  // namespace expertline::evaluation
