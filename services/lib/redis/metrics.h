// What is measured of the store, as each process sees it.
#pragma once

#include "app/metrics.h"

namespace expertline::redis {

extern app::Counter commands;
extern app::Histogram command_duration;
extern app::Gauge pipeline_depth;
extern app::Gauge connections;
extern app::Gauge connections_wanted;
extern app::Counter connections_lost;

}  // namespace expertline::redis
