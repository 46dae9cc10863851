// Sums of a whole domain, kept in the store for metrics (functions/counts.lua).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/task.h"
#include "base/result.h"
#include "redis/client.h"

namespace expertline::state {

// Upper bounds of the buckets, seconds; one more bucket is for what is above. They are those of counts.lua.
inline constexpr std::array kPeopleBounds{1.0,  2.0,  5.0,   10.0,  15.0,  20.0,  30.0,
                                          45.0, 60.0, 120.0, 300.0, 600.0, 1800.0};
inline constexpr std::array kLateBounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};

struct Distribution {
  std::map<int, int64_t> buckets;  // by number, from 1
  int64_t sum_ms = 0;
};

// Labels are in the order written; "*": no routing point.
struct Counts {
  using Labels = std::vector<std::string>;

  int64_t now = 0, host = 0;  // ms: the store's clock, and that of its host
  int64_t open = 0;           // sessions
  int64_t overdue_ms = 0;     // since when the earliest timer was due
  // legs: routing point, medium, state; legs_ended: routing point, medium, outcome; leg_ms: routing point, medium;
  // sessions: routing point; sessions_ended: routing point, outcome; offers: routing point, medium, outcome.
  std::map<std::string, std::map<Labels, int64_t>> sums;
  // wait, expert: routing point; answer: routing point, outcome; late: none.
  std::map<std::string, std::map<Labels, Distribution>> distributions;
  std::map<std::string, int64_t> waiting_since;  // ms, by routing point at which somebody waits
};

// STORE_UNAVAILABLE. Loop thread.
Task<Result<Counts>> read_counts(redis::Client& client, std::string domain);

// What INFO says of the server behind a connection.
struct StoreInfo {
  std::string run;  // another one after each restart, and of each server
  int64_t uptime_s = 0;
  int64_t used_bytes = 0, limit_bytes = 0;
  bool writes_its_file = false;
  int replicas = 0;
};
Task<Result<StoreInfo>> read_info(redis::Client& client);

}  // namespace expertline::state
