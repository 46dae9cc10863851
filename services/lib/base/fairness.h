// How evenly something is shared out. Pure.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

namespace expertline {

// Of shares that are not negative.
struct Fairness {
  double jain = 0;               // (sum of x)^2 / (n * sum of x^2): 1/n (one has all) to 1 (all have the same)
  double largest_to_median = 0;  // infinite if the median is 0
};

// Nothing if there are fewer than two, or nothing to share.
inline std::optional<Fairness> fairness_of(std::vector<double> shares) {
  double sum = 0;
  double squares = 0;
  for (const double share : shares) {
    sum += share;
    squares += share * share;
  }
  if (shares.size() < 2 || sum <= 0) return std::nullopt;
  std::sort(shares.begin(), shares.end());
  const size_t half = shares.size() / 2;
  const double median = shares.size() % 2 == 1 ? shares[half] : (shares[half - 1] + shares[half]) / 2;
  return Fairness{.jain = sum * sum / (static_cast<double>(shares.size()) * squares),
                  .largest_to_median = median > 0 ? shares.back() / median : std::numeric_limits<double>::infinity()};
}

}  // namespace expertline
