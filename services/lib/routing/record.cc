#include "routing/record.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_join.h>

#include <algorithm>

#include "routing/names.h"
#include "routing/query.h"
#include "routing/walk.h"

namespace expertline::routing {
namespace {

v1::DecisionKind kind_of(Decision::Kind kind) {
  switch (kind) {
    case Decision::Kind::kOffer:
      return v1::DECISION_KIND_OFFER;
    case Decision::Kind::kWait:
      return v1::DECISION_KIND_WAIT;
    case Decision::Kind::kDefault:
      return v1::DECISION_KIND_DEFAULT;
  }
  return v1::DECISION_KIND_UNSPECIFIED;
}

// The declared user data, secrets without their values. True if a value that is left out had a part in the decision.
bool redact(const Strategy& strategy, const Expressions& expressions, v1::RoutingFacts& facts) {
  absl::flat_hash_set<size_t> read;
  each_deciding_expression(strategy, [&](const Expression& expression) {
    for (const cel::VariableUse& use : expression.program->variable_uses()) read.insert(use.variable);
  });
  v1::UserData kept;
  bool redacted = expressions.bad_secret();
  for (size_t i = 0; i < strategy.user_data.size(); ++i) {
    const Declared& declared = strategy.user_data[i];
    const auto given = facts.user_data().values().find(declared.key);
    if (given == facts.user_data().values().end()) continue;
    v1::UserValue& value = (*kept.mutable_values())[declared.key];
    if (!declared.secret) {
      value = given->second;
    } else if (read.contains(static_cast<size_t>(NameNumber::kUserData) + i)) {
      redacted = true;
    }
  }
  *facts.mutable_user_data() = std::move(kept);
  return redacted;
}

// In order of id.
std::vector<uint32_t> sorted(std::vector<uint32_t> experts, const Snapshot& snapshot) {
  std::sort(experts.begin(), experts.end(), [&](uint32_t a, uint32_t b) { return snapshot.id(a) < snapshot.id(b); });
  return experts;
}

std::vector<uint32_t> everybody(const Snapshot& snapshot) {
  std::vector<uint32_t> all;
  snapshot.everybody().members.for_each([&](uint32_t expert) {
    all.push_back(expert);
    return true;
  });
  return all;
}

// All on whom the decision can depend: those in the pools of the steps that were tried, those whom the request names,
// and those who were counted.
class Involved {
 public:
  Involved(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts, const v1::Moment& moment)
      : snapshot_(snapshot), expressions_(strategy, snapshot, facts, moment) {
    const Decision decision = decide_with(strategy, snapshot, facts, moment, expressions_);
    size_t i = first_step(facts);
    for (const v1::StepTrace& trace : decision.explanation.steps()) {
      if (looked_for_experts(trace)) add(strategy, i, facts);
      ++i;
    }
    for (const uint32_t skill : expressions_.counted_skills()) {
      for (int level = 1; level <= Snapshot::kLevels; ++level) add(snapshot_.with_skill(skill, level));
    }
  }

  const Expressions& expressions() const { return expressions_; }
  std::vector<uint32_t> experts() const { return {experts_.begin(), experts_.end()}; }

 private:
  void add(const Strategy& strategy, size_t i, const v1::RoutingFacts& facts) {
    const Step& step = strategy.steps[i];
    const Wanted wanted = wanted_by(step, waited_in_step_ms(strategy, i, facts));
    const Query query(step, wanted, snapshot_, facts, expressions_);
    if (query.named()) {
      if (const auto expert = snapshot_.find(*query.named())) experts_.insert(*expert);
      return;
    }
    for (const Pool* pool : query.all_pools()) add(*pool);
  }
  void add(const Pool& pool) {
    if (!pools_.insert(&pool).second) return;
    pool.members.for_each([&](uint32_t expert) {
      experts_.insert(expert);
      return true;
    });
  }

  const Snapshot& snapshot_;
  Expressions expressions_;
  absl::flat_hash_set<const Pool*> pools_;
  absl::flat_hash_set<uint32_t> experts_;
};

std::string in_words(const v1::DefaultTarget& target) {
  switch (target.target_case()) {
    case v1::DefaultTarget::kVoicemail:
      return "voicemail " + target.voicemail();
    case v1::DefaultTarget::kAgentText:
      return "agent \"" + target.agent_text() + "\"";
    case v1::DefaultTarget::kRoutingPoint:
      return "routing point " + target.routing_point();
    case v1::DefaultTarget::kDn:
      return "dn " + target.dn();
    default:
      return "nothing";
  }
}

std::string in_words(Decision::Kind kind, const std::string& step, const std::string& experts,
                     const v1::DefaultTarget& target) {
  if (kind == Decision::Kind::kOffer) return "offer in \"" + step + "\" to " + experts;
  if (kind == Decision::Kind::kWait) return "wait in \"" + step + "\"";
  return in_words(target);
}

}  // namespace

v1::DecisionRecord record_of(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                             const v1::Moment& moment, const Decision& decision, size_t most_experts) {
  v1::DecisionRecord record;
  record.set_strategy(strategy.name);
  record.set_revision(strategy.revision);
  *record.mutable_facts() = facts;
  *record.mutable_moment() = moment;
  record.set_kind(kind_of(decision.kind));
  if (decision.step != nullptr) record.set_step(decision.step->name);
  if (decision.kind == Decision::Kind::kDefault) *record.mutable_default_target() = decision.default_target;
  *record.mutable_explanation() = decision.explanation;
  std::vector<uint32_t> experts;
  if (snapshot.size() <= most_experts) {
    experts = everybody(snapshot);
    record.set_redacted(redact(strategy, Expressions(strategy, snapshot, facts, moment), *record.mutable_facts()));
  } else {
    const Involved involved(strategy, snapshot, facts, moment);
    experts = involved.experts();
    record.set_redacted(redact(strategy, involved.expressions(), *record.mutable_facts()));
  }
  for (const uint32_t expert : sorted(std::move(experts), snapshot)) *record.add_experts() = snapshot.record(expert);
  record.set_others(static_cast<int32_t>(snapshot.size()) - record.experts_size());
  return record;
}

std::string in_words(const Strategy& strategy, const Decision& decision) {
  const size_t count = std::min(static_cast<size_t>(std::max(decision.to, 1)), decision.ranked.size());
  return in_words(
      decision.kind, decision.step == nullptr ? "" : strategy.steps[decision.step_index].name,
      absl::StrJoin(decision.ranked.begin(), decision.ranked.begin() + static_cast<std::ptrdiff_t>(count), ", "),
      decision.default_target);
}

std::string in_words(const v1::DecisionRecord& record) {
  const auto& ranked = record.explanation().ranked();
  const auto kind = record.kind() == v1::DECISION_KIND_OFFER  ? Decision::Kind::kOffer
                    : record.kind() == v1::DECISION_KIND_WAIT ? Decision::Kind::kWait
                                                              : Decision::Kind::kDefault;
  return in_words(kind, record.step(), ranked.empty() ? std::string() : ranked.Get(0), record.default_target());
}

}  // namespace expertline::routing
