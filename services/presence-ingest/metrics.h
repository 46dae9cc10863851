// What presence-ingest measures.
#pragma once

#include <string>
#include <string_view>

#include "app/metrics.h"
#include "expertline/v1/presence.pb.h"

namespace expertline::presence {

extern app::Counter source_states;
extern app::Histogram source_lag;
extern app::Histogram report_duration;
extern app::Counter compositions;
extern app::Counter read_model_changes;
extern app::Gauge read_model_watchers;

// Of a domain.
extern app::Readings experts_by_state;   // state
extern app::Readings reports_by_source;  // source, outcome
extern app::Readings source_up;
extern app::Readings source_silence;

// One word for the reason that a composition gives.
std::string rule_of(std::string_view reason);
// online, busy, away, on_the_phone, appear_offline, offline.
std::string state_word(v1::PresenceState state);

}  // namespace expertline::presence
