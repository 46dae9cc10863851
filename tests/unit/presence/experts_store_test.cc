// The functions of experts on a real Redis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "state/expert_store.h"
#include "state/library.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"
#include "support/wait.h"

namespace expertline::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kOnline = v1::PRESENCE_STATE_ONLINE;
constexpr auto kBusy = v1::PRESENCE_STATE_BUSY;

// The library, and a function that holds (1) or releases (-1) as the functions of sessions do.
redis::Command load_with_hold() {
  return {"FUNCTION", "LOAD", "REPLACE", function_library() + R"(
redis.register_function('test_hold', function(keys, args)
  local p, expert = prefix(keys), args[1]
  local x = load_expert(p, expert)
  count_holding(p, expert, x, 'im', tonumber(args[2]), 0)
  publish(p, expert, x)
  return drop_if_retired(p, expert) and 'dropped' or 'kept'
end))"};
}

class ExpertsStore : public ::testing::Test {
 protected:
  ExpertsStore() : server_(folder_.path()) {
    server_.start();
    loop_ = std::make_unique<test::OnLoop>(server_.url(), load_with_hold());
    store_ = std::make_unique<ExpertStore>(loop_->redis());
  }

  static Put ann(int capacity = 2) {
    Put put;
    put.expert = "ann";
    put.record.set_display_name("Ann");
    (*put.record.mutable_capacities())["im"] = capacity;
    (*put.record.mutable_capacities())["voice"] = 1;
    (*put.record.mutable_capacities())["video"] = 1;
    (*put.record.mutable_skills())["mortgage"] = 3;
    put.record.add_groups("retail");
    return put;
  }
  static Report report(v1::PresenceState state, int64_t epoch = 1, int64_t sequence = 0, int64_t ttl_ms = 0) {
    Report out;
    out.expert = "ann";
    out.source = "desk";
    out.epoch = epoch;
    out.sequence = sequence;
    out.ttl_ms = ttl_ms;
    out.content.set_state(state);
    return out;
  }
  static Composition composed(const Observations& from, v1::PresenceState state, bool im, bool voice) {
    Composition out;
    out.expert = from.expert;
    out.version = from.version;
    out.state = state;
    out.im = im;
    out.voice = voice;
    out.why.set_winner("desk");
    return out;
  }

  Result<PutDone> put(const Put& what) {
    return loop_->run<Result<PutDone>>([=, this] { return store_->put("d", what); });
  }
  Result<bool> remove(const std::string& expert) {
    return loop_->run<Result<bool>>([=, this] { return store_->remove("d", expert); });
  }
  Result<ExpertView> view(const std::string& expert) {
    return loop_->run<Result<ExpertView>>([=, this] { return store_->view("d", expert); });
  }
  Observed observe(const std::vector<Report>& reports) {
    return *loop_->run<Result<Observed>>([=, this] { return store_->observe("d", reports); });
  }
  void present(const std::vector<Composition>& compositions) {
    const auto done = loop_->run<Result<Done>>([=, this] { return store_->present("d", compositions); });
    ASSERT_TRUE(done.ok());
  }
  Observed due() {
    return *loop_->run<Result<Observed>>([this] { return store_->due("d", 100); });
  }
  std::vector<std::string> ids(const std::string& after, int most) {
    const auto page = loop_->run<Result<std::vector<ExpertView>>>([=, this] { return store_->page("d", after, most); });
    std::vector<std::string> out;
    for (const ExpertView& one : *page) out.push_back(one.id);
    return out;
  }
  std::vector<ExpertChange> log() {
    std::vector<ExpertChange> changes;
    for (const redis::Reply& entry : loop_->ask({"XRANGE", "{d}:xlog", "-", "+"}).elements) {
      changes.push_back(parse_change(entry).value());
    }
    return changes;
  }
  std::string hold(int more) {
    return loop_->ask({"FCALL", "test_hold", "1", "{d}:clock", "ann", std::to_string(more)}).text;
  }

