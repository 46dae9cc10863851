#include "presence-ingest/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace expertline::presence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::ForeignPresence said(const std::string& system, const std::vector<std::string>& words) {
  v1::ForeignPresence foreign;
  foreign.set_system(system);
  for (const std::string& word : words) foreign.add_words(word);
  return foreign;
}

std::string word_of(const Meaning& meaning) {
  std::string text = v1::PresenceState_Name(meaning.state).substr(std::string("PRESENCE_STATE_").size());
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (meaning.do_not_disturb) text += " + dnd";
  return text;
}

std::string means(const std::string& system, const std::vector<std::string>& words) {
  const auto meaning = Mapping::shipped().meaning(said(system, words));
  return meaning ? word_of(*meaning) : "nothing";
}

struct Case {
  const char* system;
  std::vector<std::string> words;
  const char* meaning;
};

TEST(Mapping, TheShippedTableAndItsCombinations) {
  const std::vector<Case> cases = {
      {"xmpp", {"available"}, "online"},
      {"xmpp", {"chat"}, "online"},
      {"xmpp", {"dnd"}, "busy + dnd"},
      {"xmpp", {"xa"}, "away"},
      {"XMPP", {"unavailable"}, "offline"},
      {"xmpp", {"available", "on_the_phone"}, "on_the_phone"},
      {"sip", {"open"}, "online"},
      {"sip", {"open", "meeting"}, "busy"},
      {"sip", {"open", "on-the-phone", "meeting"}, "on_the_phone"},
      {"sip", {"open", "meals"}, "away"},
      {"sip", {"closed", "meeting"}, "offline"},
      {"sip", {"open", "worship"}, "online"},
      {"graph", {"Busy", "InACall"}, "on_the_phone"},
      {"graph", {"busy", "InAMeeting"}, "busy"},
      {"graph", {"DoNotDisturb", "Presenting"}, "busy + dnd"},
      {"graph", {"Offline", "OffWork"}, "appear_offline"},
      {"graph", {"Offline", "Offline"}, "offline"},
      {"graph", {"Away", "OutOfOffice"}, "away"},
      {"graph", {"PresenceUnknown", "PresenceUnknown"}, "offline"},
      {"genesys", {"Ready"}, "online"},
      {"genesys", {"NotReady"}, "busy"},
      {"genesys", {"NotReady", "Lunch"}, "away"},
      {"genesys", {"Busy", "voice"}, "on_the_phone"},
      {"genesys", {"LoggedOut"}, "offline"},
      {"graph", {"Dancing"}, "nothing"},
      {"telex", {"available"}, "nothing"},
      {"sip", {}, "nothing"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(means(one.system, one.words), one.meaning) << one.system << " " << ::testing::PrintToString(one.words);
  }
}

// The table of docs/presence.md is printed from the same data, line by line.
TEST(Mapping, TheDocsSayTheSame) {
  const Mapping mapping = Mapping::shipped();
  std::ifstream file(EXPERTLINE_PRESENCE_DOC);
  std::stringstream doc;
  doc << file.rdbuf();
  std::map<std::string, std::map<std::string, std::string>> documented;
  std::string line;
  while (std::getline(doc, line)) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, '|');) {
      const size_t from = cell.find_first_not_of(' ');
      row.push_back(from == std::string::npos ? "" : cell.substr(from, cell.find_last_not_of(' ') - from + 1));
    }
    if (row.size() != 4 || !mapping.knows(row[1])) continue;
    std::istringstream words(row[3]);
    for (std::string word; std::getline(words, word, ',');) {
      const size_t from = word.find('`');
      documented[row[1]][word.substr(from + 1, word.rfind('`') - from - 1)] = row[2];
    }
  }
  std::map<std::string, std::map<std::string, std::string>> shipped;
  for (const auto& [system, words] : mapping.systems()) {
    for (const auto& [word, meaning] : words) shipped[system][word] = word_of(meaning);
  }
  EXPECT_EQ(documented, shipped);
}

TEST(Mapping, AFileOverridesWordByWord) {
  Mapping mapping = Mapping::shipped();
  EXPECT_THAT(mapping.add(R"(systems:
  xmpp: {XA: offline, "dnd": {state: busy, im: true, voice: false}}
  teams2: {Green: online}
)",
                          "m.yaml"),
              IsEmpty());
  EXPECT_EQ(mapping.meaning(said("xmpp", {"xa"}))->state, v1::PRESENCE_STATE_OFFLINE);
  EXPECT_EQ(mapping.meaning(said("xmpp", {"away"}))->state, v1::PRESENCE_STATE_AWAY);
  EXPECT_EQ(*mapping.meaning(said("xmpp", {"dnd"})),
            (Meaning{v1::PRESENCE_STATE_BUSY, false, v1::TRISTATE_YES, v1::TRISTATE_NO}));
  EXPECT_EQ(mapping.meaning(said("Teams2", {"green"}))->state, v1::PRESENCE_STATE_ONLINE);
}

TEST(Mapping, AFileWithFaultsTellsAllOfThemAndChangesNothing) {
  Mapping mapping = Mapping::shipped();
  const auto issues = mapping.add(R"(systems:
  xmpp:
    away: awya
    Away: away
    aWay: away
    "/": busy
    xa: {dnd: maybe}
  sip: [busy]
  graph: {"* / x": busy, Busy: {state: busy, colour: red}}
system: x
)",
                                  "m.yaml");
  std::vector<std::string> lines;
  for (const yaml::Issue& issue : issues) lines.push_back(yaml::to_string(issue));
  EXPECT_THAT(lines, ElementsAre(::testing::StartsWith("m.yaml:3:11: a state"),
                                 ::testing::StartsWith("m.yaml:4:5: \"Away\" is there already"),
                                 ::testing::StartsWith("m.yaml:5:5: \"aWay\" is there already"),
                                 ::testing::StartsWith("m.yaml:6:5: \"/\" is no word"),
                                 ::testing::HasSubstr("m.yaml:7:"), ::testing::HasSubstr("m.yaml:7:"),
                                 ::testing::HasSubstr("m.yaml:8:"), ::testing::HasSubstr("m.yaml:9:"),
                                 ::testing::HasSubstr("m.yaml:9:"), ::testing::HasSubstr("m.yaml:10:1")));
  EXPECT_EQ(mapping.meaning(said("xmpp", {"away"}))->state, v1::PRESENCE_STATE_AWAY);
}

}  // namespace
}  // namespace expertline::presence
