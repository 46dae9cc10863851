// Texts of the store's answers as what they mean, and what is said to it as text.
#pragma once

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace expertline::state {

// 0 for anything that is no whole number.
inline int64_t number(const std::string& text) {
  int64_t value = 0;
  return absl::SimpleAtoi(text, &value) ? value : 0;
}

// Texts from protobuf are UTF-8 already; replacing keeps a bad one from ending the process.
inline std::string dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// "a,b" -> a, b; nothing for "".
inline std::vector<std::string> parts_of(const std::string& joined) {
  return absl::StrSplit(joined, ',', absl::SkipEmpty());
}

}  // namespace expertline::state
