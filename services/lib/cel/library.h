// The standard functions and operators with their types.
#pragma once

#include <string_view>
#include <vector>

#include "cel/node.h"
#include "cel/type.h"

namespace expertline::cel {

struct Overload {
  bool member = false;           // called as a.f(b), parameters[0] being a
  std::vector<Type> parameters;  // with parameters of type numbered from 0
  Type result;
  uint32_t variables = 0;  // how many those are
};

struct StandardFunction {
  std::string_view name;  // of an operator: as it is written
  Op op;
  std::vector<Overload> overloads;
};

// Null if there is none of this name.
const StandardFunction* find_standard_function(std::string_view name);
const StandardFunction& standard_operator(Op op);
const std::vector<StandardFunction>& standard_functions();  // without operators

}  // namespace expertline::cel
