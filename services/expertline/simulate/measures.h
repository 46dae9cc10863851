// What is measured on simulated days, day by day and pooled. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "expertline/simulate/simulation.h"
#include "expertline/simulate/statistics.h"

namespace expertline::simulate {

enum class Better { kHigher, kLower, kNeither };

struct Measure {
  const char* key;    // in JSON
  const char* label;  // for people
  const char* unit;   // s, %, or empty
  int decimals;
  Better better;
};

// Times to an expert are of the requests that reached one. All shares are of the requests that were not refused.
inline constexpr std::array kMeasures = {
    Measure{"time_to_expert_p50_s", "time to expert, p50", "s", 1, Better::kLower},
    Measure{"time_to_expert_p90_s", "time to expert, p90", "s", 1, Better::kLower},
    Measure{"time_to_expert_p95_s", "time to expert, p95", "s", 1, Better::kLower},
    Measure{"service_level_percent", "service level", "%", 1, Better::kHigher},  // an expert within so many seconds
    Measure{"helped_percent", "reached an expert", "%", 1, Better::kHigher},
    Measure{"mailbox_percent", "went to a mailbox", "%", 1, Better::kLower},
    Measure{"default_percent", "default routing in all", "%", 1, Better::kLower},  // mailboxes among it
    Measure{"wait_mean_s", "waiting, mean", "s", 1, Better::kLower},               // while nobody was free
    Measure{"offers_per_accept", "offers per accept", "", 2, Better::kLower},
    // Share of an expert's hours in which he holds anything: previews, talks, wrap-up.
    Measure{"occupancy_mean_percent", "occupancy, mean", "%", 1, Better::kNeither},
    Measure{"occupancy_max_percent", "occupancy, largest", "%", 1, Better::kLower},
    // Of the offers per hour on duty of each eligible expert.
    Measure{"fairness_jain", "fairness, Jain's index", "", 3, Better::kHigher},
    Measure{"fairness_largest_to_median", "fairness, largest to median", "", 2, Better::kLower},
};
using Values = std::array<std::optional<double>, kMeasures.size()>;  // none: nothing to measure it on

// One hour of the clock, of the requests that were made within it, of one or several days.
struct Hour {
  int asked = 0;
  int helped = 0;
  int in_time = 0;  // of them: within the service level's seconds
  int mailbox = 0;
  int other = 0;  // default routing elsewhere
  int refused = 0;
  std::vector<double> to_expert_s = {};
  double waited_s = 0;
  int most_waiting = 0;
  int64_t busy_ms = 0;  // of all experts within this hour, within their hours
  int64_t hours_ms = 0;

  void add(const Hour& other_day);
};

struct ExpertFigures {
  bool eligible = false;
  double hours_ms = 0;
  double busy_ms = 0;  // within his hours
  int offers = 0;
  int accepted = 0;
  int declined = 0;
  int timed_out = 0;
  int rescinded = 0;

  double occupancy() const { return hours_ms > 0 ? busy_ms / hours_ms : 0; }
};

// Of one day, or of several together.
struct Figures {
  int days = 0;
  std::array<int64_t, kEnds> ends = {};
  std::vector<Hour> hours;             // from the day's first on
  std::vector<ExpertFigures> experts;  // by place in Setting::experts
  int64_t decisions = 0;
  int64_t events = 0;
  std::vector<Values> values;  // of each day

  void add(const Figures& day);
};

// `within_ms`: of the service level.
Figures figures_of(const Setting& setting, const Day& day, int64_t within_ms);

// One measure of two strategies over the same days.
struct Comparison {
  Interval a;
  Interval b;
  Interval difference;  // B - A, day by day
  Verdict verdict = Verdict::kNoDifference;
  bool differs = false;  // the interval of the difference does not hold 0
  int days = 0;          // on which both have the measure
};
// Nothing where no day has the measure for both.
std::optional<Comparison> compare(const Figures& a, const Figures& b, size_t measure);
// Over the days that have it.
std::optional<Interval> interval_of(const Figures& figures, size_t measure);

// How many decimals show the difference and its interval: those of the measure, and up to three more if it is small.
int decimals_of(size_t measure, const Interval& difference);

// `time to expert, p90: B is better, by 3.2 s (95 % interval 1.1 s to 5.3 s).`
std::string verdict_sentence(size_t measure, const std::optional<Comparison>& comparison);

}  // namespace expertline::simulate
