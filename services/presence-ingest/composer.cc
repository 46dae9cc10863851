#include "presence-ingest/composer.h"

#include <algorithm>
#include <utility>

#include "presence-ingest/compose.h"

namespace expertline::presence {

state::Composition Composer::compose(state::Observations observations, int64_t now_ms) const {
  Composed composed =
      presence::compose(std::move(observations.list),
                        {.now_ms = now_ms, .in_our_call = observations.in_our_call, .busy_takes_im = busy_takes_im_});
  state::Composition out;
  out.expert = std::move(observations.expert);
  out.version = observations.version;
  out.state = composed.state;
  out.do_not_disturb = composed.do_not_disturb;
  out.im = composed.im;
  out.voice = composed.voice;
  out.due_ms = composed.due_ms;
  out.number = std::move(composed.number);
  out.why.set_winner(std::move(composed.winner));
  for (std::string& loser : composed.losers) out.why.add_losers(std::move(loser));
  out.why.set_reason(std::move(composed.reason));
  out.why.set_note(std::move(composed.note));
  return out;
}

std::optional<Composer::Step> Composer::assume(state::Report& report) {
  const Known* known = find(report.expert);
  if (known == nullptr || report.next_sequence || report.ttl_ms == state::kWithdrawn) return std::nullopt;
  Step step{.expert = report.expert, .after = *known, .at = 0, .ttl_ms = report.ttl_ms};
  std::vector<Said>& list = step.after.list;
  const int64_t version = ++step.after.version;
  std::string content = state::serialize(report.content);
  const auto old = std::find_if(list.begin(), list.end(), [&](const Said& one) { return one.source == report.source; });
  step.at = static_cast<size_t>(old - list.begin());
  if (old == list.end()) {
    list.push_back({.source = report.source, .epoch = report.epoch, .since = version, .content = std::move(content)});
  } else {
    const bool same = old->content == content;
    // Then the store takes it as repeated, or it depends on whether the old one has expired.
    if (same && (old->epoch == report.epoch || old->expires_ms != 0)) return std::nullopt;
    *old = {.source = std::move(old->source),
            .epoch = report.epoch,
            .since = same ? old->since : version,
            .content = std::move(content)};
  }
  // The store adds when the report itself expires, and looks whether any of the others has.
  state::Observations observations{
      .expert = report.expert, .version = version - 1, .in_our_call = known->in_our_call, .list = {}};
  observations.list.reserve(list.size());
  for (const Said& one : list) {
    state::Observation& observation = observations.list.emplace_back();
    observation.source = one.source;
    observation.epoch = one.epoch;
    observation.lost = lost_.contains(one.source, one.epoch);
    observation.since = one.since;
    observation.expires_ms = one.expires_ms;
    observation.content.ParseFromString(one.content);
  }
  report.assumed = {.composition = compose(std::move(observations), 0), .losses = lost_.changes};
  step.available = report.assumed->composition.im || report.assumed->composition.voice;
  return step;
}

void Composer::learn(const state::Observed& observed) {
  if (observed.lost) lost_ = *observed.lost;
  for (const state::Observations& one : observed.compose) {
    Known known{.version = one.version, .in_our_call = one.in_our_call, .list = {}};
    for (const state::Observation& said : one.list) {
      if (said.expires_ms != 0 && said.expires_ms <= observed.now_ms) continue;
      known.list.push_back({.source = said.source,
                            .epoch = said.epoch,
                            .since = said.since,
                            .expires_ms = said.expires_ms,
                            .content = state::serialize(said.content)});
    }
    remember(one.expert, std::move(known));
  }
}

void Composer::learn(Step step, int64_t now_ms) {
  if (step.ttl_ms != 0) step.after.list[step.at].expires_ms = now_ms + step.ttl_ms;
  remember(step.expert, std::move(step.after));
}

void Composer::forget_all() {
  recent_.clear();
  older_.clear();
}

Composer::Known* Composer::find(const std::string& expert) {
  if (const auto found = recent_.find(expert); found != recent_.end()) return &found->second;
  auto node = older_.extract(expert);
  if (node.empty()) return nullptr;
  return &recent_.insert(std::move(node)).position->second;
}

void Composer::remember(const std::string& expert, Known known) {
  older_.erase(expert);
  recent_.insert_or_assign(expert, std::move(known));
  if (recent_.size() > most_ / 2) older_ = std::exchange(recent_, {});
}

}  // namespace expertline::presence
