#include "redis/metrics.h"

namespace expertline::redis {

app::Counter commands("expertline_redis_commands_total", {"command", "outcome"}, "all",
                      "Commands sent to the store, by name (of functions theirs); outcome: ok, error, lost");
app::Histogram command_duration("expertline_redis_command_duration_seconds", {"command"}, "all",
                                "Time from sending a command to its answer; without commands that block on purpose",
                                {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                 2.5});
app::Gauge pipeline_depth("expertline_redis_pipeline_depth", {"connection"}, "all", "Commands sent and not answered");
app::Gauge connections("expertline_redis_connections", {"connection"}, "all", "Connections to the store that are up");
app::Gauge connections_wanted("expertline_redis_connections_wanted", {"connection"}, "all",
                              "Connections to the store that there should be");
app::Counter connections_lost("expertline_redis_connections_lost_total", {"connection"}, "all",
                              "Connections to the store that were lost or dropped");

}  // namespace expertline::redis
