#include <algorithm>

#include "strategy/expression.h"
#include "strategy/find.h"
#include "strategy/reading.h"

namespace expertline::strategy {
namespace {

using routing::Pick;
using routing::Step;
using yaml::Fields;
using yaml::Node;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr size_t kMaxSteps = 50;

void read_pick(Reading& in, const Node& node, const std::string& what, Step& step) {
  static const std::vector<std::string> kPicks{pick_name(Pick::kRandom), pick_name(Pick::kLongestIdle),
                                               pick_name(Pick::kLeastBusy), pick_name(Pick::kLeastLoadToday),
                                               pick_name(Pick::kBestSkill)};
  if (node.kind == Node::Kind::kMap) {
    step.pick = Pick::kWeighted;
    Fields fields(node, "pick", in.issues);
    if (const Node* weight = fields.required("weighted")) {
      step.weight = read_expression(in, *weight, Result::kNumber, {what + ".pick.weighted", true});
      const auto& constant = step.weight ? step.weight->program->constant() : std::nullopt;
      if (constant) {
        const bool never = (constant->kind() == cel::Value::Kind::kInt && constant->as_int() <= 0) ||
                           (constant->kind() == cel::Value::Kind::kUint && constant->as_uint() == 0) ||
                           (constant->kind() == cel::Value::Kind::kDouble && !(constant->as_double() > 0));
        if (never) {
          in.issues.add(weight->mark, "weight_never", "with this weight nobody is ever picked", "a number above 0");
        } else {
          in.issues.warn(weight->mark, "weight_constant", "all have the same weight", "pick: random does the same");
        }
      }
    }
    fields.done();
    return;
  }
  if (node.kind == Node::Kind::kScalar && node.scalar == "weighted") {
    in.issues.add(node.mark, "unknown_word", "weighted needs an expression", "pick: {weighted: ...}");
    return;
  }
  if (const auto word = yaml::read_word(node, "pick", kPicks, in.issues)) {
    step.pick = static_cast<Pick>(std::find(kPicks.begin(), kPicks.end(), *word) - kPicks.begin());
  }
  if (step.pick == Pick::kBestSkill && step.find.skills.empty()) {
    in.issues.warn(node.mark, "no_skill", "best_skill has nothing to compare: the step's find names no skill");
  }
}

void read_shown(Reading& in, const Node& node, routing::Preview& preview) {
  auto key = yaml::read_name(node, "show", in.issues);
  if (!key) return;
  const auto& declared = in.strategy.user_data;
  const auto found =
      std::find_if(declared.begin(), declared.end(), [&](const routing::Declared& one) { return one.key == *key; });
  in.used.insert(*key);
  if (found == declared.end()) {
    const std::string hint = yaml::did_you_mean(*key, words(in.declared));
    in.issues.add(node.mark, "undeclared", "user_data." + *key + " is not declared",
                  hint.empty() ? "declare it under user_data" : hint);
  } else if (found->secret) {
    in.issues.add(node.mark, "secret_shown", "user_data." + *key + " is secret and must not be shown",
                  "a secret may be attached or compared, never written for people to read");
  } else if (std::find(preview.show.begin(), preview.show.end(), *key) != preview.show.end()) {
    in.issues.warn(node.mark, "duplicate", *key + " is shown twice");
  } else {
    preview.show.push_back(std::move(*key));
  }
}

void read_preview(Reading& in, const Node& node, const std::string& what, routing::Preview& preview) {
  if (node.kind == Node::Kind::kScalar) {
    preview.none = yaml::read_word(node, "preview", {"none"}, in.issues).has_value();
    return;
  }
  Fields fields(node, "preview", in.issues);
  if (const Node* value = fields.optional("answer_within")) {
    set(preview.answer_within_ms, yaml::read_duration_ms(*value, "answer_within", 100, 10 * kMinute, in.issues));
  }
  if (const Node* value = fields.optional("to")) {
    set(preview.to, yaml::read_int(*value, "to", 1, 16, in.issues));
    preview.offers = std::max(preview.offers, preview.to);
  }
  if (const Node* value = fields.optional("offers")) {
    const auto offers = yaml::read_int(*value, "offers", 1, 100, in.issues);
    set(preview.offers, offers);
    if (offers && *offers < preview.to) {
      in.issues.add(
          value->mark, "offers_below_to",
          "with offers: " + std::to_string(*offers) + " it cannot ask " + std::to_string(preview.to) + " at once",
          "offers counts everybody who is asked, so at least " + std::to_string(preview.to));
    }
  }
  if (const Node* value = fields.optional("show")) {
    for (const Node& item : yaml::read_list(*value, "show", in.issues)) read_shown(in, item, preview);
  }
  if (const Node* value = fields.optional("message")) {
    set(preview.message, read_template(in, *value, {what + ".preview.message", true}));
  }
  if (const Node* value = fields.optional("ask_again")) {
    preview.ask_again = yaml::read_word(*value, "ask_again", {"after_timeout"}, in.issues).has_value();
    if (preview.ask_again && preview.offers <= preview.to) {
      in.issues.warn(value->mark, "ask_again_never", "after the first round no offer is left to ask anybody again",
                     "more offers");
    }
  }
  fields.done();
}

void read_step(Reading& in, const Node& node, std::map<std::string, int>& names) {
  const size_t errors_before = in.issues.errors();
  Step step{.name = "", .line = node.mark.line};
  Fields fields(node, "a step", in.issues);
  if (const Node* name = fields.required("step")) {
    set(step.name, yaml::read_name(*name, "step", in.issues));
    if (step.name.size() > 200) in.issues.add(name->mark, "out_of_range", "the name of a step has at most 200 bytes");
    const auto [first, inserted] = names.try_emplace(step.name, name->mark.line);
    if (!inserted && !step.name.empty()) {
      in.issues.add(name->mark, "duplicate_step", "a step named " + yaml::quoted(step.name) + " is there already",
                    "it is on line " + std::to_string(first->second));
    }
  }
  const std::string what = "steps[" + step.name + "]";
  if (const Node* condition = fields.optional("only_if")) {
    step.only_if = read_expression(in, *condition, Result::kCondition, {what + ".only_if"});
  }
  if (const Node* find = fields.required("find")) read_find(in, *find, what, step.find);
  const Node* const where = fields.optional("where");
  if (where != nullptr) step.where = read_expression(in, *where, Result::kCondition, {what + ".where", true});
  if (const Node* pick = fields.optional("pick")) read_pick(in, *pick, what, step);
  if (const Node* preview = fields.optional("preview")) read_preview(in, *preview, what, step.preview);
  if (const Node* wait = fields.optional("wait")) {
    set(step.wait_ms, yaml::read_duration_ms(*wait, "wait", 0, kHour, in.issues));
    if (step.wait_ms > 15 * kMinute) {
      in.issues.warn(wait->mark, "long_wait", "the agent's customer would wait " + yaml::duration_text(step.wait_ms),
                     "a quarter of an hour at most, and then otherwise");
    }
  }
  if (const Node* relax = fields.optional("relax"))
    read_relax(in, *relax, what, in.issues.errors() == errors_before, step);
  fields.done();
  in.strategy.steps.push_back(std::move(step));
}

}  // namespace

void read_steps(Reading& in, const Node& node) {
  const auto& items = yaml::read_list(node, "steps", in.issues);
  if (node.kind == Node::Kind::kList && (items.empty() || items.size() > kMaxSteps)) {
    in.issues.add(node.mark, "out_of_range", "a strategy has 1 to " + std::to_string(kMaxSteps) + " steps");
    return;
  }
  std::map<std::string, int> names;
  for (const Node& item : items) read_step(in, item, names);
}

}  // namespace expertline::strategy
