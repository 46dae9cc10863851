// The guard rails of experts as the decision reads them. Many experts have the same.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <string>

#include "expertline/v1/expert.pb.h"
#include "routing/calendar.h"

namespace expertline::routing {

struct Guard {
  v1::GuardRails rails;
  Calendar hours;  // always open if the rails name none
};

// Guard rails as small numbers, never taken back. 0 are those of an expert who has none.
class GuardTable {
 public:
  GuardTable() { intern({}); }

  uint32_t intern(const v1::GuardRails& rails);
  const Guard& guard(uint32_t number) const { return guards_[number]; }
  size_t size() const { return guards_.size(); }

 private:
  std::deque<Guard> guards_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;  // by their serialised form
};

// His day, as days since 1970-01-01 in his zone.
int32_t day_of(const Guard& guard, int64_t now_ms);
// How much of his hours of today has passed; without hours, of his day.
int64_t eligible_ms_today(const Guard& guard, int64_t now_ms);

}  // namespace expertline::routing
