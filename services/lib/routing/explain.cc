#include "routing/explain.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <string>

#include "routing/record.h"
#include "routing/search.h"
#include "routing/walk.h"

namespace expertline::routing {
namespace {

std::string range_text(const SkillRange& range) {
  if (range.min == range.max) return std::to_string(range.min);
  return std::to_string(range.min) + " to " + std::to_string(range.max);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// One step of a decision that is made again.
class ExplainStep {
 public:
  ExplainStep(const Strategy& strategy, size_t index, const Snapshot& snapshot, const v1::DecisionRecord& record)
      : step_(strategy.steps[index]),
        snapshot_(snapshot),
        facts_(record.facts()),
        expressions_(strategy, snapshot, record.facts(), record.moment()),
        wanted_(wanted_by(step_, waited_in_step_ms(strategy, index, record.facts()))),
        query_(step_, wanted_, snapshot, record.facts(), expressions_),
        ranking_(step_, snapshot, query_, expressions_, milliseconds(record.moment().now()),
                 draw_key(record.facts(), index)),
        search_(step_, snapshot, query_, expressions_, milliseconds(record.moment().now()),
                draw_key(record.facts(), index), unused_) {
    expressions_.lift_decision_limit();  // a decision asks of some, an explanation of all
  }

  v1::ExpertVerdict verdict(uint32_t expert) {
    v1::ExpertVerdict verdict;
    verdict.set_expert(std::string(snapshot_.id(expert)));
    const Reason reason = search_.verdict(expert);
    const std::string problem = expressions_.problem();
    verdict.set_reason(std::string(reason_name(reason)));
    verdict.set_detail(detail(expert, reason, problem));
    return verdict;
  }

  std::string draw(const v1::StepTrace& trace) const {
    if (query_.named() || trace.ready() == 0) return {};
    std::string text = pick_name(step_.pick);
    if (step_.pick == Pick::kWeighted) text += " by " + step_.weight->program->text();
    text += " among " + std::to_string(trace.ready());
    if (trace.tested() != 0) text += ", " + std::to_string(trace.tested()) + " of them tested";
    if (step_.pick != Pick::kRandom && step_.pick != Pick::kWeighted) text += ", ties at random";
    return text + ", seed " + std::to_string(facts_.seed());
  }

 private:
  std::string detail(uint32_t expert, Reason reason, const std::string& problem) {
    const Row& row = snapshot_.row(expert);
    switch (reason) {
      case Reason::kReady:
        return query_.is_later(expert) ? "after all others: he let an offer run out" : ranking_.score_text(expert);
      case Reason::kSkill:
      case Reason::kSkillLevel:
        return skill_detail(row);
      case Reason::kGroup:
        return "in none of " + joined(wanted_.groups);
      case Reason::kOtherExpert:
        return "asked for " + *query_.named();
      case Reason::kStates:
        return std::string("is ") + state_name(row.state());
      case Reason::kWhere:
        return problem.empty() ? wanted_.where->program->text() : problem;
      case Reason::kWeight:
        return problem.empty() ? step_.weight->program->text() : problem;
      case Reason::kAtCapacity:
      case Reason::kWrapUp:
        return load_detail(row);
      default:
        return {};
    }
  }

  // Of the first skill that he lacks, or has at another level.
  std::string skill_detail(const Row& row) const {
    for (const SkillRange& range : wanted_.skills) {
      const auto skill = snapshot_.skill(range.skill);
      const int level = skill ? row.level(*skill) : 0;
      if (level == 0) return "lacks " + range.skill;
      if (level < range.min || level > range.max) {
        return range.skill + " " + std::to_string(level) + ", asked for " + range_text(range);
      }
    }
    return {};
  }

  std::string load_detail(const Row& row) const {
    const Load* load = query_.medium() ? row.load(*query_.medium()) : nullptr;
    if (load == nullptr) return {};
    std::string text = "holds " + std::to_string(load->used) + " of " + std::to_string(load->capacity);
    if (load->wrapping_up != 0) text += ", " + std::to_string(load->wrapping_up) + " of them wrapping up";
    return text;
  }

  const Step& step_;
  const Snapshot& snapshot_;
  const v1::RoutingFacts& facts_;
  Expressions expressions_;
  const Wanted wanted_;
  const Query query_;
  Ranking ranking_;
  v1::StepTrace unused_;
  Search search_;
};

// Why the decision made again is not the one of the record; empty if it is.
std::string difference(const Strategy& strategy, const v1::DecisionRecord& record, const v1::DecisionRecord& again) {
  const bool same = record.kind() == again.kind() && record.step() == again.step() &&
                    std::ranges::equal(record.explanation().ranked(), again.explanation().ranked()) &&
                    google::protobuf::util::MessageDifferencer::Equals(record.default_target(), again.default_target());
  if (same) return {};
  std::string note = "made again it is: " + in_words(again);
  if (record.revision() != strategy.revision) {
    note += "; the record is of revision " + record.revision() + ", this is " + strategy.revision;
  } else if (record.redacted()) {
    note += "; a secret value had a part in it, which no record keeps";
  }
  return note;
}

}  // namespace

v1::ExplainedDecision explain(const Strategy& strategy, const v1::DecisionRecord& record) {
  Snapshot snapshot;
  for (const v1::ExpertRecord& expert : record.experts()) snapshot.apply(expert);
  const Decision decision = decide(strategy, snapshot, record.facts(), record.moment());

  v1::ExplainedDecision explained;
  v1::DecisionRecord& kept = *explained.mutable_decision();
  kept = record;
  kept.clear_experts();
  const v1::DecisionRecord again = record_of(strategy, snapshot, record.facts(), record.moment(), decision, 0);
  explained.set_note(difference(strategy, record, again));
  explained.set_exact(explained.note().empty());

  size_t index = first_step(record.facts());
  for (const v1::StepTrace& trace : decision.explanation.steps()) {
    v1::ExplainedStep& step = *explained.add_steps();
    *step.mutable_trace() = trace;
    if (looked_for_experts(trace)) {
      ExplainStep explain_step(strategy, index, snapshot, record);
      const bool decided = decision.kind == Decision::Kind::kOffer && decision.step_index == index;
      for (const v1::ExpertRecord& expert : record.experts()) {
        const std::string_view name = expert.expert().name();
        const auto number = snapshot.find(name.substr(name.rfind('/') + 1));
        if (!number) continue;
        v1::ExpertVerdict& verdict = *step.add_experts();
        verdict = explain_step.verdict(*number);
        if (!decided) continue;
        const auto place = std::find(decision.ranked.begin(), decision.ranked.end(), verdict.expert());
        if (place != decision.ranked.end()) verdict.set_rank(static_cast<int>(place - decision.ranked.begin()) + 1);
      }
      step.set_draw(explain_step.draw(trace));
    }
    ++index;
  }
  return explained;
}

}  // namespace expertline::routing
