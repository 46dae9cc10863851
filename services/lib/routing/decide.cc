#include "routing/decide.h"

#include <algorithm>

#include "routing/names.h"
#include "routing/query.h"
#include "routing/search.h"
#include "routing/walk.h"

namespace expertline::routing {
namespace {

// Why a step was passed over.
constexpr const char* kBadData = "bad_data";
constexpr const char* kOnlyIf = "only_if";
constexpr const char* kOffersUsedUp = "offers_used_up";
constexpr const char* kNobodyNamed = "nobody_named";
constexpr const char* kNobodyReady = "nobody_ready";
constexpr const char* kWaitOver = "wait_over";

constexpr int64_t kMostPriority = 1000;

void add_detail(v1::StepTrace& trace, std::string_view text) {
  if (text.empty()) return;
  if (!trace.detail().empty()) trace.mutable_detail()->append("; ");
  trace.mutable_detail()->append(text);
}

std::string bucket_of(const Query& query) {
  if (query.named()) return "expert=" + *query.named();
  const Wanted& wanted = query.wanted();
  if (!wanted.skills.empty()) return "skill=" + wanted.skills.front().skill;
  if (wanted.groups.size() == 1) return "group=" + wanted.groups.front();
  return "all";
}

// The steps of one decision, one after the other.
class Walk {
 public:
  Walk(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts, const v1::Moment& moment,
       Expressions& expressions)
      : strategy_(strategy), snapshot_(snapshot), facts_(facts), moment_(moment), expressions_(expressions) {}

  Decision run() {
    std::string remarks = prioritise();
    const std::string& fault = expressions_.fault();
    const bool bad_data = !fault.empty() && strategy_.on_bad_data == OnBadData::kOtherwise;
    if (!fault.empty() && !bad_data) remarks += (remarks.empty() ? "" : "; ") + fault + ", it counts as absent";
    for (size_t i = first_step(facts_); i < strategy_.steps.size(); ++i) {
      v1::StepTrace& trace = *decision_.explanation.add_steps();
      trace.set_step(strategy_.steps[i].name);
      add_detail(trace, std::exchange(remarks, {}));
      if (bad_data) {
        trace.set_skipped(kBadData);
        add_detail(trace, fault);
      } else if (take(i, trace)) {
        return std::move(decision_);
      }
    }
    decision_.default_target = default_target();
    return std::move(decision_);
  }

 private:
  // Sets the priority; what went wrong, for people.
  std::string prioritise() {
    if (!strategy_.priority) return {};
    const cel::Value value = expressions_.value(*strategy_.priority);
    if (value.kind() == cel::Value::Kind::kInt) {
      decision_.priority = static_cast<int>(std::clamp(value.as_int(), -kMostPriority, kMostPriority));
      return {};
    }
    return "priority has no value and counts as 0: " + expressions_.problem();
  }

  // True if the step decides: it offers, or the leg waits in it.
  bool take(size_t i, v1::StepTrace& trace) {
    const Step& step = strategy_.steps[i];
    const bool own = i == first_step(facts_);
    const int offers_left = step.preview.offers - (own ? facts_.step_offers() : 0);
    if (offers_left <= 0) {
      trace.set_skipped(kOffersUsedUp);
      return false;
    }
    const bool stays = own && (facts_.has_wait_left() || facts_.step_offers() > 0);
    expressions_.set_expert({});
    if (step.only_if && !stays && !expressions_.holds(*step.only_if)) {
      trace.set_skipped(kOnlyIf);
      add_detail(trace, step.only_if->program->text());
      add_detail(trace, expressions_.problem());
      return false;
    }
    const int64_t waited_ms = waited_in_step_ms(strategy_, i, facts_);
    const Wanted wanted = wanted_by(step, waited_ms);
    for (const Relax* relax : wanted.relaxed) trace.add_relaxed(relax->text);
    const Query query(step, wanted, snapshot_, facts_, expressions_);
    if (query.named() && query.named()->empty()) {
      trace.set_skipped(kNobodyNamed);
      add_detail(trace, query.problem());
      return false;
    }
    Search search(step, snapshot_, query, expressions_, milliseconds(moment_.now()), draw_key(facts_, i), trace);
    const std::vector<uint32_t> ranked = search.run();
    if (expressions_.exhausted()) add_detail(trace, "the expressions of the decision cost too much");
    if (!ranked.empty()) {
      offer(i, ranked, std::min(step.preview.to, offers_left));
      if (wanted.next_relax_ms) decision_.until_ms = *wanted.next_relax_ms - waited_ms;
      return true;
    }
    const bool waited = own && facts_.has_wait_left();
    const int64_t left_ms = waited ? std::min(milliseconds(facts_.wait_left()), step.wait_ms) : step.wait_ms;
    // Even if nobody in the directory fits: experts come and change, and news of them take a moment.
    if (step.wait_ms == 0) {
      trace.set_skipped(kNobodyReady);
    } else if (left_ms <= 0) {
      trace.set_skipped(kWaitOver);
    } else {
      decision_.kind = Decision::Kind::kWait;
      decision_.step_index = i;
      decision_.step = &step;
      decision_.bucket = bucket_of(query);
      decision_.wait_ms = left_ms;
      decision_.until_ms = std::min(left_ms, wanted.next_relax_ms.value_or(step.wait_ms) - waited_ms);
      return true;
    }
    return false;
  }

