// An invented day of calls, of the form of real ones.
#pragma once

#include <cstdint>
#include <vector>

#include "expertline/calls/call_record.h"

namespace expertline::cli {

struct DayPlan {
  int calls = 2000;  // exactly so many rows
  int agents = 15;
  uint64_t seed = 1;
};

// Arrivals are Poisson with a rate that changes by the hour as at a bank's call centre (given their number, so many
// draws from that profile); service times are lognormal with a median of 113 s; a caller takes the first agent who is
// free, in order of arrival, and gives up after an exponential patience of 10 minutes on average. Sorted by arrival.
std::vector<CallRecord> generate_day(const DayPlan& plan);

}  // namespace expertline::cli
