// What the parts of the loader share while they read one file. Internal to this folder.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "cel/program.h"
#include "routing/strategy.h"
#include "strategy/load.h"
#include "yaml/yaml.h"

namespace expertline::strategy {

struct Reading {
  std::string_view text;
  yaml::Issues& issues;
  const World& world;
  routing::Strategy& strategy;
  Loaded& loaded;
  cel::Environment environment = {};                // once user_data is read
  std::optional<cel::Environment> typed = {};       // the same with the types of the roster's attributes
  std::map<std::string, yaml::Mark> declared = {};  // where each key of user_data is declared
  std::set<std::string> untyped = {};               // keys of user_data whose type could not be read
  std::set<std::string> used = {};                  // keys of user_data that something reads or shows
  std::map<std::string, yaml::Mark> skills = {};    // every skill named, where it is named first
  std::optional<yaml::Mark> hours = {};             // where the calendar is named
  bool reads_hours = false;
};

template <typename T, typename U>
void set(T& target, std::optional<U> value) {
  if (value) target = static_cast<T>(std::move(*value));
}

// The parts of a file; each reads its node into the strategy and tells what is wrong.
void read_user_data(Reading& in, const yaml::Node& node);
void read_steps(Reading& in, const yaml::Node& node);
void read_otherwise(Reading& in, const yaml::Node& node);
void read_on_accept(Reading& in, const yaml::Node& node);
void read_voice(Reading& in, const yaml::Node& node);

// What can be said of a strategy only as a whole, such as steps that find nobody new. For one without errors.
void check_whole(Reading& in, const yaml::Node& root);

// The names as a vector, for did_you_mean.
template <typename Names>
std::vector<std::string> words(const Names& names) {
  std::vector<std::string> out;
  for (const auto& name : names) {
    if constexpr (requires { name.first; }) {
      out.emplace_back(name.first);
    } else {
      out.emplace_back(name);
    }
  }
  return out;
}

// An issue if the directory is known and lacks the name.
void check_skill(Reading& in, yaml::Mark mark, const std::string& skill);
void check_group(Reading& in, yaml::Mark mark, const std::string& group);

}  // namespace expertline::strategy
