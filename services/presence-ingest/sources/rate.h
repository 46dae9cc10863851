// How fast one source may report: a bucket that fills at its rate. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace expertline::presence {

class Rate {
 public:
  // `per_second` 0: no limit. What one second allows may come at once.
  explicit Rate(int per_second) : per_second_(per_second), left_(per_second) {}

  // How many of `wanted` may pass at `now_ms` of a monotonic clock; they are taken.
  int take(int wanted, int64_t now_ms) {
    if (per_second_ == 0) return wanted;
    if (last_ms_ != 0) left_ = std::min<double>(per_second_, left_ + per_ms() * static_cast<double>(now_ms - last_ms_));
    last_ms_ = now_ms;
    const int granted = std::min(wanted, static_cast<int>(left_));
    left_ -= granted;
    return granted;
  }
  // How many ms until `wanted` may pass, as much as fits; 0: now.
  int64_t wait_ms(int wanted) const {
    if (per_second_ == 0) return 0;
    const double missing = std::min(wanted, per_second_) - left_;
    return missing <= 0 ? 0 : static_cast<int64_t>(missing / per_ms()) + 1;
  }

 private:
  double per_ms() const { return per_second_ / 1000.0; }

  int per_second_;
  double left_;
  int64_t last_ms_ = 0;
};

}  // namespace expertline::presence
