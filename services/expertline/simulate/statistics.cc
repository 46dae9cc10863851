#include "expertline/simulate/statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace expertline::simulate {
namespace {

// P(|T| < t).
double student_within(double t, int degrees) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1;
  double sum = degrees == 1 ? 0 : term;
  for (int k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= cosine * cosine * (k - 1) / k;
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

}  // namespace

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  const size_t index = std::clamp<size_t>(rank, 1, values.size()) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
  return values[index];
}

double mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double jain_index(std::span<const double> values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  return squares > 0 ? sum * sum / (static_cast<double>(values.size()) * squares) : 1;
}

double student_t95(int degrees) {
  double low = 1.9;  // the normal distribution's is 1.96
  double high = 12.8;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (student_within(middle, degrees) < 0.95 ? low : high) = middle;
  }
  return (low + high) / 2;
}

Interval interval_of(std::span<const double> values) {
  Interval interval;
  interval.mean = interval.low = interval.high = mean(values);
  if (values.size() < 2) return interval;
  double squares = 0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  const auto n = static_cast<double>(values.size());
  const double half = student_t95(static_cast<int>(values.size()) - 1) * std::sqrt(squares / (n - 1) / n);
  interval.low -= half;
  interval.high += half;
  interval.known = true;
  return interval;
}

Verdict verdict_of(const Interval& difference, bool higher_is_better) {
  if (!difference.known || (difference.low <= 0 && difference.high >= 0)) return Verdict::kNoDifference;
  return (difference.mean > 0) == higher_is_better ? Verdict::kBetter : Verdict::kWorse;
}

}  // namespace expertline::simulate
