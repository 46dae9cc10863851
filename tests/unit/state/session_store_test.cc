// The functions of sessions on a real Redis: whatever is done in whatever order, the invariants of docs/state.md hold.
#include "state/session_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "state/expert_store.h"
#include "state/fcall.h"
#include "state/user_data.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"

namespace expertline::state {
namespace {

constexpr const char* kDomain = "d";
constexpr int kExperts = 4;

class SessionStoreTest : public ::testing::Test {
 protected:
  SessionStoreTest() : server_(folder_.path()) {
    server_.start();
    loop_ = std::make_unique<test::OnLoop>(server_.url(), load_functions());
    store_ = std::make_unique<SessionStore>(loop_->redis(), kDomain);
    experts_ = std::make_unique<ExpertStore>(loop_->redis());
    reader_ = std::make_unique<test::RedisReader>(server_.socket());
  }

  template <typename T>
  T run(const std::function<Task<T>()>& make) {
    return loop_->run<T>(make);
  }

  // Experts e0, e1, ... who are ready for im (capacity 1 or 2) and voice (1).
  void make_experts() {
    std::vector<std::string> ids;
    for (int i = 0; i < kExperts; ++i) {
      Put put;
      put.expert = "e" + std::to_string(i);
      (*put.record.mutable_capacities())["im"] = 1 + i % 2;
      (*put.record.mutable_capacities())["voice"] = 1;
      (*put.record.mutable_skills())["any"] = 3;
      if (i == kExperts - 1) {
        v1::GuardRails& rails = *put.record.mutable_guard_rails();
        (*rails.mutable_wrap_up())["im"].set_nanos(20'000'000);
        (*rails.mutable_wrap_up())["voice"].set_nanos(20'000'000);
        rails.mutable_decline_cool_down()->set_nanos(10'000'000);
        rails.set_pause_after_timeouts(3);
      }
      ASSERT_TRUE(run<Result<PutDone>>([&] { return experts_->put(kDomain, put); }).ok());
      ids.push_back(put.expert);
      Composition online;
      online.expert = put.expert;
      online.state = v1::PRESENCE_STATE_ONLINE;
      online.im = online.voice = true;
      ASSERT_TRUE(run<Result<Done>>([&] { return experts_->present(kDomain, {online}); }).ok());
    }
    const auto attached = run<Result<std::vector<std::optional<std::vector<std::string>>>>>(
        [&] { return store_->attach_desk("b", ids); });
    ASSERT_TRUE(attached.ok());
  }

  Result<Enqueued> start(const std::string& id, const std::string& request = "", const std::string& hash = "h") {
    NewSession session;
    session.session = id;
    session.facts.mutable_agent()->set_id("agent");
    session.bridge = "b";
    session.medium = "im";
    session.routing_point = "help";
    session.user_data_limit = kDefaultUserDataLimit;
    session.request = Request{.id = request, .payload_hash = hash};
    return run<Result<Enqueued>>([&] { return store_->enqueue(session); });
  }
  SessionRecord read(const std::string& id) {
    auto record = run<Result<SessionRecord>>([&] { return store_->read(id); });
    EXPECT_TRUE(record.ok());
    return record.ok() ? *record : SessionRecord();
  }
  Result<Reservation> reserve(const LegRef& leg, const std::vector<std::string>& experts, int to = 1,
                              bool from_waiting = false, int64_t within_ms = 60'000) {
    std::vector<Candidate> candidates(experts.size());
    for (size_t i = 0; i < experts.size(); ++i) candidates[i].expert = experts[i];
    return run<Result<Reservation>>(
        [&] { return store_->reserve(leg, Decided(), to, within_ms, false, from_waiting, candidates); });
  }
  Result<Answered> answer(const std::string& session, int n, const std::string& expert, const std::string& outcome) {
    return run<Result<Answered>>([&] { return store_->answer(session, "im", n, expert, outcome, "", v1::UserData()); });
  }

  // I1 to I5 over everything that is in the store now.
  void check_invariants();

