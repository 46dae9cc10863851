// Figures of simulated days and what may be concluded from them. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace expertline::simulate {

// The value at or below which that share (0 to 1] of the values lies, by the nearest rank; 0 of no values.
double percentile(std::vector<double> values, double share);

double mean(std::span<const double> values);

// Jain's fairness index: (sum)^2 / (n * sum of squares). 1: all have the same; 1/n: one has all. 1 of no values or only
// zeros. R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness", DEC-TR-301, 1984.
double jain_index(std::span<const double> values);

// t with P(|T| < t) = 0.95 for Student's distribution with so many degrees of freedom, at least 1. Found by bisection
// of the finite series of Abramowitz and Stegun, 26.7.3 and 26.7.4, right to six digits.
double student_t95(int degrees);

// The mean of values that were drawn independently, with the interval that holds its expectation with 95 %
// probability.
struct Interval {
  double mean = 0;
  double low = 0;
  double high = 0;
  bool known = false;  // false with fewer than two values: low and high are the mean
};
Interval interval_of(std::span<const double> values);

// What the paired differences B - A say of a measure.
enum class Verdict { kBetter, kWorse, kNoDifference };

// `higher_is_better` says which way is good. Without an interval, or with one that holds 0, there is no difference
// seen.
Verdict verdict_of(const Interval& difference, bool higher_is_better);

}  // namespace expertline::simulate
