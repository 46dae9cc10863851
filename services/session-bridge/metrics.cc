#include "session-bridge/metrics.h"

#include <limits>

namespace expertline::bridge {
namespace {

constexpr const char* kWhere = "session-bridge";
constexpr double kMs = 1e-3;

app::Readings store_start("expertline_store_start_time_seconds", "gauge", {"domain"}, kWhere,
                          "Unix time at which Redis started: its epoch");
app::Readings store_used("expertline_store_memory_used_bytes", "gauge", {"domain"}, kWhere, "Memory that Redis uses");
app::Readings store_limit("expertline_store_memory_limit_bytes", "gauge", {"domain"}, kWhere,
                          "maxmemory of Redis; 0: none");
app::Readings store_writes("expertline_store_persistence_ok", "gauge", {"domain"}, kWhere,
                           "1 if Redis wrote its append-only file without an error last, 0 if not or if there is none");
app::Readings store_replicas("expertline_store_replicas", "gauge", {"domain"}, kWhere,
                             "Replicas connected to the Redis master");
app::Readings sessions_open("expertline_sessions_open", "gauge", {"domain"}, kWhere, "Sessions that have not ended");
app::Readings sessions_started("expertline_sessions_started_total", "counter", {"domain", "routing_point"}, kWhere,
                               "Sessions begun");
app::Readings sessions_ended("expertline_sessions_ended_total", "counter", {"domain", "routing_point", "outcome"},
                             kWhere,
                             "Sessions ended, by outcome; failed: for a technical reason or by the longest time");
app::Readings legs("expertline_legs", "gauge", {"domain", "routing_point", "medium", "state"}, kWhere,
                   "Legs that have not ended, by state");
app::Readings legs_ended("expertline_legs_ended_total", "counter", {"domain", "routing_point", "medium", "outcome"},
                         kWhere, "Legs ended, by outcome");
app::Readings leg_seconds("expertline_leg_active_seconds_total", "counter", {"domain", "routing_point", "medium"},
                          kWhere, "Time that experts were on legs, counted when a leg is over");
app::Readings longest_wait("expertline_longest_wait_seconds", "gauge", {"domain", "routing_point"}, kWhere,
                           "How long the first of those who wait has waited; 0: nobody waits");
app::Readings waits("expertline_wait_duration_seconds", "histogram", {"domain", "routing_point"}, kWhere,
                    "Waits that ended with an expert");
app::Readings time_to_expert("expertline_time_to_expert_seconds", "histogram", {"domain", "routing_point"}, kWhere,
                             "From the agent's question to the first expert on the session");
app::Readings offers("expertline_offers_total", "counter", {"domain", "routing_point", "medium", "outcome"}, kWhere,
                     "Offers that have got their outcome");
app::Readings answer_time("expertline_preview_answer_seconds", "histogram", {"domain", "routing_point", "outcome"},
                          kWhere, "From an offer to its outcome; accepted and declined: the expert's answer time");
app::Readings lateness("expertline_timer_lateness_seconds", "histogram", {"domain"}, kWhere,
                       "How late deadlines of sessions were acted upon");
app::Readings overdue(
    "expertline_timer_overdue_seconds", "gauge", {"domain"}, kWhere,
    "Since when the earliest deadline has passed that nobody has acted upon; rising: sessions are stuck");

using Values = std::vector<app::Readings::Value>;

Values sums(const state::Counts& counts, const std::string& what, double unit = 1) {
  Values values;
  const auto found = counts.sums.find(what);
  if (found == counts.sums.end()) return values;
  for (const auto& [labels, count] : found->second) {
    values.push_back({.labels = labels, .value = static_cast<double>(count) * unit});
  }
  return values;
}

template <typename Bounds>
Values distributions(const state::Counts& counts, const std::string& what, const Bounds& bounds) {
  Values values;
  const auto found = counts.distributions.find(what);
  if (found == counts.distributions.end()) return values;
  for (const auto& [labels, distribution] : found->second) {
    app::Readings::Value value{.labels = labels, .value = static_cast<double>(distribution.sum_ms) * kMs};
    uint64_t cumulated = 0;
    for (size_t i = 0; i <= bounds.size(); ++i) {
      const auto bucket = distribution.buckets.find(static_cast<int>(i) + 1);
      if (bucket != distribution.buckets.end()) cumulated += static_cast<uint64_t>(bucket->second);
      value.buckets.emplace_back(i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity(), cumulated);
    }
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

app::Gauge store_up("expertline_store_up", {"domain"}, kWhere, "1 if the store answered last");
app::Counter store_restarts("expertline_store_restarts_total", {"domain"}, kWhere,
                            "Restarts or fail-overs of Redis that this process has seen");
app::Histogram outbox_lag("expertline_outbox_lag_seconds", {"domain"}, kWhere,
                          "From a change in the store to this bridge hearing of it", app::machine_times());
app::Gauge outbox_length("expertline_outbox_length", {"domain"}, kWhere, "Hints that this bridge has not read");
app::Gauge desk_experts("expertline_desk_experts", {"domain"}, kWhere, "Experts for whom a desk is attached here");

void show(const std::string& domain, const state::Counts& counts) {
  sessions_open.set(domain, static_cast<double>(counts.open));
  overdue.set(domain, static_cast<double>(counts.overdue_ms) * kMs);
  sessions_started.replace(domain, sums(counts, "sessions"));
  sessions_ended.replace(domain, sums(counts, "sessions_ended"));
  legs.replace(domain, sums(counts, "legs"));
  legs_ended.replace(domain, sums(counts, "legs_ended"));
  leg_seconds.replace(domain, sums(counts, "leg_ms", kMs));
  offers.replace(domain, sums(counts, "offers"));
  waits.replace(domain, distributions(counts, "wait", state::kPeopleBounds));
  time_to_expert.replace(domain, distributions(counts, "expert", state::kPeopleBounds));
  answer_time.replace(domain, distributions(counts, "answer", state::kPeopleBounds));
  lateness.replace(domain, distributions(counts, "late", state::kLateBounds));
  std::map<std::string, double> longest;  // 0 where somebody has waited before
  for (const auto& leg : sums(counts, "legs")) {
    if (leg.labels.at(2) == "waiting") longest[leg.labels.at(0)] = 0;
  }
  for (const auto& [point, since] : counts.waiting_since) {
    longest[point] = static_cast<double>(counts.now - since) * kMs;
  }
  Values values;
  for (const auto& [point, seconds] : longest) values.push_back({.labels = {point}, .value = seconds});
  longest_wait.replace(domain, values);
}

void show(const std::string& domain, const state::StoreInfo& info, int64_t wall_ms) {
  store_start.set(domain, static_cast<double>(wall_ms / 1000 - info.uptime_s));
  store_used.set(domain, static_cast<double>(info.used_bytes));
  store_limit.set(domain, static_cast<double>(info.limit_bytes));
  store_writes.set(domain, info.writes_its_file ? 1 : 0);
  store_replicas.set(domain, info.replicas);
}

}  // namespace expertline::bridge
