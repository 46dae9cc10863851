// Two revisions of a strategy on recorded decisions: who would have been asked instead. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "expertline/v1/strategy.pb.h"
#include "routing/strategy.h"

namespace expertline::cli {

struct Difference {
  std::string session, leg;  // as in the record
  google::protobuf::Timestamp time;
  std::string kind;    // `another expert`, `wait instead of offer`, ...
  std::string before;  // in words
  std::string after;
};

struct Comparison {
  int same = 0;
  std::map<std::string, int> kinds;  // how many differ, by kind
  std::vector<Difference> differences;
  int without_step = 0;  // not compared: the leg stood in a step that the new revision has not
  int partial = 0;       // compared, but the record lacks experts whom the new revision may find
  int redacted = 0;      // compared without a secret value that had a part in the decision
};

// Both decide on each record. A leg that stands in a step later than the first begins, in `after`, with the step of
// the same name.
Comparison compare(const routing::Strategy& before, const routing::Strategy& after,
                   const std::vector<v1::DecisionRecord>& records);

}  // namespace expertline::cli
