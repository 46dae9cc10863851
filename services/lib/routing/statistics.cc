#include "routing/statistics.h"

#include <cmath>
#include <numeric>

namespace expertline::routing {

// The regularised upper incomplete gamma function Q(degrees / 2, x / 2): by the series of its complement below the
// mean, by Lentz's continued fraction above it, where each converges fast.
double chi_square_tail(double x, double degrees) {
  if (x <= 0) return 1;
  constexpr double kPrecision = 1e-14;
  const double a = degrees / 2;
  const double z = x / 2;
  const double factor = std::exp(a * std::log(z) - z - std::lgamma(a));
  if (z < a + 1) {
    double term = 1 / a;
    double sum = term;
    for (double n = a + 1; term > sum * kPrecision; ++n) {
      term *= z / n;
      sum += term;
    }
    return 1 - factor * sum;
  }
  constexpr double kTiny = 1e-300;
  double b = z + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double fraction = d;
  for (double i = 1;; ++i) {
    const double numerator = i * (a - i);
    b += 2;
    d = numerator * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    fraction *= d * c;
    if (std::abs(d * c - 1) < kPrecision) return factor * fraction;
  }
}

double uniform_p_value(std::span<const int64_t> counts) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  if (counts.size() < 2 || total <= 0) return 1;
  const double expected = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const int64_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  return chi_square_tail(sum, static_cast<double>(counts.size() - 1));
}

}  // namespace expertline::routing
