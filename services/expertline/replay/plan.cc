#include "expertline/replay/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "expertline/calls/draw.h"

namespace expertline::cli {
namespace {

constexpr int kDay = 86'400;

// A name of the file as an id of the contract.
std::string as_id(std::string_view prefix, std::string_view name) {
  std::string id(prefix);
  for (const char c : name.substr(0, 64)) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '_' || c == '@' || c == '-';
    id += plain ? c : '-';
  }
  return id;
}

// When the agent took the call. A start long before the call's own beginning lies after midnight; without one (a
// contact too short to be seen) it is when the caller left the queue.
int began(const CallRecord& call) {
  if (call.service_time == 0 && call.service_start == 0) return std::max(call.vru_exit, call.queue_exit);
  const bool next_day = call.service_start + kDay / 2 < call.vru_entry;
  return next_day ? call.service_start + kDay : call.service_start;
}

}  // namespace

ReplayPlan make_plan(const std::vector<CallRecord>& calls, double share, uint64_t seed) {
  ReplayPlan plan;
  std::vector<const CallRecord*> served;
  for (const auto& call : calls) {
    if (call.served()) served.push_back(&call);
  }
  if (served.empty()) return plan;
  std::stable_sort(served.begin(), served.end(), [](auto* a, auto* b) { return began(*a) < began(*b); });
  const int first = began(*served.front());
  plan.first_s = first;

  Draw draw(seed);
  std::set<std::string> agents;
  for (const auto* call : served) {
    ++plan.interactions;
    const std::string agent = as_id("agent-", call->server);
    agents.insert(agent);
    const double start = began(*call) - first;
    plan.span_s = std::max(plan.span_s, start + call->service_time);
    // Both draws are made for every call, so that another share asks about a subset or superset of the same calls.
    const bool asks = draw.chance(share);
    const double into = draw.unit() * call->service_time;
    if (!asks || call->service_time == 0) continue;
    plan.asks.push_back({.agent = agent,
                         .interaction = as_id(fmt::format("{}-", plan.interactions), call->call_id),
                         .call_type = call->type,
                         .skillset = std::string(*skillset_of(call->type)),
                         .at_s = start + into,
                         .talk_s = call->service_time - into});
  }
  plan.agents = agents.size();
  std::stable_sort(plan.asks.begin(), plan.asks.end(), [](const Ask& a, const Ask& b) { return a.at_s < b.at_s; });
  return plan;
}

std::optional<double> parse_share(std::string_view text) {
  double scale = 1;
  if (text.ends_with('%')) {
    scale = 100;
    text.remove_suffix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  value /= scale;
  if (!(value >= 0 && value <= 1)) return std::nullopt;
  return value;
}

}  // namespace expertline::cli