  test::TempDir folder_;
  test::RedisServer server_;
  std::unique_ptr<test::OnLoop> loop_;
  std::unique_ptr<ExpertStore> store_;
};

TEST_F(ExpertsStore, APutMakesTheRecordThatRoutingReads) {
  const auto done = put(ann());
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->outcome, PutOutcome::created);
  EXPECT_EQ(done->revision, 1);
  EXPECT_EQ(loop_->ask({"HGET", "{d}:x:ann", "buckets"}).text,
            R"(["all","expert=ann","group=retail","skill=mortgage"])");
  const auto found = view("ann");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->directory.display_name(), "Ann");
  EXPECT_EQ(found->directory.state(), v1::EXPERT_STATE_ACTIVE);
  EXPECT_EQ(found->state.state, v1::PRESENCE_STATE_OFFLINE);
  ASSERT_EQ(found->state.media.size(), 3U);
  EXPECT_EQ(found->state.media[0].medium(), "im");
  EXPECT_EQ(found->state.media[0].capacity(), 2);
  ASSERT_EQ(log().size(), 1U);
  EXPECT_EQ(log()[0].expert, "ann");
  EXPECT_EQ(log()[0].state.directory_revision, 1);
}

TEST_F(ExpertsStore, ThePutOfWhatIsThereChangesNothing) {
  (void)put(ann());
  const auto again = put(ann());
  EXPECT_EQ(again->outcome, PutOutcome::unchanged);
  EXPECT_EQ(again->revision, 1);
  EXPECT_EQ(log().size(), 1U);
}

TEST_F(ExpertsStore, ADryPutSaysWhatWouldHappen) {
  Put dry = ann();
  dry.dry = true;
  EXPECT_EQ(put(dry)->outcome, PutOutcome::created);
  EXPECT_FALSE(view("ann").ok());
  EXPECT_THAT(log(), IsEmpty());
}

TEST_F(ExpertsStore, RefusalsNameTheirReason) {
  Put create = ann();
  create.mode = PutMode::create;
  Put update = ann();
  update.mode = PutMode::update;
  EXPECT_EQ(put(update).error().reason, v1::ERROR_REASON_UNKNOWN_EXPERT);
  EXPECT_TRUE(put(create).ok());
  EXPECT_EQ(put(create).error().reason, v1::ERROR_REASON_EXPERT_EXISTS);
  update.record.set_site("bern");
  update.if_revision = 7;
  const auto mismatch = put(update);
  EXPECT_EQ(mismatch.error().reason, v1::ERROR_REASON_REVISION_MISMATCH);
  EXPECT_EQ(mismatch.error().metadata.at("actual"), "1");
  update.if_revision = 1;
  EXPECT_EQ(put(update)->revision, 2);
  EXPECT_EQ(view("bob").error().reason, v1::ERROR_REASON_UNKNOWN_EXPERT);
}

TEST_F(ExpertsStore, ARequestIdIsAnsweredOnce) {
  Put create = ann();
  create.mode = PutMode::create;
  create.request_id = "r1";
  create.request_hash = "1";
  EXPECT_EQ(put(create)->revision, 1);
  EXPECT_EQ(put(create)->revision, 1);
  create.request_hash = "2";
  EXPECT_EQ(put(create).error().reason, v1::ERROR_REASON_REQUEST_ID_REUSED);
}

TEST_F(ExpertsStore, PagesAreInOrderOfId) {
  for (const char* id : {"d", "a", "c", "b"}) {
    Put one = ann();
    one.expert = id;
    (void)put(one);
  }
  EXPECT_THAT(ids("", 3), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids("c", 3), ElementsAre("d"));
  EXPECT_THAT(ids("d", 3), IsEmpty());
}

