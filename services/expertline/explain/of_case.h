// The decision on a request that is written down in a test file, with everything that goes into it. Pure, but for
// reading the files.
#pragma once

#include <string>

#include "base/result.h"
#include "expertline/v1/strategy.pb.h"

namespace expertline::cli {

struct CaseToExplain {
  std::string file;      // `NAME.test.yaml`
  std::string name;      // of the case; empty: the first
  std::string strategy;  // file to use instead of the one that the test names; may be empty
  std::string roster;    // file with experts instead of those of the test; may be empty
};

// The first decision of the case, explained. The error has all faults of the files, one a line; NOT_ALLOWED if `allow`
// does not hold.
Result<v1::ExplainedDecision> explain_case(const CaseToExplain& wanted);

}  // namespace expertline::cli
