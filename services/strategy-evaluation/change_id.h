// Ids of the store's change log, "ms-seq", in their order.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <string_view>

namespace expertline::evaluation {

struct ChangeId {
  uint64_t ms = 0;
  uint64_t sequence = 0;

  auto operator<=>(const ChangeId&) const = default;

  // Anything else than an id is before all ids.
  static ChangeId parse(std::string_view text) {
    ChangeId id;
    const char* end = text.data() + text.size();
    const auto ms = std::from_chars(text.data(), end, id.ms);
    if (ms.ec != std::errc() || ms.ptr == end || *ms.ptr != '-') return ChangeId{};
    const auto sequence = std::from_chars(ms.ptr + 1, end, id.sequence);
    if (sequence.ec != std::errc()) return ChangeId{};
    return id;
  }
};

}  // namespace expertline::evaluation
