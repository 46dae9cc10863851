// What changes between two records of an expert, field by field, for people. Pure.
#pragma once

#include <vector>

#include "expertline/v1/expert.pb.h"

namespace expertline::presence {

// Fields that differ, in the order of the contract; entries of maps one by one, in order of key. Name, state and
// revision are not looked at.
std::vector<v1::FieldDifference> differences(const v1::Expert& before, const v1::Expert& after);

}  // namespace expertline::presence
