// The forms in which `expertline check` tells what it found. docs/check.md has them.
#pragma once

#include <string>

#include "expertline/check/check.h"
#include "expertline/terminal/terminal.h"

namespace expertline::cli {

// For people: each issue with its line and a caret, and a line that counts.
std::string as_text(const Report& report, const Terminal& terminal);
std::string as_json(const Report& report);
// SARIF 2.1.0, as code hosts and editors read it.
std::string as_sarif(const Report& report);

}  // namespace expertline::cli
