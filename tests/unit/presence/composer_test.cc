// What a report means, composed before it is taken, on a real Redis: whatever else happens meanwhile, it is the same as
// when each step is taken after the other.
#include "presence-ingest/composer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <random>

#include "state/library.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"

namespace expertline::presence {
namespace {

using state::Observed;
using state::Report;
using state::ReportOutcome;

constexpr int64_t kHour = 3600 * 1000;
constexpr const char* kBeat = "400000";  // ms; so long that no test reaches it by itself

redis::Command load_with_hold() {
  return {"FUNCTION", "LOAD", "REPLACE", state::function_library() + R"(
redis.register_function('test_call', function(keys, args)
  local p, expert = prefix(keys), args[1]
  local x = load_expert(p, expert)
  count_holding(p, expert, x, 'voice', in_our_call(media_of(x)) and -1 or 1, 0)
  publish(p, expert, x)
end))"};
}

class ComposerTest : public ::testing::Test {
 protected:
  ComposerTest() : server_(folder_.path()) {
    server_.start();
    loop_ = std::make_unique<test::OnLoop>(server_.url(), load_with_hold());
    store_ = std::make_unique<state::ExpertStore>(loop_->redis());
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto wall = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    for (const char* domain : {"a", "b"}) {
      loop_->ask({"HSET", clock(domain), "wall", wall, "now", wall});
      put(domain);
    }
  }

