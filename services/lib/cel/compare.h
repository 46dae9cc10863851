// What value.h offers, for the evaluator: counted against a budget, without copies, with repeated keys found.
#pragma once

#include <optional>
#include <span>
#include <utility>

#include "cel/program.h"
#include "cel/value.h"

namespace expertline::cel {

// False, with the budget exhausted, if that does not suffice.
bool equal_within(Value a, Value b, Arena& arena, Budget& budget);

// The elements must live as long as the arena's content.
Value adopt_list(Arena& arena, std::span<const Value> elements);

// Nothing if a key repeats, which is then in `repeated`; that is not looked for without `repeated`.
std::optional<Value> try_make_map(Arena& arena, std::span<const std::pair<Value, Value>> entries, Value* repeated);

}  // namespace expertline::cel
