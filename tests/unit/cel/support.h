// Expressions as one-line tests: what goes in and what comes out are texts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/program.h"

namespace expertline::cel {

// Variables with the values of expressions.
class Facts final : public Activation {
 public:
  // A variable without a text is declared, and absent.
  struct Given {
    std::string name;
    std::string type;
    std::optional<std::string> text;
  };

  explicit Facts(const std::vector<Given>& given) {
    for (const auto& [name, type, text] : given) {
      environment_.declare_variable(name, *Type::parse(type));
      if (text) programs_.push_back(compile(*text, Environment()).program);
      values_.push_back(text ? programs_.back()->constant() : std::nullopt);
    }
  }
  Facts() = default;

  std::optional<Value> variable(size_t number, Arena&) const override { return values_[number]; }
  const Environment& environment() const { return environment_; }

 private:
  Environment environment_;
  std::vector<std::shared_ptr<const Program>> programs_;
  std::vector<std::optional<Value>> values_;
};

// The value as an expression would write it, `error: ...` if there is none, or `issue: ...` with the first issue.
inline std::string result(std::string_view text, const Facts& facts = Facts(), const Options& options = {}) {
  const Compiled compiled = compile(text, facts.environment(), options);
  if (!compiled.program) return "issue: " + compiled.issues.front().message;
  Arena arena;
  Budget budget;
  return to_text(compiled.program->evaluate(facts, arena, budget));
}

// The deduced type, or `issue: ...`.
inline std::string type_of(std::string_view text, const Environment& environment = Environment()) {
  const Compiled compiled = compile(text, environment);
  return compiled.program ? compiled.program->result_type().text() : "issue: " + compiled.issues.front().message;
}

// `offset+length message` of each issue.
inline std::vector<std::string> issues(std::string_view text, const Environment& environment = Environment()) {
  std::vector<std::string> found;
  for (const Issue& issue : compile(text, environment).issues) {
    found.push_back(std::to_string(issue.place.offset) + "+" + std::to_string(issue.place.length) + " " +
                    issue.message);
  }
  return found;
}

}  // namespace expertline::cel
