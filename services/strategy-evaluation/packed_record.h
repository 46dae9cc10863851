// A decision record as bytes: what the store keeps of it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "expertline/v1/strategy.pb.h"

namespace expertline::evaluation {

// How much of a decision is kept.
enum class Kept : char {
  kCounts = 'c',  // what was decided and the counts of each step; nothing of the request
  kAll = 'g',     // the whole record, compressed
};

// Compressed if all is kept.
std::string pack(const v1::DecisionRecord& record, Kept kept);

struct Unpacked {
  Kept kept = Kept::kCounts;
  v1::DecisionRecord record;
};
// Nothing if these are no bytes of pack().
std::optional<Unpacked> unpack(std::string_view bytes);
// The same without looking inside.
std::optional<Kept> kept_of(std::string_view bytes);

// The record without its facts and experts, as it is kept of every decision.
v1::DecisionRecord counts_of(const v1::DecisionRecord& record);

}  // namespace expertline::evaluation
