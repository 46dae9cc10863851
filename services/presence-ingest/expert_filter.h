// A condition of experts, for ListExperts: an expression with the names of strategies' `expert.` (routing/names.h) that
// do not depend on a medium, and `expert.retired`, `expert.routable`. Pure.
#pragma once

#include <string>
#include <string_view>

#include "app/filter.h"
#include "base/result.h"
#include "state/expert_store.h"

namespace expertline::presence {

class ExpertFilter {
 public:
  // BAD_FILTER. An empty text is no condition.
  static Result<ExpertFilter> read(std::string_view text);

  // It can be told of him, and is true. An expert for whom it takes too much work counts as not.
  bool matches(const state::ExpertView& expert) const;

 private:
  app::Filter filter_;
};

}  // namespace expertline::presence
