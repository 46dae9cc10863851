// What session-bridge measures. What is of the whole domain is counted in the store and read from there by each
// replica.
#pragma once

#include <string>

#include "app/metrics.h"
#include "state/counts.h"

namespace expertline::bridge {

extern app::Gauge store_up;
extern app::Counter store_restarts;
extern app::Histogram outbox_lag;
extern app::Gauge outbox_length;
extern app::Gauge desk_experts;

// Each lets the metrics say what was read.
void show(const std::string& domain, const state::Counts& counts);
void show(const std::string& domain, const state::StoreInfo& info, int64_t wall_ms);

}  // namespace expertline::bridge
