#include "presence-ingest/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace expertline::presence {
namespace {

absl::TimeZone zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

const absl::TimeZone& berlin() {
  static const absl::TimeZone zone_of = zone("Europe/Berlin");
  return zone_of;
}

absl::Time at(const std::string& local, const absl::TimeZone& where = berlin()) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, where, &time, &error)) << error;
  return time;
}

// A Wednesday.
const char* const kNow = "2026-06-10 08:30";

std::string text_of(const std::variant<Status, NotUnderstood>& read) {
  if (const auto* no = std::get_if<NotUnderstood>(&read)) return "? \"" + no->part + "\" " + no->why;
  const Status& s = std::get<Status>(read);
  std::string text =
      s.automatic ? "automatic" : v1::PresenceState_Name(s.state).substr(std::string("PRESENCE_STATE_").size());
  if (s.do_not_disturb) text += " dnd";
  if (!s.number.empty()) text += " at " + s.number;
  if (s.until) text += " until " + absl::FormatTime("%Y-%m-%d %H:%M", *s.until, berlin());
  return text;
}

std::string read(const std::string& text, const std::string& now = kNow) {
  return text_of(read_status(text, berlin(), at(now)));
}

struct Case {
  const char* text;
  const char* meaning;
};

class StatusText : public ::testing::TestWithParam<Case> {};

TEST_P(StatusText, Means) { EXPECT_EQ(read(GetParam().text), GetParam().meaning) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(
    Understood, StatusText,
    ::testing::Values(
        Case{"available", "ONLINE"}, Case{"Available.", "ONLINE"}, Case{"  ONLINE! ", "ONLINE"}, Case{"back", "ONLINE"},
        Case{"available, follow-me 5551234", "ONLINE at 5551234"},
        Case{"available follow me at +49 (30) 555-12", "ONLINE at +493055512"},
        Case{"follow-me 5551234", "ONLINE at 5551234"},
        Case{"follow-me 5551234 until 17:00", "ONLINE at 5551234 until 2026-06-10 17:00"},
        Case{"in a meeting until 15:00", "BUSY until 2026-06-10 15:00"},
        Case{"In a meeting, until 3pm", "BUSY until 2026-06-10 15:00"},
        Case{"in a meeting until 3 PM", "BUSY until 2026-06-10 15:00"},
        Case{"back at 9", "AWAY until 2026-06-10 09:00"}, Case{"back at 9:05 am", "AWAY until 2026-06-10 09:05"},
        Case{"back by noon", "AWAY until 2026-06-10 12:00"}, Case{"back in 1h30m", "AWAY until 2026-06-10 10:00"},
        Case{"back in half an hour", "AWAY until 2026-06-10 09:00"}, Case{"lunch", "AWAY"},
        Case{"lunch for 45 minutes", "AWAY until 2026-06-10 09:15"},
        Case{"lunch, back at 13:00", "AWAY until 2026-06-10 13:00"},
        Case{"busy for an hour and 10 minutes", "BUSY until 2026-06-10 09:40"},
        Case{"busy for 30min", "BUSY until 2026-06-10 09:00"}, Case{"dnd", "BUSY dnd"},
        Case{"do not disturb until midnight", "BUSY dnd until 2026-06-11 00:00"}, Case{"busy", "BUSY"},
        Case{"on the phone", "ON_THE_PHONE"}, Case{"appear offline", "APPEAR_OFFLINE"}, Case{"offline", "OFFLINE"},
        Case{"gone home until tomorrow at 9", "OFFLINE until 2026-06-11 09:00"},
        Case{"out of office until monday 8:00", "AWAY until 2026-06-15 08:00"},
        Case{"away until 9:30 on fri", "AWAY until 2026-06-12 09:30"},
        Case{"away until 9 wednesday", "AWAY until 2026-06-17 09:00"},
        Case{"out until today 24:00", "AWAY until 2026-06-11 00:00"}, Case{"automatic", "automatic"}));

INSTANTIATE_TEST_SUITE_P(
    SaidBack, StatusText,
    ::testing::Values(Case{"", "? \"\" says no state"}, Case{"hello", "? \"hello\" means nothing here"},
                      Case{"available, folow-me 555", "? \"folow-me 555\" means nothing here"},
                      Case{"in a meeting with Bob", "? \"with Bob\" means nothing here"},
                      Case{"until 15:00", "? \"until 15:00\" says no state"},
                      Case{"busy until 8:00", "? \"until 8:00\" has passed today"},
                      Case{"busy until 3", "? \"until 3\" has passed today"},
                      Case{"busy until 25:00", "? \"until 25:00\" says no time"},
                      Case{"busy until 9:5", "? \"until 9:5\" says no time"},
                      Case{"busy until 13pm", "? \"until 13pm\" says no time"},
                      Case{"busy until tomorrow", "? \"until tomorrow\" says a day but no time"},
                      Case{"busy until later", "? \"until later\" says no time"},
                      Case{"busy for a while", "? \"for a while\" says no length of time"},
                      Case{"busy for 0 minutes", "? \"for 0 minutes\" says no length of time"},
                      Case{"busy for 300 days", "? \"for 300 days\" is too far ahead"},
                      Case{"busy, available", "? \"available\" says another state than before: busy"},
                      Case{"busy until 10:00 until 11:00", "? \"until 11:00\" says another time than before"},
                      Case{"available, follow-me",
                           "? \"follow-me\" names no number to follow: it must be an optional + "
                           "and 2 to 31 digits, * or #"},
                      Case{"busy, follow-me 5551234",
                           "? \"busy, follow-me 5551234\" names a number to follow, but he is not available there"},
                      Case{"automatic until 9", "? \"automatic until 9\" automatic needs no time"}));

TEST(StatusText, SaysWhatCouldBeMeant) {
  const auto hint = [](const std::string& text) {
    return std::get<NotUnderstood>(read_status(text, berlin(), at(kNow))).hint;
  };
  EXPECT_EQ(hint("availabel"), "did you mean available?");
  EXPECT_EQ(hint("in a meating until 23:00"), "did you mean in a meeting?");
  EXPECT_EQ(hint("available, folow-me 555"), "did you mean follow-me?");
  EXPECT_EQ(hint("busy untill 10"), "did you mean until?");
  EXPECT_EQ(hint("busy until 3"), "say: tomorrow 3:00, or 15:00");
}

TEST(StatusText, TimesAreOfHisZone) {
  const absl::Time now = at("2026-06-10 08:30", zone("America/New_York"));
  const auto status = std::get<Status>(read_status("back at 9", zone("America/New_York"), now));
  EXPECT_EQ(*status.until - now, absl::Minutes(30));
  EXPECT_TRUE(std::holds_alternative<NotUnderstood>(read_status("back at 9", berlin(), now)));  // 14:30 there
}

TEST(StatusText, ADayWithAnHourLeftOutOrTwice) {
  // The clock jumps from 02:00 to 03:00.
  EXPECT_EQ(read("away until 2:30", "2026-03-29 01:00"), "AWAY until 2026-03-29 03:00");
  // 02:30 comes twice: the first that is still to come.
  const auto first = std::get<Status>(read_status("away until 2:30", berlin(), at("2026-10-25 01:00")));
  EXPECT_EQ(*first.until - at("2026-10-25 01:00"), absl::Minutes(90));
  const auto second =
      std::get<Status>(read_status("away until 2:30", berlin(), at("2026-10-25 01:00") + absl::Minutes(100)));
  EXPECT_EQ(*second.until - at("2026-10-25 01:00"), absl::Minutes(150));
}

// Texts made of the grammar's own words, and some others.
rc::Gen<std::string> some_text() {
  const auto word = rc::gen::element<std::string>(
      "available", "busy", "in", "a", "meeting", "until", "back", "at", "for", "follow-me", "5551234", "9", "15:00",
      "9:61", "3pm", "am", "tomorrow", "monday", "on", "minutes", "30", "1h", "an", "hour", "half", ",", "and", "dnd",
      "offline", "automatic", "the", "+", "noon", "99999999999999999999", ":", "\xff");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(word), [](const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& one : words) text += one + " ";
    return text;
  });
}

