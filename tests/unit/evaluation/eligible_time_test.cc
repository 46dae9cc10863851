// In which time experts could be asked: what is told of it, and when.
#include "strategy-evaluation/eligible_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace expertline::evaluation {
namespace {

using ::testing::IsEmpty;

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kNoon = 20'000 * kDayMs + kDayMs / 2;
constexpr size_t kMost = 1'000'000;

v1::ExpertRecord record(const std::function<void(v1::ExpertRecord&, v1::MediumStatus&)>& change) {
  v1::ExpertRecord out;
  out.set_has_desk(true);
  v1::MediumStatus* im = out.add_media();
  im->set_medium("im");
  im->set_routable(true);
  im->set_capacity(1);
  change(out, *im);
  return out;
}

TEST(Eligible, IsWhoCouldBeAskedInSomeMediumOrIsOnALeg) {
  struct Case {
    const char* what;
    bool eligible;
    std::function<void(v1::ExpertRecord&, v1::MediumStatus&)> change;
  };
  const Case cases[] = {
      {"free", true, [](auto&, auto&) {}},
      {"presence does not let it through", false, [](auto&, auto& im) { im.set_routable(false); }},
      {"no desk", false, [](auto& r, auto&) { r.set_has_desk(false); }},
      {"do not disturb", false, [](auto& r, auto&) { r.set_do_not_disturb(true); }},
      {"a guard rail", false, [](auto& r, auto&) { r.set_block(v1::BLOCK_PAUSED); }},
      {"retired", false, [](auto& r, auto&) { r.mutable_expert()->set_state(v1::EXPERT_STATE_RETIRED); }},
      {"removed", false, [](auto& r, auto&) { r.set_removed(true); }},
      {"on a leg", true, [](auto&, auto& im) { im.set_used(1); }},
      {"on a leg, not to be disturbed", true,
       [](auto& r, auto& im) {
         im.set_used(1);
         r.set_do_not_disturb(true);
       }},
      {"wrapping up", false,
       [](auto&, auto& im) {
         im.set_used(1);
         im.set_wrapping_up(1);
       }},
      {"wrapping up, with room for one more", true,
       [](auto&, auto& im) {
         im.set_capacity(2);
         im.set_used(1);
         im.set_wrapping_up(1);
       }},
  };
  for (const Case& one : cases) EXPECT_EQ(eligible(record(one.change)), one.eligible) << one.what;
}

TEST(EligibleTime, IsToldWhenItEndsAndEveryNowAndThenWhileItGoesOn) {
  EligibleTime time;
  time.see("ann", true, kNoon);
  time.see("bob", true, kNoon + 3'000);
  EXPECT_THAT(time.take(kNoon + 5'000, kMost, kMost), IsEmpty());
  time.see("bob", false, kNoon + 8'000);
  auto told = time.take(kNoon + 9'000, kMost, kMost);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].expert, "bob");
  EXPECT_EQ(told[0].day, 20'000);
  EXPECT_EQ(told[0].from_s, 43'203);
  EXPECT_EQ(told[0].to_s, 43'208);
  told = time.take(kNoon + 12'000, kMost, kMost);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].expert, "ann");
  EXPECT_EQ(told[0].to_s - told[0].from_s, 12);
  EXPECT_THAT(time.take(kNoon + 13'000, kMost, kMost), IsEmpty());
}

TEST(EligibleTime, IsCutAtMidnight) {
  EligibleTime time;
  const int64_t midnight = 20'001 * kDayMs;
  time.see("ann", true, midnight - 2'000);
  time.see("ann", false, midnight + 1'000);
  const auto told = time.take(midnight + 1'000, kMost, kMost);
  ASSERT_EQ(told.size(), 2);
  EXPECT_EQ(told[0].day, 20'000);
  EXPECT_EQ(told[0].to_s, 86'400);
  EXPECT_EQ(told[1].day, 20'001);
  EXPECT_EQ(told[1].from_s, 0);
  EXPECT_EQ(told[1].to_s, 1);
}

TEST(EligibleTime, ThatCouldNotBeWrittenIsToldAgainAndTheRestWaits) {
  EligibleTime time;
  time.see("ann", true, kNoon);
  time.see("ann", false, kNoon + 2'000);
  auto told = time.take(kNoon + 3'000, kMost, kMost);
  time.give_back(told);
  time.see("bob", true, kNoon + 4'000);
  time.see("bob", false, kNoon + 9'000);
  told = time.take(kNoon + 10'000, kMost, kMost);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].expert, "ann");
  EXPECT_EQ(time.take(kNoon + 10'000, kMost, kMost).at(0).expert, "bob");
}

TEST(EligibleTime, ThatAnotherReplicaWritesIsForgotten) {
  EligibleTime time;
  time.see("ann", true, kNoon);
  time.see("bob", true, kNoon);
  time.see("bob", false, kNoon + 5'000);
  time.forget(kNoon + 60'000);
  const auto told = time.take(kNoon + 80'000, kMost, kMost);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].expert, "ann");
  EXPECT_EQ(told[0].to_s - told[0].from_s, 20);
}

TEST(EligibleTime, EndsForWhoIsNotInANewSnapshot) {
  EligibleTime time;
  time.see("ann", true, kNoon);
  time.see("bob", true, kNoon);
  time.only({"bob"}, kNoon + 4'000);
  time.see("bob", true, kNoon + 4'000);
  const auto told = time.take(kNoon + 5'000, kMost, kMost);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].expert, "ann");
}

// Whatever happens in whatever order: what is told of an expert is the time in which he was eligible, each second once.
TEST(EligibleTime, AddsUpToWhatHappened) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    EligibleTime time;
    std::map<std::string, int64_t> real, said, since;
    int64_t now = kNoon;
    const auto hear = [&](int64_t at, size_t most_ended, size_t most_going_on) {
      for (const auto& one : time.take(at, most_ended, most_going_on)) said[one.expert] += one.to_s - one.from_s;
    };
    for (int step = 0; step < 400; ++step) {
      now += 1000 * static_cast<int64_t>(random() % 30);
      const std::string who(1, static_cast<char>('a' + random() % 5));
      const bool on = random() % 2 == 0;
      if (on && !since.contains(who)) since[who] = now;
      if (!on && since.contains(who)) {
        real[who] += (now - since[who]) / 1000;
        since.erase(who);
      }
      time.see(who, on, now);
      if (random() % 3 == 0) hear(now, random() % 3, random() % 3);
    }
    for (const auto& [who, from] : since) {
      real[who] += (now - from) / 1000;
      time.see(who, false, now);
    }
    hear(now, kMost, kMost);
    std::erase_if(real, [](const auto& one) { return one.second == 0; });
    std::erase_if(said, [](const auto& one) { return one.second == 0; });
    EXPECT_EQ(said, real) << "round " << round;
  }
}

}  // namespace
}  // namespace expertline::evaluation
