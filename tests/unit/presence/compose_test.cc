#include "presence-ingest/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace expertline::presence {
namespace {

using state::Observation;

constexpr int64_t kNow = 1'000'000;

// What one source says: chain what it says beside kind and state.
struct Says : Observation {
  Says(const std::string& name, v1::SourceKind kind, v1::PresenceState state) {
    source = name;
    since = kNow - 1000;
    content.set_kind(kind);
    content.set_state(state);
  }
  Says changed(int64_t version) && { return since = version, *this; }
  Says until(int64_t ms) && { return expires_ms = ms, *this; }
  Says im(v1::Tristate value) && { return content.set_can_im(value), *this; }
  Says voice(v1::Tristate value) && { return content.set_can_voice(value), *this; }
  Says dnd() && { return content.set_do_not_disturb(true), *this; }
  Says number(const std::string& text) && { return content.set_number(text), *this; }
  Says hidden() && { return content.set_private_note(true), *this; }
  Says gone() && { return lost = true, *this; }
  Says note(const std::string& text) && { return content.set_note(text), *this; }
};

constexpr auto kManual = v1::SOURCE_KIND_MANUAL;
constexpr auto kPhone = v1::SOURCE_KIND_PHONE;
constexpr auto kCalendar = v1::SOURCE_KIND_CALENDAR;
constexpr auto kClient = v1::SOURCE_KIND_CLIENT;
constexpr auto kDesktop = v1::SOURCE_KIND_DESKTOP;
constexpr auto kOnline = v1::PRESENCE_STATE_ONLINE;
constexpr auto kBusy = v1::PRESENCE_STATE_BUSY;
constexpr auto kAway = v1::PRESENCE_STATE_AWAY;
constexpr auto kOnThePhone = v1::PRESENCE_STATE_ON_THE_PHONE;
constexpr auto kAppearOffline = v1::PRESENCE_STATE_APPEAR_OFFLINE;
constexpr auto kOffline = v1::PRESENCE_STATE_OFFLINE;
constexpr auto kYes = v1::TRISTATE_YES;
constexpr auto kNo = v1::TRISTATE_NO;

struct Expected {
  v1::PresenceState state;
  bool im;
  bool voice;
  bool dnd;
  std::string winner;
  std::vector<std::string> losers;
};

struct Case {
  std::string rule;
  std::vector<Observation> said;
  Expected expected;
  bool in_our_call = false;
  bool busy_takes_im = false;
};

Composed compose_now(const std::vector<Observation>& said) { return compose(said, {.now_ms = kNow}); }
Composed compose_case(const Case& one) {
  return compose(one.said, {.now_ms = kNow, .in_our_call = one.in_our_call, .busy_takes_im = one.busy_takes_im});
}

std::vector<Case> cases() {
  return {
      // The six states.
      {"nobody says anything: offline", {}, {kOffline, false, false, false, "", {}}},
      {"online takes IM and voice", {Says("c", kClient, kOnline)}, {kOnline, true, true, false, "c", {}}},
      {"busy takes nothing", {Says("c", kClient, kBusy)}, {kBusy, false, false, false, "c", {}}},
      {"away takes nothing", {Says("c", kClient, kAway)}, {kAway, false, false, false, "c", {}}},
      {"on the phone takes IM", {Says("c", kClient, kOnThePhone)}, {kOnThePhone, true, false, false, "c", {}}},
      {"appear offline takes IM", {Says("c", kClient, kAppearOffline)}, {kAppearOffline, true, false, false, "c", {}}},
      {"offline takes nothing", {Says("c", kClient, kOffline)}, {kOffline, false, false, false, "c", {}}},

      // No live endpoint.
      {"manual alone is offline", {Says("m", kManual, kOnline)}, {kOffline, false, false, false, "", {"m"}}},
      {"manual with an offline client is offline",
       {Says("m", kManual, kOnline), Says("c", kClient, kOffline)},
       {kOffline, false, false, false, "c", {"m"}}},
      {"a calendar is no endpoint", {Says("k", kCalendar, kBusy)}, {kOffline, false, false, false, "", {"k"}}},
      {"appear offline needs a live endpoint",
       {Says("m", kManual, kAppearOffline)},
       {kOffline, false, false, false, "", {"m"}}},
      {"a desktop is an endpoint", {Says("d", kDesktop, kOnline)}, {kOnline, true, true, false, "d", {}}},

      // Manual.
      {"manual wins the state",
       {Says("m", kManual, kBusy), Says("c", kClient, kOnline)},
       {kBusy, false, false, false, "m", {"c"}}},
      {"manual wins over a busy client",
       {Says("m", kManual, kOnline), Says("c", kClient, kBusy)},
       {kOnline, true, true, false, "m", {"c"}}},
      {"the latest of two manual states wins",
       {Says("m1", kManual, kBusy).changed(kNow - 500), Says("m2", kManual, kOnline).changed(kNow - 100),
        Says("c", kClient, kOnline)},
       {kOnline, true, true, false, "m2", {"m1"}}},
      {"manual on an idle phone counts",
       {Says("m", kManual, kOnline), Says("p", kPhone, kOnline)},
       {kOnline, true, true, false, "m", {}}},
      {"manual offline is obeyed",
       {Says("m", kManual, kOffline), Says("c", kClient, kOnline)},
       {kOffline, false, false, false, "m", {"c"}}},

      // dnd > on the phone > busy > appear offline > online > away
      {"on the phone before busy",
       {Says("a", kClient, kBusy), Says("b", kClient, kOnThePhone)},
       {kOnThePhone, true, false, false, "b", {"a"}}},
      {"busy before appear offline",
       {Says("a", kClient, kAppearOffline), Says("b", kClient, kBusy)},
       {kBusy, false, false, false, "b", {"a"}}},
      {"appear offline before online",
       {Says("a", kClient, kOnline), Says("b", kClient, kAppearOffline)},
       {kAppearOffline, true, false, false, "b", {"a"}}},
      {"online before away",
       {Says("a", kClient, kAway), Says("b", kClient, kOnline)},
       {kOnline, true, true, false, "b", {"a"}}},
      {"any before offline",
       {Says("a", kClient, kOffline), Says("b", kClient, kAway)},
       {kAway, false, false, false, "b", {"a"}}},
      {"a meeting in the calendar makes busy",
       {Says("k", kCalendar, kBusy), Says("c", kClient, kOnline)},
       {kBusy, false, false, false, "k", {"c"}}},
      {"of two that say the same the latest wins",
       {Says("a", kClient, kOnline).changed(kNow - 500), Says("b", kClient, kOnline).changed(kNow - 100)},
       {kOnline, true, true, false, "b", {}}},
      {"of two that said it at once the first by id wins",
       {Says("b", kClient, kOnline), Says("a", kClient, kOnline)},
       {kOnline, true, true, false, "a", {}}},

      // Do not disturb.
      {"dnd receives nothing", {Says("c", kClient, kOnline).dnd()}, {kOnline, false, false, true, "c", {}}},
      {"dnd wins over on the phone",
       {Says("a", kClient, kBusy).dnd(), Says("p", kPhone, kOnThePhone)},
       {kBusy, false, false, true, "a", {"p"}}},
      {"dnd holds beside a manual state",
       {Says("m", kManual, kOnline), Says("c", kClient, kBusy).dnd()},
       {kOnline, false, false, true, "m", {"c"}}},
      {"a phone with dnd makes busy",
       {Says("p", kPhone, kOnline).dnd(), Says("c", kClient, kOnline)},
       {kBusy, false, false, true, "p", {"c"}}},
      {"dnd of an offline source is nothing",
       {Says("a", kClient, kOffline).dnd(), Says("c", kClient, kOnline)},
       {kOnline, true, true, false, "c", {"a"}}},

      // Phones.
      {"an idle phone alone does not make online",
       {Says("p", kPhone, kOnline)},
       {kOffline, false, false, false, "", {"p"}}},
      {"an idle phone does not win over away",
       {Says("p", kPhone, kOnline), Says("c", kClient, kAway)},
       {kAway, false, false, false, "c", {"p"}}},
      {"a phone in a call makes on the phone",
       {Says("p", kPhone, kOnThePhone), Says("c", kClient, kOnline)},
       {kOnThePhone, true, false, false, "p", {"c"}}},
      {"a phone off hook takes voice away under a manual state",
       {Says("m", kManual, kOnline), Says("p", kPhone, kOnThePhone).voice(kYes), Says("c", kClient, kOnline)},
       {kOnline, true, false, false, "m", {"p"}}},
      {"an unreachable phone takes voice away",
       {Says("p", kPhone, kOffline), Says("c", kClient, kOnline)},
       {kOnline, true, false, false, "c", {"p"}}},
      {"unless another endpoint has voice",
       {Says("p", kPhone, kOffline), Says("c", kClient, kOnline).voice(kYes)},
       {kOnline, true, true, false, "c", {"p"}}},

      // Endpoints beside the state.
      {"an endpoint without IM", {Says("c", kClient, kOnline).im(kNo)}, {kOnline, false, true, false, "c", {}}},
      {"an endpoint without voice", {Says("c", kClient, kOnline).voice(kNo)}, {kOnline, true, false, false, "c", {}}},
      {"one endpoint with IM is enough",
       {Says("a", kClient, kOnline).im(kNo), Says("b", kDesktop, kOnline).im(kYes)},
       {kOnline, true, true, false, "a", {}}},
      {"an endpoint that can does not change what the state forbids",
       {Says("c", kClient, kAway).im(kYes).voice(kYes)},
       {kAway, false, false, false, "c", {}}},

      // A number to follow.
      {"a number is a voice endpoint of its own, and none for IM",
       {Says("m", kManual, kOnline).number("5551234")},
       {kOnline, false, true, false, "m", {}}},
      {"with a client IM comes there",
       {Says("m", kManual, kOnline).number("5551234"), Says("c", kClient, kAway)},
       {kOnline, true, true, false, "m", {"c"}}},
      {"a number is reached though the desk phone is not",
       {Says("m", kManual, kOnline).number("5551234"), Says("p", kPhone, kOffline)},
       {kOnline, false, true, false, "m", {"p"}}},
      {"a phone off hook takes voice away from a number too",
       {Says("m", kManual, kOnline).number("5551234"), Says("p", kPhone, kOnThePhone)},
       {kOnline, true, false, false, "m", {"p"}}},
      {"a number of somebody offline is none",
       {Says("m", kManual, kOffline).number("5551234")},
       {kOffline, false, false, false, "m", {}}},

      // Calls of ours.
      {"on the phone because of us does not take voice away",
       {Says("p", kPhone, kOnThePhone), Says("c", kClient, kOnline)},
       {kOnThePhone, true, true, false, "p", {"c"}},
       true},
      {"a client that shows our call, too",
       {Says("c", kClient, kOnThePhone)},
       {kOnThePhone, true, true, false, "c", {}},
       true},
      {"busy beside a call of ours is busy",
       {Says("p", kPhone, kOnThePhone), Says("k", kCalendar, kBusy)},
       {kBusy, false, false, false, "k", {"p"}},
       true},
      {"appear offline beside a call of ours stays so",
       {Says("p", kPhone, kOnThePhone), Says("c", kClient, kAppearOffline)},
       {kAppearOffline, true, false, false, "c", {"p"}},
       true},
      {"who is in a call of ours is not away",
       {Says("p", kPhone, kOnThePhone), Says("c", kClient, kAway)},
       {kOnThePhone, true, true, false, "p", {"c"}},
       true},
      {"do not disturb holds in a call of ours",
       {Says("p", kPhone, kOnThePhone).dnd()},
       {kOnThePhone, false, false, true, "p", {}},
       true},

      // Policy of busy.
      {"busy takes IM if the policy says so",
       {Says("c", kClient, kBusy)},
       {kBusy, true, false, false, "c", {}},
       false,
       true},
      {"do not disturb takes none, whatever the policy says",
       {Says("c", kClient, kBusy).dnd()},
       {kBusy, false, false, true, "c", {}},
       false,
       true},

      // Lost sources.
      {"what a lost source said is unknown, and unknown is not routable",
       {Says("c", kClient, kOnline).gone()},
       {kOffline, false, false, false, "", {}}},
      {"the others count",
       {Says("a", kClient, kBusy).gone(), Says("b", kClient, kOnline)},
       {kOnline, true, true, false, "b", {}}},
      {"a phone of which nothing is known may be in a call",
       {Says("p", kPhone, kOnline).gone(), Says("c", kClient, kOnline)},
       {kOnline, true, false, false, "c", {}}},
      {"unless another endpoint has voice, then a lost phone is nothing",
       {Says("p", kPhone, kOnline).gone(), Says("c", kClient, kOnline).voice(kYes)},
       {kOnline, true, true, false, "c", {}}},
      {"a manual state of a lost source is nothing",
       {Says("m", kManual, kBusy).gone(), Says("c", kClient, kOnline)},
       {kOnline, true, true, false, "c", {}}},

      // Time.
      {"what has expired is nothing",
       {Says("a", kClient, kBusy).until(kNow), Says("b", kClient, kOnline).until(kNow + 1)},
       {kOnline, true, true, false, "b", {}}},
      {"an expired manual state is nothing",
       {Says("m", kManual, kBusy).until(kNow - 1), Says("c", kClient, kOnline)},
       {kOnline, true, true, false, "c", {}}},
  };
}

class Compose : public ::testing::TestWithParam<Case> {};

TEST_P(Compose, Follows) {
  const Expected& expected = GetParam().expected;
  const Composed composed = compose_case(GetParam());
  SCOPED_TRACE(GetParam().rule + " / " + composed.reason);
  EXPECT_EQ(composed.state, expected.state);
  EXPECT_EQ(composed.im, expected.im);
  EXPECT_EQ(composed.voice, expected.voice);
  EXPECT_EQ(composed.do_not_disturb, expected.dnd);
  EXPECT_EQ(composed.winner, expected.winner);
  EXPECT_EQ(composed.losers, expected.losers);
  EXPECT_NE(composed.reason, "");
}

INSTANTIATE_TEST_SUITE_P(Rules, Compose, ::testing::ValuesIn(cases()), [](const auto& param_info) {
  std::string name = param_info.param.rule;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

TEST(Compose, TheOrderOfObservationsDoesNotMatter) {
  for (const Case& one : cases()) {
    std::vector<Observation> reversed(one.said.rbegin(), one.said.rend());
    const Composed a = compose_now(one.said);
    const Composed b = compose_now(reversed);
    EXPECT_EQ(a.winner, b.winner) << one.rule;
    EXPECT_EQ(a.state, b.state) << one.rule;
    EXPECT_EQ(a.losers, b.losers) << one.rule;
  }
}

TEST(Compose, TellsWhenTheFirstOfThemExpires) {
  EXPECT_EQ(compose_now({Says("a", kClient, kOnline)}).due_ms, 0);
  EXPECT_EQ(compose_now({Says("a", kClient, kOnline).until(kNow + 30), Says("b", kPhone, kOnline).until(kNow + 20),
                         Says("c", kPhone, kOnline).until(kNow - 20)})
                .due_ms,
            kNow + 20);
}

TEST(Compose, CarriesTheNoteOfTheWinner) {
  EXPECT_EQ(
      compose_now({Says("a", kClient, kBusy).note("in a meeting"), Says("b", kClient, kOnline).note("here")}).note,
      "in a meeting");
  EXPECT_EQ(compose_now({Says("a", kClient, kBusy).note("at the doctor's").hidden()}).note, "");
}

TEST(Compose, TellsTheNumberToFollow) {
  EXPECT_EQ(compose_now({Says("m", kManual, kOnline).number("5551234"), Says("c", kClient, kOnline)}).number,
            "5551234");
  EXPECT_EQ(compose_now({Says("m", kManual, kOnline).number("5551234").until(kNow)}).number, "");
}

TEST(Compose, NamesTheLostSources) {
  EXPECT_EQ(compose_now({Says("b", kClient, kOnline).gone(), Says("a", kPhone, kOnline).gone()}).reason,
            "no source says anything; lost: a, b");
}

// Any observations of up to six sources.
rc::Gen<std::vector<Observation>> some_observations() {
  const auto one = rc::gen::exec([] {
    Observation o;
    o.content.set_kind(static_cast<v1::SourceKind>(*rc::gen::inRange(1, 6)));
    o.content.set_state(static_cast<v1::PresenceState>(*rc::gen::inRange(1, 7)));
    o.content.set_can_im(static_cast<v1::Tristate>(*rc::gen::inRange(0, 3)));
    o.content.set_can_voice(static_cast<v1::Tristate>(*rc::gen::inRange(0, 3)));
    o.content.set_do_not_disturb(*rc::gen::weightedElement<bool>({{4, false}, {1, true}}));
    o.lost = *rc::gen::weightedElement<bool>({{6, false}, {1, true}});
    o.since = kNow - *rc::gen::inRange(0, 3);
    o.expires_ms = *rc::gen::element<int64_t>(0, 0, kNow - 1, kNow, kNow + 1, kNow + 1000);
    if (*rc::gen::inRange(0, 5) == 0) o.content.set_number("555" + std::to_string(*rc::gen::inRange(0, 3)));
    return o;
  });
  return rc::gen::map(rc::gen::container<std::vector<Observation>>(one), [](std::vector<Observation> all) {
    if (all.size() > 6) all.resize(6);
    for (size_t i = 0; i < all.size(); ++i) all[i].source = "s" + std::to_string(i);
    return all;
  });
}

Circumstances some_circumstances() {
  return {.now_ms = kNow, .in_our_call = *rc::gen::arbitrary<bool>(), .busy_takes_im = *rc::gen::arbitrary<bool>()};
}

auto all_of(const Composed& c) {
  return std::tie(c.state, c.do_not_disturb, c.im, c.voice, c.winner, c.losers, c.reason, c.note, c.number, c.due_ms);
}

RC_GTEST_PROP(ComposeProperty, TheOrderOfObservationsDoesNotMatter, ()) {
  auto said = *some_observations();
  const Circumstances circumstances = some_circumstances();
  const Composed before = compose(said, circumstances);
  std::shuffle(said.begin(), said.end(), std::minstd_rand(*rc::gen::arbitrary<uint32_t>()));
  const Composed after = compose(said, circumstances);
  RC_ASSERT(all_of(before) == all_of(after));
}

RC_GTEST_PROP(ComposeProperty, WhatHasExpiredIsAsIfItHadNeverBeenSaid, ()) {
  const auto said = *some_observations();
  const Circumstances circumstances = some_circumstances();
  auto live = said;
  std::erase_if(live, [](const Observation& o) { return o.expires_ms != 0 && o.expires_ms <= kNow; });
  const Composed with = compose(said, circumstances);
  const Composed without = compose(live, circumstances);
  RC_ASSERT(all_of(with) == all_of(without));
  RC_ASSERT(with.due_ms == 0 || with.due_ms > kNow);
}

RC_GTEST_PROP(ComposeProperty, NothingChangesBeforeItIsDue, ()) {
  const auto said = *some_observations();
  Circumstances circumstances = some_circumstances();
  const Composed before = compose(said, circumstances);
  circumstances.now_ms = before.due_ms == 0 ? kNow + 1'000'000 : before.due_ms - 1;
  const Composed after = compose(said, circumstances);
  RC_ASSERT(all_of(before) == all_of(after));
}

RC_GTEST_PROP(ComposeProperty, NobodyUnavailableIsRoutable, ()) {
  const auto said = *some_observations();
  const Circumstances circumstances = some_circumstances();
  const Composed composed = compose(said, circumstances);
  const auto live = [](const Observation& o) {
    return !o.lost && o.content.state() != kOffline && (o.expires_ms == 0 || o.expires_ms > kNow) &&
           (!o.content.number().empty() || o.content.kind() == kClient || o.content.kind() == kDesktop ||
            o.content.kind() == kPhone);
  };
  const bool reachable = std::any_of(said.begin(), said.end(), live);
  if (!reachable) RC_ASSERT(composed.state == kOffline);
  if (composed.state == kOffline || composed.state == kAway || composed.do_not_disturb) {
    RC_ASSERT(!composed.im && !composed.voice);
  }
  if (composed.state == kBusy) RC_ASSERT(!composed.voice && (circumstances.busy_takes_im || !composed.im));
  RC_ASSERT(composed.losers.end() == std::find(composed.losers.begin(), composed.losers.end(), composed.winner));
}

}  // namespace
}  // namespace expertline::presence