  static std::string clock(const std::string& domain) { return "{" + domain + "}:clock"; }
  std::string ask(const std::string& domain, const std::string& function, const std::vector<std::string>& arguments) {
    redis::Command command{"FCALL", function, "1", clock(domain)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const redis::Reply reply = loop_->ask(command);
    EXPECT_FALSE(reply.error()) << reply.text;
    return reply.elements.empty() ? "" : reply.elements.back().text;
  }
  void put(const std::string& domain) {
    state::Put put;
    put.expert = "ann";
    (*put.record.mutable_capacities())["im"] = 2;
    (*put.record.mutable_capacities())["voice"] = 1;
    const auto done = loop_->run<Result<state::PutDone>>([=, this] { return store_->put(domain, put); });
    ASSERT_TRUE(done.ok());
  }
  void remove(const std::string& domain) {
    (void)loop_->run<Result<bool>>([=, this] { return store_->remove(domain, "ann"); });
  }
  Observed observe(const std::string& domain, const std::vector<Report>& reports) {
    return *loop_->run<Result<Observed>>([=, this] { return store_->observe(domain, reports); });
  }
  void present(const std::string& domain, const Composer& composer, const Observed& observed) {
    std::vector<state::Composition> all;
    for (const state::Observations& one : observed.compose) all.push_back(composer.compose(one, observed.now_ms));
    const auto done = loop_->run<Result<Done>>([=, this] { return store_->present(domain, all); });
    ASSERT_TRUE(done.ok());
  }
  // As presence-ingest does, but for what is left to be composed.
  Observed report(const std::string& domain, Composer& composer, Report report) {
    auto step = composer.assume(report);
    Observed observed = observe(domain, {report});
    if (observed.outcomes[0] == ReportOutcome::written) composer.learn(std::move(*step), observed.now_ms);
    composer.learn(observed);
    return observed;
  }
  // Sources that are due are lost, and whoever is due is composed.
  void settle(const std::string& domain, Composer& composer) {
    while (ask(domain, "xl1_sources_sweep", {}) == "1") {
    }
    for (;;) {
      const auto due = *loop_->run<Result<Observed>>([=, this] { return store_->due(domain, 100); });
      if (due.compose.empty()) return;
      composer.learn(due);
      present(domain, composer, due);
    }
  }
  // What was composed: presence, and why.
  std::pair<std::string, std::string> composed(const std::string& domain) {
    const std::string key = "{" + domain + "}:x:ann";
    std::string state = loop_->ask({"HGET", key, "state"}).text;
    for (int i = 0; i < 11; ++i) state.erase(0, state.find(' ') + 1);
    v1::Presence why;
    why.ParseFromString(loop_->ask({"HGET", key, "why"}).text);
    return {state, why.ShortDebugString()};
  }
  void pass(int64_t ms) {
    for (const char* domain : {"a", "b"}) loop_->ask({"HINCRBY", clock(domain), "now", std::to_string(ms)});
  }

  static Report says(const std::string& source, v1::PresenceState state, int64_t sequence) {
    Report out;
    out.expert = "ann";
    out.source = source;
    out.epoch = 1;
    out.sequence = sequence;
    out.content.set_kind(v1::SOURCE_KIND_CLIENT);
    out.content.set_state(state);
    return out;
  }

  test::TempDir folder_;
  test::RedisServer server_;
  std::unique_ptr<test::OnLoop> loop_;
  std::unique_ptr<state::ExpertStore> store_;
};

constexpr auto kOnline = v1::PRESENCE_STATE_ONLINE;
constexpr auto kBusy = v1::PRESENCE_STATE_BUSY;

TEST_F(ComposerTest, OfWhomSomethingIsKnownIsWrittenInOneCall) {
  Composer composer(false);
  const Observed first = report("a", composer, says("s", kOnline, 1));
  EXPECT_EQ(first.outcomes[0], ReportOutcome::taken);
  present("a", composer, first);
  const Observed second = report("a", composer, says("s", kBusy, 2));
  EXPECT_EQ(second.outcomes[0], ReportOutcome::written);
  EXPECT_TRUE(second.compose.empty());
  EXPECT_EQ(composed("a").first, "2 0 0 0 - ");
  EXPECT_EQ(report("a", composer, says("s", kBusy, 3)).outcomes[0], ReportOutcome::taken) << "only repeated";
  EXPECT_EQ(report("a", composer, says("s", kOnline, 2)).outcomes[0], ReportOutcome::stale);
  EXPECT_EQ(composed("a").first, "2 0 0 0 - ");
}

TEST_F(ComposerTest, WhatHasMovedIsComposedAnew) {
  const auto begin = [&](Composer& composer) {
    present("a", composer, report("a", composer, says("other", kBusy, 1)));
    present("a", composer, report("a", composer, says("s", kOnline, 1)));
  };
  const auto moves = std::vector<std::pair<const char*, std::function<void()>>>{
      {"another replica took a report",
       [&] {
         Composer elsewhere(false);
         present("a", elsewhere, report("a", elsewhere, says("other", v1::PRESENCE_STATE_AWAY, 2)));
       }},
      {"a source was lost, nobody is composed yet",
       [&] {
         ask("a", "xl1_source_hello", {"other", "1", "1", kBeat, kBeat});
         pass(kHour);
         ask("a", "xl1_sources_sweep", {});
       }},
      {"he was removed and came again",
       [&] {
         remove("a");
         put("a");
       }},
      {"he is in a call of ours", [&] { ask("a", "test_call", {"ann"}); }},  // so he is not removed any more
  };
  for (const auto& [what, move] : moves) {
    remove("a");
    put("a");
    Composer composer(false);
    begin(composer);
    move();
    const Observed observed = report("a", composer, says("s", v1::PRESENCE_STATE_APPEAR_OFFLINE, 5));
    EXPECT_EQ(observed.outcomes[0], ReportOutcome::taken) << what;
    ASSERT_EQ(observed.compose.size(), 1U) << what;
  }
}

TEST_F(ComposerTest, WhatHasExpiredMeanwhileIsComposedAnew) {
  Composer composer(false);
  Report brief = says("other", kBusy, 1);
  brief.ttl_ms = kHour;
  present("a", composer, report("a", composer, brief));
  EXPECT_EQ(report("a", composer, says("s", kOnline, 1)).outcomes[0], ReportOutcome::written);
  EXPECT_EQ(composed("a").first, "2 0 0 0 - ");
  pass(2 * kHour);
  const Observed observed = report("a", composer, says("s", v1::PRESENCE_STATE_AWAY, 2));
  EXPECT_EQ(observed.compose.size(), 1U);
  present("a", composer, observed);
  EXPECT_EQ(composed("a").first, "3 0 0 0 - ");
}

// Two replicas that assume in one domain, each step after the other in the other domain.
TEST_F(ComposerTest, IsTheSameAsStepByStepWhateverHappens) {
  size_t written = 0;
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::minstd_rand random(seed);
    const auto one_of = [&](uint32_t n) { return static_cast<int>(random() % n); };
    Composer first(false);
    Composer second(false);
    Composer plain(false);
    std::deque<std::pair<Composer*, Observed>> not_yet;  // taken, not composed yet
    for (int step = 0; step < 60; ++step) {
      const std::string source = "s" + std::to_string(one_of(3));
      switch (one_of(12)) {
        case 0:
          pass(kHour / 2);
          break;
        case 1:
          for (const char* domain : {"a", "b"}) ask(domain, "test_call", {"ann"});
          break;
        case 2: {
          const std::string epoch = std::to_string(1 + one_of(3));
          for (const char* domain : {"a", "b"}) ask(domain, "xl1_source_hello", {source, "1", epoch, kBeat, kBeat});
          break;
        }
        case 3:
          if (!not_yet.empty()) {
            present("a", *not_yet.front().first, not_yet.front().second);
            not_yet.pop_front();
          }
          break;
        case 4:
          settle("b", plain);
          settle("a", one_of(2) == 0 ? first : second);
          break;
        default: {
          Report next = says(source, static_cast<v1::PresenceState>(1 + one_of(6)), step + one_of(3));
          next.epoch = 1 + one_of(8) / 7 + step / 30;
          if (one_of(4) == 0) next.ttl_ms = kHour / 4 * (1 + one_of(4)) + kHour / 8;
          if (one_of(12) == 0) next.ttl_ms = state::kWithdrawn;
          if (one_of(3) == 0) next.content.set_kind(v1::SOURCE_KIND_PHONE);
          Composer& writer = one_of(2) == 0 ? first : second;
          Observed observed = report("a", writer, next);
          const Observed step_by_step = observe("b", {next});
          present("b", plain, step_by_step);
          const bool written_at_once = observed.outcomes[0] == ReportOutcome::written;
          written += written_at_once ? 1 : 0;
          EXPECT_EQ(written_at_once ? ReportOutcome::taken : observed.outcomes[0], step_by_step.outcomes[0]);
          if (!observed.compose.empty()) not_yet.emplace_back(&writer, std::move(observed));
        }
      }
    }
    for (const auto& [writer, observed] : not_yet) present("a", *writer, observed);
    settle("a", first);
    settle("b", plain);
    // What each of them composed is what is said now.
    EXPECT_EQ(composed("a"), composed("b")) << "seed " << seed;
    for (const char* domain : {"a", "b"}) {
      remove(domain);
      if (!loop_->ask({"HGET", std::string("{") + domain + "}:x:ann", "state"}).nil()) {
        ask(domain, "test_call", {"ann"});
        remove(domain);
      }
      put(domain);
      loop_->ask({"DEL", "{" + std::string(domain) + "}:src:s0", "{" + std::string(domain) + "}:src:s1",
                  "{" + std::string(domain) + "}:src:s2"});
    }
  }
  EXPECT_GT(written, 30U) << "nothing was proved";
}

}  // namespace
}  // namespace expertline::presence
