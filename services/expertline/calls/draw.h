// Random draws that are the same on every machine for the same seed (the standard library's distributions are not).
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace expertline::cli {

class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}

  // In [0, 1).
  double unit() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return unit() < probability; }
  // In [0, n), each equally likely to within n * 2^-53. n > 0.
  size_t index(size_t n) { return static_cast<size_t>(unit() * static_cast<double>(n)); }
  // mean > 0.
  double exponential(double mean) { return -mean * std::log1p(-unit()); }
  // By its logarithm's mean and deviation.
  double lognormal(double mu, double sigma) {
    const double radius = std::sqrt(-2.0 * std::log1p(-unit()));
    return std::exp(mu + sigma * radius * std::cos(2.0 * std::numbers::pi * unit()));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace expertline::cli
