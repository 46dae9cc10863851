// Worlds, strategies and requests of every kind the language has, drawn from a seed; the same on every machine.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "routing/random.h"
#include "unit/routing/world.h"

namespace expertline::routing {

// A condition on an expert with its meaning, written down a second time by hand.
struct Condition {
  std::string text;
  std::function<bool(const v1::ExpertRecord&, const v1::RoutingFacts&)> holds;
  Expression expression = {};
};

inline const v1::AttributeValue* attribute(const v1::ExpertRecord& record, const std::string& key) {
  const auto found = record.expert().attributes().find(key);
  return found == record.expert().attributes().end() ? nullptr : &found->second;
}

inline std::string language_of(const v1::RoutingFacts& facts) {
  const auto given = facts.user_data().values().find("language");
  return given == facts.user_data().values().end() ? "en" : given->second.text();
}

inline std::vector<Condition> conditions(const Strategy& strategy) {
  using Record = const v1::ExpertRecord&;
  using Facts = const v1::RoutingFacts&;
  std::vector<Condition> all{
      {"expert.site == agent.site",
       [](Record who, Facts facts) {
         return !who.expert().site().empty() && who.expert().site() == facts.agent().site();
       }},
      {"user_data.language in expert.languages",
       [](Record who, Facts facts) {
         const auto& spoken = who.expert().languages();
         return std::find(spoken.begin(), spoken.end(), language_of(facts)) != spoken.end();
       }},
      {"expert.attributes.years >= 3",
       [](Record who, Facts) {
         const auto* years = attribute(who, "years");
         return years != nullptr && years->number() >= 3;
       }},
      {"expert.attributes.vip || expert.skills.a > 3",
       [](Record who, Facts) {
         const auto* vip = attribute(who, "vip");
         const auto skill = who.expert().skills().find("a");
         return (vip != nullptr && vip->flag()) || (skill != who.expert().skills().end() && skill->second > 3);
       }},
      {"expert.load < 0.5",
       [](Record who, Facts) {
         return who.media(0).capacity() > 0 && 2 * who.media(0).used() < who.media(0).capacity();
       }},
      {"!('g' in expert.groups)",
       [](Record who, Facts) {
         const auto& groups = who.expert().groups();
         return std::find(groups.begin(), groups.end(), "g") == groups.end();
       }},
  };
  for (Condition& one : all) one.expression = expression(strategy, one.text);
  return all;
}

struct RandomWorld {
  Snapshot snapshot;
  Strategy strategy{.name = "random", .revision = "0123456789abcdef", .medium = "im"};
  v1::RoutingFacts facts;
  v1::Moment moment;
  std::map<std::string, v1::ExpertRecord> records;
  std::map<const Step*, const Condition*> where;  // of each step that has one

  // `conditions` as above, for a strategy with declared(); they must outlive it.
  RandomWorld(uint64_t seed, const std::vector<Condition>& conditions) : engine_(seed), conditions_(conditions) {
    strategy.user_data = declared();
    make_experts();
    strategy.steps.reserve(4);
    for (int i = 1 + any(4); i > 0; --i) make_step();
    strategy.otherwise = {{.kind = Otherwise::Kind::kVoicemail, .text = {std::string("box")}}};
    make_request();
  }

  static std::vector<Declared> declared() {
    return {{.key = "language", .default_value = "en"}, {.key = "amount", .type = Declared::Type::kInt}};
  }

 private:
  int any(int n) { return static_cast<int>(draw_below(engine_, static_cast<uint64_t>(n))); }
  bool one_in(int n) { return any(n) == 0; }
  std::string some_expert() { return "e" + std::to_string(any(40)); }
  v1::PresenceState some_state() { return static_cast<v1::PresenceState>(1 + any(5)); }

  // Compiled once for all worlds, as all declare the same.
  Expression compiled(const std::string& text) {
    static std::map<std::string, Expression> known;
    const auto found = known.find(text);
    return found != known.end() ? found->second : known[text] = expression(strategy, text);
  }

