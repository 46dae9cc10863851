#include "app/filter.h"

#include <string>

namespace expertline::app {
namespace {

constexpr size_t kMostBytes = 4096;
constexpr uint64_t kBudget = 20'000;

Error bad_filter(size_t offset, const std::string& issue) {
  const std::string column = std::to_string(offset + 1);
  return {.reason = v1::ERROR_REASON_BAD_FILTER,
          .message = "filter: at character " + column + ": " + issue,
          .metadata = {{"column", column}, {"issue", issue}}};
}

}  // namespace

Result<Filter> Filter::read(std::string_view text, const cel::Environment& names) {
  Filter filter;
  if (text.empty()) return filter;
  if (text.size() > kMostBytes) return bad_filter(0, "it must have at most 4096 bytes");
  cel::Compiled compiled = cel::compile(text, names);
  if (!compiled.issues.empty()) {
    const cel::Issue& issue = compiled.issues.front();
    return bad_filter(issue.place.offset, issue.message);
  }
  const cel::Type& result = compiled.program->result_type();
  if (result.kind() != cel::TypeKind::kBool && !result.is_dyn()) {
    return bad_filter(0, "it must be true or false, not " + result.text());
  }
  filter.program_ = std::move(compiled.program);
  return filter;
}

bool Filter::matches(const cel::Activation& values) const {
  if (program_ == nullptr) return true;
  cel::Arena arena;
  cel::Budget budget{.left = kBudget};
  return program_->evaluate(values, arena, budget).is_true();
}

}  // namespace expertline::app
