// One strategy file. Pure: text in, a Strategy or all its issues out. What each key means and what is checked is in
// docs/strategies.md and docs/check-codes.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "routing/strategy.h"
#include "strategy/world.h"
#include "yaml/yaml.h"

namespace expertline::strategy {

// A routing point that a strategy sends to.
struct Sent {
  std::string routing_point;
  yaml::Mark mark;
  bool voice = false;  // as a target for the call; else by `otherwise`
};

struct Loaded {
  // Null if there is an error; warnings do not keep it from being used.
  std::shared_ptr<const routing::Strategy> strategy;
  std::vector<yaml::Issue> issues;  // in order of place
  // For what is checked across files: as far as they could be read, also if there is an error.
  std::string name;
  yaml::Mark name_mark;
  std::vector<std::pair<std::string, yaml::Mark>> routing_points;
  std::vector<Sent> sends;
};

// `file` only names it in the issues.
Loaded load(const std::string& file, std::string_view text, const World& world = {});

// The revision of a text: its 64-bit FNV-1a hash, mixed, as 16 hexadecimal digits. It tells contents apart; it is no
// protection against somebody who wants two texts to collide.
std::string revision_of(std::string_view text);

}  // namespace expertline::strategy
