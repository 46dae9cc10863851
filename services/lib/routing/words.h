// Words as small numbers, given in order of their first use and never taken back.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace expertline::routing {

class WordTable {
 public:
  uint32_t intern(std::string_view word) {
    const auto known = numbers_.find(word);
    if (known != numbers_.end()) return known->second;
    const auto number = static_cast<uint32_t>(words_.size());
    numbers_.emplace(words_.emplace_back(word), number);
    return number;
  }
  std::optional<uint32_t> find(std::string_view word) const {
    const auto known = numbers_.find(word);
    if (known == numbers_.end()) return std::nullopt;
    return known->second;
  }
  const std::string& word(uint32_t number) const { return words_[number]; }
  size_t size() const { return words_.size(); }

 private:
  std::deque<std::string> words_;  // stay where they are
  absl::flat_hash_map<std::string_view, uint32_t> numbers_;
};

}  // namespace expertline::routing
