#include "strategy/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/random.h"

namespace expertline::strategy {
namespace {

using routing::Name;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kWhole = R"(strategy: mortgage-im
description: An agent on a call asks a mortgage specialist.
owner: retail lending
media: im
routing_points: [mortgage, "7002", 7003]
user_data:
  topic: {type: string, default: rates}
  amount: {type: int, default: 010000}
steps:
  - step: whom the customer knows
    find: {expert: interaction.last_expert}
    preview: none
  - step: specialist
    find: {skills: {mortgage: 3, stocks: "2-4", english: any}, groups: [retail], exclude: [user_data.topic, '"bob"']}
    pick: least_busy
    preview: {answer_within: 20s, offers: 3, to: 2, show: [topic], message: "About ${user_data.topic} for ${agent.name}."}
    wait: 1m30s
  - step: anybody
    find: {}
otherwise:
  - {voicemail: "box ${interaction.case_key}"}
on_accept:
  attach: {expert_id: expert.id, expert_dn: expert.dn.voice, reason: user_data.topic, five: 5, text: "'hi'"}
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

TEST(Load, ReadsAWholeStrategy) {
  const Loaded loaded = load("f.yaml", replaced(kWhole, "010000", "10000"));
  ASSERT_TRUE(loaded.strategy) << to_string(loaded.issues.at(0));
  const routing::Strategy& s = *loaded.strategy;
  EXPECT_EQ(s.name, "mortgage-im");
  EXPECT_EQ(s.owner, "retail lending");
  EXPECT_EQ(s.medium, "im");
  EXPECT_EQ(s.revision.size(), 16U);
  EXPECT_THAT(s.routing_points, ElementsAre("mortgage", "7002", "7003"));
  ASSERT_EQ(s.user_data.size(), 2U);
  EXPECT_EQ(s.user_data[0].default_value->text(), "rates");
  EXPECT_EQ(s.user_data[1].type, routing::Declared::Type::kInt);
  EXPECT_EQ(s.user_data[1].default_value->number(), 10000);

  ASSERT_EQ(s.steps.size(), 3U);
  EXPECT_TRUE(s.steps[0].preview.none);
  EXPECT_EQ(std::get<Name>(*s.steps[0].find.expert).field, "last_expert");
  const routing::Step& step = s.steps[1];
  EXPECT_EQ(step.name, "specialist");
  ASSERT_EQ(step.find.skills.size(), 3U);
  EXPECT_EQ(step.find.skills[0].min, 3);
  EXPECT_EQ(step.find.skills[0].max, 5);
  EXPECT_EQ(step.find.skills[1].min, 2);
  EXPECT_EQ(step.find.skills[1].max, 4);
  EXPECT_EQ(step.find.skills[2].min, 1);
  EXPECT_THAT(step.find.groups, ElementsAre("retail"));
  EXPECT_EQ(std::get<v1::UserValue>(step.find.exclude[1]).text(), "bob");
  EXPECT_EQ(step.pick, routing::Pick::kLeastBusy);
  EXPECT_EQ(step.preview.answer_within_ms, 20'000);
  EXPECT_EQ(step.preview.offers, 3);
  EXPECT_EQ(step.preview.to, 2);
  EXPECT_EQ(step.preview.message.size(), 5U);
  EXPECT_EQ(std::get<Name>(step.preview.message[3]).root, Name::Root::kAgent);
  EXPECT_EQ(step.wait_ms, 90'000);
  EXPECT_EQ(s.steps[2].preview.offers, 5) << "the default";
  EXPECT_EQ(s.steps[2].wait_ms, 0) << "without a wait the next step is tried at once";

  EXPECT_EQ(s.otherwise.kind, routing::Otherwise::Kind::kVoicemail);
  ASSERT_EQ(s.attach.size(), 5U);
  EXPECT_EQ(std::get<Name>(s.attach[1].second).key, "voice");
  EXPECT_EQ(std::get<v1::UserValue>(s.attach[3].second).number(), 5);
  EXPECT_EQ(std::get<v1::UserValue>(s.attach[4].second).text(), "hi");
  EXPECT_EQ(s.hold_expert_ms, 45'000);
  ASSERT_EQ(s.voice.size(), 2U);
  EXPECT_EQ(s.voice[0].routing_point(), "7001");
  EXPECT_EQ(s.voice[1].via(), v1::VOICE_VIA_DIRECT);
  EXPECT_EQ(s.voice[1].kinds_size(), 3);
}

// A good file with one thing changed, and the issues of that.
struct Fault {
  std::string from;
  std::string to;
  std::vector<std::string> issues;  // line:column:code
};

class Faults : public ::testing::TestWithParam<Fault> {};

TEST_P(Faults, AreToldAtTheirPlace) {
  const std::string good = replaced(kWhole, "010000", "10000");
  const Loaded loaded = load("f.yaml", replaced(good, GetParam().from, GetParam().to));
  std::vector<std::string> issues;
  std::string all;
  for (const yaml::Issue& issue : loaded.issues) {
    issues.push_back(std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + ":" + issue.code);
    all += to_string(issue) + "\n";
  }
  EXPECT_EQ(issues, GetParam().issues) << all;
  EXPECT_FALSE(loaded.strategy);
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    ::testing::Values(
        // Top level
        Fault{"strategy: mortgage-im", "strategie: mortgage-im", {"1:1:missing_key", "1:1:unknown_key"}},
        Fault{"strategy: mortgage-im", "strategy: mortgage im", {"1:11:bad_id"}},
        Fault{"strategy: mortgage-im", "strategy:", {"1:1:wrong_type"}},
        Fault{"media: im", "media: [im]", {"4:8:wrong_type"}},
        Fault{"[mortgage, \"7002\", 7003]", "[]", {"5:17:empty"}},
        Fault{"[mortgage, \"7002\", 7003]", "mortgage", {"5:17:wrong_type"}},
        Fault{"[mortgage, \"7002\", 7003]", "[mortgage, 7003, \"7003\"]", {"5:34:bound_twice"}},
        Fault{"[mortgage, \"7002\", 7003]", "[\"mort{gage}\"]", {"5:18:bad_id"}},
        Fault{"owner: retail lending", "hours: retail", {"3:1:not_supported"}},
        Fault{"owner: retail lending", "allow: 'true'", {"3:1:not_supported"}},
        Fault{"owner: retail lending", "priority: 5", {"3:1:not_supported"}},
        Fault{"owner: retail lending", "on_bad_data: otherwise", {"3:1:not_supported"}},
        Fault{"owner: retail lending", "ower: retail lending", {"3:1:unknown_key"}},
        Fault{"owner: retail lending", "media: voice", {"4:1:yaml_duplicate_key"}},
        Fault{"owner: retail lending", "owner: !retail lending", {"3:8:yaml_tag"}},
        Fault{"owner: retail lending", "owner: &o retail", {"3:8:yaml_anchor"}},
        // User data
        Fault{"{type: string, default: rates}", "{typ: string}", {"7:10:missing_key", "7:11:unknown_key"}},
        Fault{"{type: string, default: rates}", "{type: text}", {"7:17:unknown_word"}},
        Fault{"{type: string, default: rates}", "string", {"7:10:wrong_type"}},
        Fault{"{type: string, default: rates}", "{type: string, secret: true}", {"7:25:not_supported"}},
        Fault{"{type: string, default: rates}",
              "{type: string, one_of: [a], required: true}",
              {"7:25:not_supported", "7:38:not_supported"}},
        Fault{"{type: int, default: 10000}", "{type: int, default: 010000}", {"8:32:bad_default"}},
        Fault{"{type: int, default: 10000}", "{type: bool, default: NO}", {"8:33:bad_default"}},
        // Steps
        Fault{"find: {expert: interaction.last_expert}", "fnd: {}", {"10:5:missing_key", "11:5:unknown_key"}},
        Fault{"step: whom the customer knows", "step: specialist", {"13:11:duplicate_step"}},
        Fault{"step: whom the customer knows", "step: ''", {"10:11:empty"}},
        Fault{"pick: least_busy", "only_if: user_data.amount > 5", {"15:5:not_supported"}},
        Fault{"pick: least_busy", "where: expert.site == agent.site", {"15:5:not_supported"}},
        Fault{"pick: least_busy", "relax: []", {"15:5:not_supported"}},
        Fault{"pick: least_busy", "pick: leest_busy", {"15:11:unknown_word"}},
        Fault{"pick: least_busy", "pick: best_skill", {"15:11:not_supported"}},
        Fault{"pick: least_busy", "pick: {weighted: expert.load}", {"15:11:not_supported"}},
        Fault{"wait: 1m30s", "wait: 90", {"17:11:bad_duration"}},
        Fault{"wait: 1m30s", "wait: -1s", {"17:11:bad_duration"}},
        Fault{"wait: 1m30s", "wait: 2h", {"17:11:out_of_range"}},
        Fault{"wait: 1m30s", "wait: {on: ann}", {"17:11:wrong_type"}},
        // Find
        Fault{"mortgage: 3", "mortgage: 6", {"14:31:out_of_range"}},
        Fault{"mortgage: 3", "mortgage: 0", {"14:31:out_of_range"}},
        Fault{"mortgage: 3", "mortgage: 03", {"14:31:bad_level"}},
        Fault{"mortgage: 3", "mortgage: many", {"14:31:bad_level"}},
        Fault{"mortgage: 3", "mortgage: \"4-2\"", {"14:31:out_of_range"}},
        Fault{"mortgage: 3", "mortgage: [3]", {"14:31:wrong_type"}},
        Fault{"groups: [retail]", "group: [retail]", {"14:64:unknown_key"}},
        Fault{"groups: [retail]", "groups: retail", {"14:72:wrong_type"}},
        Fault{"groups: [retail]", "states: [online]", {"14:64:not_supported"}},
        // Names
        Fault{"interaction.last_expert", "interaction.lastexpert", {"11:32:unknown_name"}},
        Fault{"interaction.last_expert", "interacton.last_expert", {"11:20:unknown_name"}},
        Fault{"interaction.last_expert", "interaction", {"11:31:unknown_name"}},
        Fault{"interaction.last_expert", "ann", {"11:20:unknown_name"}},
        Fault{"interaction.last_expert", "expert.id", {"11:20:name_not_here"}},
        Fault{"interaction.last_expert", "user_data.tpic", {"11:30:undeclared"}},
        Fault{"interaction.last_expert", "user_data.topic + \"x\"", {"11:20:not_supported"}},
        Fault{"interaction.last_expert", "!user_data.topic", {"11:20:yaml_tag", "11:20:empty"}},
        Fault{"expert.dn.voice", "expert.dn", {"23:52:unknown_name"}},
        Fault{"expert.dn.voice", "expert.fax", {"23:52:unknown_name"}},
        Fault{"expert.dn.voice", "", {"23:34:wrong_type"}},
        // Preview
        Fault{"preview: none", "preview: no", {"12:14:unknown_word"}},
        Fault{"answer_within: 20s", "answer_within: 20", {"16:30:bad_duration"}},
        Fault{"answer_within: 20s", "answer_within: 1h", {"16:30:out_of_range"}},
        Fault{"offers: 3", "offers: 0", {"16:43:out_of_range"}},
        Fault{"offers: 3", "offers: three", {"16:43:bad_number"}},
        Fault{"offers: 3", "offers: \"3\"", {"16:43:bad_number"}}, Fault{"to: 2", "to: 17", {"16:50:out_of_range"}},
        Fault{"to: 2", "ask_again: after_timeout", {"16:46:not_supported"}},
        Fault{"show: [topic]", "show: [tpic]", {"16:60:undeclared"}},
        Fault{"${user_data.topic} for", "${user_data.tpic} for", {"16:96:undeclared"}},
        Fault{"${agent.name}.", "${agent.name.", {"16:107:text_not_closed"}},
        Fault{"${agent.name}.", "${agent.name + 1}.", {"16:107:not_supported"}},
        // Otherwise
        Fault{"- {voicemail: \"box ${interaction.case_key}\"}", "[]", {"21:3:empty"}},
        Fault{"voicemail: \"box", "voicemal: \"box", {"21:5:one_target", "21:6:unknown_key"}},
        Fault{"{voicemail: \"box ${interaction.case_key}\"}", "{voicemail: a, dn: b}", {"21:5:one_target"}},
        Fault{"{voicemail: \"box ${interaction.case_key}\"}",
              "{voicemail: a, only_if: hours.open}",
              {"21:20:not_supported"}},
        Fault{"{voicemail: \"box ${interaction.case_key}\"}", "{agent: \"${expert.id}\"}", {"21:16:name_not_here"}},
        Fault{"{voicemail: \"box ${interaction.case_key}\"}", "{routing_point: \"a b\"}", {"21:21:bad_id"}},
        Fault{"{voicemail: \"box ${interaction.case_key}\"}", "{dn: ''}", {"21:10:empty"}},
        Fault{"- {voicemail: \"box ${interaction.case_key}\"}", "- {dn: a}\n  - {dn: b}", {"22:5:unreachable"}},
        // Voice
        Fault{"hold_expert: 45s", "hold_expert: 45", {"25:16:bad_duration"}},
        Fault{"via: routing_point,", "via: sip,", {"27:13:unknown_word"}},
        Fault{"routing_point: \"7001\", ", "", {"27:7:missing_key"}},
        Fault{"via: direct, kinds", "via: direct, routing_point: a, kinds", {"28:36:not_with_direct"}},
        Fault{"[transfer, consult, conference]", "[transfer, konference]", {"28:39:unknown_word"}},
        Fault{"[transfer, consult, conference]", "[]", {"28:28:empty"}}));

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
    const Loaded loaded = load("f.yaml", replaced(replaced(kWhole, "010000", "10000"), from, to));
    return loaded.issues.empty() ? "" : loaded.issues.back().hint;
  };
  EXPECT_EQ(hint("owner:", "ower:"), "did you mean owner?");
  EXPECT_EQ(hint("pick: least_busy", "pick: leest_busy"), "did you mean least_busy?");
  EXPECT_EQ(hint("interaction.last_expert", "interacton.last_expert"), "did you mean interaction?");
  EXPECT_EQ(hint("interaction.last_expert", "user_data.topik"), "did you mean topic?");
  EXPECT_EQ(hint("interaction.last_expert", "ann"), "if the text itself is meant, write '\"ann\"'");
  EXPECT_THAT(hint("wait: 1m30s", "wait: 90"), HasSubstr("90s"));
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
    const Loaded loaded = load("f.yaml", text);
    EXPECT_NE(loaded.strategy == nullptr, loaded.issues.empty());
  }
}

TEST(Revision, FollowsTheContent) {
  EXPECT_EQ(revision_of("a"), revision_of("a"));
  EXPECT_NE(revision_of("a"), revision_of("b"));
  EXPECT_EQ(revision_of("a").size(), 16U);
}

}  // namespace
}  // namespace expertline::strategy
