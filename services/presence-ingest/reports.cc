#include "presence-ingest/reports.h"

#include <unordered_map>
#include <utility>

#include "presence-ingest/metrics.h"

namespace expertline::presence {
namespace {

constexpr uint64_t kExpireEveryMs = 200;
constexpr int kMostDue = 256;

}  // namespace

v1::RefusedReport Reports::refused(int index, v1::ReportRefusal reason, std::string detail) {
  v1::RefusedReport out;
  out.set_index(index);
  out.set_reason(reason);
  out.set_detail(std::move(detail));
  return out;
}

std::optional<std::pair<v1::ReportRefusal, std::string>> Reports::refusal(state::ReportOutcome outcome) {
  switch (outcome) {
    case state::ReportOutcome::stale:
      return std::pair(v1::REPORT_REFUSAL_STALE, "older than what this source said last");
    case state::ReportOutcome::unknown_expert:
      return std::pair(v1::REPORT_REFUSAL_UNKNOWN_EXPERT, "no such expert in the directory");
    case state::ReportOutcome::too_many_sources:
      return std::pair(v1::REPORT_REFUSAL_TOO_MANY_SOURCES, "the expert has 64 other sources");
    default:
      return std::nullopt;
  }
}

void Reports::start() {
  for (const auto& [domain, composer] : composers_) spawn(expire(domain));
}

Task<void> Reports::expire(std::string domain) {
  for (;;) {
    auto observed = co_await store_.due(domain, kMostDue);
    const bool more = observed.ok() && static_cast<int>(observed->compose.size()) == kMostDue;
    // What is not written comes again.
    if (observed) {
      co_await compose_all(domain, std::move(*observed));
    } else {
      composers_.at(domain).forget_all();
    }
    const bool going = co_await loop_.sleep(more ? 1 : kExpireEveryMs);
    if (!going) co_return;
  }
}

Task<Result<Done>> Reports::compose_all(std::string domain, state::Observed observed) {
  if (observed.compose.empty()) co_return Done{};
  Composer& composer = composers_.at(domain);
  composer.learn(observed);
  std::vector<state::Composition> composed;
  composed.reserve(observed.compose.size());
  for (state::Observations& one : observed.compose) {
    composed.push_back(composer.compose(std::move(one), observed.now_ms));
    dampings_.at(domain).damp(composed.back(), observed.now_ms);
    compositions.at({domain, rule_of(composed.back().why.reason())}).Increment();
  }
  co_return co_await store_.present(domain, std::move(composed));
}

Task<Result<std::vector<state::ReportOutcome>>> Reports::write(std::string domain, std::vector<state::Report> reports) {
  using state::ReportOutcome;
  Composer& composer = composers_.at(domain);
  Damping& damping = dampings_.at(domain);
  std::unordered_map<std::string, int> reports_of;
  for (const state::Report& report : reports) ++reports_of[report.expert];
  std::vector<std::optional<Composer::Step>> steps;
  steps.reserve(reports.size());
  for (state::Report& report : reports) {
    auto step = reports_of[report.expert] == 1 ? composer.assume(report) : std::nullopt;
    if (step && step->available && damping.restless(report.expert)) {
      report.assumed.reset();  // to be held back, perhaps: the store says what time it is first
      step.reset();
    }
    steps.push_back(std::move(step));
  }
  std::vector<std::string> rules(steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    if (reports[i].assumed) rules[i] = rule_of(reports[i].assumed->composition.why.reason());
  }
  const uint64_t began = uv_hrtime();
  auto observed = co_await store_.observe(domain, std::move(reports));
  if (!observed) {
    composer.forget_all();  // whoever answers next may have forgotten something
    co_return observed.error();
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    if (observed->outcomes[i] != ReportOutcome::written) continue;
    damping.hold_until(steps[i]->expert, steps[i]->available, observed->now_ms);  // which is 0
    composer.learn(std::move(*steps[i]), observed->now_ms);
    compositions.at({domain, rules[i]}).Increment();
  }
  std::vector<ReportOutcome> outcomes = std::move(observed->outcomes);
  const auto written = co_await compose_all(domain, std::move(*observed));
  if (!written) co_return written.error();
  report_duration.at({domain}).Observe(static_cast<double>(uv_hrtime() - began) * 1e-9);
  co_return outcomes;
}

}  // namespace expertline::presence