  test::TempDir folder_;
  test::RedisServer server_;
  std::unique_ptr<test::OnLoop> loop_;
  std::unique_ptr<SessionStore> store_;
  std::unique_ptr<ExpertStore> experts_;
  std::unique_ptr<test::RedisReader> reader_;
  std::vector<std::string> sessions_;
  std::map<std::string, std::string> outcomes_;  // of offers, once written
  std::map<std::string, int64_t> versions_;
  int transferred_ = 0;  // legs that were found so
};

void SessionStoreTest::check_invariants() {
  std::map<std::string, SessionRecord> records;
  for (const std::string& id : sessions_) records[id] = read(id);
  for (int i = 0; i < kExperts; ++i) {
    const std::string expert = "e" + std::to_string(i);
    const auto fields = reader_->hash("{d}:x:" + expert);
    std::map<std::string, int> held;
    for (const auto& [field, value] : fields) {
      if (!field.starts_with("r:") && !field.starts_with("w:")) continue;
      ++held[value];
      if (field.starts_with("w:")) continue;
      const size_t colon = field.find(':', 2);
      const SessionRecord& record = records[field.substr(2, colon - 2)];
      const Leg* leg = record.leg(field.substr(colon + 1));
      ASSERT_TRUE(leg != nullptr && !leg->ended()) << "I4: " << expert << " is held by " << field;
      bool wanted = leg->expert == expert || leg->held == expert;
      for (const Offer& offer : leg->offers) wanted = wanted || (offer.expert == expert && offer.outcome.empty());
      EXPECT_TRUE(wanted) << "I4: nothing of " << field << " needs " << expert;
    }
    const auto loads = test::loads(fields);
    EXPECT_EQ(loads.size(), 2U);
    for (const auto& [medium, load] : loads) {
      EXPECT_EQ(load.use, held[medium]) << "I1: use and holdings of " << expert << " for " << medium;
      EXPECT_LE(load.use, load.capacity) << "I1: " << expert;
    }
  }
  for (const auto& [id, record] : records) {
    EXPECT_GE(record.version, versions_[id]) << "I5: session " << id;
    versions_[id] = record.version;
    bool any_open = false;
    std::set<std::string> talking;
    for (const Leg& leg : record.legs) {
      if (leg.state == "active" && !leg.connect) {
        EXPECT_TRUE(talking.insert(leg.expert).second) << leg.expert << " is twice on the conversation of " << id;
      }
      if (!leg.replaces.empty() && leg.began > 0) {
        EXPECT_TRUE(record.leg(leg.replaces)->ended()) << id << "/" << leg.id << " has replaced it";
        if (record.leg(leg.replaces)->outcome == "transferred") ++transferred_;
      }
      any_open = any_open || !leg.ended();
      const std::string name = id + "/" + leg.id;
      EXPECT_GE(leg.version, versions_[name]) << "I5: leg " << name;
      versions_[name] = leg.version;
      const redis::Reply timer = loop_->ask({"ZSCORE", "{d}:due", "leg " + id + " " + leg.id});
      EXPECT_EQ(timer.nil(), leg.ended()) << "I3: the timer of " << name << " in state " << leg.state;
      int open_offers = 0;
      for (const Offer& offer : leg.offers) {
        const std::string key = name + "#" + std::to_string(offer.n);
        if (offer.outcome.empty()) ++open_offers;
        if (outcomes_.contains(key)) {
          EXPECT_EQ(outcomes_[key], offer.outcome) << "I2: " << key;
        }
        if (!offer.outcome.empty()) outcomes_[key] = offer.outcome;
      }
      EXPECT_EQ(open_offers > 0, leg.state == "offering") << name;
    }
    EXPECT_EQ(record.open, any_open) << "session " << id;
  }
}

TEST_F(SessionStoreTest, KeepsTheInvariantsWhateverIsDone) {
  make_experts();
  constexpr int kSteps = 3'000;
  std::mt19937_64 random(7);
  const auto any = [&random](size_t below) { return static_cast<size_t>(random() % below); };
  const auto some_expert = [&] { return "e" + std::to_string(any(kExperts)); };
  const std::vector<std::string> events = {"ringing", "answered", "no_answer", "busy",
                                           "failed",  "joined",   "left",      "released"};
  int held_lines = 0, accepted = 0, waited = 0;
  for (int step = 0; step < kSteps; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    if (sessions_.size() < 8) {
      sessions_.push_back("s" + std::to_string(step));
      ASSERT_TRUE(start(sessions_.back()).ok());
    }
    const SessionRecord record = read(sessions_[any(sessions_.size())]);
    const Leg leg = record.legs[any(record.legs.size())];
    const LegRef ref{.session = record.id, .leg = leg.id, .version = leg.version - (any(10) == 0 ? 1 : 0)};
    switch (any(12)) {
      case 0:
      case 1: {
        const int64_t within = any(3) == 0 ? 0 : 60'000;  // 0: its deadline has passed already
        ASSERT_TRUE(reserve(ref, {some_expert(), some_expert(), some_expert()}, 1 + static_cast<int>(any(2)),
                            leg.state == "waiting", within)
                        .ok());
        break;
      }
      case 2: {
        const auto done = run<Result<WaitAnswer>>(
            [&] { return store_->wait(ref, Decided(), "skill=any", 60'000, "9999999999999-0", ""); });
        ASSERT_TRUE(done.ok());
        if (done->outcome == WaitAnswer::Outcome::waiting) ++waited;
        break;
      }
      case 3:
      case 4:
        if (!leg.offers.empty()) {
          const Offer& offer = leg.offers[any(leg.offers.size())];
          const auto done = run<Result<Answered>>([&] {
            return store_->answer(record.id, leg.id, offer.n, offer.expert, any(3) > 0 ? "accepted" : "declined", "",
                                  v1::UserData());
          });
          ASSERT_TRUE(done.ok());
          if (!done->late && done->outcome == "accepted") ++accepted;
        }
        break;
      case 5:
        if (const Leg* conversation = record.conversation()) {
          HoldVoice hold;
          hold.session = record.id;
          hold.medium = "voice";
          hold.expert = conversation->expert;
          hold.hold_ms = 60'000;
          const auto held = run<Result<Held>>([&] { return store_->hold(hold); });
          if (held) ++held_lines;
        }
        break;
      case 6:
        // Refused for legs that are no calls.
        (void)run<Result<Answered>>([&] { return store_->voice(record.id, leg.id, events[any(events.size())]); });
        break;
      case 8:
      case 9: {
        Seek sought;
        sought.session = record.id;
        sought.medium = "im";
        sought.routing_point = "help";
        sought.transfer = any(3) > 0;
        if (sought.transfer && any(2) == 0) sought.replaces = leg.id;
        (void)run<Result<LegRef>>([&] { return store_->seek(sought); });  // refused where nobody is on it
        break;
      }
      case 10:
        ASSERT_TRUE(run<Result<Done>>([&] { return store_->end_wrap_up(record.id, leg.id, "e3"); }).ok());
        break;
      case 7:
        ASSERT_TRUE(run<Result<Tick>>([&] { return store_->tick(50, 3'600'000, 100); }).ok());
        break;
      default:
        if (any(8) == 0) {
          ASSERT_TRUE(run<Result<Done>>([&] { return store_->end(record.id, "", Request()); }).ok());
        } else if (any(3) == 0) {
          ASSERT_TRUE(run<Result<Done>>([&] { return store_->cancel(record.id, leg.id, "", Request()); }).ok());
        }
    }
    if (step % 20 == 19) {
      check_invariants();
      if (HasFatalFailure() || HasNonfatalFailure()) return;
      std::erase_if(sessions_, [this](const std::string& id) { return !read(id).open; });
    }
  }
  // The walk has been where it should.
  EXPECT_GT(accepted, 20);
  EXPECT_GT(waited, 20);
  EXPECT_GT(held_lines, 5);
  EXPECT_GT(transferred_, 5);
  for (const std::string& id : sessions_) {
    ASSERT_TRUE(run<Result<Done>>([&] { return store_->end(id, "", Request()); }).ok());
  }
  check_invariants();
  // What is wrapped up goes by its timers.
  test::eventually("nobody holds anything", [&] {
    EXPECT_TRUE(run<Result<Tick>>([&] { return store_->tick(50, 3'600'000, 100); }).ok());
    return test::holdings(*reader_, kDomain).empty();
  });
}

TEST_F(SessionStoreTest, TwoRoutersRacingForTheLastExpertGetHimOnce) {
  make_experts();
  ASSERT_TRUE(start("a").ok());
  ASSERT_TRUE(start("b").ok());
  const auto first = reserve({.session = "a", .leg = "im", .version = 1}, {"e0"});
  const auto second = reserve({.session = "b", .leg = "im", .version = 1}, {"e0"});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->outcome, Reservation::Outcome::reserved);
  EXPECT_EQ(second->outcome, Reservation::Outcome::none);
}

TEST_F(SessionStoreTest, AStaleDecisionChangesNothing) {
  make_experts();
  ASSERT_TRUE(start("a").ok());
  ASSERT_TRUE(reserve({.session = "a", .leg = "im", .version = 1}, {"e0"}).ok());
  const auto again = reserve({.session = "a", .leg = "im", .version = 1}, {"e1"});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->outcome, Reservation::Outcome::stale);
  EXPECT_EQ(read("a").legs[0].offers.size(), 1U);
}

TEST_F(SessionStoreTest, TheFirstAcceptWinsAndRescindsTheOthers) {
  make_experts();
  ASSERT_TRUE(start("a").ok());
  ASSERT_TRUE(reserve({.session = "a", .leg = "im", .version = 1}, {"e0", "e1"}, 2).ok());
  const auto first = answer("a", 2, "e1", "accepted");
  const auto second = answer("a", 1, "e0", "accepted");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_FALSE(first->late);
  EXPECT_TRUE(second->late);
  EXPECT_EQ(second->outcome, "rescinded");
  EXPECT_EQ(read("a").legs[0].expert, "e1");
}

TEST_F(SessionStoreTest, AnAcceptAfterTheDeadlineIsLate) {
  make_experts();
  ASSERT_TRUE(start("a").ok());
  ASSERT_TRUE(reserve({.session = "a", .leg = "im", .version = 1}, {"e0"}, 1, false, -1).ok());
  const auto late = answer("a", 1, "e0", "accepted");
  ASSERT_TRUE(late.ok());
  EXPECT_TRUE(late->late);
  EXPECT_EQ(late->outcome, "timed_out");
  EXPECT_TRUE(late->route);
}

TEST_F(SessionStoreTest, ANewcomerDoesNotOvertakeOneWhoWaits) {
  make_experts();
  ASSERT_TRUE(start("first").ok());
  ASSERT_TRUE(start("second").ok());
  const LegRef first{.session = "first", .leg = "im", .version = 1};
  const auto waits = run<Result<WaitAnswer>>(
      [&] { return store_->wait(first, Decided(), "skill=any", 60'000, "9999999999999-0", ""); });
  ASSERT_TRUE(waits.ok());
  ASSERT_EQ(waits->outcome, WaitAnswer::Outcome::waiting);
  const auto newcomer = reserve({.session = "second", .leg = "im", .version = 1}, {"e0"});
  ASSERT_TRUE(newcomer.ok());
  EXPECT_EQ(newcomer->outcome, Reservation::Outcome::behind);
}

TEST_F(SessionStoreTest, NobodyWaitsForSomebodyWhoWasFreedMeanwhile) {
  make_experts();  // marks their buckets as freed
  ASSERT_TRUE(start("a").ok());
  const LegRef leg{.session = "a", .leg = "im", .version = 1};
  const auto waits =
      run<Result<WaitAnswer>>([&] { return store_->wait(leg, Decided(), "skill=any", 60'000, "0-0", ""); });
  ASSERT_TRUE(waits.ok());
  EXPECT_EQ(waits->outcome, WaitAnswer::Outcome::again);
  EXPECT_NE(waits->change, "");
}

TEST_F(SessionStoreTest, TheSameRequestIsAnsweredTheSameAndAnotherPayloadIsRefused) {
  make_experts();
  const auto first = start("a", "req-1", "h1");
  const auto again = start("b", "req-1", "h1");
  const auto other = start("c", "req-1", "h2");
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_TRUE(again->known);
  EXPECT_EQ(again->leg.session, "a");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().reason, v1::ERROR_REASON_REQUEST_ID_REUSED);
}

TEST_F(SessionStoreTest, UserDataComesBackByteByByte) {
  make_experts();
  ASSERT_TRUE(start("a").ok());
  v1::UpdateUserDataRequest update;
  std::string all(256, '\0');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  (*update.mutable_set())["blob"].set_binary(all);
  (*update.mutable_set())["number"].set_number(std::numeric_limits<int64_t>::min());
  (*update.mutable_set())["a.b\\.c"].set_text("\xE2\x82\xAC");
  ASSERT_TRUE(run<Result<int64_t>>([&] {
                return store_->update_user_data(update, "a", kDefaultUserDataLimit, Request());
              }).ok());
  const v1::UserData data = read("a").user_data;
  EXPECT_EQ(data.values().at("blob").binary(), all);
  EXPECT_EQ(data.values().at("number").number(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(data.values().at("a.b\\.c").text(), "\xE2\x82\xAC");
}

}  // namespace
}  // namespace expertline::state
