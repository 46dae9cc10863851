#include "routing/assess.h"

#include <absl/container/flat_hash_set.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "routing/search.h"

namespace expertline::routing {
namespace {

using google::protobuf::util::TimeUtil;

constexpr size_t kFewestEnded = 3;

// Experts who are ready for one step or another, each once.
int count_ready(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                const v1::Moment& moment) {
  Expressions expressions(strategy, snapshot, facts, moment);
  if (!expressions.fault().empty() && strategy.on_bad_data == OnBadData::kOtherwise) return 0;
  absl::flat_hash_set<uint32_t> ready;
  size_t tested = 0;
  for (const Step& step : strategy.steps) {
    expressions.set_expert({});
    if (step.only_if && !expressions.holds(*step.only_if)) continue;
    const Wanted wanted = wanted_by(step, 0);
    const Query query(step, wanted, snapshot, facts, expressions);
    v1::StepTrace trace;
    Search search(step, snapshot, query, expressions, milliseconds(moment.now()), 0, trace);
    const auto look_at = [&](uint32_t expert) {
      if (++tested > kMostTested) return false;
      if (!ready.contains(expert) && search.verdict(expert) == Reason::kReady) ready.insert(expert);
      return true;
    };
    if (query.named()) {
      if (const auto named = snapshot.find(*query.named())) look_at(*named);
      continue;
    }
    for (const Pool* pool : query.rarest()) {
      if (const DrawSet* candidates = query.candidates(*pool)) candidates->for_each(look_at);
    }
  }
  return static_cast<int>(ready.size());
}

}  // namespace

v1::Availability assess(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                        const v1::Moment& moment) {
  v1::Availability out;
  const v1::AdmitResponse admitted = admit(strategy, snapshot, facts, moment);
  out.set_allowed(admitted.allowed());
  out.set_detail(admitted.detail());
  out.set_ready(count_ready(strategy, snapshot, facts, moment));
  out.set_waiting(moment.waiting());
  if (moment.has_longest_wait()) *out.mutable_longest_wait() = moment.longest_wait();
  if (strategy.hours) {
    const int64_t now_ms = milliseconds(moment.now());
    out.set_calendar(strategy.hours->open(now_ms) ? v1::CALENDAR_STATE_OPEN : v1::CALENDAR_STATE_CLOSED);
    if (const auto change = strategy.hours->next_change(now_ms)) {
      *out.mutable_next_change() = TimeUtil::MillisecondsToTimestamp(*change);
    }
  }
  const Decision decision = decide(strategy, snapshot, facts, moment);
  if (decision.step != nullptr) out.set_step(decision.step->name);
  switch (decision.kind) {
    case Decision::Kind::kOffer:
      out.set_outcome(v1::AVAILABILITY_OUTCOME_READY);
      *out.mutable_expected_wait() = TimeUtil::MillisecondsToDuration(0);
      break;
    case Decision::Kind::kWait:
      out.set_outcome(v1::AVAILABILITY_OUTCOME_WAIT);
      break;
    case Decision::Kind::kDefault:
      out.set_outcome(v1::AVAILABILITY_OUTCOME_DEFAULT);
      *out.mutable_default_target() = decision.default_target;
      break;
  }
  return out;
}

std::optional<int64_t> expected_wait_ms(std::span<const int64_t> ended, int64_t now_ms, int waiting) {
  if (ended.size() < kFewestEnded) return std::nullopt;
  const int64_t since = std::max<int64_t>(now_ms - *std::min_element(ended.begin(), ended.end()), 1);
  return since * (waiting + 1) / static_cast<int64_t>(ended.size());
}

}  // namespace expertline::routing
