#include "expertline/simulate/draws.h"

#include <cmath>

namespace expertline::simulate {
namespace {

constexpr double kLn2 = 0.693147180559945309417232121458;

}  // namespace

double natural_log(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // exact, in [0.5, 1)
  if (mantissa < 0.70710678118654752) {
    mantissa *= 2;
    --exponent;
  }
  // ln m = 2 artanh s with |s| below 0.172: twelve terms reach the last bit.
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double sum = 0;
  for (int k = 23; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  return exponent * kLn2 + 2 * s * sum;
}

double exponential_of(double x) {
  const double halvings = std::floor(x / kLn2 + 0.5);
  const double rest = x - halvings * kLn2;  // within 0.35
  double sum = 1;
  for (int k = 16; k >= 1; --k) sum = 1 + sum * rest / k;
  return std::ldexp(sum, static_cast<int>(halvings));
}

double Stream::normal() {
  // Marsaglia's polar method.
  for (;;) {
    const double x = 2 * unit() - 1;
    const double y = 2 * unit() - 1;
    const double square = x * x + y * y;
    if (square > 0 && square < 1) return x * std::sqrt(-2 * natural_log(square) / square);
  }
}

int64_t Lognormal::draw_ms(Stream& stream) const {
  const double factor = spread > 1 ? exponential_of(natural_log(spread) * stream.normal()) : 1;
  return static_cast<int64_t>(median_s * factor * 1000 + 0.5);
}

}  // namespace expertline::simulate
