// The strategy by which experts are asked by name where the operator has none of his own for it. Pure.
#pragma once

#include <memory>
#include <string>

#include "routing/strategy.h"

namespace expertline::evaluation {

// The routing point where they are asked.
inline constexpr const char* kByName = "by-name";

// For a leg of that medium; null if that is no name of a medium.
std::shared_ptr<const routing::Strategy> by_name_strategy(const std::string& medium);

}  // namespace expertline::evaluation
