#include "presence-ingest/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expertline::presence {
namespace {

using state::Observation;

constexpr int64_t kNow = 1'000'000;

// What one source says: chain what it says beside kind and state.
struct Says : Observation {
  Says(const std::string& name, v1::SourceKind kind, v1::PresenceState state) {
    source = name;
    since_ms = kNow - 1000;
    content.set_kind(kind);
    content.set_state(state);
  }
  Says since(int64_t ms) && { return since_ms = ms, *this; }
  Says until(int64_t ms) && { return expires_ms = ms, *this; }
  Says im(v1::Tristate value) && { return content.set_can_im(value), *this; }
  Says voice(v1::Tristate value) && { return content.set_can_voice(value), *this; }
  Says dnd() && { return content.set_do_not_disturb(true), *this; }
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
};

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
       {Says("m1", kManual, kBusy).since(kNow - 500), Says("m2", kManual, kOnline).since(kNow - 100),
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
       {Says("a", kClient, kOnline).since(kNow - 500), Says("b", kClient, kOnline).since(kNow - 100)},
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
  const Composed composed = compose(GetParam().said, kNow);
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
    const Composed a = compose(one.said, kNow);
    const Composed b = compose(reversed, kNow);
    EXPECT_EQ(a.winner, b.winner) << one.rule;
    EXPECT_EQ(a.state, b.state) << one.rule;
    EXPECT_EQ(a.losers, b.losers) << one.rule;
  }
}

TEST(Compose, TellsWhenTheFirstOfThemExpires) {
  EXPECT_EQ(compose({Says("a", kClient, kOnline)}, kNow).due_ms, 0);
  EXPECT_EQ(compose({Says("a", kClient, kOnline).until(kNow + 30), Says("b", kPhone, kOnline).until(kNow + 20),
                     Says("c", kPhone, kOnline).until(kNow - 20)},
                    kNow)
                .due_ms,
            kNow + 20);
}

TEST(Compose, CarriesTheNoteOfTheWinner) {
  EXPECT_EQ(
      compose({Says("a", kClient, kBusy).note("in a meeting"), Says("b", kClient, kOnline).note("here")}, kNow).note,
      "in a meeting");
}

}  // namespace
}  // namespace expertline::presence
