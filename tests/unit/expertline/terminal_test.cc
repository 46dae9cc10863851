#include "expertline/terminal/terminal.h"

#include <gtest/gtest.h>

#include "expertline/terminal/table.h"
#include "expertline/terminal/words.h"
#include "expertline/v1/presence.pb.h"
#include "expertline/watch/board.h"

namespace expertline::cli {
namespace {

TEST(Terminal, WithoutATtyNothingIsPainted) { EXPECT_EQ(Terminal{}.paint(Style::kRed, "x"), "x"); }

TEST(Terminal, ControlCharactersOfOthersAreTakenAway) { EXPECT_EQ(printable("a\x1b[2Jb\n"), "a?[2Jb?"); }

TEST(Terminal, TextIsCutByCodePoints) {
  EXPECT_EQ(cut("Zürich", 6), "Zürich");
  EXPECT_EQ(cut("Zürich", 3), "Zü…");
}

TEST(Table, AlignsByWidthOfTheText) {
  Table table({"name", ">n"});
  table.add({"Zoë", "5"});
  table.add({"Anna", "10"});
  EXPECT_EQ(table.text({}), "name   n\nZoë    5\nAnna  10\n");
}

TEST(Words, AreTheEnumsNamesWithoutTheirPrefix) {
  EXPECT_EQ(word(v1::PRESENCE_STATE_ON_THE_PHONE), "on_the_phone");
  EXPECT_EQ(word(v1::PRESENCE_STATE_UNSPECIFIED), "-");
  EXPECT_EQ(from_word<v1::PresenceState>("away"), v1::PRESENCE_STATE_AWAY);
  EXPECT_EQ(from_word<v1::PresenceState>("unspecified"), std::nullopt);
}

v1::ExpertRecord record(const std::string& id, int64_t revision, int used) {
  v1::ExpertRecord made;
  made.mutable_expert()->set_name("domains/main/experts/" + id);
  (*made.mutable_expert()->mutable_skills())["stocks"] = 3;
  made.set_state(v1::PRESENCE_STATE_ONLINE);
  made.set_has_desk(true);
  made.set_revision(revision);
  auto& medium = *made.add_media();
  medium.set_medium("im");
  medium.set_routable(true);
  medium.set_capacity(2);
  medium.set_used(used);
  return made;
}

TEST(Board, AppliesOnlyHigherRevisions) {
  Board board;
  v1::WatchReadModelResponse snapshot;
  snapshot.set_snapshot_begin(true);
  *snapshot.add_records() = record("ann", 5, 1);
  snapshot.set_snapshot_complete(true);
  EXPECT_TRUE(board.apply(snapshot));
  EXPECT_TRUE(board.complete());

  v1::WatchReadModelResponse older;
  *older.add_records() = record("ann", 4, 0);
  EXPECT_FALSE(board.apply(older));
  EXPECT_NE(board.frame({}, "here", "12:00:00", 0).find("im 1/2"), std::string::npos);
}

TEST(Board, AFrameFitsTheTerminal) {
  Board board;
  v1::WatchReadModelResponse snapshot;
  snapshot.set_snapshot_begin(true);
  for (int i = 0; i < 200; ++i) *snapshot.add_records() = record("expert-" + std::to_string(i), 1, 0);
  snapshot.set_snapshot_complete(true);
  board.apply(snapshot);
  std::vector<v1::Session> sessions(100);
  for (auto& session : sessions) {
    session.set_name("domains/main/sessions/s");
    session.add_legs()->set_id("im");
  }
  board.set_sessions(sessions, true);
  const Terminal terminal{.tty = true, .colour = false, .width = 80, .height = 40};
  const std::string frame = board.frame(terminal, "here", "12:00:00", 0);
  EXPECT_LT(std::count(frame.begin(), frame.end(), '\n'), 40);
}

}  // namespace
}  // namespace expertline::cli
