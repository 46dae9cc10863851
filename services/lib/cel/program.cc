#include "cel/program.h"

#include "cel/evaluation.h"
#include "cel/node.h"

namespace expertline::cel {

size_t Environment::declare_variable(std::string name, Type type) {
  if (const auto number = find_variable(name)) {
    variables_[*number].type = std::move(type);
    return *number;
  }
  variables_.push_back({std::move(name), std::move(type)});
  numbers_.emplace(variables_.back().name, variables_.size() - 1);
  return variables_.size() - 1;
}

size_t Environment::declare_function(std::string name, std::vector<Type> parameters, Type result) {
  functions_.push_back({std::move(name), std::move(parameters), std::move(result)});
  return functions_.size() - 1;
}

std::optional<size_t> Environment::find_variable(std::string_view name) const {
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

Program::~Program() = default;

Value Program::evaluate(const Activation& activation, Arena& arena, Budget& budget) const {
  return evaluate_node(*root_, activation, arena, budget, slots_);
}

}  // namespace expertline::cel
