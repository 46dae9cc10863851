// Conditions by which clients choose what is listed. Pure.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "cel/program.h"

namespace expertline::app {

class Filter {
 public:
  Filter() = default;  // no condition
  // BAD_FILTER with the place of the first fault. An empty text is no condition.
  static Result<Filter> read(std::string_view text, const cel::Environment& names);

  bool everything() const { return program_ == nullptr; }
  // It has a value for these, and that is true. What takes too much work counts as not.
  bool matches(const cel::Activation& values) const;

 private:
  std::shared_ptr<const cel::Program> program_;
};

}  // namespace expertline::app
