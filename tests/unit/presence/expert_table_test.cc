// The experts of a read model, as bytes.
#include "presence-ingest/expert_table.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

namespace expertline::presence {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::Expert directory(const std::string& group, int64_t revision) {
  v1::Expert expert;
  expert.set_display_name("Ann Lee");
  expert.add_groups(group);
  (*expert.mutable_skills())["mortgage"] = 4;
  (*expert.mutable_dns())["voice"] = "5001";
  (*expert.mutable_dns())["fax"] = "5002";
  expert.set_state(v1::EXPERT_STATE_ACTIVE);
  expert.set_revision(revision);
  return expert;
}

v1::MediumStatus voice(int used, int wrapping_up) {
  v1::MediumStatus medium;
  medium.set_medium("voice");
  medium.set_routable(true);
  medium.set_capacity(2);
  medium.set_used(used);
  medium.set_wrapping_up(wrapping_up);
  return medium;
}

state::ExpertState online(int64_t revision) {
  state::ExpertState state;
  state.revision = revision;
  state.directory_revision = 1;
  state.active = true;
  state.state = v1::PRESENCE_STATE_ONLINE;
  state.has_desk = true;
  state.since_ms = 1'700'000'000'000;
  state.note = "here";
  state.media = {voice(0, 0)};
  return state;
}

// What a reader makes of it.
v1::ExpertRecord sent(const ExpertTable& table, ExpertTable::Slot slot) {
  std::string bytes;
  table.append_to(bytes, slot);
  EXPECT_LE(bytes.size(), table.encoded_size(slot));
  v1::WatchReadModelResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  EXPECT_EQ(response.records_size(), 1);
  return response.records(0);
}

TEST(ExpertTable, WhatIsSentIsDirectoryAndPresence) {
  ExpertTable table("main");
  const auto ann = table.add("ann");
  table.set_directory(ann, directory("retail", 1));
  table.set_state(ann, online(7));
  const v1::ExpertRecord record = sent(table, ann);
  v1::Expert expert = directory("retail", 1);
  expert.set_name("domains/main/experts/ann");
  EXPECT_TRUE(MessageDifferencer::Equals(record.expert(), expert)) << record.DebugString();
  EXPECT_EQ(record.state(), v1::PRESENCE_STATE_ONLINE);
  EXPECT_EQ(record.revision(), 7);
  EXPECT_EQ(record.since().seconds(), 1'700'000'000);
  EXPECT_EQ(record.note(), "here");
  EXPECT_EQ(record.media_size(), 1);
  EXPECT_TRUE(MessageDifferencer::Equals(record, table.record(ann)));
}

TEST(ExpertTable, EachPartIsReplacedAlone) {
  ExpertTable table("main");
  const auto ann = table.add("ann");
  table.set_directory(ann, directory("retail", 1));
  table.set_state(ann, online(7));
  table.set_directory(ann, directory("a-group-with-a-much-longer-name-than-before", 2));
  EXPECT_TRUE(table.in_group(ann, "a-group-with-a-much-longer-name-than-before"));
  EXPECT_FALSE(table.in_group(ann, "retail"));
  EXPECT_EQ(sent(table, ann).note(), "here");
  state::ExpertState away = online(8);
  away.active = false;
  away.note = std::string(200, 'x');
  table.set_state(ann, away);
  const v1::ExpertRecord record = sent(table, ann);
  EXPECT_EQ(record.note(), away.note);
  EXPECT_EQ(record.media_size(), 1);
  EXPECT_EQ(record.expert().state(), v1::EXPERT_STATE_RETIRED);
  EXPECT_EQ(record.expert().revision(), 2);
  EXPECT_EQ(table.at(ann).revision, 8);
  EXPECT_EQ(table.at(ann).directory_revision, 2);
}

TEST(ExpertTable, ANumberToFollowStandsForHisOwnWhileItHolds) {
  ExpertTable table("main");
  const auto ann = table.add("ann");
  table.set_directory(ann, directory("retail", 1));
  state::ExpertState state = online(7);
  state.number = "0791234567";
  table.set_state(ann, state);
  EXPECT_EQ(sent(table, ann).expert().dns().at("voice"), "0791234567");
  EXPECT_EQ(sent(table, ann).expert().dns().at("fax"), "5002");
  table.set_state(ann, online(8));
  EXPECT_EQ(sent(table, ann).expert().dns().at("voice"), "5001");
}

// Readers in other languages may not join a message that comes in two pieces.
TEST(ExpertTable, TheExpertOfARecordIsOneField) {
  ExpertTable table("main");
  const auto ann = table.add("ann");
  table.set_directory(ann, directory("retail", 1));
  table.set_state(ann, online(7));
  std::string bytes;
  table.append_to(bytes, ann);
  EXPECT_EQ(bytes.size(), [&] {
    v1::WatchReadModelResponse response;
    EXPECT_TRUE(response.ParseFromString(bytes));
    return response.ByteSizeLong();
  }()) << "nothing comes twice";
}

TEST(ExpertTable, WhoIsOnAVoiceLegOfOursIsKnown) {
  ExpertTable table("main");
  const auto ann = table.add("ann");
  table.set_directory(ann, directory("retail", 1));
  state::ExpertState state = online(7);
  state.media = {voice(2, 1)};
  table.set_state(ann, state);
  EXPECT_EQ(table.in_our_call(), std::set<std::string>{"ann"});
  state.media = {voice(1, 1)};
  table.set_state(ann, state);
  EXPECT_TRUE(table.in_our_call().empty()) << "only wrapped up";
  state.media = {voice(1, 0)};
  table.set_state(ann, state);
  table.remove(ann);
  EXPECT_TRUE(table.in_our_call().empty());
}

TEST(ExpertTable, ASlotIsUsedAgain) {
  ExpertTable table("main");
  const auto ann = table.add("ann");
  const auto bob = table.add("bob");
  table.remove(ann);
  EXPECT_FALSE(table.find("ann"));
  EXPECT_TRUE(table.at(ann).id.empty());
  EXPECT_EQ(table.add("cem"), ann);
  EXPECT_EQ(table.find("cem"), ann);
  EXPECT_EQ(table.find("bob"), bob);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.slots(), 2U);
  table.set_directory(ann, directory("retail", 1));
  table.set_state(ann, online(1));
  EXPECT_EQ(sent(table, ann).expert().name(), "domains/main/experts/cem");
}

}  // namespace
}  // namespace expertline::presence
