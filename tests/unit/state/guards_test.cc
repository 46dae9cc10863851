// Guard rails of experts: what the store counts, whom it keeps offers from, and when that is over.
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "store_fixture.h"

namespace expertline::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Lets the pure parts of guards.lua be asked, and what he is be set.
constexpr const char* kAsk = R"(
redis.register_function('test_working', function(keys, args)
  local on, left = working(cjson.decode(args[1]), tonumber(args[2]) * MINUTE)
  return {on and 'on' or 'off', int(left / MINUTE)}
end)
redis.register_function('test_local', function(keys, args)
  redis.call('HSET', prefix(keys) .. 'zones', 'z', args[1])
  local at = local_time(prefix(keys), {zone = 'z'}, tonumber(args[2]))
  return {int(at.day), int(at.of_day), int(at.of_week), at.shift and int(at.shift) or 'never'}
end)
redis.register_function('test_set', function(keys, args)
  local p, expert, name, value = prefix(keys), unpack(args)
  local x = load_expert(p, expert)
  x[name] = value
  publish(p, expert, x)
end)
)";

class Guards : public StoreTest {
 protected:
  Guards() : StoreTest(kAsk) {}

  v1::Block block(const std::string& id) { return expert(id).block; }
  std::vector<std::string> ask(const std::string& function, const std::string& a, const std::string& b) {
    std::vector<std::string> out;
    for (const redis::Reply& part : loop_->ask({"FCALL", function, "1", "{t}:clock", a, b}).elements) {
      out.push_back(part.text);
    }
    return out;
  }
  // The leg is offered and runs out.
  void let_run_out(const std::string& session, const std::string& expert) {
    ASSERT_TRUE(offer(session, expert)) << session;
    pass(20'001);
    cancel(session);
  }
};

v1::GuardRails rails(const std::function<void(v1::GuardRails&)>& set) {
  v1::GuardRails out;
  set(out);
  return out;
}

TEST_F(Guards, WithinAnHourNobodyHasMoreOffersThanHeMay) {
  add("ann", rails([](auto& r) { r.set_offers_per_hour(2); }));
  ASSERT_TRUE(offer("s1", "ann"));
  cancel("s1");
  pass(10 * kMinute);
  ASSERT_TRUE(offer("s2", "ann"));
  EXPECT_EQ(block("ann"), v1::BLOCK_HOUR_LIMIT) << "at once, so that no decision counts on her";
  cancel("s2");
  EXPECT_FALSE(offer("s3", "ann"));
  pass(50 * kMinute - 5'000);
  EXPECT_EQ(block("ann"), v1::BLOCK_HOUR_LIMIT);
  pass(6'000);
  EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED) << "the first is an hour old";
  ASSERT_TRUE(offer("s4", "ann"));
  EXPECT_EQ(block("ann"), v1::BLOCK_HOUR_LIMIT) << "the second is not";
}

TEST_F(Guards, ALimitThatIsChangedCountsWhatWasOffered) {
  add("ann", rails([](auto& r) { r.set_offers_per_hour(5); }));
  ASSERT_TRUE(offer("s1", "ann"));
  ASSERT_TRUE(offer("s2", "ann"));
  put("ann", rails([](auto& r) { r.set_offers_per_hour(2); }));
  EXPECT_EQ(block("ann"), v1::BLOCK_HOUR_LIMIT);
  put("ann", {});
  EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED);
}

TEST_F(Guards, ADayHasItsLimitAndTheNextOneBeginsAnew) {
  add("ann", rails([](auto& r) {
        r.set_offers_per_day(2);
        r.set_time_zone("Pacific/Kiritimati");
      }));
  const auto zone = [] {
    absl::TimeZone out;
    EXPECT_TRUE(absl::LoadTimeZone("Pacific/Kiritimati", &out));
    return out;
  }();
  const auto today = absl::ToCivilDay(absl::Now(), zone) - absl::CivilDay(1970, 1, 1);
  ASSERT_TRUE(offer("s1", "ann"));
  EXPECT_EQ(expert("ann").offers_today, 1);
  ASSERT_TRUE(offer("s2", "ann"));
  EXPECT_EQ(expert("ann").offers_today, 2);
  EXPECT_NEAR(expert("ann").today, static_cast<double>(today), 1);  // midnight there may come while this runs
  EXPECT_EQ(block("ann"), v1::BLOCK_DAY_LIMIT);
  EXPECT_FALSE(offer("s3", "ann"));
  // As if both had been yesterday.
  loop_->ask({"FCALL", "test_set", "1", "{d}:clock", "ann", "day", std::to_string(expert("ann").today - 1)});
  loop_->ask({"ZADD", "{d}:xdue", "0", "ann"});
  tick();
  EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED);
  ASSERT_TRUE(offer("s4", "ann"));
  EXPECT_EQ(expert("ann").offers_today, 1);
}

