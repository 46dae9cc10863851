// Brings the simulated experts into the directory and online, and out again. Blocking calls.
#pragma once

#include <string>

#include "expertline/client/connection.h"
#include "expertline/replay/sim_experts.h"

namespace expertline::cli {

// Interactions of replays have ids that begin so.
inline constexpr const char* kReplayPrefix = "replay-";

// Ends the open sessions that replays left behind. How many those were.
size_t end_left_over(Connection& connection);

// Imports them and reports them online. Empty, or what failed.
std::string bring_in(Connection& connection, const SimExperts& experts);

// Waits until each of them is routable with a desk. Empty, or who is not.
std::string wait_until_ready(Connection& connection, const SimExperts& experts);

// Reports them offline and deletes them; who still holds something is retired and goes by himself.
void take_out(Connection& connection, const SimExperts& experts);

}  // namespace expertline::cli
