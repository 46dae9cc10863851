// What the fields of experts and reports may hold in requests. Pure.
#pragma once

#include "base/result.h"
#include "expertline/v1/expert.pb.h"
#include "expertline/v1/presence.pb.h"
#include "state/expert_store.h"

namespace expertline::presence {

inline constexpr int kMostReports = 256;  // in a batch

// INVALID_FIELD for the first field that is not as it must be. `name`, `state` and `revision` are not looked at.
Result<Done> check_expert(const v1::Expert& expert);

// The report as the store takes it, or why it is malformed.
Result<state::Report> check_report(const v1::PresenceReport& report);

}  // namespace expertline::presence
