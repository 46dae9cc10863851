#include "strategy/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/random.h"

namespace expertline::strategy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kWhole = R"(strategy: mortgage-im
description: An agent on a call asks a mortgage specialist.
owner: retail lending
media: im
routing_points: [mortgage, "7002", 7003]
allow: '"retail" in agent.groups'
hours: retail
user_data:
  topic: {type: string, one_of: [rates, fraud], required: true}
  amount: {type: int, default: 10000}
  card_pin: {type: string, secret: true}
on_bad_data: otherwise
priority: 'user_data.topic == "fraud" ? 10 : 0'
steps:
  - step: whom the customer knows
    find: {expert: interaction.last_expert}
    preview: none
  - step: specialist
    only_if: user_data.amount < 500000 && hours.open
    find: {skills: {mortgage: 3, stocks: "2-4", english: any}, groups: [retail], exclude: [user_data.topic, '["bob"]']}
    where: expert.site == agent.site
    pick: least_busy
    preview: {answer_within: 20s, offers: 3, to: 2, show: [topic], message: "About ${user_data.topic} $${x} for ${agent.name}."}
    wait: 1m30s
    relax:
      - {after: 5s, skills: {mortgage: 2}}
      - {after: 10s, drop: [where, skills.stocks], groups: [retail, cards]}
  - step: anybody
    find: {states: [online, busy]}
    pick: {weighted: 1.0 - expert.load}
    preview: {ask_again: after_timeout}
otherwise:
  - {only_if: '!hours.open', voicemail: "box ${interaction.case_key}"}
  - {routing_point: "7099"}
on_accept:
  attach: {expert_id: expert.id, expert_dn: expert.dn.voice, reason: user_data.card_pin, five: 5, text: "'hi'"}
voice:
  hold_expert: 45s
  targets:
    - {via: routing_point, routing_point: "7001", kinds: [transfer]}
    - {via: direct, kinds: [transfer, consult, conference]}
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

const World& world() {
  static const World kWorld{.calendars = {{"retail", {std::make_shared<routing::Calendar>(), "r"}}}, .directory = {}};
  return kWorld;
}

Loaded changed(const std::string& from, const std::string& to) {
  return load("f.yaml", replaced(kWhole, from, to), world());
}

std::string all(const Loaded& loaded) {
  std::string text;
  for (const yaml::Issue& issue : loaded.issues) text += to_string(issue) + "\n";
  return text;
}

