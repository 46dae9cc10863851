// A roster file: the experts of a domain as people write them down (YAML, docs/roster.md). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expertline/v1/expert.pb.h"
#include "yaml/yaml.h"

namespace expertline::roster {

struct Member {
  std::string id;
  v1::Expert record;  // without name
};

// Experts in the order written, or all issues: if there is any, nothing of the roster counts.
struct Roster {
  std::vector<Member> experts;
  std::vector<yaml::Issue> issues;
};

// `file` is the name to show in issues. At most `limits.bytes` of text.
Roster read_roster(std::string_view text, const std::string& file, yaml::Limits limits);

// The same of a roster that is part of another file: `root` is a map of the keys of a roster. With issues added there
// may be experts missing.
std::vector<Member> read_members(const yaml::Node& root, yaml::Issues& issues);

}  // namespace expertline::roster
