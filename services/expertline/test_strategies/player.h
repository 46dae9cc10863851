// Plays one case of a test against its strategy, and says what was not as expected. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "expertline/test_strategies/coverage.h"
#include "expertline/test_strategies/test_file.h"
#include "play/table.h"
#include "routing/strategy.h"

namespace expertline::cli {

struct Failure {
  yaml::Mark mark;               // of the expectation
  std::string expected;          // `an offer to ann`
  std::string actual;            // `ben is asked in "any"`
  std::vector<std::string> why;  // lines: the last decision, step by step, expert by expert
  uint64_t seed = 0;
};

struct Played {
  std::vector<Failure> failures;  // of the first seed that failed
  int seeds_failed = 0;
  std::vector<std::string> course;  // what happened with the first seed, or with the first that failed; for people
};

// The strategy with the hours that the case gives, if it does.
std::shared_ptr<const routing::Strategy> at_hours(const TestCase& test,
                                                  const std::shared_ptr<const routing::Strategy>& strategy);

// Puts the experts on the table as they are when the case begins, and those who wait besides.
void seat_experts(const TestCase& test, const std::vector<roster::Member>& experts, play::Table& table);

Played play_case(const TestCase& test, const std::shared_ptr<const routing::Strategy>& strategy,
                 const std::vector<roster::Member>& experts, Coverage& coverage);

}  // namespace expertline::cli