TEST(Load, ReadsAWholeStrategy) {
  const Loaded loaded = load("f.yaml", kWhole, world());
  ASSERT_TRUE(loaded.strategy) << all(loaded);
  EXPECT_EQ(all(loaded), "");
  const routing::Strategy& s = *loaded.strategy;
  EXPECT_EQ(s.name, "mortgage-im");
  EXPECT_EQ(s.owner, "retail lending");
  EXPECT_EQ(s.medium, "im");
  EXPECT_EQ(s.revision.size(), 16U);
  EXPECT_THAT(s.routing_points, ElementsAre("mortgage", "7002", "7003"));
  EXPECT_EQ(s.allow->program->text(), "\"retail\" in agent.groups");
  EXPECT_EQ(s.allow->place, "allow");
  EXPECT_EQ(s.allow->line, 6);
  EXPECT_TRUE(s.hours);
  EXPECT_EQ(s.on_bad_data, routing::OnBadData::kOtherwise);
  EXPECT_TRUE(s.priority);
  ASSERT_EQ(s.user_data.size(), 3U);
  EXPECT_THAT(s.user_data[0].one_of, ElementsAre(routing::Literal("rates"), routing::Literal("fraud")));
  EXPECT_TRUE(s.user_data[0].required);
  EXPECT_EQ(s.user_data[1].type, routing::Declared::Type::kInt);
  EXPECT_EQ(s.user_data[1].default_value, routing::Literal(int64_t{10000}));
  EXPECT_TRUE(s.user_data[2].secret);

  ASSERT_EQ(s.steps.size(), 3U);
  EXPECT_TRUE(s.steps[0].preview.none);
  EXPECT_EQ(s.steps[0].find.expert->program->text(), "interaction.last_expert");
  const routing::Step& step = s.steps[1];
  EXPECT_EQ(step.name, "specialist");
  EXPECT_EQ(step.line, 18);
  EXPECT_EQ(step.only_if->place, "steps[specialist].only_if");
  ASSERT_EQ(step.find.skills.size(), 3U);
  EXPECT_EQ(step.find.skills[0].min, 3);
  EXPECT_EQ(step.find.skills[0].max, 5);
  EXPECT_EQ(step.find.skills[1].min, 2);
  EXPECT_EQ(step.find.skills[1].max, 4);
  EXPECT_EQ(step.find.skills[2].min, 1);
  EXPECT_THAT(step.find.groups, ElementsAre("retail"));
  EXPECT_EQ(step.find.exclude.size(), 2U);
  EXPECT_TRUE(step.where);
  EXPECT_EQ(step.pick, routing::Pick::kLeastBusy);
  EXPECT_EQ(step.preview.answer_within_ms, 20'000);
  EXPECT_EQ(step.preview.offers, 3);
  EXPECT_EQ(step.preview.to, 2);
  ASSERT_EQ(step.preview.message.size(), 5U);
  EXPECT_EQ(std::get<std::string>(step.preview.message[2]), " ${x} for ");
  EXPECT_EQ(std::get<routing::Expression>(step.preview.message[3]).program->text(), "agent.name");
  EXPECT_EQ(step.wait_ms, 90'000);
  ASSERT_EQ(step.relax.size(), 2U);
  EXPECT_EQ(step.relax[0].after_ms, 5000);
  EXPECT_EQ(step.relax[0].skills[0].min, 2);
  EXPECT_EQ(step.relax[0].text, "skills.mortgage: 2");
  EXPECT_TRUE(step.relax[1].drop_where);
  EXPECT_THAT(step.relax[1].drop_skills, ElementsAre("stocks"));
  EXPECT_EQ(step.relax[1].text, "groups: retail cards, drop: where, drop: skills.stocks");
  EXPECT_THAT(s.steps[2].find.states, ElementsAre(v1::PRESENCE_STATE_ONLINE, v1::PRESENCE_STATE_BUSY));
  EXPECT_EQ(s.steps[2].pick, routing::Pick::kWeighted);
  EXPECT_TRUE(s.steps[2].weight);
  EXPECT_TRUE(s.steps[2].preview.ask_again);
  EXPECT_EQ(s.steps[2].preview.offers, 5) << "the default";
  EXPECT_EQ(s.steps[2].wait_ms, 0) << "without a wait the next step is tried at once";

  ASSERT_EQ(s.otherwise.size(), 2U);
  EXPECT_EQ(s.otherwise[0].kind, routing::Otherwise::Kind::kVoicemail);
  EXPECT_TRUE(s.otherwise[0].only_if);
  EXPECT_EQ(std::get<std::string>(s.otherwise[1].text.front()), "7099");
  ASSERT_EQ(s.attach.size(), 5U);
  EXPECT_EQ(s.attach[1].first, "expert_dn");
  EXPECT_EQ(s.attach[3].second.program->text(), "5");
  EXPECT_EQ(s.hold_expert_ms, 45'000);
  ASSERT_EQ(s.voice.size(), 2U);
  EXPECT_EQ(s.voice[0].routing_point(), "7001");
  EXPECT_EQ(s.voice[1].via(), v1::VOICE_VIA_DIRECT);
  EXPECT_EQ(s.voice[1].kinds_size(), 3);
  ASSERT_EQ(loaded.sends.size(), 2U);
  EXPECT_EQ(loaded.sends[0].routing_point, "7099");
  EXPECT_TRUE(loaded.sends[1].voice);
}

// A good file with one thing changed, and the issues of that.
struct Fault {
  std::string from;
  std::string to;
  std::vector<std::string> issues;  // line:column+length:code, warnings with a ?
};

class Faults : public ::testing::TestWithParam<Fault> {};

TEST_P(Faults, AreToldAtTheirPlace) {
  const Loaded loaded = changed(GetParam().from, GetParam().to);
  std::vector<std::string> issues;
  bool error = false;
  for (const yaml::Issue& issue : loaded.issues) {
    const bool warning = issue.severity == yaml::Issue::Severity::kWarning;
    error |= !warning;
    issues.push_back(std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + "+" +
                     std::to_string(issue.length) + ":" + issue.code + (warning ? "?" : ""));
  }
  EXPECT_EQ(issues, GetParam().issues) << all(loaded);
  EXPECT_EQ(loaded.strategy == nullptr, error);
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    ::testing::Values(
        Fault{"strategy: mortgage-im", "strategie: mortgage-im", {"1:1+9:missing_key", "1:1+9:unknown_key"}},
        Fault{"strategy: mortgage-im", "strategy: mortgage im", {"1:11+11:bad_id"}},
        Fault{"strategy: mortgage-im", "strategy:", {"1:1+8:wrong_type"}},
        Fault{"media: im", "media: [im]", {"4:8+1:wrong_type"}},
        Fault{"media: im", "media: vioce", {"4:8+5:unusual_medium?"}},
        Fault{"[mortgage, \"7002\", 7003]", "[]", {"5:17+1:empty"}},
        Fault{"[mortgage, \"7002\", 7003]", "mortgage", {"5:17+8:wrong_type"}},
        Fault{"[mortgage, \"7002\", 7003]", "[mortgage, 7003, \"7003\"]", {"5:34+6:bound_twice"}},
        Fault{"[mortgage, \"7002\", 7003]", "[\"mort{gage}\"]", {"5:18+12:bad_id"}},
        Fault{"owner: retail lending", "ower: retail lending", {"3:1+4:unknown_key"}},
        Fault{"owner: retail lending", "media: voice", {"4:1+5:yaml_duplicate_key"}},
        Fault{"owner: retail lending", "owner: !retail lending", {"3:8+15:yaml_tag"}},
        Fault{"owner: retail lending", "owner: &o retail", {"3:8+9:yaml_anchor"}},
        Fault{"'\"retail\" in agent.groups'", "'\"retail\" in agent.grups'", {"6:27+5:unknown_name"}},
        Fault{"'\"retail\" in agent.groups'", "'\"retail\" in expert.groups'", {"6:21+13:name_not_here"}},
        Fault{"'\"retail\" in agent.groups'", "agent.site", {"6:8+10:wrong_result"}},
        Fault{"'\"retail\" in agent.groups'", "'true'", {"6:9+4:always_true?"}},
        Fault{"'\"retail\" in agent.groups'", "'1 > 2'", {"6:9+5:always_false?"}},
        Fault{"'\"retail\" in agent.groups'", "\"retail\" in agent.groups", {"6:8+8:yaml_after_quote"}},
        Fault{"'\"retail\" in agent.groups'", "!agent.id", {"6:8+9:yaml_tag"}},
        Fault{"'\"retail\" in agent.groups'", "\"\\\"retail\\\" in agent.grups\"", {"6:29+5:unknown_name"}},
        Fault{"'\"retail\" in agent.groups'",
              "|-\n  agent.id != \"x\" &&\n    \"retail\" in agent.grups",
              {"8:23+5:unknown_name"}},
        Fault{"'\"retail\" in agent.groups'", "'agent.id != ''x'' && agent.nam == \"\"'", {"6:36+3:unknown_name"}},
        Fault{"hours: retail", "hours: retial", {"7:8+6:unknown_calendar"}},
        Fault{"hours: retail\n", "", {"18:43+10:no_hours", "32:17+10:no_hours"}},
        Fault{"? 10 : 0'", "? 10 : 1.5'", {"13:39+1:wrong_types"}},
        Fault{"? 10 : 0'", "? 10 : \"x\"'", {"13:39+1:wrong_types"}},
        Fault{"priority: 'user_data.topic == \"fraud\" ? 10 : 0'", "priority: 2000", {"13:11+4:out_of_range"}},
        Fault{"priority: 'user_data.topic == \"fraud\" ? 10 : 0'",
              "priority: user_data.topic == \"fraud\" ? 10 : 0",
              {"13:43+1:yaml_colon"}},
        Fault{"on_bad_data: otherwise", "on_bad_data: other", {"12:14+5:unknown_word"}},
        Fault{"{type: string, one_of: [rates, fraud], required: true}",
              "{typ: string}",
              {"9:10+1:missing_key", "9:11+3:unknown_key"}},
        Fault{"{type: string, one_of", "{type: text, one_of", {"9:17+4:unknown_word"}},
        Fault{"[rates, fraud], required: true", "[rates, fraud, rates], required: true", {"9:48+5:duplicate?"}},
        Fault{"[rates, fraud], required: true", "[], required: true", {"9:33+1:empty"}},
        Fault{"[rates, fraud], required: true",
              "[rates, fraud], default: rates, required: true",
              {"9:75+4:required_default?"}},
        Fault{"[rates, fraud], required: true", "[rates, fraud], default: x", {"9:58+1:default_not_one_of"}},
        Fault{"required: true", "required: yes", {"9:59+3:bad_bool"}},
        Fault{"default: 10000", "default: 010000", {"10:32+6:wrong_literal"}},
        Fault{"default: 10000", "one_of: [1, x]", {"10:35+1:wrong_literal"}},
        Fault{"amount: {type: int, default: 10000}", "amount: int", {"10:11+3:wrong_type"}},
        Fault{"  amount:",
              "  an-amount: {type: bool, default: NO}\n  amount:",
              {"10:3+9:key_not_a_name?", "10:36+2:wrong_literal"}},
        Fault{"  amount:", "  spare: {type: bool}\n  amount:", {"10:3+5:unused_user_data?"}},
        Fault{"find: {expert: interaction.last_expert}", "fnd: {}", {"15:5+4:missing_key", "16:5+3:unknown_key"}},
        Fault{"step: whom the customer knows", "step: specialist", {"18:11+10:duplicate_step"}},
        Fault{"step: whom the customer knows", "step: ''", {"15:11+2:empty"}},
        Fault{"only_if: user_data.amount < 500000 && hours.open",
              "only_if: user_data.amnt < 500000 && hours.open",
              {"19:24+4:undeclared"}},
        Fault{"only_if: user_data.amount < 500000 && hours.open",
              "only_if: user_data.amount < \"5\" && hours.open",
              {"19:31+1:wrong_types"}},
        Fault{"only_if: user_data.amount < 500000 && hours.open",
              "only_if: user_data.topic == \"x\" && hours.open",
              {"19:33+3:not_one_of"}},
        Fault{"only_if: user_data.amount < 500000 && hours.open",
              "only_if: user_data.amount < 5 & hours.open",
              {"19:35+1:bad_expression"}},
        Fault{"only_if: user_data.amount < 500000 && hours.open",
              "only_if: hours.open && false",
              {"10:3+6:unused_user_data?", "19:14+19:always_false?"}},
        Fault{"pick: least_busy", "pick: leest_busy", {"22:11+10:unknown_word"}},
        Fault{"pick: least_busy", "pick: {weighted: 0}", {"22:22+1:weight_never"}},
        Fault{"pick: least_busy", "pick: {weighted: 2}", {"22:22+1:weight_constant?"}},
        Fault{"pick: least_busy", "pick: weighted", {"22:11+8:unknown_word"}},
        Fault{"pick: least_busy", "pick: {weighed: expert.load}", {"22:11+1:missing_key", "22:12+7:unknown_key"}},
        Fault{"pick: least_busy", "pick: {weighted: expert.site}", {"22:22+11:wrong_result"}},
        Fault{"wait: 1m30s", "wait: 90", {"24:11+2:bad_duration"}},
        Fault{"wait: 1m30s", "wait: -1s", {"24:11+3:bad_duration"}},
        Fault{"wait: 1m30s", "wait: 2h", {"24:11+2:out_of_range"}},
        Fault{"wait: 1m30s", "wait: 16m", {"24:11+3:long_wait?"}},
        Fault{"wait: 1m30s", "wait: {on: ann}", {"24:11+1:wrong_type"}},
        Fault{"mortgage: 3", "mortgage: 6", {"20:31+1:out_of_range"}},
        Fault{"mortgage: 3", "mortgage: 03", {"20:31+2:bad_level"}},
        Fault{"mortgage: 3", "mortgage: mny", {"20:31+3:bad_level"}},
        Fault{"stocks: \"2-4\"", "stocks: \"4-2\"", {"20:42+5:out_of_range"}},
        Fault{"mortgage: 3", "mortgage: [3]", {"20:31+1:wrong_type"}},
        Fault{"groups: [retail]", "group: [retail]", {"20:64+5:unknown_key"}},
        Fault{"groups: [retail]", "groups: retail", {"20:72+6:wrong_type"}},
        Fault{"states: [online, busy]", "states: [online, bussy]", {"29:29+5:unknown_state"}},
        Fault{"states: [online, busy]", "states: [offline]", {"29:21+7:unknown_state"}},
        Fault{"states: [online, busy]", "states: [online, online]", {"29:29+6:duplicate?"}},
        Fault{"states: [online, busy]", "skills: mortgage", {"29:20+8:wrong_type"}},
        Fault{"[user_data.topic, '[\"bob\"]']", "expert.id", {"20:91+9:name_not_here"}},
        Fault{"[user_data.topic, '[\"bob\"]']", "[user_data.amount, '']", {"20:92+16:wrong_result", "20:110+2:empty"}},
        Fault{"find: {expert: interaction.last_expert}",
              "find: {expert: interaction.lastexpert}",
              {"16:32+10:unknown_name"}},
        Fault{"{expert: interaction.last_expert}", "{expert: interacton.last_expert}", {"16:20+10:unknown_name"}},
        Fault{"{expert: interaction.last_expert}", "{expert: interaction}", {"16:20+11:unknown_name"}},
        Fault{"{expert: interaction.last_expert}", "{expert: ann}", {"16:20+3:unknown_name"}},
        Fault{"{expert: interaction.last_expert}", "{expert: expert.id}", {"16:20+9:name_not_here"}},
        Fault{"{expert: interaction.last_expert}", "{expert: user_data.tpic}", {"16:30+4:undeclared"}},
        Fault{"{expert: interaction.last_expert}", "{expert: !user_data.topic}", {"16:20+16:yaml_tag"}},
        Fault{"{expert: interaction.last_expert}", "{expert: '\"\"'}", {"16:20+4:names_nobody?"}},
        Fault{"expert.dn.voice", "expert.dn", {"36:45+9:wrong_result"}},
        Fault{"expert.dn.voice", "expert.fax", {"36:52+3:unknown_name"}},
        Fault{"expert.dn.voice", "", {"36:34+9:wrong_type"}},
        Fault{"expert.site == agent.site", "expert.site", {"21:12+11:wrong_result"}},
        Fault{"expert.site == agent.site", "expert.site == agent.sight", {"21:33+5:unknown_name"}},
        Fault{"expert.site == agent.site", "expert.state == \"onlin\"", {"21:28+7:unknown_state"}},
        Fault{"expert.site == agent.site", "expert.state in [\"online\", \"bizzy\"]", {"21:39+7:unknown_state"}},
        Fault{"expert.site == agent.site", "sise(expert.site) > 1", {"21:12+4:unknown_function"}},
        Fault{"expert.site == agent.site", "expert.site == agent.site and true", {"21:38+3:bad_expression"}},
        Fault{"expert.site == agent.site", "expert.site == #1", {"21:26+1:bad_expression", "21:27+2:yaml_comment?"}},
        Fault{"expert.site == agent.site", "expert.site == agent.site #1", {"21:38+2:yaml_comment?"}},
        Fault{"preview: none", "preview: no", {"17:14+2:unknown_word"}},
        Fault{"answer_within: 20s", "answer_within: 20", {"23:30+2:bad_duration"}},
        Fault{"answer_within: 20s", "answer_within: 1h", {"23:30+2:out_of_range"}},
        Fault{"offers: 3", "offers: 0", {"23:43+1:out_of_range"}},
        Fault{"offers: 3", "offers: \"3\"", {"23:43+3:bad_number"}},
        Fault{"offers: 3", "offers: 1", {"23:43+1:offers_below_to"}},
        Fault{"to: 2", "to: 17", {"23:50+2:out_of_range"}},
        Fault{"ask_again: after_timeout", "ask_again: always", {"31:26+6:unknown_word"}},
        Fault{"ask_again: after_timeout", "ask_again: after_timeout, offers: 1", {"31:26+13:ask_again_never?"}},
        Fault{"show: [topic]", "show: [tpic]", {"23:60+4:undeclared"}},
        Fault{"show: [topic]", "show: [topic, card_pin, topic]", {"23:67+8:secret_shown", "23:77+5:duplicate?"}},
        Fault{"${user_data.topic} $${x}", "${user_data.card_pin} $${x}", {"23:86+18:secret_shown"}},
        Fault{"${user_data.topic} $${x}", "${user_data.tpic} $${x}", {"23:96+4:undeclared"}},
        Fault{"${agent.name}.", "${agent.name.", {"23:113+2:text_not_closed"}},
        Fault{"${agent.name}.", "${agent.groups}.", {"23:115+12:wrong_result"}},
        Fault{"${agent.name}.", "${}.", {"23:113+3:bad_expression"}},
        Fault{"after: 5s", "after: 90s", {"26:17+3:relax_too_late", "27:17+3:relax_order"}},
        Fault{"after: 5s", "after: 10s", {"27:17+3:relax_order"}},
        Fault{"skills: {mortgage: 2}", "skills: {mortgage: 4}", {"26:40+1:relax_tightens"}},
        Fault{"skills: {mortgage: 2}", "skills: {mortgage: 3}", {"26:40+1:relax_tightens"}},
        Fault{"skills: {mortgage: 2}", "skills: {mortgages: 2}", {"26:30+9:relax_unasked"}},
        Fault{"drop: [where, skills.stocks]", "drop: [where, skills.stock]", {"27:36+12:relax_unasked"}},
        Fault{"drop: [where, skills.stocks]", "drop: wher", {"27:28+4:unknown_word"}},
        Fault{"drop: [where, skills.stocks]", "drop: [where, where]", {"27:36+5:relax_unasked"}},
        Fault{"groups: [retail, cards]", "groups: [cards]", {"27:60+1:relax_tightens"}},
        Fault{"after: 5s, skills: {mortgage: 2}", "after: 5s", {"26:9+1:empty"}},
        Fault{"wait: 1m30s\n", "description: x\n", {"24:5+11:unknown_key", "26:7+1:relax_without_wait"}},
        Fault{"  - {routing_point: \"7099\"}\n", "", {"33:6+7:otherwise_open"}},
        Fault{"- {only_if: '!hours.open', voicemail", "- {voicemail", {"33:5+1:unreachable"}},
        Fault{"{routing_point: \"7099\"}", "{routing_pont: \"7099\"}", {"34:5+1:one_target", "34:6+12:unknown_key"}},
        Fault{"{routing_point: \"7099\"}", "{voicemail: a, dn: b}", {"34:5+1:one_target"}},
        Fault{"{routing_point: \"7099\"}", "{agent: \"${expert.id}\"}", {"34:16+9:name_not_here"}},
        Fault{"{routing_point: \"7099\"}", "{routing_point: \"a b\"}", {"34:21+5:bad_id"}},
        Fault{"{routing_point: \"7099\"}", "{dn: ''}", {"34:10+2:empty"}},
        Fault{"{routing_point: \"7099\"}", "{agent: Nobody is free, please call back}", {"34:29+16:unknown_key"}},
        Fault{"hold_expert: 45s", "hold_expert: 45", {"38:16+2:bad_duration"}},
        Fault{"via: routing_point,", "via: sip,", {"40:13+3:unknown_word"}},
        Fault{"routing_point: \"7001\", ", "", {"40:7+1:missing_key"}},
        Fault{"via: direct, kinds", "via: direct, routing_point: a, kinds", {"41:36+1:not_with_direct"}},
        Fault{"[transfer, consult, conference]", "[transfer, konference]", {"41:39+10:unknown_word"}},
        Fault{"[transfer, consult, conference]", "[transfer, transfer]", {"41:39+8:duplicate?"}},
        Fault{"[transfer, consult, conference]", "[]", {"41:28+1:empty"}}));

TEST(Load, TellsAllIssuesAtOnceInTheirOrder) {
  const Loaded loaded = load("f.yaml",
                             "strategy: a b\nmedia: im\nrouting_points: [x]\nsteps:\n  - {step: s, fnd: {}}\n"
                             "otherwise: []\nowwner: z\n");
  std::vector<int> lines;
  for (const yaml::Issue& issue : loaded.issues) lines.push_back(issue.mark.line);
  EXPECT_THAT(lines, ElementsAre(1, 5, 5, 6, 7));
}

TEST(Load, HintsAtTheNearestWord) {
  const auto hint = [](const std::string& from, const std::string& to) {
    const Loaded loaded = changed(from, to);
    return loaded.issues.empty() ? "" : loaded.issues.back().hint;
  };
  EXPECT_EQ(hint("owner:", "ower:"), "did you mean owner?");
  EXPECT_EQ(hint("pick: least_busy", "pick: leest_busy"), "did you mean least_busy?");
  EXPECT_EQ(hint("expert: interaction.last_expert", "expert: interacton.last_expert"), "did you mean interaction?");
  EXPECT_EQ(hint("expert: interaction.last_expert", "expert: interaction.lastexpert"), "did you mean last_expert?");
  EXPECT_EQ(hint("expert: interaction.last_expert", "expert: user_data.topik"), "did you mean topic?");
  EXPECT_EQ(hint("expert: interaction.last_expert", "expert: ann"),
            "if the text itself is meant, write it in quotes of its own: '\"ann\"'");
  EXPECT_EQ(hint("expert.site == agent.site", "expert.site == agent.site and true"), "to ask for both, write &&");
  EXPECT_EQ(hint("expert.site == agent.site", "expert.state == 'onlin'"), "did you mean online?");
  EXPECT_EQ(hint("\"fraud\" ? 10", "\"fruad\" ? 10"), "did you mean fraud?");
  EXPECT_EQ(hint("hours: retail", "hours: retial"), "did you mean retail?");
  EXPECT_THAT(hint("wait: 1m30s", "wait: 90"), HasSubstr("90s"));
}

// The places of all keys but those that people choose.
void keys_of(const yaml::Node& node, std::vector<std::pair<std::string, yaml::Mark>>& keys) {
  for (const yaml::Node& item : node.items) keys_of(item, keys);
  for (const yaml::Entry& entry : node.entries) {
    keys.emplace_back(entry.key, entry.mark);
    if (entry.key == "skills" || entry.key == "attach") continue;
    if (entry.key == "user_data") {
      for (const yaml::Entry& declared : entry.value.entries) keys_of(declared.value, keys);
    } else {
      keys_of(entry.value, keys);
    }
  }
}

// `text` with a letter left out in the middle of the word at the place.
std::string misspelt(const std::string& text, const std::string& word, yaml::Mark mark) {
  size_t at = 0;
  for (int line = 1; line < mark.line; ++line) at = text.find('\n', at) + 1;
  at += static_cast<size_t>(mark.column) - 1;
  EXPECT_EQ(text.substr(at, word.size()), word);
  return std::string(text).erase(at + word.size() / 2, 1);
}

TEST(Load, ATypoInAnyKeyIsToldAtItsColumnWithTheRightOne) {
  yaml::Issues none("f.yaml");
  const auto root = yaml::parse(kWhole, none);
  ASSERT_TRUE(root);
  std::vector<std::pair<std::string, yaml::Mark>> keys;
  keys_of(*root, keys);
  EXPECT_GT(keys.size(), 60U);
  for (const auto& [key, mark] : keys) {
    const Loaded loaded = load("f.yaml", misspelt(kWhole, key, mark), world());
    bool told = false;
    for (const yaml::Issue& issue : loaded.issues) {
      told |= issue.mark == mark && issue.code == "unknown_key" && issue.hint == "did you mean " + key + "?";
    }
    EXPECT_TRUE(told) << key << " on line " << mark.line << ":\n" << all(loaded);
  }
}

TEST(Load, ATypoInAnyWordIsToldAtItsColumnWithTheRightOne) {
  // Words that a strategy may not choose, in values and expressions.
  const std::vector<std::string> words{"agent.groups",
                                       "hours: retail",
                                       "type: string",
                                       "type: int",
                                       "on_bad_data: otherwise",
                                       "user_data.topic",
                                       "interaction.last_expert",
                                       "preview: none",
                                       "user_data.amount",
                                       "hours.open",
                                       "expert.site",
                                       "agent.site",
                                       "pick: least_busy",
                                       "agent.name",
                                       "drop: [where",
                                       "skills.stocks",
                                       "states: [online",
                                       "busy]",
                                       "expert.load",
                                       "ask_again: after_timeout",
                                       "interaction.case_key",
                                       "expert.id",
                                       "user_data.card_pin",
                                       "via: routing_point",
                                       "via: direct",
                                       "[transfer]",
                                       "consult",
                                       "conference"};
  const std::string text = kWhole;
  for (const std::string& context : words) {
    const size_t begin = context.find_last_of(".:[ ") == std::string::npos ? 0 : context.find_last_of(".:[ ") + 1;
    const size_t end = context.ends_with("]") ? context.size() - 1 : context.size();
    const std::string word = context.substr(begin, end - begin);
    const size_t found = text.find(context);
    ASSERT_NE(found, std::string::npos) << context;
    const size_t at = found + begin;
    const size_t line_start = text.rfind('\n', at) + 1;
    const yaml::Mark mark{static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n')) + 1,
                          static_cast<int>(at - line_start) + 1};
    const Loaded loaded = load("f.yaml", misspelt(text, word, mark), world());
    bool told = false;
    for (const yaml::Issue& issue : loaded.issues) {
      const bool here = issue.mark.line == mark.line && issue.mark.column <= mark.column &&
                        mark.column < issue.mark.column + issue.length;
      told |= here && issue.hint.find(word) != std::string::npos;
    }
    EXPECT_TRUE(told) << context << ":\n" << all(loaded);
  }
}

TEST(Load, ChecksNamesAgainstARoster) {
  auto directory = std::make_shared<Directory>();
  directory->experts = {"ann"};
  directory->skills = {"mortgage", "stocks", "english"};
  directory->groups = {"retail", "cards"};
  directory->sites = {"zurich"};
  directory->attributes = {"years"};
  const World known{.calendars = world().calendars, .directory = directory};
  const auto codes = [&](const std::string& from, const std::string& to) {
    std::vector<std::string> out;
    for (const yaml::Issue& issue : load("f.yaml", replaced(kWhole, from, to), known).issues) {
      out.push_back(std::to_string(issue.mark.column) + ":" + issue.code + ":" + issue.hint);
    }
    return out;
  };
  const std::string where = "expert.site == agent.site";
  EXPECT_THAT(codes("mortgage: 3", "mortage: 3"), ElementsAre("21:unknown_skill:did you mean mortgage?"));
  EXPECT_THAT(codes("groups: [retail]", "groups: [retial]"), ElementsAre("73:unknown_group:did you mean retail?"));
  EXPECT_THAT(codes("interaction.last_expert", "'\"anne\"'"), ElementsAre("21:unknown_expert:did you mean ann?"));
  EXPECT_THAT(codes(where, "expert.site == \"zurigo\""), ElementsAre("27:unknown_site:did you mean zurich?"));
  EXPECT_THAT(codes(where, "expert.attributes.year > 3"), ElementsAre("30:unknown_attribute:did you mean years?"));
  EXPECT_THAT(codes(where, "expert.attributes[\"year\"] > 3"), ElementsAre("30:unknown_attribute:did you mean years?"));
  EXPECT_THAT(codes(where, "expert.skills.stock > 3"), ElementsAre("26:unknown_skill:did you mean stocks?"));
  EXPECT_THAT(codes(where, "ready(\"stock\") > 3"), ElementsAre("18:unknown_skill:did you mean stocks?"));
  EXPECT_THAT(codes(where, "1 > 0 || \"card\" in expert.groups"),
              testing::Contains("21:unknown_group:did you mean cards?"));
  EXPECT_THAT(codes(where, "expert.attributes.years > 3 && \"cards\" in expert.groups"), IsEmpty());
}

TEST(Load, NoBytesWhateverCrash) {
  uint64_t state = 1;
  const std::string good = kWhole;
  for (int i = 0; i < 3000; ++i) {
    std::string text = good;
    for (int change = 0; change < 4; ++change) {
      state = routing::mix(state);
      const size_t at = state % text.size();
      switch ((state >> 40U) % 3) {
        case 0:
          text[at] = static_cast<char>("{}[]:,&*!'\"#|>-\n \t%@`?x\xff"[(state >> 20U) % 25]);
          break;
        case 1:
          text.erase(at, (state >> 20U) % 20);
          break;
        default:
          text.insert(at, text.substr((state >> 10U) % text.size(), 10));
      }
      if (text.empty()) text = "x";
    }
    const Loaded loaded = load("f.yaml", text, world());
    const bool error = std::any_of(loaded.issues.begin(), loaded.issues.end(), [](const yaml::Issue& issue) {
      return issue.severity == yaml::Issue::Severity::kError;
    });
    EXPECT_EQ(loaded.strategy == nullptr, error);
  }
}

TEST(Revision, FollowsTheContentAndTheCalendar) {
  EXPECT_EQ(revision_of("a"), revision_of("a"));
  EXPECT_NE(revision_of("a"), revision_of("b"));
  EXPECT_EQ(revision_of("a").size(), 16U);
  World other = world();
  other.calendars["retail"].revision = "s";
  EXPECT_EQ(load("f", kWhole, world()).strategy->revision, load("g", kWhole, world()).strategy->revision);
  EXPECT_NE(load("f", kWhole, world()).strategy->revision, load("f", kWhole, other).strategy->revision);
}

}  // namespace
}  // namespace expertline::strategy