TEST_F(ExpertsStore, ReportsAreTakenStaleOrUnknown) {
  (void)put(ann());
  Report unknown = report(kOnline);
  unknown.expert = "bob";
  const int64_t big = std::numeric_limits<int64_t>::max();
  const Observed first = observe(
      {report(kOnline, 5, big - 1), unknown, report(kBusy, 5, big - 2), report(kBusy, 4, big), report(kBusy, 5, big)});
  EXPECT_THAT(first.outcomes, ElementsAre(ReportOutcome::taken, ReportOutcome::unknown_expert, ReportOutcome::stale,
                                          ReportOutcome::stale, ReportOutcome::taken));
  ASSERT_EQ(first.compose.size(), 1U);
  ASSERT_EQ(first.compose[0].list.size(), 1U);
  EXPECT_EQ(first.compose[0].list[0].content.state(), kBusy);
  EXPECT_THAT(observe({report(kOnline, 6, 0)}).outcomes, ElementsAre(ReportOutcome::taken));
}

TEST_F(ExpertsStore, ARepeatedReportCostsNoCompositionAndNoLogEntry) {
  (void)put(ann());
  const Observed first = observe({report(kOnline, 1, 1)});
  present({composed(first.compose.at(0), kOnline, true, true)});
  const size_t entries = log().size();
  EXPECT_THAT(observe({report(kOnline, 1, 2)}).compose, IsEmpty());
  const Observed changed = observe({report(kBusy, 1, 3)});
  ASSERT_EQ(changed.compose.size(), 1U);
  // The result is the same: nothing to tell either.
  present({composed(changed.compose[0], kOnline, true, true)});
  EXPECT_EQ(log().size(), entries);
}

TEST_F(ExpertsStore, PresenceIsWrittenForEveryMedium) {
  (void)put(ann());
  const Observed observed = observe({report(kOnline)});
  present({composed(observed.compose.at(0), kOnline, true, false)});
  const auto found = view("ann");
  EXPECT_EQ(found->state.state, kOnline);
  EXPECT_EQ(found->why.winner(), "desk");
  EXPECT_GT(found->state.since_ms, 0);
  ASSERT_EQ(found->state.media.size(), 3U);
  EXPECT_TRUE(found->state.media[0].routable()) << "im";
  EXPECT_TRUE(found->state.media[1].routable()) << "video is like im";
  EXPECT_FALSE(found->state.media[2].routable()) << "voice";
  // A medium that comes later is routable at once.
  Put more = ann();
  (*more.record.mutable_capacities())["email"] = 1;
  (void)put(more);
  EXPECT_TRUE(view("ann")->state.media[0].routable()) << "email";
}

TEST_F(ExpertsStore, SinceWhenIsShownAsWallClockTime) {
  (void)put(ann());
  (void)loop_->ask({"HSET", "{d}:clock", "offset", "3600000"});
  const Observed observed = observe({report(kOnline)});
  present({composed(observed.compose.at(0), kOnline, true, true)});
  EXPECT_GE(view("ann")->state.since_ms, observed.now_ms + 3'600'000);
}

TEST_F(ExpertsStore, WhoeverComposedFromOlderObservationsWritesNothing) {
  (void)put(ann());
  const Observed older = observe({report(kOnline, 1, 1)});
  const Observed newer = observe({report(kBusy, 1, 2)});
  present({composed(newer.compose.at(0), kBusy, false, false)});
  present({composed(older.compose.at(0), kOnline, true, true)});
  EXPECT_EQ(view("ann")->state.state, kBusy);
}

TEST_F(ExpertsStore, WhatExpiresIsDueAndComesAgainUntilItIsWritten) {
  (void)put(ann());
  const Observed observed = observe({report(kOnline, 1, 1, 50)});
  Composition first = composed(observed.compose.at(0), kOnline, true, true);
  first.due_ms = observed.compose[0].list.at(0).expires_ms;
  EXPECT_EQ(first.due_ms, observed.now_ms + 50);
  present({first});
  EXPECT_EQ(loop_->ask({"ZSCORE", "{d}:pdue", "ann"}).text, std::to_string(first.due_ms));
  Observed expired;
  test::eventually("it has expired", [&] {
    expired = due();
    return !expired.compose.empty();
  });
  EXPECT_GE(expired.now_ms, first.due_ms);
  EXPECT_THAT(due().compose, IsEmpty()) << "somebody is at it";
  present({composed(expired.compose[0], v1::PRESENCE_STATE_OFFLINE, false, false)});
  EXPECT_EQ(loop_->ask({"ZCARD", "{d}:pdue"}).integer, 0);
}

