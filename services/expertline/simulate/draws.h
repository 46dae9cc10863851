// Random draws that are the same on every machine, for each purpose of each request a stream of its own: what one
// request draws never shifts what another one gets. So two strategies that are compared meet the same callers, the same
// readiness to answer and the same talks (common random numbers), however differently they ask.
//
// Logarithm and exponential are computed here from the four operations, which IEEE 754 fixes to the last bit (the C
// library's functions differ by a bit from machine to machine); the library is built without contraction of
// multiplications and additions for the same reason.
#pragma once

#include <cstdint>

#include "routing/random.h"

namespace expertline::simulate {

// x > 0 and finite; right to some 1e-15 of 1 + |result|.
double natural_log(double x);
// |x| < 700; right to some 1e-14 of the result.
double exponential_of(double x);

enum class Purpose : uint64_t { kLegSeed = 1, kReaction, kAnswerTime, kTalk, kUserData, kAgent };

// The generator splitmix64, begun from all that names the stream.
class Stream {
 public:
  Stream(uint64_t seed, Purpose purpose, uint64_t a, uint64_t b = 0)
      : state_(routing::mix(seed + routing::mix(static_cast<uint64_t>(purpose) + routing::mix(a + routing::mix(b))))) {}

  uint64_t next() {
    const uint64_t value = routing::mix(state_);
    state_ += 0x9E3779B97F4A7C15U;
    return value;
  }
  // In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // mean > 0.
  double exponential(double mean) { return -mean * natural_log(1.0 - unit()); }
  // Standard normal.
  double normal();

 private:
  uint64_t state_;
};

// A length of time whose logarithm is normal: half of all lie below the median, two thirds between median / spread and
// median * spread. A spread of 1 is always the median.
struct Lognormal {
  double median_s = 0;
  double spread = 1;  // at least 1

  // Milliseconds.
  int64_t draw_ms(Stream& stream) const;

  bool operator==(const Lognormal&) const = default;
};

}  // namespace expertline::simulate
