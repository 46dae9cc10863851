// Expressions of the strategy language, compiled and checked against the place where they stand. Internal to this
// folder.
#pragma once

#include <optional>
#include <string>

#include "routing/strategy.h"
#include "strategy/reading.h"

namespace expertline::strategy {

// What an expression must give; `dyn` is taken everywhere, since only the evaluation can tell.
enum class Result {
  kCondition,  // bool
  kInt,
  kNumber,  // int, uint or double
  kName,    // string
  kNames,   // string or list(string)
  kScalar,  // anything that can be written as text or kept as user data
};

struct Position {
  std::string place;    // as in Expression::place
  bool expert = false;  // there is an expert here: `expert.` may be read
};

std::optional<routing::Expression> read_expression(Reading& in, const yaml::Node& node, Result wanted,
                                                   const Position& position);

// Text with `${expression}`; `$${` is a plain `${`. People see it, so no secret may be in it.
std::optional<routing::Text> read_template(Reading& in, const yaml::Node& node, const Position& position);

}  // namespace expertline::strategy
