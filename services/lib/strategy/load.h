// One strategy file. Pure: text in, a Strategy or all its issues out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "routing/strategy.h"
#include "yaml/yaml.h"

namespace expertline::strategy {

struct Loaded {
  // Null if there is any issue.
  std::shared_ptr<const routing::Strategy> strategy;
  std::vector<yaml::Issue> issues;
  // Places of the strategy's name, of its routing points in their order, and of where `otherwise` sends it.
  yaml::Mark name_mark;
  std::vector<yaml::Mark> routing_point_marks;
  yaml::Mark otherwise_mark;
};

// `file` only names it in the issues. What the language of docs has and this version does not is an issue
// `not_supported`.
Loaded load(const std::string& file, std::string_view text);

// The revision of a text: its 64-bit FNV-1a hash, mixed, as 16 hexadecimal digits. It tells contents apart; it is no
// protection against somebody who wants two texts to collide.
std::string revision_of(std::string_view text);

}  // namespace expertline::strategy