TEST_F(ExpertsStore, ReportsWhoseTakerDiedAreDueAgain) {
  (void)put(ann());
  (void)observe({report(kOnline)});
  EXPECT_EQ(loop_->ask({"ZCARD", "{d}:pdue"}).integer, 1);
}

TEST_F(ExpertsStore, AnExpertHasAtMostSixtyFourSources) {
  (void)put(ann());
  std::vector<Report> reports;
  for (int i = 0; i < 65; ++i) {
    reports.push_back(report(kOnline));
    reports.back().source = "s" + std::to_string(i);
  }
  const Observed observed = observe(reports);
  EXPECT_EQ(observed.outcomes[63], ReportOutcome::taken);
  EXPECT_EQ(observed.outcomes[64], ReportOutcome::too_many_sources);
}

TEST_F(ExpertsStore, ARemovedExpertLeavesNothingButAnEntryOfTheLog) {
  (void)put(ann());
  (void)observe({report(kOnline)});
  EXPECT_FALSE(*remove("ann"));
  EXPECT_FALSE(*remove("ann")) << "done twice is done once";
  const auto changes = log();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_TRUE(changes[1].removed);
  EXPECT_GT(changes[1].state.revision, changes[0].state.revision);
  EXPECT_EQ(loop_->ask({"EXISTS", "{d}:x:ann", "{d}:e:ann", "{d}:pdue", "{d}:experts"}).integer, 0);
  // Revisions of an id never go down.
  (void)put(ann());
  EXPECT_GT(log().back().state.revision, changes[1].state.revision);
  EXPECT_GT(log().back().state.directory_revision, changes[0].state.directory_revision);
}

TEST_F(ExpertsStore, WhoHoldsALegIsRetiredAndGoesWhenItEnds) {
  (void)put(ann());
  hold(2);
  EXPECT_TRUE(*remove("ann"));
  EXPECT_TRUE(*remove("ann"));
  EXPECT_EQ(view("ann")->directory.state(), v1::EXPERT_STATE_RETIRED);
  EXPECT_FALSE(log().back().state.active);
  EXPECT_EQ(hold(-1), "kept");
  EXPECT_EQ(hold(-1), "dropped");
  EXPECT_TRUE(log().back().removed);
  EXPECT_FALSE(view("ann").ok());
}

TEST_F(ExpertsStore, ARetiredExpertWhoIsCreatedAgainKeepsWhatHeHolds) {
  (void)put(ann());
  hold(1);
  (void)remove("ann");
  Put create = ann(5);
  create.mode = PutMode::create;
  EXPECT_EQ(put(create)->outcome, PutOutcome::created);
  EXPECT_EQ(view("ann")->directory.state(), v1::EXPERT_STATE_ACTIVE);
  EXPECT_EQ(view("ann")->state.media[0].used(), 1);
  EXPECT_EQ(view("ann")->state.media[0].capacity(), 5);
}

TEST_F(ExpertsStore, AMediumThatIsTakenAwayWhileItIsHeldStaysWithoutCapacity) {
  (void)put(ann());
  hold(1);
  Put less = ann();
  less.record.mutable_capacities()->clear();
  (void)put(less);
  const auto found = view("ann");
  ASSERT_EQ(found->state.media.size(), 1U);
  EXPECT_EQ(found->state.media[0].medium(), "im");
  EXPECT_EQ(found->state.media[0].capacity(), 0);
  EXPECT_EQ(found->state.media[0].used(), 1);
}

