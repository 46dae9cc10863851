// Texts of the store's answers as what they mean.
#pragma once

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <cstdint>
#include <string>
#include <vector>

namespace expertline::state {

// 0 for anything that is no whole number.
inline int64_t number(const std::string& text) {
  int64_t value = 0;
  return absl::SimpleAtoi(text, &value) ? value : 0;
}

// "a,b" -> a, b; nothing for "".
inline std::vector<std::string> parts_of(const std::string& joined) {
  return absl::StrSplit(joined, ',', absl::SkipEmpty());
}

}  // namespace expertline::state
