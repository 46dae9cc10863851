// Decisions as they are kept in the store, on a real Redis.
#include "strategy-evaluation/decision_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"
#include "support/wait.h"

namespace expertline::evaluation {
namespace {

v1::DecisionRecord record(const std::string& strategy, int64_t version, int experts) {
  v1::DecisionRecord made;
  made.set_strategy(strategy);
  made.set_leg_version(version);
  made.set_kind(v1::DECISION_KIND_WAIT);
  made.mutable_moment()->set_store_now_ms(version);
  made.mutable_explanation()->add_steps()->set_found(experts);
  made.mutable_facts()->set_medium("im");
  for (int i = 0; i < experts; ++i) {
    made.add_experts()->mutable_expert()->set_name("domains/main/experts/expert-" + std::to_string(i));
  }
  return made;
}

TEST(PackedRecord, IsTheSameAgain) {
  const auto original = record("help", 1, 100);
  const std::string bytes = pack(original, Kept::kAll);
  EXPECT_LT(bytes.size() * 3, original.ByteSizeLong());
  const auto unpacked = unpack(bytes);
  ASSERT_TRUE(unpacked);
  EXPECT_EQ(unpacked->kept, Kept::kAll);
  EXPECT_EQ(unpacked->record.SerializeAsString(), original.SerializeAsString());
}

TEST(PackedRecord, InCountsHasNothingOfTheRequest) {
  auto original = record("help", 1, 2);
  (*original.mutable_facts()->mutable_user_data()->mutable_values())["pin"].set_text("canary");
  const std::string bytes = pack(counts_of(original), Kept::kCounts);
  EXPECT_EQ(bytes.find("canary"), std::string::npos);
  EXPECT_EQ(bytes.find("expert-"), std::string::npos);
  const auto unpacked = unpack(bytes);
  ASSERT_TRUE(unpacked);
  EXPECT_EQ(unpacked->record.explanation().steps(0).found(), 2);
}

TEST(PackedRecord, OtherBytesAreNone) {
  for (const char* bytes : {"", "x", "g", "gnonsense", "c\xff\xff"}) EXPECT_FALSE(unpack(bytes)) << bytes;
}

TEST(Share, IsAllNoneOrAPercentage) {
  EXPECT_EQ(*read_share("all"), 1.0);
  EXPECT_EQ(*read_share("none"), 0.0);
  EXPECT_EQ(*read_share("2.5%"), 0.025);
  for (const char* bad : {"", "some", "101%", "-1%", "5", "%"}) EXPECT_FALSE(read_share(bad).ok()) << bad;
}

class DecisionLogTest : public testing::Test {
 protected:
  DecisionLogTest() : server_(folder_.path()) {
    server_.start();
    on_loop_ = std::make_unique<test::OnLoop>(server_.url(), state::load_functions());
    packer_ = std::make_unique<Packer>(on_loop_->loop());
    log_ = std::make_unique<DecisionLog>(on_loop_->loop(), on_loop_->redis(), "main", RecordSettings{.share = 0.25},
                                         *packer_);
  }

  void add(const std::string& session, const v1::DecisionRecord& made) {
    on_loop_->loop().post([this, session, made] { log_->add(session, "im", made); });
  }
  std::vector<Unpacked> of_leg(const std::string& session) {
    return *on_loop_->run<Result<std::vector<Unpacked>>>([=, this] { return log_->of_leg(session, "im"); });
  }
  DecisionLog::Page page(const std::string& token, int most, const std::string& strategy = "") {
    return *on_loop_->run<Result<DecisionLog::Page>>([=, this] { return log_->page(token, most, strategy); });
  }
  // All pages.
  std::vector<int64_t> versions(int most, const std::string& strategy = "") {
    std::vector<int64_t> all;
    std::string token;
    do {
      auto next = page(token, most, strategy);
      EXPECT_LE(next.records.size(), static_cast<size_t>(most));
      for (const auto& one : next.records) all.push_back(one.leg_version());
      token = next.next;
    } while (!token.empty());
    return all;
  }

  test::TempDir folder_;
  test::RedisServer server_;
  std::unique_ptr<test::OnLoop> on_loop_;
  std::unique_ptr<Packer> packer_;
  std::unique_ptr<DecisionLog> log_;
};

TEST_F(DecisionLogTest, TheDecisionsOfALegComeInTheirOrder) {
  add("s", record("help", 1, 50));
  add("s", counts_of(record("help", 2, 1)));
  add("other", record("help", 1, 1));
  test::eventually("both are kept", [&] { return of_leg("s").size() == 2; });
  const auto all = of_leg("s");
  EXPECT_EQ(all[0].kept, Kept::kAll);
  EXPECT_EQ(all[0].record.experts_size(), 50);
  EXPECT_EQ(all[1].kept, Kept::kCounts);
  EXPECT_EQ(all[1].record.leg_version(), 2);
}

TEST_F(DecisionLogTest, PagesHaveTheFullRecordsOnlyEachOnce) {
  for (int i = 0; i < 30; ++i) {
    add("s", i % 3 == 0 ? counts_of(record("help", i, 1)) : record(i % 3 == 1 ? "help" : "sales", i, 1));
  }
  test::eventually("all are kept", [&] { return versions(100).size() == 20; });
  EXPECT_EQ(versions(7).size(), 20U);
  EXPECT_THAT(versions(3, "sales"), testing::UnorderedElementsAre(2, 5, 8, 11, 14, 17, 20, 23, 26, 29));
}

TEST_F(DecisionLogTest, TheShareIsOfLegsAndTheSameEverywhere) {
  int full = 0;
  for (uint64_t seed = 0; seed < 10'000; ++seed) {
    full += log_->in_full(seed) ? 1 : 0;
    EXPECT_EQ(log_->in_full(seed), log_->in_full(seed));
  }
  EXPECT_NEAR(full, 2'500, 200);  // more than 4 standard deviations
  for (const double share : {0.0, 1.0}) {
    const DecisionLog other(on_loop_->loop(), on_loop_->redis(), "main", RecordSettings{.share = share}, *packer_);
    for (uint64_t seed = 0; seed < 1'000; ++seed) EXPECT_EQ(other.in_full(seed), share == 1.0);
  }
}

}  // namespace
}  // namespace expertline::evaluation
