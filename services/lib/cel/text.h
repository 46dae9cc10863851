// Numbers and texts as the language writes them.
#pragma once

#include <string>
#include <string_view>

namespace expertline::cel {

// The shortest digits that are read back as the same number: 0.5, 1e+100, NaN, -Infinity. Whole numbers without a
// point.
std::string format(double number);

// With quotes and escapes; `prefix` is b for bytes, whose bytes beyond ASCII are escaped.
std::string quoted(std::string_view text, bool bytes = false);

}  // namespace expertline::cel
