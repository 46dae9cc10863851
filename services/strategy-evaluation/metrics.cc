#include "strategy-evaluation/metrics.h"

namespace expertline::evaluation {
namespace {

constexpr const char* kWhere = "strategy-evaluation";

}  // namespace

app::Histogram decision_duration("expertline_decision_duration_seconds", {"domain", "strategy"}, kWhere,
                                 "Processor time of one decision on the snapshot",
                                 {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                  0.025, 0.05, 0.1, 0.25});
app::Counter steps_taken("expertline_strategy_steps_total", {"domain", "strategy", "step", "result"}, kWhere,
                         "Decisions by the step they ended in and their result: offer, wait, default");
app::Counter experts_dropped("expertline_strategy_dropped_total", {"domain", "strategy", "reason"}, kWhere,
                             "Experts dropped in decisions, by reason");
app::Counter reservations("expertline_reservations_total", {"domain", "strategy", "outcome"}, kWhere,
                          "Attempts to reserve: reserved, conflict, behind (an earlier leg waits), stale");
app::Counter reservation_conflicts("expertline_reservation_conflicts_total", {"domain", "strategy"}, kWhere,
                                   "Decisions made again because those chosen were taken meanwhile");
app::Counter reloads("expertline_strategy_reloads_total", {"domain", "outcome"}, kWhere,
                     "Loads of the strategies after a file has changed: success, failure (the ones before stay)");
app::Gauge last_reload_successful("expertline_strategy_last_reload_successful", {"domain"}, kWhere,
                                  "1 if the files as they are now were loaded");
app::Gauge last_reload_success("expertline_strategy_last_reload_success_timestamp_seconds", {"domain"}, kWhere,
                               "Unix time of the last load without faults");
app::Gauge strategies_live("expertline_strategies_live", {"domain"}, kWhere, "Strategies that are live");
app::Counter shadow_decisions("expertline_shadow_decisions_total", {"domain", "strategy", "outcome"}, kWhere,
                              "Decisions of a candidate beside the live revision: agreed, differed");
app::Counter decision_records("expertline_decision_records_total", {"domain", "outcome"}, kWhere,
                              "Decisions remembered: full, counts, lost");
app::Gauge read_model_experts("expertline_read_model_experts", {"domain"}, kWhere,
                              "Experts in this process' copy of the read model");
app::Gauge read_model_connected("expertline_read_model_connected", {"domain"}, kWhere,
                                "1 while the stream from presence-ingest is up");

app::Readings skillset_experts("expertline_skillset_experts", "gauge", {"domain", "medium", "skill", "status"}, kWhere,
                               "Experts with that skill and medium: ready, occupied, blocked, no_desk, absent");
app::Readings skillset_occupancy("expertline_skillset_occupancy_ratio", "gauge", {"domain", "skill", "hour"}, kWhere,
                                 "Time on legs over eligible time of experts with that skill; over 1: several at once");
app::Readings skillset_declined("expertline_skillset_decline_ratio", "gauge", {"domain", "skill", "hour"}, kWhere,
                                "Of offers of that hour to experts with that skill that were accepted, declined or ran "
                                "out, the share that was declined");
app::Readings skillset_overlooked("expertline_skillset_overlook_ratio", "gauge", {"domain", "skill", "hour"}, kWhere,
                                  "The same: the share that ran out");
app::Readings fairness_jain("expertline_fairness_jain_index", "gauge", {"domain", "skill", "measure", "hour"}, kWhere,
                            "Jain's index of what experts got per eligible hour: 1 all the same, 1/n one got all");
app::Readings fairness_largest("expertline_fairness_largest_to_median_ratio", "gauge",
                               {"domain", "skill", "measure", "hour"}, kWhere,
                               "Largest over median of the same; +Inf if half of them or more got nothing");
app::Readings fairness_experts("expertline_fairness_experts", "gauge", {"domain", "skill", "hour"}, kWhere,
                               "Experts who were eligible for a minute or more in that hour");

}  // namespace expertline::evaluation