RC_GTEST_PROP(StatusTextProperty, WhatIsUnderstoodIsWholeAndLiesAhead, ()) {
  const absl::Time now = at(kNow) + absl::Minutes(*rc::gen::inRange(0, 60 * 24 * 400));
  const auto read = read_status(*some_text(), berlin(), now);
  if (const auto* status = std::get_if<Status>(&read)) {
    RC_ASSERT((status->state == v1::PRESENCE_STATE_UNSPECIFIED) == status->automatic);
    RC_ASSERT(!status->until || (*status->until > now && *status->until <= now + kLongestStatus));
    RC_ASSERT(status->number.empty() || !number_fault(status->number));
  } else {
    RC_ASSERT(!std::get<NotUnderstood>(read).why.empty());
    RC_ASSERT(!std::get<NotUnderstood>(read).hint.empty());
  }
}

RC_GTEST_PROP(StatusTextProperty, NothingWrittenMakesItFall, (const std::string& text)) {
  (void)read_status(text, berlin(), at(kNow));
}

RC_GTEST_PROP(StatusTextProperty, AWordThatMeansNothingIsNeverPassedOver, ()) {
  const std::string text = *some_text();
  const auto read = read_status(text + ", xyzzy", berlin(), at(kNow));
  RC_ASSERT(std::holds_alternative<NotUnderstood>(read));
}

}  // namespace
}  // namespace expertline::presence
