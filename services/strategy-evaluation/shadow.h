// How a candidate would have decided beside the live revision of its strategy. It reserves nothing. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "expertline/v1/strategy.pb.h"
#include "routing/decide.h"

namespace expertline::evaluation {

class Shadow {
 public:
  static constexpr size_t kMostDifferences = 100;

  // The candidates by name of their strategy. Counts of one whose revision stays the same go on.
  using Candidates = std::map<std::string, std::shared_ptr<const routing::Strategy>>;
  void use(const Candidates& candidates);

  // Null if the strategy has none.
  std::shared_ptr<const routing::Strategy> candidate(const std::string& strategy) const;

  struct Case {
    std::string session;  // full name
    std::string leg;
    v1::RoutingFacts facts;
    v1::Moment moment;
  };
  // Has the candidate of `strategy` decide on the same snapshot as `live` was made on, and counts. Gives whether they
  // agree; nothing if there is none.
  std::optional<bool> compare(const routing::Strategy& strategy, const routing::Decision& live,
                              const routing::Snapshot& snapshot, const Case& what);

  v1::GetShadowResponse counts(const std::string& strategy) const;

 private:
  struct Beside {
    std::shared_ptr<const routing::Strategy> strategy;
    int64_t decisions = 0;
    int64_t agreed = 0;
    std::deque<v1::ShadowDifference> differences = {};  // newest first
  };
  std::map<std::string, Beside> beside_;
};

// The same step and preferred expert, or waiting in the same step, or the same default target. Steps are the same if
// they have the same name.
bool agree(const routing::Strategy& a, const routing::Decision& in_a, const routing::Strategy& b,
           const routing::Decision& in_b);

}  // namespace expertline::evaluation
