// Records of decisions and revisions of strategies on a real Redis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "state/record_store.h"
#include "state/strategy_store.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"

namespace expertline::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kHour = 3'600'000;

class RecordsTest : public ::testing::Test {
 protected:
  RecordsTest() : server_(folder_.path()) {
    server_.start();
    loop_ = std::make_unique<test::OnLoop>(server_.url(), load_functions());
    records_ = std::make_unique<RecordStore>(loop_->redis(), "d");
    strategies_ = std::make_unique<StrategyStore>(loop_->redis(), "d");
  }

  void append(const std::string& session, const std::string& bytes, int64_t retention_ms = kHour,
              int64_t most_bytes = 1'000'000) {
    const auto done = loop_->run<Result<Done>>([=, this] {
      std::vector<NewRecord> one{{.session = session, .leg = "im", .bytes = bytes}};
      return records_->append(std::move(one), retention_ms, most_bytes);
    });
    ASSERT_TRUE(done.ok());
  }
  std::vector<std::string> of_leg(const std::string& session) {
    return *loop_->run<Result<std::vector<std::string>>>([=, this] { return records_->of_leg(session, "im"); });
  }
  std::vector<StoredRecord> page(const std::string& after, int most, int64_t most_bytes = 1'000'000) {
    return *loop_->run<Result<std::vector<StoredRecord>>>(
        [=, this] { return records_->page(after, most, most_bytes); });
  }
  std::vector<std::string> contents(const std::vector<StoredRecord>& records) {
    std::vector<std::string> out;
    for (const StoredRecord& record : records) out.push_back(record.bytes);
    return out;
  }

  int64_t keep(const std::string& revision, const std::string& text) {
    return *loop_->run<Result<int64_t>>([=, this] { return strategies_->keep("help", revision, text); });
  }
  StoredStrategies all() {
    return *loop_->run<Result<StoredStrategies>>([this] { return strategies_->all(); });
  }
  Result<std::string> text(const std::string& revision) {
    return loop_->run<Result<std::string>>([=, this] { return strategies_->text("help", revision); });
  }
  Result<Done> pin(const std::string& revision, const std::string& file = "r2") {
    return loop_->run<Result<Done>>([=, this] { return strategies_->pin("help", revision, file); });
  }
  Result<Done> file_changed(const std::string& file) {
    return loop_->run<Result<Done>>([=, this] { return strategies_->file_changed("help", file); });
  }
  int64_t version() {
    return *loop_->run<Result<int64_t>>([this] { return strategies_->version(); });
  }

  test::TempDir folder_;
  test::RedisServer server_;
  std::unique_ptr<test::OnLoop> loop_;
  std::unique_ptr<RecordStore> records_;
  std::unique_ptr<StrategyStore> strategies_;
};

TEST_F(RecordsTest, AreFoundByLegAndByTimePageByPage) {
  const std::string binary("\0\xff r", 4);
  append("s1", binary);
  append("s2", "b");
  append("s1", "c");
  EXPECT_THAT(of_leg("s1"), ElementsAre(binary, "c"));
  EXPECT_THAT(of_leg("none"), IsEmpty());
  const auto first = page("", 2);
  EXPECT_THAT(contents(first), ElementsAre(binary, "b"));
  EXPECT_THAT(contents(page(first.back().id, 2)), ElementsAre("c"));
  EXPECT_THAT(page(page(first.back().id, 2).back().id, 2), IsEmpty());
}

TEST_F(RecordsTest, APageEndsWhereItsBytesDo) {
  append("s", std::string(100, 'a'));
  append("s", std::string(100, 'b'));
  append("s", std::string(100, 'c'));
  EXPECT_THAT(page("", 10, 250), SizeIs(2));
  EXPECT_THAT(page("", 10, 10), SizeIs(1)) << "never an empty page while there is more";
}