  void offer(size_t i, const std::vector<uint32_t>& ranked, int to) {
    decision_.kind = Decision::Kind::kOffer;
    decision_.step_index = i;
    decision_.step = &strategy_.steps[i];
    decision_.to = to;
    decision_.ranked.reserve(ranked.size());
    for (const uint32_t expert : ranked) {
      const std::string& id = decision_.ranked.emplace_back(snapshot_.id(expert));
      decision_.explanation.add_ranked(id);
    }
  }

  v1::DefaultTarget default_target() {
    v1::DefaultTarget target;
    expressions_.set_expert({});
    for (const Otherwise& otherwise : strategy_.otherwise) {
      const bool last = &otherwise == &strategy_.otherwise.back();
      if (otherwise.only_if && !expressions_.holds(*otherwise.only_if) && !last) continue;
      const std::string text = expressions_.fill(otherwise.text);
      switch (otherwise.kind) {
        case Otherwise::Kind::kVoicemail:
          target.set_voicemail(text);
          break;
        case Otherwise::Kind::kAgentText:
          target.set_agent_text(text);
          break;
        case Otherwise::Kind::kRoutingPoint:
          target.set_routing_point(text);
          break;
        case Otherwise::Kind::kDn:
          target.set_dn(text);
          break;
      }
      break;
    }
    return target;
  }

  const Strategy& strategy_;
  const Snapshot& snapshot_;
  const v1::RoutingFacts& facts_;
  const v1::Moment& moment_;
  Expressions& expressions_;
  Decision decision_;
};

}  // namespace

uint64_t draw_key(const v1::RoutingFacts& facts, size_t step_index) {
  return mix(facts.seed() + mix(step_index) + mix(static_cast<uint64_t>(facts.asked_size()) << 32U));
}

bool looked_for_experts(const v1::StepTrace& trace) {
  const std::string& skipped = trace.skipped();
  return skipped.empty() || skipped == kNobodyReady || skipped == kWaitOver;
}

Decision decide_with(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                     const v1::Moment& moment, Expressions& expressions) {
  return Walk(strategy, snapshot, facts, moment, expressions).run();
}

Decision decide(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                const v1::Moment& moment, Asked* asked) {
  Expressions expressions(strategy, snapshot, facts, moment, asked);
  return decide_with(strategy, snapshot, facts, moment, expressions);
}

Reason accepts(const Strategy& strategy, size_t step_index, const Snapshot& snapshot, const v1::RoutingFacts& facts,
               const v1::Moment& moment, std::string_view expert) {
  const auto number = snapshot.find(expert);
  if (!number || step_index >= strategy.steps.size()) return Reason::kOtherExpert;
  Expressions expressions(strategy, snapshot, facts, moment);
  const Step& step = strategy.steps[step_index];
  const Wanted wanted = wanted_by(step, waited_in_step_ms(strategy, step_index, facts));
  const Query query(step, wanted, snapshot, facts, expressions);
  v1::StepTrace trace;
  Search search(step, snapshot, query, expressions, milliseconds(moment.now()), draw_key(facts, step_index), trace);
  return search.verdict(*number);
}

std::string bucket_of(const Strategy& strategy, size_t step_index, const Snapshot& snapshot,
                      const v1::RoutingFacts& facts, const v1::Moment& moment) {
  Expressions expressions(strategy, snapshot, facts, moment);
  const Step& step = strategy.steps[step_index];
  const Wanted wanted = wanted_by(step, waited_in_step_ms(strategy, step_index, facts));
  return bucket_of(Query(step, wanted, snapshot, facts, expressions));
}

std::vector<v1::PresenceState> states_asked(const Strategy& strategy, size_t step_index,
                                            const v1::RoutingFacts& facts) {
  const Wanted wanted = wanted_by(strategy.steps[step_index], waited_in_step_ms(strategy, step_index, facts));
  std::vector<v1::PresenceState> states;
  for (int state = v1::PRESENCE_STATE_ONLINE; state <= v1::PRESENCE_STATE_OFFLINE; ++state) {
    const auto one = static_cast<v1::PresenceState>(state);
    if ((wanted.states & state_bit(one)) != 0) states.push_back(one);
  }
  return states;
}

v1::AdmitResponse admit(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                        const v1::Moment& moment, Asked* asked) {
  v1::AdmitResponse response;
  response.set_allowed(true);
  if (!strategy.allow) return response;
  Expressions expressions(strategy, snapshot, facts, moment, asked);
  if (expressions.holds(*strategy.allow)) return response;
  response.set_allowed(false);
  response.set_detail("strategy \"" + strategy.name +
                      "\" is only for those for whom this holds: " + strategy.allow->program->text());
  if (!expressions.problem().empty()) response.mutable_detail()->append(" (" + expressions.problem() + ")");
  return response;
}

bool reads_queue(const Strategy& strategy) {
  bool reads = false;
  each_deciding_expression(strategy, [&](const Expression& expression) {
    for (const cel::VariableUse& use : expression.program->variable_uses()) {
      reads = reads || is_queue_name(use.variable);
    }
  });
  return reads;
}

}  // namespace expertline::routing
