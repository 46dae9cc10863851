// Explained decisions as text for people.
#pragma once

#include <string>

#include "expertline/terminal/terminal.h"
#include "expertline/v1/strategy.pb.h"

namespace expertline::cli {

// One decision: a headline, then each step with every expert and the filter that dropped him. Without a record the
// counts of each step. Lines that each end with a newline.
std::string explained_text(const v1::ExplainedDecision& explained, const Terminal& terminal);

}  // namespace expertline::cli