TEST_F(Guards, WhoDeclinesIsLeftAloneForAWhileAndThenServesWhoWaits) {
  add("ann", rails([](auto& r) { r.mutable_decline_cool_down()->set_seconds(120); }));
  ASSERT_TRUE(offer("s1", "ann"));
  answer("s1", "ann", "declined");
  EXPECT_EQ(block("ann"), v1::BLOCK_COOL_DOWN);
  EXPECT_FALSE(offer("s2", "ann"));
  ASSERT_EQ(wait(leg("s2"), {}, kHour), WaitAnswer::Outcome::waiting);
  wakes();
  pass(2 * kMinute - 5'000);
  EXPECT_THAT(wakes(), IsEmpty());
  pass(6'000);
  EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED);
  EXPECT_THAT(wakes(), ElementsAre("ann"));
}

TEST_F(Guards, TimeOutsInARowPauseHimUntilHeDoesSomething) {
  add("ann", rails([](auto& r) { r.set_pause_after_timeouts(2); }));
  const std::vector<std::pair<std::string, std::function<void()>>> deeds = {
      {"a message",
       [&] {
         ASSERT_TRUE(run<Result<std::string>>([&] {
                       v1::Message message;
                       message.set_author(v1::MESSAGE_AUTHOR_EXPERT);
                       message.set_author_id("ann");
                       message.set_text("hello");
                       return store_->say("talk", message, Request());
                     }).ok());
       }},
      {"another presence", [&] { be("ann", v1::PRESENCE_STATE_ON_THE_PHONE, true); }},
      {"a late answer", [&] { EXPECT_TRUE(answer("late", "ann", "declined").late); }},
      {"the end of a leg",
       [&] { ASSERT_TRUE(run<Result<Done>>([&] { return store_->cancel("talk", "im", "ann", Request()); }).ok()); }}};
  ASSERT_TRUE(offer("talk", "ann"));
  answer("talk", "ann", "accepted");
  ASSERT_TRUE(offer("late", "ann"));
  pass(20'001);
  be("ann", v1::PRESENCE_STATE_ONLINE, true, "here");
  int round = 0;
  for (const auto& [deed, act] : deeds) {
    SCOPED_TRACE(deed);
    const std::string name = "s" + std::to_string(++round);
    let_run_out(name + "a", "ann");
    EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED);
    let_run_out(name + "b", "ann");
    EXPECT_EQ(block("ann"), v1::BLOCK_PAUSED);
    pass(kHour);
    EXPECT_EQ(block("ann"), v1::BLOCK_PAUSED) << "not by time";
    act();
    EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED);
  }
}

TEST_F(Guards, NeitherItsDeskNorTheSameReportAgainEndsAPause) {
  add("ann", rails([](auto& r) { r.set_pause_after_timeouts(1); }));
  let_run_out("s1", "ann");
  be("ann", v1::PRESENCE_STATE_ONLINE, true);
  const std::vector<std::string> ids{"ann"};
  ASSERT_TRUE(run<Result<std::vector<std::optional<std::vector<std::string>>>>>([&] {
                return store_->attach_desk("b2", ids);
              }).ok());
  EXPECT_EQ(block("ann"), v1::BLOCK_PAUSED);
}

