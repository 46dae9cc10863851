// What `expertline simulate` tells: the result as text, as JSON and as a plot. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "expertline/replay/fairness.h"
#include "expertline/simulate/measures.h"
#include "expertline/simulate/svg.h"
#include "expertline/terminal/terminal.h"

namespace expertline::simulate {

// One of the strategies that are compared, over all days.
struct Side {
  std::string name;  // as on the command line
  Figures figures;
  cli::FairnessLedger fairness;
};

struct Report {
  std::string calls;         // file
  size_t bad_rows = 0;       // rows of it that were left out
  size_t interactions = 0;   // a day
  std::string share;         // of them that ask
  int64_t asked = 0;         // requests of all days
  int64_t left_out = 0;      // requests of all days at routing points that no strategy is bound to
  std::string experts_from;  // `team.yaml`, or how they were made
  std::vector<std::string> experts;
  std::string date;  // `2026-01-05 (Monday)`
  std::string zone;
  int first_hour = 0;  // of the clock
  uint64_t seed = 1;   // of the first day
  int64_t within_ms = 0;
  double wall_s = 0;
  Side a;
  std::optional<Side> b;
};

std::string text_of(const cli::Terminal& terminal, const Report& report);
// One line.
std::string json_of(const Report& report);
Plot plot_of(const Report& report);

}  // namespace expertline::simulate
