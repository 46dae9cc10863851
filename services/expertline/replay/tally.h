// What a replay counts, and how it is told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "expertline/replay/fairness.h"
#include "expertline/terminal/terminal.h"

namespace expertline::cli {

// What a replay was asked to do.
struct ReplaySetting {
  std::string file;
  double share = 0.1;  // of the interactions that ask
  double speed = 60;   // model seconds per second
  uint64_t seed = 1;
  int experts = 40;
  double decline = 0.1;   // of the previews
  double overlook = 0.1;  // of the previews
  double answer_s = 5;    // mean of the answer delay, model seconds
};

struct Tally {
  size_t rows = 0;  // good ones
  size_t bad_rows = 0;
  size_t interactions = 0;
  size_t agents = 0;
  size_t planned = 0;  // asks of the plan
  double span_s = 0;   // model time of the plan
  double wall_s = 0;   // how long it ran
  bool interrupted = false;

  // Sessions: each that was asked ends up in one of the others.
  int asked = 0;
  int accepted = 0;
  int default_routed = 0;
  int failed = 0;      // refused, or ended for another reason
  int unfinished = 0;  // given up by an interruption before an expert took it

  // Offers: one session may need several.
  int offers = 0;
  int declined = 0;
  int timed_out = 0;
  int late = 0;                          // answers that came after the offer was over
  std::vector<double> first_preview_ms;  // StartSession sent until the first preview on the desk
  std::vector<double> to_expert_ms;      // StartSession sent until the agent sees the expert on the leg
  std::map<std::string, int> troubles;   // what went wrong, and how often
  FairnessLedger fairness;
};

// Nearest rank; `share` in (0, 1]. 0 for an empty list.
double percentile(std::vector<double> values, double share);

// The table at the end.
std::string tally_text(const Terminal& terminal, const ReplaySetting& setting, const Tally& tally);
// The same as one line of JSON.
std::string tally_json(const ReplaySetting& setting, const Tally& tally);

}  // namespace expertline::cli
