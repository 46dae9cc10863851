// How simulated people behave: what experts do with previews, how long they take and talk, when they work, and what
// agents bring along. Read from a YAML file (docs/simulate.md); what it does not say is as the defaults here say. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/simulate/draws.h"
#include "expertline/v1/expert.pb.h"
#include "yaml/yaml.h"

namespace expertline::simulate {

// What an expert does with a preview. An answer that would come after the preview's deadline never comes: it runs out.
struct Manner {
  double decline = 0.1;   // probability
  double overlook = 0.1;  // probability that he never answers; with `decline` at most 1
  Lognormal answer = {.median_s = 5, .spread = 2};
  std::optional<Lognormal> talk = {};  // none: for what was left of the call
};

// One of several texts, with chances in proportion to the weights; one with any weight is always it.
using Choice = std::vector<std::pair<std::string, double>>;
// `choice` must not be empty, weights not negative and not all 0.
const std::string& choose(const Choice& choice, double unit);

struct Behaviour {
  Manner everybody = {};
  std::map<std::string, Manner> named = {};  // by expert
  v1::GuardRails hours = {};                 // time_zone and hours of experts whose roster gives no hours; none: always
  // What every agent is; which site is his depends on his id only.
  Choice site = {};
  std::vector<std::string> groups = {};
  std::vector<std::string> languages = {};
  // What is attached to every request, drawn anew for each.
  std::map<std::string, Choice> user_data = {};

  const Manner& of(const std::string& expert) const {
    const auto found = named.find(expert);
    return found == named.end() ? everybody : found->second;
  }
};

struct ReadBehaviour {
  Behaviour behaviour;
  std::vector<yaml::Issue> issues;  // if there is any, the behaviour does not count
};

// `file` is the name to show in issues.
ReadBehaviour read_behaviour(std::string_view text, const std::string& file);

}  // namespace expertline::simulate
