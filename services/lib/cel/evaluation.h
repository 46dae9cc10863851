// Evaluating nodes.
#pragma once

#include <cstdint>
#include <span>

#include "cel/node.h"
#include "cel/program.h"
#include "cel/value.h"

namespace expertline::cel {

// `slots`: loop variables alive at once, at most.
Value evaluate_node(const Node& node, const Activation& activation, Arena& arena, Budget& budget, uint32_t slots);

// Of a node that reads no variable and calls no function of the environment.
Value evaluate_pure(const Node& node, Arena& arena, Budget& budget, uint32_t slots);

// What operations on values work with.
struct Context {
  Arena& arena;
  Budget& budget;
};

// The error of this node.
Value fail(Context& context, const Node& node, EvalError::Code code, std::string_view message);
// That its operator or function is not defined for these.
Value no_overload(Context& context, const Node& node, std::span<const Value> args);
Value exhausted();
// A list of these, which live as long as the arena's content. It costs its weight, so what an expression gives is
// never larger than its budget, however often a part of it is in it.
Value made_list(Context& context, std::span<const Value> elements);

// Operators and functions of values, none of which is an error: Op::kNot and all after it. The number of arguments is
// one that the function takes.
Value apply(Context& context, const Node& node, std::span<const Value> args);

// By subject.
Value apply_conversion(Context& context, const Node& node, Value arg);                  // kToBool to kTypeOf
Value apply_calendar(Context& context, const Node& node, std::span<const Value> args);  // kGetDate to kGetSeconds
Value apply_text(Context& context, const Node& node, Value text, Value argument);       // kContains to kMatches
Value index_into(Context& context, const Node& node, Value container, Value key);       // kIndex, kSelect

}  // namespace expertline::cel