  void make_experts() {
    for (int i = any(40); i > 0; --i) {
      Someone someone{.id = "e" + std::to_string(i), .skills = {}};
      for (const char* skill : {"a", "b"}) {
        if (!one_in(3)) someone.skills[skill] = 1 + any(5);
      }
      for (const char* group : {"g", "h"}) {
        if (one_in(2)) someone.groups.emplace_back(group);
      }
      for (const char* language : {"en", "de"}) {
        if (one_in(2)) someone.languages.emplace_back(language);
      }
      if (!one_in(3)) someone.site = one_in(2) ? "Leeds" : "York";
      if (one_in(2)) someone.attributes["years"].set_number(any(6));
      if (one_in(2)) someone.attributes["vip"].set_flag(one_in(2));
      someone.state = some_state();
      someone.routable = someone.state == v1::PRESENCE_STATE_ONLINE;
      someone.do_not_disturb = one_in(10);
      someone.desk = !one_in(6);
      someone.retired = one_in(12);
      someone.im_capacity = one_in(8) ? 0 : 1 + any(3);
      someone.im_used = any(3);
      someone.wrapping_up = one_in(3) ? 1 : 0;
      if (one_in(6)) someone.block = static_cast<v1::Block>(1 + any(5));
      someone.idle_since_ms = any(5);
      someone.worked_today_ms = any(4) * 1000;
      someone.today = 19675;  // the day of `moment`
      records[someone.id] = record(someone);
    }
    for (const auto& [id, record] : records) snapshot.apply(record);
  }

  void make_step() {
    Step& step = strategy.steps.emplace_back();
    step.name = "step " + std::to_string(strategy.steps.size());
    for (const char* skill : {"a", "b"}) {
      const int min = 1 + any(5);
      if (one_in(3)) step.find.skills.push_back({.skill = skill, .min = min, .max = min + any(6 - min)});
    }
    for (const char* group : {"g", "h"}) {
      if (one_in(4)) step.find.groups.emplace_back(group);
    }
    if (one_in(8)) step.find.expert = compiled("'" + some_expert() + "'");
    if (one_in(4)) step.find.exclude = {compiled("['" + some_expert() + "', '" + some_expert() + "']")};
    if (one_in(4)) step.find.states = {some_state(), some_state()};
    if (one_in(2)) {
      const Condition& condition = conditions_[static_cast<size_t>(any(static_cast<int>(conditions_.size())))];
      step.where = condition.expression;
      where[&step] = &condition;
    }
    if (one_in(4)) step.only_if = compiled("user_data.amount > 100");
    step.pick = static_cast<Pick>(any(6));
    if (step.pick == Pick::kWeighted) step.weight = compiled("expert.attributes.years");
    step.preview.offers = 1 + any(4);
    step.preview.to = 1 + any(3);
    step.preview.ask_again = one_in(2);
    if (one_in(3)) step.wait_ms = 20'000;
    if (step.wait_ms != 0 && one_in(2)) {
      step.relax.push_back({.after_ms = 5'000, .skills = {{.skill = "a"}}, .text = "skills.a: any"});
      step.relax.push_back({.after_ms = 10'000, .drop_where = true, .drop_skills = {"b"}, .text = "drop: where, b"});
    }
  }

  void make_request() {
    facts.set_medium("im");
    facts.mutable_agent()->set_id(some_expert());
    if (!one_in(4)) facts.mutable_agent()->set_site("Leeds");
    facts.set_seed(engine_());
    facts.set_step(any(2));
    if (one_in(2)) facts.mutable_wait_left()->set_seconds(any(21));
    for (int i = any(5); i > 0; --i) {
      const std::string id = some_expert();
      facts.add_asked(id);
      if (one_in(2)) facts.add_timed_out(id);
    }
    if (one_in(8)) facts.set_held_expert(some_expert());
    if (one_in(2)) (*facts.mutable_user_data()->mutable_values())["language"] = text_value("de");
    if (!one_in(4)) (*facts.mutable_user_data()->mutable_values())["amount"] = text_value(one_in(2) ? "50" : "500");
    moment.mutable_now()->set_seconds(1'700'000'000);
    moment.set_store_now_ms(1'700'000'000'000);
  }

  Engine engine_;
  const std::vector<Condition>& conditions_;
};

}  // namespace expertline::routing