TEST_F(Guards, WhatOthersDoToAnOfferIsNoTimeOutOfHis) {
  add("ann", rails([](auto& r) { r.set_pause_after_timeouts(1); }));
  add("bob");
  ASSERT_TRUE(offer("canceled", "ann"));
  cancel("canceled");
  ASSERT_EQ(reserve(start("rescinded"), {"ann", "bob"}, 2), Reservation::Outcome::reserved);
  answer("rescinded", "bob", "accepted");
  EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED);
  EXPECT_EQ(expert("ann").offers_today, 2) << "yet they were offers";
}

TEST_F(Guards, ALegThatIsWrappedUpStillCountsUntilItsTimeIsOver) {
  add("ann", rails([](auto& r) { (*r.mutable_wrap_up())["im"].set_seconds(30); }), 1);
  ASSERT_TRUE(offer("s1", "ann"));
  answer("s1", "ann", "accepted");
  pass(5 * kMinute);
  cancel("s1");
  EXPECT_EQ(im("ann").used(), 1);
  EXPECT_EQ(im("ann").wrapping_up(), 1);
  EXPECT_GE(expert("ann").worked_today_ms, 0);
  EXPECT_EQ(expert("ann").idle_since_ms, 0);
  EXPECT_FALSE(offer("s2", "ann"));
  ASSERT_EQ(wait(leg("s2"), {}, kHour), WaitAnswer::Outcome::waiting);
  wakes();
  pass(31'000);
  EXPECT_EQ(im("ann").used(), 0);
  EXPECT_EQ(im("ann").wrapping_up(), 0);
  EXPECT_GT(expert("ann").idle_since_ms, 0);
  EXPECT_THAT(wakes(), ElementsAre("ann"));
}

TEST_F(Guards, NothingIsWrappedUpThatWasNeverActive) {
  add("ann", rails([](auto& r) { (*r.mutable_wrap_up())["im"].set_seconds(30); }));
  ASSERT_TRUE(offer("s1", "ann"));
  answer("s1", "ann", "declined");
  ASSERT_TRUE(offer("s2", "ann"));
  cancel("s2");
  EXPECT_EQ(im("ann").used(), 0);
}

TEST_F(Guards, WhoLeftTheDirectoryGoesAfterHisWrapUp) {
  add("ann", rails([](auto& r) { (*r.mutable_wrap_up())["im"].set_seconds(30); }));
  ASSERT_TRUE(offer("s1", "ann"));
  answer("s1", "ann", "accepted");
  cancel("s1");
  EXPECT_TRUE(*run<Result<bool>>([&] { return experts_->remove("d", "ann"); })) << "retired";
  pass(31'000);
  EXPECT_FALSE(run<Result<ExpertView>>([&] { return experts_->view("d", "ann"); }).ok());
  EXPECT_EQ(loop_->ask({"KEYS", "{d}:?:ann"}).elements.size(), 0U) << "nothing of him is left";
}

TEST_F(Guards, WorkCountsTheTimeOnLegsThatHaveEnded) {
  add("ann");
  ASSERT_TRUE(offer("s1", "ann"));
  answer("s1", "ann", "accepted");
  EXPECT_EQ(expert("ann").worked_today_ms, 0);
  // The leg began 10 minutes ago; if today is younger than that, what was yesterday does not count.
  pass(10 * kMinute);
  const int64_t of_today = absl::ToUnixMillis(absl::Now()) % (24 * kHour);
  cancel("s1");
  EXPECT_NEAR(static_cast<double>(expert("ann").worked_today_ms), static_cast<double>(std::min(of_today, 10 * kMinute)),
              10'000);
}

v1::GuardRails only_on(int day) {
  return rails([day](auto& r) {
    v1::WorkingTime& part = *r.add_hours();
    part.set_day(static_cast<v1::Weekday>(day));
    part.set_end_minute(1440);
  });
}

TEST_F(Guards, OutsideHisHoursNobodyIsAskedAndWithinThemWhoWaitsIsServed) {
  // Monday is 1; days since 1970-01-01, a Thursday.
  const int today = static_cast<int>((absl::ToUnixMillis(absl::Now()) / (24 * kHour) + 3) % 7) + 1;
  add("ann", only_on((today + 2) % 7 + 1));
  EXPECT_EQ(block("ann"), v1::BLOCK_OFF_HOURS);
  EXPECT_FALSE(offer("s1", "ann"));
  ASSERT_EQ(wait(leg("s1"), {}, kHour), WaitAnswer::Outcome::waiting);
  wakes();
  v1::GuardRails most = only_on(today);
  for (int i = 1; i < 6; ++i) *most.add_hours() = only_on((today - 1 + i) % 7 + 1).hours(0);
  put("ann", most);
  EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED);
  EXPECT_THAT(wakes(), ElementsAre("ann"));
  EXPECT_EQ(loop_->ask({"ZCARD", "{d}:xdue"}).integer, 1) << "a timer for the end of his hours";
}

TEST_F(Guards, WhenTheWallClockIsSetAllHoursAreLookedAtAgain) {
  const int today = static_cast<int>((absl::ToUnixMillis(absl::Now()) / (24 * kHour) + 3) % 7) + 1;
  add("ann", only_on((today + 2) % 7 + 1));
  loop_->ask({"FCALL", "test_set", "1", "{d}:clock", "ann", "block", "0"});  // as on another day
  tick();
  EXPECT_EQ(block("ann"), v1::BLOCK_UNSPECIFIED) << "its timer is not due";
  loop_->ask({"HINCRBY", "{d}:clock", "offset", std::to_string(10 * kHour)});
  tick();
  EXPECT_EQ(block("ann"), v1::BLOCK_OFF_HOURS);
}

TEST_F(Guards, HoursOfTheWeekBeginAndEndToTheMinute) {
  const std::string hours = "[[480,1020],[6240,6480]]";  // Monday 8 to 17, Friday 8 to 12
  EXPECT_THAT(ask("test_working", hours, "0"), ElementsAre("off", "480"));
  EXPECT_THAT(ask("test_working", hours, "480"), ElementsAre("on", "540"));
  EXPECT_THAT(ask("test_working", hours, "1019"), ElementsAre("on", "1"));
  EXPECT_THAT(ask("test_working", hours, "1020"), ElementsAre("off", "5220"));
  EXPECT_THAT(ask("test_working", hours, "6480"), ElementsAre("off", std::to_string(10080 - 6480 + 480)));
}

TEST_F(Guards, LocalTimeFollowsTheTableOfItsZone) {
  constexpr int64_t kShift = 1'774'746'000'000;  // 2026-03-29T01:00Z: Zurich goes from +1 to +2
  const std::string table = zone_table("Europe/Zurich", kShift - 30 * 24 * kHour);
  const auto before = ask("test_local", table, std::to_string(kShift - 1));
  const auto after = ask("test_local", table, std::to_string(kShift));
  EXPECT_EQ(before[1], std::to_string(2 * kHour - 1));
  EXPECT_EQ(after[1], std::to_string(3 * kHour));
  EXPECT_EQ(before[3], "1");
  EXPECT_EQ(before[0], "20541") << "2026-03-29";
  EXPECT_EQ(std::stoll(after[2]), 6 * 24 * kHour + 3 * kHour) << "a Sunday";
  EXPECT_EQ(ask("test_local", zone_table("UTC", kShift), std::to_string(kShift))[3], "never");
  EXPECT_EQ(zone_table("Mars/Base", kShift), "");
}

TEST_F(Guards, ZonesOfExpertsAreRenewed) {
  add("ann", rails([](auto& r) { r.set_time_zone("Europe/Zurich"); }));
  loop_->ask({"HSET", "{d}:zones", "Europe/Zurich", "[[0,0]]"});
  ASSERT_TRUE(run<Result<Done>>([&] { return experts_->renew_zones("d"); }).ok());
  EXPECT_GT(loop_->ask({"HGET", "{d}:zones", "Europe/Zurich"}).text.size(), 100U);
}

TEST_F(Guards, ANoteIsPublishedWhenItChanges) {
  add("ann");
  be("ann", v1::PRESENCE_STATE_ONLINE, true, "in Milan");
  EXPECT_EQ(expert("ann").note, "in Milan");
  be("ann", v1::PRESENCE_STATE_ONLINE, true, "");
  EXPECT_EQ(expert("ann").note, "");
}

}  // namespace
}  // namespace expertline::state
