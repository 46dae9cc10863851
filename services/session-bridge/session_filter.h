// A condition of sessions, for ListSessions; the names are in session.proto. Pure.
#pragma once

#include <string_view>

#include "app/filter.h"
#include "base/result.h"
#include "session-bridge/views.h"
#include "state/session_record.h"

namespace expertline::bridge {

class SessionFilter {
 public:
  // BAD_FILTER. An empty text is no condition.
  static Result<SessionFilter> read(std::string_view text);

  bool everything() const { return filter_.everything(); }
  bool matches(const state::SessionRecord& record, const StoreTime& time) const;

 private:
  app::Filter filter_;
};

}  // namespace expertline::bridge
