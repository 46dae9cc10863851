// The operator's file (YAML) as a Policy, or all its faults. docs/policy.md says what its keys mean. Pure, but for the
// last function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "session-bridge/policy/policy.h"
#include "yaml/yaml.h"

namespace expertline::bridge {

struct ReadPolicy {
  Policy policy;  // to be relied on only without issues
  std::vector<yaml::Issue> issues;
};
ReadPolicy read_policy(std::string_view text, const std::string& file);

// Policy{} for an empty path. INVALID_FIELD with all faults, a line each, if the file is no policy or cannot be read.
Result<Policy> read_policy_file(const std::string& path);

}  // namespace expertline::bridge
