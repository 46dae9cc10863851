// What can be said of a strategy only as a whole. All of it is doubt, not fault: warnings.
#include <algorithm>

#include "strategy/reading.h"

namespace expertline::strategy {
namespace {

using routing::Step;
using yaml::Node;

void check_user_data(Reading& in) {
  for (const routing::Declared& declared : in.strategy.user_data) {
    // What is declared to be checked or to be kept secret has its use in that.
    if (in.used.contains(declared.key) || declared.secret || declared.required || !declared.one_of.empty()) continue;
    in.issues.warn(in.declared.at(declared.key), "unused_user_data",
                   "user_data." + declared.key + " is declared and nothing reads or shows it",
                   "it is carried along without being declared, too");
  }
}

std::string_view text_of(const std::optional<routing::Expression>& expression) {
  return expression ? std::string_view(expression->program->text()) : std::string_view();
}

bool same(const std::vector<routing::Expression>& a, const std::vector<routing::Expression>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.program->text() == y.program->text(); });
}

// Whoever `narrow` finds, `wide` finds too, whenever it is tried.
bool finds_no_less(const Step& wide, const Step& narrow) {
  // Asking more at once, or going straight through, is a reason to try the same experts again.
  if (narrow.preview.to > wide.preview.to || narrow.preview.none != wide.preview.none) return false;
  const routing::Find& w = wide.find;
  const routing::Find& n = narrow.find;
  if (wide.only_if && text_of(wide.only_if) != text_of(narrow.only_if)) return false;
  if (wide.where && text_of(wide.where) != text_of(narrow.where)) return false;
  if (w.expert && text_of(w.expert) != text_of(n.expert)) return false;
  if (!w.exclude.empty() && !same(w.exclude, n.exclude)) return false;
  if (w.states != n.states) return false;
  for (const routing::SkillRange& asked : w.skills) {
    if (std::none_of(n.skills.begin(), n.skills.end(), [&](const routing::SkillRange& has) {
          return has.skill == asked.skill && has.min >= asked.min && has.max <= asked.max;
        })) {
      return false;
    }
  }
  if (w.groups.empty()) return true;
  return !n.groups.empty() && std::all_of(n.groups.begin(), n.groups.end(), [&](const std::string& group) {
    return std::find(w.groups.begin(), w.groups.end(), group) != w.groups.end();
  });
}

void check_steps(Reading& in, const Node& steps) {
  const std::vector<Step>& all = in.strategy.steps;
  int64_t wait_ms = 0;
  for (size_t i = 0; i < all.size() && i < steps.items.size(); ++i) {
    const yaml::Entry* name = steps.items[i].find("step");
    const yaml::Mark mark = name->value.mark;
    for (size_t before = 0; before < i; ++before) {
      // One that relaxes asks for less in the end than it says, which only makes it wider.
      if (!all[i].relax.empty() || !finds_no_less(all[before], all[i])) continue;
      in.issues.warn(mark, "nobody_new",
                     "this step finds nobody whom " + yaml::quoted(all[before].name) + " has not found before it",
                     "whoever was asked is not asked again for the same leg: ask for less here than there");
      break;
    }
    wait_ms += all[i].wait_ms;
  }
  constexpr int64_t kLong = 15 * 60'000;
  const bool one_is_long = std::any_of(all.begin(), all.end(), [](const Step& step) { return step.wait_ms > kLong; });
  if (wait_ms > kLong && !one_is_long) {
    in.issues.warn(steps.mark, "long_wait",
                   "the steps together wait up to " + yaml::duration_text(wait_ms) + " while the customer does",
                   "a quarter of an hour at most, and then otherwise");
  }
}

// Two names that differ by a slip of the hand; with a roster they are checked against that.
void check_similar(Reading& in) {
  constexpr size_t kMostCompared = 200;
  if (in.world.directory || in.skills.size() > kMostCompared) return;
  for (const auto& [skill, mark] : in.skills) {
    for (const auto& [other, other_mark] : in.skills) {
      if (other_mark >= mark || skill.size() < 5 || skill.size() > 64) continue;
      if (other.size() > 64 || yaml::distance(skill, other) != 1) continue;
      in.issues.warn(mark, "similar_name", "the skills " + skill + " and " + other + " differ by one letter",
                     "if the same is meant: " + other);
    }
  }
}

}  // namespace

void check_whole(Reading& in, const Node& root) {
  check_user_data(in);
  if (const yaml::Entry* steps = root.find("steps")) check_steps(in, steps->value);
  check_similar(in);
  if (in.hours && !in.reads_hours) {
    in.issues.warn(*in.hours, "unused_hours", "the calendar is named and no condition asks hours.open",
                   "such as otherwise: - {only_if: '!hours.open', voicemail: ...}");
  }
}

}  // namespace expertline::strategy
