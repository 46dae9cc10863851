// Builders for small worlds: take one that is fine, change one thing, see one consequence.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "routing/decide.h"
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
  (*expert.mutable_dns())["voice"] = "5-" + someone.id;
  out.set_state(someone.state);
  out.set_do_not_disturb(someone.do_not_disturb);
  out.set_has_desk(someone.desk);
  out.set_idle_since_ms(someone.idle_since_ms);
  out.set_revision(someone.revision);
  v1::MediumStatus& im = *out.add_media();
  im.set_medium("im");
  im.set_routable(someone.routable);
  im.set_capacity(someone.im_capacity);
  im.set_used(someone.im_used);
  v1::MediumStatus& voice = *out.add_media();
  voice.set_medium("voice");
  voice.set_routable(someone.routable);
  voice.set_capacity(1);
  return out;
}

struct World {
  Snapshot snapshot;
  Strategy strategy{.name = "test", .medium = "im", .routing_points = {"mortgage"}};
  v1::RoutingFacts facts;

  World() {
    facts.set_medium("im");
    facts.set_routing_point("mortgage");
    facts.mutable_agent()->set_id("agent7");
    facts.set_seed(1);
    strategy.otherwise = {.kind = Otherwise::Kind::kAgentText, .text = {std::string("nobody")}};
  }

  World& with(const Someone& someone) {
    snapshot.apply(record(someone));
    return *this;
  }
  World& with(Step step) {
    strategy.steps.push_back(std::move(step));
    return *this;
  }
  Decision decide() const { return routing::decide(strategy, snapshot, facts); }
};

inline Step mortgage_step(int min = 1, int max = 5) {
  return {.name = "specialist", .find = {.skills = {{.skill = "mortgage", .min = min, .max = max}}}};
}

inline v1::UserValue text_value(const std::string& text) {
  v1::UserValue value;
  value.set_text(text);
  return value;
}

inline Name user_name(const std::string& key) { return {.root = Name::Root::kUserData, .field = key}; }

}  // namespace expertline::routing
