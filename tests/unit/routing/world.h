// Builders for small worlds: take one that is fine, change one thing, see one consequence.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "routing/decide.h"
#include "routing/names.h"
#include "routing/snapshot.h"
#include "routing/strategy.h"

namespace expertline::routing {

// An expert of domain `main`, ready for im and voice, who speaks mortgage at level 3.
struct Someone {
  std::string id;
  std::map<std::string, int> skills = {{"mortgage", 3}};
  std::vector<std::string> groups = {};
  v1::PresenceState state = v1::PRESENCE_STATE_ONLINE;
  bool routable = true;
  bool do_not_disturb = false;
  bool desk = true;
  bool retired = false;
  int im_used = 0;
  int im_capacity = 2;
  int64_t idle_since_ms = 0;
  int wrapping_up = 0;
  v1::Block block = v1::BLOCK_UNSPECIFIED;
  std::string site = {};
  std::vector<std::string> languages = {};
  std::map<std::string, v1::AttributeValue> attributes = {};
  v1::GuardRails rails = {};
  int offers_today = 0;
  int64_t worked_today_ms = 0;
  int today = 0;
  int64_t revision = 1;
};

inline v1::ExpertRecord record(const Someone& someone) {
  v1::ExpertRecord out;
  v1::Expert& expert = *out.mutable_expert();
  expert.set_name("domains/main/experts/" + someone.id);
  expert.set_display_name("The " + someone.id);
  expert.set_state(someone.retired ? v1::EXPERT_STATE_RETIRED : v1::EXPERT_STATE_ACTIVE);
  for (const auto& [skill, level] : someone.skills) (*expert.mutable_skills())[skill] = level;
  for (const std::string& group : someone.groups) expert.add_groups(group);
  expert.set_site(someone.site);
  for (const std::string& language : someone.languages) expert.add_languages(language);
  for (const auto& [key, value] : someone.attributes) (*expert.mutable_attributes())[key] = value;
  if (someone.rails.ByteSizeLong() != 0) *expert.mutable_guard_rails() = someone.rails;
  (*expert.mutable_dns())["voice"] = "5-" + someone.id;
  out.set_state(someone.state);
  out.set_do_not_disturb(someone.do_not_disturb);
  out.set_has_desk(someone.desk);
  out.set_idle_since_ms(someone.idle_since_ms);
  out.set_revision(someone.revision);
  out.set_block(someone.block);
  out.set_offers_today(someone.offers_today);
  out.set_worked_today_ms(someone.worked_today_ms);
  out.set_today(someone.today);
  v1::MediumStatus& im = *out.add_media();
  im.set_medium("im");
  im.set_routable(someone.routable);
  im.set_capacity(someone.im_capacity);
  im.set_used(someone.im_used);
  im.set_wrapping_up(someone.wrapping_up);
  v1::MediumStatus& voice = *out.add_media();
  voice.set_medium("voice");
  voice.set_routable(someone.routable);
  voice.set_capacity(1);
  return out;
}

// Compiled against what the strategy declares; a test with a wrong expression ends here.
inline Expression expression(const Strategy& strategy, const std::string& text) {
  cel::Compiled compiled = cel::compile(text, environment(strategy.user_data));
  if (!compiled.program) throw std::invalid_argument(text + ": " + compiled.issues.at(0).message);
  return {.program = std::move(compiled.program), .place = "test"};
}

inline v1::UserValue text_value(const std::string& text) {
  v1::UserValue value;
  value.set_text(text);
  return value;
}

struct World {
  Snapshot snapshot;
  Strategy strategy{.name = "test", .medium = "im", .routing_points = {"mortgage"}};
  v1::RoutingFacts facts;
  v1::Moment moment;

  World() {
    facts.set_medium("im");
    facts.set_routing_point("mortgage");
    facts.mutable_agent()->set_id("agent7");
    facts.set_seed(1);
    strategy.otherwise = {{.kind = Otherwise::Kind::kAgentText, .text = {std::string("nobody")}}};
    moment.mutable_now()->set_seconds(1'700'000'000);  // 2023-11-14T22:13:20Z, a Tuesday
  }

  World& with(const Someone& someone) {
    snapshot.apply(record(someone));
    return *this;
  }
  World& with(Step step) {
    strategy.steps.push_back(std::move(step));
    return *this;
  }
  Expression cel(const std::string& text) const { return expression(strategy, text); }
  World& given(const std::string& key, const std::string& value) {
    (*facts.mutable_user_data()->mutable_values())[key] = text_value(value);
    return *this;
  }
  Decision decide() const { return routing::decide(strategy, snapshot, facts, moment); }
  Reason accepts(const std::string& id) const { return routing::accepts(strategy, 0, snapshot, facts, moment, id); }
};

inline v1::AttributeValue number(int64_t value) {
  v1::AttributeValue out;
  out.set_number(value);
  return out;
}

// How many experts a step dropped, by reason.
inline std::map<std::string, int> dropped(const v1::StepTrace& trace) {
  return {trace.dropped().begin(), trace.dropped().end()};
}

inline Step mortgage_step(int min = 1, int max = 5) {
  return {.name = "specialist", .find = {.skills = {{.skill = "mortgage", .min = min, .max = max}}}};
}

}  // namespace expertline::routing
