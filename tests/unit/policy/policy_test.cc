// What follows from a policy.
#include "session-bridge/policy/policy.h"

#include <gtest/gtest.h>

#include "session-bridge/policy/policy_file.h"

namespace expertline::bridge {
namespace {

// 2026-03-02 was a Monday.
constexpr int64_t kMonday10 = 1'772'442'000'000;  // 09:00 UTC, 10:00 in Berlin
constexpr int64_t kMonday20 = kMonday10 + 10LL * 3600 * 1000;

Policy policy(const std::string& text) {
  const ReadPolicy read = read_policy(text, "policy.yaml");
  for (const auto& issue : read.issues) ADD_FAILURE() << yaml::to_string(issue);
  return read.policy;
}

v1::Agent agent(const std::string& id, const std::vector<std::string>& groups = {}, const std::string& site = "") {
  v1::Agent agent;
  agent.set_id(id);
  agent.set_site(site);
  for (const auto& group : groups) agent.add_groups(group);
  return agent;
}

std::string verdict(const Result<Done>& result) { return result ? "" : result.error().metadata.at("rule"); }

const char* const kAccess = R"(
access:
  - {rule: boss, agents: {ids: [ann]}, then: allow}
  - {rule: night, routing_points: [claims*], then: allow, hours: {zone: Europe/Berlin, week: {mon-fri: "09:00-18:00"}}}
  - {rule: closed, routing_points: [claims*], then: refuse, why: Claims answers from 9 to 18}
  - {rule: vip, routing_points: [vip], agents: {groups: [gold, platinum], sites: [Leeds]}, then: allow}
  - {rule: no-vip, routing_points: [vip], then: refuse, why: Only gold agents of Leeds}
  - {rule: law, experts: {groups: [legal]}, then: refuse, why: Legal is asked at its routing point}
  - {rule: named, experts: {ids: [zoe-*]}, agents: {groups: [trainees]}, then: refuse, why: Not by trainees}
  - {rule: pictures, routing_points: [chat], from: expert, content: [image/*], then: refuse, why: Experts send none}
  - {rule: silent, agents: {ids: [mute]}, content: [text, "*"], then: refuse, why: Hush}
)";

TEST(Access, TheFirstRuleThatFitsDecidesWhoMayAsk) {
  const Policy rules = policy(kAccess);
  struct Case {
    v1::Agent agent;
    std::string point;
    std::string expert;
    std::vector<std::string> groups;
    int64_t now;
    std::string refused_by;
  };
  const std::vector<Case> cases = {
      {agent("bob"), "help", "", {}, kMonday20, ""},
      {agent("bob"), "claims-eu", "", {}, kMonday10, ""},
      {agent("bob"), "claims-eu", "", {}, kMonday20, "closed"},
      {agent("ann"), "claims-eu", "", {}, kMonday20, ""},
      {agent("bob", {"gold"}, "Leeds"), "vip", "", {}, kMonday10, ""},
      {agent("bob", {"gold"}, "York"), "vip", "", {}, kMonday10, "no-vip"},
      {agent("bob", {"iron"}, "Leeds"), "vip", "", {}, kMonday10, "no-vip"},
      {agent("bob"), "", "leo", {"legal"}, kMonday10, "law"},
      {agent("bob"), "", "zoe-1", {}, kMonday10, ""},
      {agent("bob", {"trainees"}), "", "zoe-1", {}, kMonday10, "named"},
      {agent("bob", {"trainees"}), "help", "", {}, kMonday10, ""},
      {agent("mute"), "help", "", {}, kMonday10, ""},
  };
  for (const Case& one : cases) {
    const Asking asking{
        .agent = one.agent, .routing_point = one.point, .expert = one.expert, .expert_groups = one.groups};
    EXPECT_EQ(verdict(rules.may_ask(asking, one.now)), one.refused_by) << one.agent.id() << " at " << one.point;
  }
}

TEST(Access, ARefusalSaysWhereByWhatAndWhy) {
  const v1::Agent bob = agent("bob");
  const auto refused = policy(kAccess).may_ask({.agent = bob, .routing_point = "claims"}, kMonday20);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, v1::ERROR_REASON_NOT_ALLOWED);
  EXPECT_EQ(refused.error().metadata.at("routing_point"), "claims");
  EXPECT_EQ(refused.error().metadata.at("why"), "Claims answers from 9 to 18");
  EXPECT_NE(refused.error().message.find("closed"), std::string::npos);
}

TEST(Access, RulesAboutContentDecideOnMessagesAlone) {
  const Policy rules = policy(kAccess);
  v1::File picture;
  picture.set_name("a.png");
  picture.set_media_type("image/png");
  picture.set_uri("https://x.example/a");
  picture.set_size(1);
  const v1::Agent bob = agent("bob");
  const v1::Agent mute = agent("mute");
  Saying saying{.agent = bob, .routing_point = "chat", .from = v1::MESSAGE_AUTHOR_EXPERT, .text = true};
  EXPECT_EQ(verdict(rules.may_say(saying, kMonday10)), "");
  saying.file = &picture;
  EXPECT_EQ(verdict(rules.may_say(saying, kMonday10)), "pictures");
  saying.from = v1::MESSAGE_AUTHOR_AGENT;
  EXPECT_EQ(verdict(rules.may_say(saying, kMonday10)), "");
  EXPECT_EQ(verdict(rules.may_say({.agent = mute, .routing_point = "chat", .text = true}, kMonday10)), "silent");
  // `claims` is closed to who asks now, not to a conversation that goes on.
  EXPECT_EQ(verdict(rules.may_say({.agent = bob, .routing_point = "claims", .text = true}, kMonday20)), "");
}

TEST(Words, ComeInTheFirstLanguageThatIsThere) {
  const Policy words = policy(R"(
languages: [en, de, zh-Hant]
messages:
  request: {en: "{agent} asks at {routing_point}", de: "{agent} fragt", zh-hant: "{agent} ?"}
)");
  const Policy::Places places{.agent = "Ann {expert}", .expert = "Leo", .routing_point = "help"};
  EXPECT_EQ(words.message("request", {}, places), "Ann {expert} asks at help");
  EXPECT_EQ(words.message("request", {"fr", "de-CH"}, places), "Ann {expert} fragt");
  EXPECT_EQ(words.message("request", {"zh-Hant-TW"}, places), "Ann {expert} ?");
  EXPECT_EQ(words.message("request", {"zh", "-", "", "fr"}, places), "Ann {expert} asks at help");
  EXPECT_EQ(words.message("standby", {}, places), "");
}

const char* const kPresets = R"(
languages: [en, de]
decline_reasons:
  busy: {en: Busy, de: Keine Zeit}
  other: {en: Other}
preset_texts:
  - {id: hello, text: {en: Hello, de: Hallo}}
  - {id: card, text: {en: Send the card}, routing_points: [card*], for: agent}
  - {id: done, text: {en: Done}, for: expert}
)";

std::string ids(const std::vector<v1::PresetText>& texts) {
  std::string all;
  for (const auto& one : texts) all += one.id() + "/" + one.language() + "/" + one.text() + " ";
  return all;
}

TEST(Presets, AreForARoutingPointASideAndALanguage) {
  const Policy texts = policy(kPresets);
  EXPECT_EQ(ids(texts.presets("", {"de"}, v1::MESSAGE_AUTHOR_UNSPECIFIED)), "hello/de/Hallo done/en/Done ");
  EXPECT_EQ(ids(texts.presets("cards", {}, v1::MESSAGE_AUTHOR_AGENT)), "hello/en/Hello card/en/Send the card ");
  EXPECT_EQ(ids(texts.presets("cards", {}, v1::MESSAGE_AUTHOR_EXPERT)), "hello/en/Hello done/en/Done ");
  EXPECT_EQ(*texts.preset("hello", "x", {"de-AT"}, v1::MESSAGE_AUTHOR_EXPERT), "Hallo");
  EXPECT_EQ(*texts.preset("card", "cards", {}, v1::MESSAGE_AUTHOR_SUPERVISOR), "Send the card");
  EXPECT_EQ(texts.preset("card", "help", {}, v1::MESSAGE_AUTHOR_AGENT).error().reason, v1::ERROR_REASON_UNKNOWN_PRESET);
  EXPECT_FALSE(texts.preset("card", "cards", {}, v1::MESSAGE_AUTHOR_EXPERT).ok());
}

TEST(DeclineReasons, AreOneOfTheListWhereThereIsOne) {
  const Policy texts = policy(kPresets);
  EXPECT_EQ(ids(texts.reasons({"de"})), "busy/de/Keine Zeit other/en/Other ");
  EXPECT_TRUE(texts.check_reason("reason", "busy").ok());
  EXPECT_TRUE(texts.check_reason("reason", "").ok());
  const auto refused = texts.check_reason("reason", "lunch");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().metadata.at("rule"), "one of busy, other");
  EXPECT_TRUE(Policy().check_reason("reason", "any words").ok());
}

TEST(Media, AreConversationsUnlessTheyAreCalls) {
  const Policy kinds = policy("media: {sms: conversation, video: call}");
  for (const char* medium : {"im", "sms", "unheard-of"}) EXPECT_EQ(kinds.kind(medium), Kind::kConversation) << medium;
  for (const char* medium : {"voice", "video"}) EXPECT_EQ(kinds.kind(medium), Kind::kCall) << medium;
}

}  // namespace
}  // namespace expertline::bridge
