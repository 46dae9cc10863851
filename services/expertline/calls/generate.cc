#include "expertline/calls/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "expertline/calls/draw.h"

namespace expertline::cli {
namespace {

// Weight of each hour from midnight.
constexpr std::array<int, 24> kHours = {11,  7,   1,   1,   1,   2,   13, 56, 136, 224, 234, 215,
                                        176, 175, 170, 194, 174, 171, 95, 64, 81,  82,  52,  42};
constexpr std::array<std::pair<const char*, int>, 6> kTypes = {
    {{"PS", 1645}, {"NW", 418}, {"NE", 142}, {"IN", 138}, {"TT", 18}, {"PE", 14}}};

constexpr double kServiceMu = 4.73;  // exp: 113 s
constexpr double kServiceSigma = 1.1;
constexpr double kVruMu = 1.97;  // exp: 7 s
constexpr double kVruSigma = 0.5;
constexpr double kPatience = 600;      // seconds
constexpr int kLongestService = 7200;  // seconds

// The place at which the running sum of weights passes `at`, and how far into that weight it lies (0 to 1).
template <typename Weights, typename Weight>
std::pair<size_t, double> place(const Weights& weights, Weight weight_of, double at) {
  size_t i = 0;
  for (; i + 1 < weights.size() && at >= weight_of(weights[i]); ++i) at -= weight_of(weights[i]);
  return {i, at / weight_of(weights[i])};
}

std::vector<DaySeconds> arrivals(int calls, Draw& draw) {
  const double all = std::accumulate(kHours.begin(), kHours.end(), 0);
  std::vector<DaySeconds> times;
  for (int i = 0; i < calls; ++i) {
    const auto [hour, within] = place(
        kHours, [](int w) { return static_cast<double>(w); }, draw.unit() * all);
    times.push_back(static_cast<DaySeconds>(static_cast<double>(hour) * 3600 + within * 3600));
  }
  std::sort(times.begin(), times.end());
  return times;
}

const char* call_type(Draw& draw) {
  int all = 0;
  for (const auto& [type, weight] : kTypes) all += weight;
  const auto weight_of = [](const auto& entry) { return static_cast<double>(entry.second); };
  return kTypes[place(kTypes, weight_of, draw.unit() * all).first].first;
}

}  // namespace

std::vector<CallRecord> generate_day(const DayPlan& plan) {
  Draw draw(plan.seed);
  std::vector<DaySeconds> free_at(static_cast<size_t>(plan.agents), 0);
  std::vector<CallRecord> calls;
  int number = 0;
  for (const DaySeconds arrival : arrivals(plan.calls, draw)) {
    CallRecord call;
    call.line = fmt::format("GEN{:02}", number % 16 + 1);
    call.call_id = std::to_string(++number);
    call.type = call_type(draw);
    call.vru_entry = arrival;
    call.vru_exit = arrival + static_cast<int>(draw.lognormal(kVruMu, kVruSigma));
    const int patience = static_cast<int>(draw.exponential(kPatience)) + 1;
    const int service = std::clamp(static_cast<int>(draw.lognormal(kServiceMu, kServiceSigma)), 1, kLongestService);

    const auto agent = std::min_element(free_at.begin(), free_at.end());
    const DaySeconds start = std::max(*agent, call.vru_exit);
    const int wait = start - call.vru_exit;
    if (wait > 0) {
      call.queue_start = call.vru_exit;
      call.queue_time = std::min(wait, patience);
      call.queue_exit = call.queue_start + call.queue_time;
    }
    if (wait > patience) {
      call.outcome = CallOutcome::kHang;
      call.server = "NO_SERVER";
    } else {
      call.outcome = CallOutcome::kAgent;
      call.service_start = start;
      call.service_time = service;
      call.server = fmt::format("AGENT{:02}", agent - free_at.begin() + 1);
      *agent = start + service;
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace expertline::cli
