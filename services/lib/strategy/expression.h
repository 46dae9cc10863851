// What is written where the language takes an expression. Of the Common Expression Language, literals and names are
// understood so far; everything else is an issue `not_supported`, never ignored. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "routing/strategy.h"
#include "yaml/yaml.h"

namespace expertline::strategy {

// Which names may stand at a place.
struct Names {
  const std::vector<routing::Declared>& declared;
  bool expert = false;  // `expert.`: only where there is one
};

// `user_data.topic`, `"text"`, `'text'` or `42`.
std::optional<routing::Value> parse_value(const yaml::Node& node, std::string_view what, const Names& names,
                                          yaml::Issues& issues);
// Text with `${name}`.
std::optional<routing::Text> parse_text(const yaml::Node& node, std::string_view what, const Names& names,
                                        yaml::Issues& issues);

}  // namespace expertline::strategy
