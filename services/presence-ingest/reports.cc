#include "presence-ingest/reports.h"

#include <utility>

#include "presence-ingest/compose.h"
#include "presence-ingest/fields.h"

namespace expertline::presence {
namespace {

constexpr uint64_t kExpireEveryMs = 200;
constexpr int kMostDue = 256;

v1::RefusedReport refused(int index, v1::ReportRefusal reason, std::string detail) {
  v1::RefusedReport out;
  out.set_index(index);
  out.set_reason(reason);
  out.set_detail(std::move(detail));
  return out;
}

state::Composition compose_one(state::Observations observations, int64_t now_ms) {
  const Composed composed = compose(std::move(observations.list), {.now_ms = now_ms});
  state::Composition out;
  out.expert = std::move(observations.expert);
  out.version = std::move(observations.version);
  out.state = composed.state;
  out.do_not_disturb = composed.do_not_disturb;
  out.im = composed.im;
  out.voice = composed.voice;
  out.due_ms = composed.due_ms;
  out.why.set_winner(composed.winner);
  for (const std::string& loser : composed.losers) out.why.add_losers(loser);
  out.why.set_reason(composed.reason);
  out.why.set_note(composed.note);
  return out;
}

}  // namespace

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

Task<Result<std::vector<v1::RefusedReport>>> Reports::take(
    std::string domain, google::protobuf::RepeatedPtrField<v1::PresenceReport> reports) {
  if (reports.empty() || reports.size() > kMostReports) {
    co_return invalid_field("reports", "must have 1 to " + std::to_string(kMostReports) + " entries");
  }
  std::vector<v1::RefusedReport> refusals;
  std::vector<state::Report> good;
  std::vector<int> places;  // of the good ones in the batch
  for (int i = 0; i < reports.size(); ++i) {
    auto report = check_report(reports.Get(i));
    if (report) {
      good.push_back(std::move(*report));
      places.push_back(i);
    } else {
      refusals.push_back(refused(i, v1::REPORT_REFUSAL_MALFORMED, report.error().message));
    }
  }
  if (good.empty()) co_return refusals;

  auto observed = co_await store_.observe(domain, std::move(good));
  if (!observed) co_return observed.error();
  for (size_t i = 0; i < observed->outcomes.size() && i < places.size(); ++i) {
    switch (observed->outcomes[i]) {
      case state::ReportOutcome::taken:
        break;
      case state::ReportOutcome::stale:
        refusals.push_back(refused(places[i], v1::REPORT_REFUSAL_STALE, "older than what this source said last"));
        break;
      case state::ReportOutcome::unknown_expert:
        refusals.push_back(refused(places[i], v1::REPORT_REFUSAL_UNKNOWN_EXPERT, "no such expert in the directory"));
        break;
      case state::ReportOutcome::too_many_sources:
        refusals.push_back(refused(places[i], v1::REPORT_REFUSAL_MALFORMED, "the expert has 64 other sources"));
        break;
    }
  }
  const auto written = co_await compose_all(domain, std::move(*observed));
  if (!written) co_return written.error();
  co_return refusals;
}

}  // namespace expertline::presence
