// The codes of all issues that a file of strategies, calendars or experts can have, explained: the one source of
// `expertline check --explain`, of docs/check-codes.md and of the rules in SARIF.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "yaml/yaml.h"

namespace expertline::strategy {

struct Code {
  const char* code;
  yaml::Issue::Severity severity;
  const char* title;    // one line
  const char* meaning;  // why it is told, and what to do
  const char* wrong;    // a few lines of YAML that have it; may be empty
  const char* right;    // the same as it should be; may be empty
};

// In alphabetical order.
std::span<const Code> codes();
// Null if there is no such code.
const Code* find_code(std::string_view code);

// A code as `check --explain` prints it.
std::string explained(const Code& code);
// docs/check-codes.md.
std::string codes_document();

}  // namespace expertline::strategy
