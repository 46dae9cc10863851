// Logs: one JSON object a line on standard error, by spdlog. Beside time, level, service and msg a line has trace_id
// and span_id, session and revision of the strategy, as far as the thread works on one (work.h).
//
// User data, messages and notes of people are never logged.
#pragma once

#include <string>

namespace expertline::app {

// `level`: trace, debug, info, warn or error.
void start_logging(const std::string& service, const std::string& level);

}  // namespace expertline::app
