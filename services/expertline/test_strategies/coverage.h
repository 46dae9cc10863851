// What of the strategies the cases of a run have reached: each step's offer and wait, each relaxation, each condition
// with both outcomes, each end. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "routing/decide.h"
#include "routing/strategy.h"

namespace expertline::cli {

// One thing that a strategy can do.
struct CoverItem {
  enum class Kind { kOffer, kWait, kRelax, kCondition, kEnd };

  Kind kind = Kind::kOffer;
  int line = 0;
  std::string missing;  // what is to be said if no case reached it: `step "any": never waits`
  int64_t times = 0;    // decisions that reached it
};

struct StrategyCoverage {
  std::string strategy;
  std::string file;
  std::vector<CoverItem> items;  // in order of the file

  size_t covered() const;
};

class Coverage {
 public:
  // A strategy that is tested; a second time it changes nothing.
  void add(const routing::Strategy& strategy, const std::string& file);
  // A decision of it, or of a copy of it, with the conditions that were asked for this decision alone.
  void note(const routing::Strategy& strategy, const routing::Decision& decision, const routing::Asked& asked);
  // A request of which only `allow` was asked.
  void note(const routing::Strategy& strategy, const routing::Asked& asked);

  // In order of the strategies' names.
  std::vector<StrategyCoverage> strategies() const;
  // Covered items of all items in percent; 100 if there are none.
  double percent() const;

 private:
  // Items in the order of routing::Strategy; the same for a copy.
  std::map<std::string, StrategyCoverage> by_name_;
};

}  // namespace expertline::cli
