#include "presence-ingest/sources/registry.h"

#include <absl/time/clock.h>
#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/names.h"
#include "presence-ingest/fields.h"
#include "presence-ingest/metrics.h"
#include "presence-ingest/status_text.h"

namespace expertline::presence {
namespace {

using google::protobuf::util::TimeUtil;

constexpr uint64_t kSweepEveryMs = 200;
constexpr uint64_t kCountEveryMs = 1000;
constexpr size_t kMostRates = 10'000;
constexpr int kMostWords = 8;
constexpr size_t kMostWordBytes = 64;
constexpr int kWindow = 16;

SourceRegistry::Refusal malformed(const Error& error) { return {v1::REPORT_REFUSAL_MALFORMED, error.message}; }
SourceRegistry::Refusal malformed(const std::string& field, const std::string& rule) {
  return malformed(invalid_field(field, rule));
}

// "clock_far_off" for REPORT_REFUSAL_CLOCK_FAR_OFF.
std::string refusal_name(v1::ReportRefusal reason) {
  std::string name = v1::ReportRefusal_Name(reason).substr(std::string_view("REPORT_REFUSAL_").size());
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

bool foreign_is_sane(const v1::ForeignPresence& foreign) {
  return foreign.words_size() >= 1 && foreign.words_size() <= kMostWords &&
         std::all_of(foreign.words().begin(), foreign.words().end(),
                     [](const std::string& word) { return !word.empty() && word.size() <= kMostWordBytes; });
}

// Of a field that is absent: what is declared. nullopt if it is out of bounds.
std::optional<int64_t> duration_ms(bool given, const google::protobuf::Duration& value, int64_t declared, int64_t least,
                                   int64_t most) {
  if (!given) return declared;
  if (value.seconds() < 0 || value.seconds() > most / 1000) return std::nullopt;
  const int64_t ms = TimeUtil::DurationToMilliseconds(value);
  return ms >= least && ms <= most ? std::optional(ms) : std::nullopt;
}

}  // namespace

SourceRegistry::SourceRegistry(app::Loop& loop, state::SourceStore& store, const Domains& domains, SourceFile file,
                               Mapping mapping, InGroup in_group)
    : loop_(loop),
      store_(store),
      domains_(domains),
      file_(std::move(file)),
      mapping_(std::move(mapping)),
      in_group_(std::move(in_group)) {}

void SourceRegistry::start() {
  for (const std::string& domain : domains_.served()) {
    spawn(sweep(domain));
    spawn(write_counts(domain));
  }
}

Task<void> SourceRegistry::sweep(std::string domain) {
  for (;;) {
    const auto more = co_await store_.sweep(domain);
    const bool going = co_await loop_.sleep(more.ok() && *more ? 1 : kSweepEveryMs);
    if (!going) co_return;
  }
}

Task<void> SourceRegistry::write_counts(std::string domain) {
  for (;;) {
    const bool going = co_await loop_.sleep(kCountEveryMs);
    if (!going) co_return;
    if (counts_[domain].empty()) continue;
    const auto written = co_await store_.read(domain, std::exchange(counts_[domain], {}));
    if (!written) spdlog::warn("counts of sources were not written: {}", written.error().message);
  }
}

Task<void> SourceRegistry::show(std::string domain) {
  const auto read = co_await store_.read(domain, {});
  if (!read) co_return;
  std::vector<app::Readings::Value> counted, up, silence;
  const auto count = [&](const std::string& source, const std::string& outcome, int64_t reports) {
    counted.push_back({.labels = {source, outcome}, .value = static_cast<double>(reports)});
  };
  for (const auto& [id, counts] : read->counts) {
    const std::string source = id == state::kOtherSources ? "other" : id;
    count(source, "taken", counts.taken - counts.overtaken);
    count(source, "overtaken", counts.overtaken);
    for (const auto& [reason, reports] : counts.refused) count(source, refusal_name(reason), reports);
  }
  for (const state::SourceLease& lease : read->leases) {
    const double seconds = static_cast<double>(read->now_ms - lease.seen_ms) / 1000;
    const bool lost = read->now_ms - lease.seen_ms > lease.heartbeat_ms + lease.grace_ms;
    if (label(lease.source) == "other") continue;
    up.push_back({.labels = {lease.source}, .value = lost ? 0.0 : 1.0});
    silence.push_back({.labels = {lease.source}, .value = std::max(0.0, seconds)});
  }
  reports_by_source.replace(domain, counted);
  source_up.replace(domain, up);
  source_silence.replace(domain, silence);
}

bool SourceRegistry::covers(const std::string& domain, const SourceRules& rules, const std::string& expert) const {
  return rules.experts.covers(expert, [&](const std::string& group) { return in_group_(domain, expert, group); });
}

std::variant<state::Report, SourceRegistry::Refusal> SourceRegistry::admit(const std::string& domain,
                                                                           v1::PresenceReport report,
                                                                           const v1::SourceHello* hello) const {
  if (hello != nullptr) {
    if (report.source().empty()) report.set_source(hello->source());
    if (report.source() != hello->source()) return malformed("source", "must be empty or that of hello");
    if (report.epoch() == 0) report.set_epoch(hello->epoch());
    if (report.kind() == v1::SOURCE_KIND_UNSPECIFIED) report.set_kind(hello->kind());
  }
  const SourceRules* rules = file_.rules(report.source());
  if (rules == nullptr) {
    return Refusal{v1::REPORT_REFUSAL_UNKNOWN_SOURCE, "the source " + report.source() + " is not declared"};
  }
  if (rules->kind != v1::SOURCE_KIND_UNSPECIFIED) {
    if (report.kind() != v1::SOURCE_KIND_UNSPECIFIED && report.kind() != rules->kind) {
      return malformed("kind", "is not what the source is declared as");
    }
    report.set_kind(rules->kind);
  }
  if (report.withdraw()) {
    v1::PresenceReport nothing;
    nothing.set_expert(report.expert());
    nothing.set_source(report.source());
    nothing.set_kind(report.kind());
    nothing.set_epoch(report.epoch());
    nothing.set_sequence(report.sequence());
    nothing.set_state(v1::PRESENCE_STATE_OFFLINE);
    auto checked = check_report(nothing);
    if (!checked) return malformed(checked.error());
    checked->ttl_ms = state::kWithdrawn;
    source_states.at({domain, label(report.source()), "withdrawn"}).Increment();
    return std::move(*checked);
  }
  if (report.has_foreign() && report.state() == v1::PRESENCE_STATE_UNSPECIFIED) {
    if (!foreign_is_sane(report.foreign())) return malformed("foreign.words", "must be 1 to 8 of 1 to 64 bytes");
    const auto meaning = mapping_.meaning(report.foreign());
    if (!meaning) return Refusal{v1::REPORT_REFUSAL_UNKNOWN_WORD, "the mapping knows none of the words"};
    report.set_state(meaning->state);
    if (meaning->do_not_disturb) report.set_do_not_disturb(true);
    if (report.can_im() == v1::TRISTATE_UNSPECIFIED) report.set_can_im(meaning->can_im);
    if (report.can_voice() == v1::TRISTATE_UNSPECIFIED) report.set_can_voice(meaning->can_voice);
  }
  if (!report.number().empty()) {
    if (const auto rule = number_fault(report.number())) return malformed("number", *rule);
  }
  const bool has_time = report.has_seen_time();
  const int64_t seen_s = report.seen_time().seconds();
  const double seen = static_cast<double>(seen_s) + report.seen_time().nanos() * 1e-9;
  report.clear_foreign();
  report.clear_seen_time();
  auto checked = check_report(report);
  if (!checked) return malformed(checked.error());
  if (has_time) {
    const int64_t off_s = seen_s - absl::ToUnixSeconds(absl::Now());
    const int64_t most_s = rules->clock_ms / 1000 + 1;
    if (off_s > most_s || off_s < -most_s) {
      return Refusal{v1::REPORT_REFUSAL_CLOCK_FAR_OFF,
                     "the source's clock is " + std::to_string(off_s) + " s from ours; set its clock"};
    }
  }
  if (!covers(domain, *rules, report.expert())) {
    return Refusal{v1::REPORT_REFUSAL_FOREIGN_EXPERT,
                   "the source " + report.source() + " may not speak for " + report.expert()};
  }
  const std::string source = label(report.source());
  source_states.at({domain, source, state_word(report.state())}).Increment();
  if (has_time) {
    const double lag = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) - seen;
    source_lag.at({domain, source}).Observe(std::max(0.0, lag));
  }
  return std::move(*checked);
}

Rate& SourceRegistry::rate(const std::string& domain, const std::string& source) {
  const auto found = rates_.find({domain, source});
  if (found != rates_.end()) return found->second;
  const SourceRules* rules = file_.rules(source);
  const bool declared = file_.sources.contains(source);
  if (!declared && rates_.size() >= kMostRates)
    std::erase_if(rates_, [&](const auto& one) { return !file_.sources.contains(one.first.second); });
  return rates_.try_emplace({domain, source}, rules == nullptr ? 0 : rules->reports_per_second).first->second;
}

state::SourceCounts& SourceRegistry::counts(const std::string& domain, const std::string& source) {
  return counts_[domain][file_.sources.contains(source) ? source : state::kOtherSources];
}

void SourceRegistry::count_taken(const std::string& domain, const std::string& source, int64_t overtaken) {
  state::SourceCounts& of = counts(domain, source);
  of.taken += 1 + overtaken;
  of.overtaken += overtaken;
}

void SourceRegistry::count_refused(const std::string& domain, const std::string& source, v1::ReportRefusal reason) {
  ++counts(domain, source).refused[reason];
}

Task<Result<v1::SourceWelcome>> SourceRegistry::hello(std::string domain, v1::SourceHello hello) {
  if (const auto good = check_id("hello.source", hello.source()); !good) co_return good.error();
  const SourceRules* rules = file_.rules(hello.source());
  if (rules == nullptr) {
    co_return Error{.reason = v1::ERROR_REASON_UNKNOWN_SOURCE,
                    .message = "the source " + hello.source() + " is not declared",
                    .metadata = {{"source", hello.source()}}};
  }
  if (!v1::SourceKind_IsValid(hello.kind())) co_return invalid_field("hello.kind", "must be one of SourceKind");
  if (hello.epoch() < 0) co_return invalid_field("hello.epoch", "must not be negative");
  const auto heartbeat =
      duration_ms(hello.has_heartbeat(), hello.heartbeat(), rules->heartbeat_ms, kLeastHeartbeatMs, kMostHeartbeatMs);
  if (!heartbeat) co_return invalid_field("hello.heartbeat", "must be 100 ms to 1 hour");
  const auto grace = duration_ms(hello.has_grace(), hello.grace(), rules->grace_ms, 0, kMostGraceMs);
  if (!grace) co_return invalid_field("hello.grace", "must be 0 to 24 hours");
  state::SourceLease lease{.source = hello.source(),
                           .kind = rules->kind != v1::SOURCE_KIND_UNSPECIFIED ? rules->kind : hello.kind(),
                           .epoch = hello.epoch(),
                           .heartbeat_ms = *heartbeat,
                           .grace_ms = *grace};
  const auto begun = co_await store_.hello(domain, lease);
  if (!begun) co_return begun.error();
  v1::SourceWelcome welcome;
  *welcome.mutable_heartbeat() = TimeUtil::MillisecondsToDuration(*heartbeat);
  *welcome.mutable_grace() = TimeUtil::MillisecondsToDuration(*grace);
  welcome.set_reports_per_second(rules->reports_per_second);
  welcome.set_window(kWindow);
  co_return welcome;
}

Task<Result<Done>> SourceRegistry::alive(std::string domain, std::string source, int64_t epoch) {
  return store_.alive(std::move(domain), std::move(source), epoch);
}

Task<Result<v1::ListSourcesResponse>> SourceRegistry::list(std::string domain) {
  const auto known = co_await store_.read(domain, std::exchange(counts_[domain], {}));
  if (!known) co_return known.error();
  std::map<std::string, v1::Source> all;
  for (const auto& [id, rules] : file_.sources) {
    v1::Source& source = all[id];
    source.set_kind(rules.kind);
    source.set_state(v1::SOURCE_STATE_UNCONNECTED);
    source.set_reports_per_second(rules.reports_per_second);
    source.set_write_back(rules.write_back);
  }
  for (const state::SourceLease& lease : known->leases) {
    v1::Source& source = all[lease.source];
    source.set_kind(lease.kind);
    source.set_epoch(lease.epoch);
    *source.mutable_heartbeat() = TimeUtil::MillisecondsToDuration(lease.heartbeat_ms);
    *source.mutable_grace() = TimeUtil::MillisecondsToDuration(lease.grace_ms);
    const bool late = known->now_ms > lease.seen_ms + lease.heartbeat_ms;
    source.set_state(lease.lost && *lease.lost >= lease.epoch ? v1::SOURCE_STATE_LOST
                     : late                                   ? v1::SOURCE_STATE_GRACE
                                                              : v1::SOURCE_STATE_CONNECTED);
  }
  for (const auto& [id, counts] : known->counts) {
    v1::Source& source = all[id == state::kOtherSources ? "" : id];
    source.set_taken(counts.taken);
    source.set_overtaken(counts.overtaken);
    for (const auto& [reason, count] : counts.refused) {
      v1::RefusalCount& refused = *source.add_refused();
      refused.set_reason(reason);
      refused.set_count(count);
    }
  }
  v1::ListSourcesResponse response;
  for (auto& [id, source] : all) {
    source.set_id(id);
    if (source.state() == v1::SOURCE_STATE_UNSPECIFIED) source.set_state(v1::SOURCE_STATE_UNCONNECTED);
    *response.add_sources() = std::move(source);
  }
  co_return response;
}

}  // namespace expertline::presence
