// The operator's file.
#include "session-bridge/policy/policy_file.h"

#include <gtest/gtest.h>

namespace expertline::bridge {
namespace {

TEST(PolicyFile, WithoutOneAllIsAllowedButScripts) {
  const auto none = read_policy_file("");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->languages, std::vector<std::string>{"en"});
  EXPECT_TRUE(none->access.empty());
  EXPECT_EQ(none->session_retention_ms, 24LL * 3600 * 1000);
}

TEST(PolicyFile, ThatCannotBeReadIsAFault) {
  const auto read = read_policy_file("/nowhere/policy.yaml");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().message, "/nowhere/policy.yaml: cannot be read");
}

TEST(PolicyFile, TheExampleHasNoFaults) {
  const auto read = read_policy_file(EXPERTLINE_EXAMPLE_POLICY);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->decline_reasons.size(), 4U);
  EXPECT_EQ(read->access.size(), 5U);
}

TEST(PolicyFile, ConversationsMayGoBeforeTheirSessions) {
  const Policy both = read_policy("retention: {sessions: 48h, conversations: 30m}", "p").policy;
  EXPECT_EQ(both.session_retention_ms, 48LL * 3600 * 1000);
  EXPECT_EQ(both.conversation_retention_ms, 30LL * 60 * 1000);
  EXPECT_EQ(read_policy("retention: {sessions: 2h}", "p").policy.conversation_retention_ms, 2LL * 3600 * 1000);
}

struct Fault {
  const char* text;
  const char* told;  // line:column: part of the message
};

TEST(PolicyFile, TellsWhatIsWrongAndWhere) {
  const std::vector<Fault> faults = {
      {"lamguages: [en]", "p:1:1: the policy has no key \"lamguages\""},
      {"languages: []", "p:1:12: languages must not be empty"},
      {"languages: [en, EN]", "p:1:17: the language EN is there twice"},
      {"languages: [e n]", "p:1:13: \"e n\" is no language"},
      {"decline_reasons: {busy: {de: Nein}}", "p:1:26: \"de\" is none of `languages`"},
      {"decline_reasons: {busy: {de: Nein}}", "p:1:25: the reason busy has no text in en"},
      {"decline_reasons: {\"a b\": {en: No}}", "is no id of a reason"},
      {"preset_texts: [{id: a, text: {en: A}}, {id: a, text: {en: B}}]", "the id a is there twice"},
      {"preset_texts: [{id: a, text: {en: A}, for: all}]", "p:1:44: "},
      {"messages: {request: {en: \"{agnet} asks\"}}", "p:1:27: \"{agnet}\" means nothing here"},
      {"messages: {requests: {en: x}}", "p:1:12: messages has no key \"requests\""},
      {"files: {types: [png]}", "p:1:17: \"png\" is no media type"},
      {"files: {inline_bytes: 65537}", "p:1:23: "},
      {"files: {hosts: [\"https://x\"]}", "p:1:17: \"https://x\" is no host"},
      {"media: {voice: conversation}", "p:1:16: voice is a call everywhere"},
      {"media: {sms: chat}", "p:1:14: "},
      {"retention: {sessions: 1h, conversations: 2h}", "p:1:42: conversations are not kept longer"},
      {"access: [{rule: a, then: refuse}]", "p:1:26: a rule that refuses says why"},
      {"access: [{rule: a, then: allow}, {rule: a, then: allow}]", "the rule a is there twice"},
      {"access: [{then: allow}]", "p:1:10: "},
      {"access: [{rule: a, then: allow, from: expert}]", "`from` is about messages"},
      {"access: [{rule: a, then: allow, routing_points: [\"a*b\"]}]", "a star stands at the end only"},
      {"access: [{rule: a, then: allow, routing_points: []}]", "an empty list fits nobody"},
      {"access: [{rule: a, then: allow, hours: {zone: Europe/Berlim, week: {mon: \"09:00-10:00\"}}}]",
       "there is no time zone \"Europe/Berlim\""},
      {"access: [{rule: a, then: allow, hours: {zone: ../etc/passwd, week: {}}}]", "there is no time zone"},
      {"access: [{rule: a, then: allow, hours: {zone: UTC, week: {mun: \"09:00-10:00\"}}}]", "p:1:59: "},
  };
  for (const Fault& fault : faults) {
    std::string all;
    for (const auto& issue : read_policy(fault.text, "p").issues) all += yaml::to_string(issue) + "\n";
    EXPECT_NE(all.find(fault.told), std::string::npos) << fault.text << "\nwas told:\n" << all;
  }
}

TEST(PolicyFile, TellsAllFaultsAtOnce) {
  EXPECT_EQ(read_policy("files: {types: [png], inline_bytes: x}\nmedia: {sms: chat}\nmore: 1\n", "p").issues.size(),
            4U);
}

}  // namespace
}  // namespace expertline::bridge
