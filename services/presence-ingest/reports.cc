#include "presence-ingest/reports.h"

#include <utility>

#include "presence-ingest/compose.h"

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

state::Composition Reports::compose_one(state::Observations observations, int64_t now_ms) const {
  const Composed composed =
      compose(std::move(observations.list),
              {.now_ms = now_ms, .in_our_call = observations.in_our_call, .busy_takes_im = busy_takes_im_});
  state::Composition out;
  out.expert = std::move(observations.expert);
  out.version = std::move(observations.version);
  out.state = composed.state;
  out.do_not_disturb = composed.do_not_disturb;
  out.im = composed.im;
  out.voice = composed.voice;
  out.due_ms = composed.due_ms;
  out.number = composed.number;
  out.why.set_winner(composed.winner);
  for (const std::string& loser : composed.losers) out.why.add_losers(loser);
  out.why.set_reason(composed.reason);
  out.why.set_note(composed.note);
  return out;
}

void Reports::start() {
  for (const std::string& domain : domains_.served()) spawn(expire(domain));
}

Task<void> Reports::expire(std::string domain) {
  for (;;) {
    auto observed = co_await store_.due(domain, kMostDue);
    const bool more = observed.ok() && static_cast<int>(observed->compose.size()) == kMostDue;
    // What is not written comes again.
    if (observed) co_await compose_all(domain, std::move(*observed));
    const bool going = co_await loop_.sleep(more ? 1 : kExpireEveryMs);
    if (!going) co_return;
  }
}

Task<Result<Done>> Reports::compose_all(std::string domain, state::Observed observed) {
  if (observed.compose.empty()) co_return Done{};
  std::vector<state::Composition> compositions;
  compositions.reserve(observed.compose.size());
  for (state::Observations& one : observed.compose)
    compositions.push_back(compose_one(std::move(one), observed.now_ms));
  co_return co_await store_.present(domain, std::move(compositions));
}

Task<Result<std::vector<state::ReportOutcome>>> Reports::write(std::string domain, std::vector<state::Report> reports) {
  auto observed = co_await store_.observe(domain, std::move(reports));
  if (!observed) co_return observed.error();
  std::vector<state::ReportOutcome> outcomes = std::move(observed->outcomes);
  const auto written = co_await compose_all(domain, std::move(*observed));
  if (!written) co_return written.error();
  co_return outcomes;
}

}  // namespace expertline::presence