TEST_F(RecordsTest, TheOldestMakeRoomForWhatIsNew) {
  for (int i = 0; i < 10; ++i) append("s" + std::to_string(i), std::string(100, 'x'), kHour, 350);
  EXPECT_THAT(page("", 100), SizeIs(3));
  EXPECT_THAT(of_leg("s0"), IsEmpty());
  EXPECT_THAT(of_leg("s9"), SizeIs(1));
  EXPECT_EQ(loop_->ask({"GET", "{d}:records:bytes"}).text, "300");
}

TEST_F(RecordsTest, WhatIsTooOldGoes) {
  append("old", "x", 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));  // of the store's clock
  append("new", "y", 1);
  EXPECT_THAT(contents(page("", 100)), ElementsAre("y"));
  EXPECT_EQ(loop_->ask({"GET", "{d}:records:bytes"}).text, "1");
}

TEST_F(RecordsTest, ARevisionKeepsItsTextAndWhenItFirstCame) {
  const int64_t first = keep("r1", "strategy: help\n");
  keep("r2", "strategy: help # 2\n");
  EXPECT_EQ(keep("r1", "strategy: help\n"), first);
  EXPECT_EQ(*text("r1"), "strategy: help\n");
  EXPECT_EQ(text("r3").error().reason, v1::ERROR_REASON_UNKNOWN_REVISION);
  const StoredStrategies stored = all();
  ASSERT_THAT(stored.list, SizeIs(1));
  EXPECT_EQ(stored.list[0].name, "help");
  EXPECT_THAT(stored.list[0].revisions, SizeIs(2));
}

TEST_F(RecordsTest, TheLastTwentyRevisionsAndThePinnedOneAreKept) {
  keep("pinned", "p");
  ASSERT_TRUE(pin("pinned").ok());
  for (int i = 0; i < 30; ++i) {
    keep("r" + std::to_string(i), "text");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_THAT(all().list[0].revisions, SizeIs(20));
  EXPECT_TRUE(text("pinned").ok());
  EXPECT_TRUE(text("r29").ok());
  EXPECT_FALSE(text("r10").ok());
}

TEST_F(RecordsTest, APinHoldsUntilItIsLetGoAndTellsByTheVersion) {
  keep("r1", "1");
  keep("r2", "2");
  EXPECT_EQ(pin("r9").error().reason, v1::ERROR_REASON_UNKNOWN_REVISION);
  const int64_t before = version();
  EXPECT_EQ(all().version, before);
  ASSERT_TRUE(pin("r1").ok());
  EXPECT_EQ(all().list[0].pinned, "r1");
  const int64_t pinned = version();
  EXPECT_GT(pinned, before);
  ASSERT_TRUE(pin("r1").ok());
  EXPECT_EQ(version(), pinned) << "done twice is done once";
  ASSERT_TRUE(pin("").ok());
  EXPECT_EQ(all().list[0].pinned, "");
}

TEST_F(RecordsTest, AChangedFileLetsGoOfThePinThatWasMadeOverAnother) {
  keep("r1", "one");
  keep("r2", "two");
  ASSERT_TRUE(pin("r1", "r2").ok());
  EXPECT_EQ(all().list[0].pinned_over, "r2");
  ASSERT_TRUE(file_changed("r2").ok());  // a replica that is late to see the file
  EXPECT_EQ(all().list[0].pinned, "r1");
  const int64_t before = version();
  ASSERT_TRUE(file_changed("r3").ok());
  EXPECT_EQ(all().list[0].pinned, "");
  EXPECT_GT(version(), before);
}

TEST_F(RecordsTest, APinOverABadFileIsLetGoOfWhenItIsGood) {
  keep("r1", "one");
  ASSERT_TRUE(pin("r1", "").ok());
  EXPECT_EQ(all().list[0].pinned, "r1");
  EXPECT_EQ(all().list[0].pinned_over, "");
  ASSERT_TRUE(file_changed("r3").ok());
  EXPECT_EQ(all().list[0].pinned, "");
}

}  // namespace
}  // namespace expertline::state