TEST_F(ExpertsStore, WhoGainsASkillIsOfferedToThoseWhoWaitForIt) {
  (void)put(ann());
  (void)loop_->ask({"FCALL", "xl1_desk", "1", "{d}:clock", R"({"bridge": "b1", "attach": true, "experts": ["ann"]})"});
  const Observed observed = observe({report(kOnline)});
  present({composed(observed.compose.at(0), kOnline, true, true)});
  (void)loop_->ask({"ZADD", "{d}:wait:im:skill=cards", "1", "s:im"});
  EXPECT_EQ(loop_->ask({"XLEN", "{d}:wake"}).integer, 0);
  Put more = ann();
  (*more.record.mutable_skills())["cards"] = 1;
  (void)put(more);
  EXPECT_EQ(loop_->ask({"XLEN", "{d}:wake"}).integer, 1);
}

// Whatever the order in which reports arrive, and however often: of each source the highest sequence is kept.
TEST_F(ExpertsStore, TheOrderOfArrivalAndDuplicatesDoNotMatter) {
  ASSERT_TRUE(put(ann()).ok());
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::minstd_rand random(seed);
    std::vector<Report> all;
    std::map<std::string, v1::PresenceState> last;
    for (const char* source : {"a", "b", "c"}) {
      for (int64_t sequence = 1; sequence <= 5; ++sequence) {
        Report one = report(static_cast<v1::PresenceState>(1 + random() % 6), seed, sequence);
        one.source = source;
        last[source] = one.content.state();
        all.push_back(one);
        if (random() % 2 == 0) all.push_back(one);
      }
    }
    std::shuffle(all.begin(), all.end(), random);
    // In batches of any size.
    for (size_t from = 0; from < all.size();) {
      const size_t to = std::min(all.size(), from + 1 + random() % 7);
      const auto place = [&](size_t at) { return all.begin() + static_cast<std::ptrdiff_t>(at); };
      observe({place(from), place(to)});
      from = to;
    }
    Report again = all.front();
    again.sequence = 5;
    again.content.set_state(last[again.source]);
    again.content.set_note("composed once more");
    const Observed observed = observe({again});
    ASSERT_EQ(observed.compose.size(), 1U);
    std::map<std::string, v1::PresenceState> kept;
    for (const Observation& one : observed.compose[0].list) kept[one.source] = one.content.state();
    EXPECT_EQ(kept, last) << "seed " << seed;
  }
}

TEST_F(ExpertsStore, WhoWithdrawsSaysNothingAnyMoreAndIsNotOvertakenByTheOld) {
  ASSERT_TRUE(put(ann()).ok());
  observe({report(kOnline, 1, 5)});
  Report gone = report(kOnline, 1, 6);
  gone.ttl_ms = kWithdrawn;
  const Observed observed = observe({gone});
  ASSERT_EQ(observed.compose.size(), 1U);
  EXPECT_LE(observed.compose[0].list.at(0).expires_ms, observed.now_ms);
  EXPECT_THAT(observe({report(kOnline, 1, 5)}).outcomes, ElementsAre(ReportOutcome::stale));
  Report next = report(kBusy);
  next.next_sequence = true;
  EXPECT_THAT(observe({next, report(kOnline, 1, 6)}).outcomes, ElementsAre(ReportOutcome::taken, ReportOutcome::stale));
}

TEST_F(ExpertsStore, DomainsDoNotSeeEachOther) {
  (void)put(ann());
  const auto other = loop_->run<Result<ExpertView>>([this] { return store_->view("e", "ann"); });
  EXPECT_EQ(other.error().reason, v1::ERROR_REASON_UNKNOWN_EXPERT);
}

TEST(LogId, IsOrderedAsAPairOfNumbers) {
  EXPECT_LT(*parse_log_id("9-10"), *parse_log_id("10-9"));
  EXPECT_LT(*parse_log_id("10-9"), *parse_log_id("10-10"));
  EXPECT_EQ(to_string(*parse_log_id("10-9")), "10-9");
  for (const char* bad : {"", "1", "-", "1-", "-1", "a-1", "1-1x", "1-1-1", "99999999999999999999-1"}) {
    EXPECT_FALSE(parse_log_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace expertline::state
