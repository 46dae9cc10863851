// What strategy-evaluation measures.
#pragma once

#include "app/metrics.h"

namespace expertline::evaluation {

extern app::Histogram decision_duration;
extern app::Counter steps_taken;
extern app::Counter experts_dropped;
extern app::Counter reservations;
extern app::Counter reservation_conflicts;
extern app::Counter reloads;
extern app::Gauge last_reload_successful;
extern app::Gauge last_reload_success;
extern app::Gauge strategies_live;
extern app::Counter shadow_decisions;
extern app::Counter decision_records;
extern app::Gauge read_model_experts;
extern app::Gauge read_model_connected;

// Of a domain.
extern app::Readings skillset_experts;    // medium, skill, status
extern app::Readings skillset_occupancy;  // skill, hour; as the next two
extern app::Readings skillset_declined;
extern app::Readings skillset_overlooked;
extern app::Readings fairness_jain;     // skill, measure, hour
extern app::Readings fairness_largest;  // skill, measure, hour
extern app::Readings fairness_experts;  // skill, hour

}  // namespace expertline::evaluation
