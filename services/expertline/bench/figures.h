// Figures of measurements.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace expertline::cli {

// The value below which that share (0 to 1) of the values lies, by the nearest rank. `values` not empty.
inline double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(share * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}

inline double median(const std::vector<double>& values) { return percentile(values, 0.5); }

// Milliseconds of fdatasync after appending 300 bytes to a file of that folder, `times` times.
std::vector<double> fdatasync_ms(const std::string& folder, int times);

}  // namespace expertline::cli
