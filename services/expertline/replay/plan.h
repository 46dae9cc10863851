// What a replay will do, made of call records before anything runs: pure, and the same for the same seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/calls/call_record.h"

namespace expertline::cli {

// One agent's call for help. Times are model seconds.
struct Ask {
  std::string agent;        // id
  std::string interaction;  // id, unique within the plan
  std::string call_type;    // PS, NE, ...
  std::string skillset;     // also the routing point
  double at_s = 0;          // since the first served call began
  double talk_s = 0;        // what was left of the call's service time
};

struct ReplayPlan {
  std::vector<Ask> asks;  // by time
  size_t interactions = 0;
  size_t agents = 0;
  double first_s = 0;  // of the day: when the first served call began
  double span_s = 0;   // from the first served call to the end of the last
};

// Each served call is an interaction; with probability `share` its agent asks an expert, at a point of its service
// time that is equally likely anywhere within it. Calls too short to have a service time never ask.
ReplayPlan make_plan(const std::vector<CallRecord>& calls, double share, uint64_t seed);

// "10%" or "0.1" as 0.1; nothing unless it lies within 0 and 1.
std::optional<double> parse_share(std::string_view text);

}  // namespace expertline::cli
