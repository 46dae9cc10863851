#include "strategy/find.h"

#include <algorithm>

#include "routing/snapshot.h"
#include "strategy/expression.h"

namespace expertline::strategy {
namespace {

using routing::SkillRange;
using yaml::Fields;
using yaml::Node;

const std::vector<std::string> kStates{"online", "busy", "away", "on_the_phone", "appear_offline"};

constexpr size_t kMaxNames = 50;

v1::PresenceState state_of(const std::string& word) {
  static constexpr v1::PresenceState kValues[] = {v1::PRESENCE_STATE_ONLINE, v1::PRESENCE_STATE_BUSY,
                                                  v1::PRESENCE_STATE_AWAY, v1::PRESENCE_STATE_ON_THE_PHONE,
                                                  v1::PRESENCE_STATE_APPEAR_OFFLINE};
  return kValues[std::find(kStates.begin(), kStates.end(), word) - kStates.begin()];
}

// `3` (at least), `"2-4"` or `any`.
void read_levels(Reading& in, const Node& node, SkillRange& range) {
  constexpr int kTop = routing::Snapshot::kLevels;
  const std::string what = "the level of " + range.skill;
  const auto text = yaml::read_text(node, what, in.issues);
  if (!text || *text == "any") return;
  const size_t dash = text->find('-');
  const auto min = yaml::to_int(text->substr(0, dash));
  const auto max = dash == std::string::npos ? kTop : yaml::to_int(text->substr(dash + 1));
  if (!min || !max) {
    const std::string hint = yaml::did_you_mean(*text, {"any"});
    in.issues.add(node.mark, "bad_level", what + " is not a level: " + yaml::quoted(*text),
                  hint.empty() ? "such as 3 (at least), \"2-4\" or any" : hint);
  } else if (*min < 1 || *min > kTop || *max < 1 || *max > kTop) {
    in.issues.add(node.mark, "out_of_range",
                  what + " must lie between 1 and " + std::to_string(kTop) + ", not " + *text);
  } else if (*min > *max) {
    in.issues.add(node.mark, "out_of_range", what + " is a range that ends before it begins: " + *text,
                  "write the lower level first");
  } else {
    range.min = static_cast<int>(*min);
    range.max = static_cast<int>(*max);
  }
}

std::vector<SkillRange> read_skills(Reading& in, const Node& node, const std::string& what) {
  std::vector<SkillRange> skills;
  if (node.kind == Node::Kind::kScalar && !node.told) {
    in.issues.add(node.mark, "wrong_type", what + ".skills must be a map, not a single value",
                  "{" + node.scalar + ": any}");
    return skills;
  }
  if (node.entries.size() > kMaxNames) {
    in.issues.add(node.mark, "out_of_range", what + ".skills has at most " + std::to_string(kMaxNames) + " skills");
    return skills;
  }
  for (const yaml::Entry& entry : yaml::read_map(node, what + ".skills", in.issues)) {
    SkillRange range{.skill = entry.key};
    if (entry.key.empty()) {
      in.issues.add(entry.mark, "empty", "a skill must have a name");
    } else {
      check_skill(in, entry.mark, entry.key);
    }
    read_levels(in, entry.value, range);
    skills.push_back(std::move(range));
  }
  return skills;
}

// A list of words that are not to repeat.
template <typename Read>
void read_words(Reading& in, const Node& node, const std::string& what, Read read) {
  const auto& items = yaml::read_list(node, what, in.issues);
  if (node.kind == Node::Kind::kList && (items.empty() || items.size() > kMaxNames)) {
    in.issues.add(node.mark, items.empty() ? "empty" : "out_of_range",
                  what + " must name 1 to " + std::to_string(kMaxNames));
    return;
  }
  std::set<std::string> seen;
  for (const Node& item : items) {
    if (item.kind == Node::Kind::kScalar && !seen.insert(item.scalar).second) {
      in.issues.warn(item.mark, "duplicate", item.scalar + " is in " + what + " twice");
      continue;
    }
    read(item);
  }
}

std::vector<std::string> read_groups(Reading& in, const Node& node, const std::string& what) {
  std::vector<std::string> groups;
  read_words(in, node, what + ".groups", [&](const Node& item) {
    auto group = yaml::read_name(item, "a group", in.issues);
    if (!group) return;
    check_group(in, item.mark, *group);
    groups.push_back(std::move(*group));
  });
  return groups;
}

std::vector<v1::PresenceState> read_states(Reading& in, const Node& node, const std::string& what) {
  std::vector<v1::PresenceState> states;
  read_words(in, node, what + ".states", [&](const Node& item) {
    if (item.kind == Node::Kind::kScalar && item.scalar == "offline") {
      in.issues.add(item.mark, "unknown_state", "nobody who is offline can be asked",
                    "online, busy, away, on_the_phone, appear_offline");
      return;
    }
    if (item.kind == Node::Kind::kScalar && !item.told &&
        std::find(kStates.begin(), kStates.end(), item.scalar) == kStates.end()) {
      const std::string hint = yaml::did_you_mean(item.scalar, kStates);
      in.issues.add(item.mark, "unknown_state", yaml::quoted(item.scalar) + " is no state that a step can ask for",
                    hint.empty() ? "online, busy, away, on_the_phone, appear_offline" : hint);
      return;
    }
    if (const auto word = yaml::read_word(item, "a state", kStates, in.issues)) states.push_back(state_of(*word));
  });
  return states;
}

// A text that does not depend on anything must be the id of somebody.
void check_expert(Reading& in, const Node& node, const routing::Expression& expression) {
  const auto& constant = expression.program->constant();
  if (!constant || constant->kind() != cel::Value::Kind::kString) return;
  const std::string id(constant->as_string());
  if (id.empty()) {
    in.issues.warn(node.mark, "names_nobody", expression.place + " is always empty: it names nobody");
  } else if (in.world.directory && !in.world.directory->experts.contains(id)) {
    in.issues.add_inside(node, 0, node.scalar.size(), "unknown_expert", "the roster has no expert " + yaml::quoted(id),
                         yaml::did_you_mean(id, words(in.world.directory->experts)));
  }
}

// What a step asks for at some time of its wait.
struct Asks {
  std::vector<SkillRange> skills;
  std::vector<std::string> groups;
  std::vector<v1::PresenceState> states;
  bool where = false;
};

template <typename T>
bool contains_all(const std::vector<T>& all, const std::vector<T>& some) {
  return std::all_of(some.begin(), some.end(),
                     [&](const T& one) { return std::find(all.begin(), all.end(), one) != all.end(); });
}

class RelaxEntry {
 public:
  RelaxEntry(Reading& in, const Node& node, const std::string& what, Asks& asks, bool sound)
      : in_(in), node_(node), what_(what), asks_(asks), sound_(sound) {}

  void read(routing::Step& step) {
    routing::Relax relax{.line = node_.mark.line};
    Fields fields(node_, "an entry of relax", in_.issues);
    if (const Node* after = fields.required("after")) read_after(*after, step, relax);
    if (const Node* node = fields.optional("skills")) skills(*node, relax);
    if (const Node* node = fields.optional("groups")) groups(*node, relax);
    if (const Node* node = fields.optional("states")) states(*node, relax);
    if (const Node* node = fields.optional("drop")) drop(*node, relax);
    fields.done();
    if (node_.kind == Node::Kind::kMap && !any_) {
      in_.issues.add(node_.mark, "empty", "this entry of relax changes nothing",
                     "give it skills, groups, states or drop");
    }
    step.relax.push_back(std::move(relax));
  }

 private:
  void read_after(const Node& node, const routing::Step& step, routing::Relax& relax) {
    const auto after = yaml::read_duration_ms(node, "after", 1, 3'600'000, in_.issues);
    if (!after) return;
    relax.after_ms = *after;
    if (step.wait_ms > 0 && *after >= step.wait_ms) {
      in_.issues.add(node.mark, "relax_too_late",
                     "the wait is over before this: the step waits " + yaml::duration_text(step.wait_ms),
                     "an earlier time, or a longer wait");
    }
    if (!step.relax.empty() && *after <= step.relax.back().after_ms) {
      in_.issues.add(node.mark, "relax_order", "the entries of relax must be in order of their time",
                     "the one before it comes after " + yaml::duration_text(step.relax.back().after_ms));
    }
  }

  void note(routing::Relax& relax, const std::string& text) { relax.text += (relax.text.empty() ? "" : ", ") + text; }

  void skills(const Node& node, routing::Relax& relax) {
    any_ = true;
    relax.skills = read_skills(in_, node, what_ + ".relax");
    for (const SkillRange& range : relax.skills) {
      const yaml::Entry* entry = node.find(range.skill);
      const auto asked = std::find_if(asks_.skills.begin(), asks_.skills.end(),
                                      [&](const SkillRange& one) { return one.skill == range.skill; });
      note(relax, "skills." + range.skill + ": " + entry->value.scalar);
      if (asked == asks_.skills.end()) {
        std::vector<std::string> names;
        for (const SkillRange& one : asks_.skills) names.push_back(one.skill);
        unasked(entry->mark, "the skill " + range.skill, yaml::did_you_mean(range.skill, names));
        continue;
      }
      const bool wider = range.min <= asked->min && range.max >= asked->max;
      if (!wider || (range.min == asked->min && range.max == asked->max)) tighter(entry->value.mark, !wider);
      *asked = range;
    }
  }

  void groups(const Node& node, routing::Relax& relax) {
    any_ = true;
    relax.groups = read_groups(in_, node, what_ + ".relax");
    note(relax, "groups: " + joined(relax.groups));
    if (asks_.groups.empty()) {
      unasked(node.mark, "groups", "");
    } else if (!contains_all(relax.groups, asks_.groups) || relax.groups.size() == asks_.groups.size()) {
      tighter(node.mark, !contains_all(relax.groups, asks_.groups));
    }
    asks_.groups = relax.groups;
  }

  void states(const Node& node, routing::Relax& relax) {
    any_ = true;
    relax.states = read_states(in_, node, what_ + ".relax");
    std::vector<std::string> names;
    for (const Node& item : node.items) names.push_back(item.scalar);
    note(relax, "states: " + joined(names));
    if (!asks_.states.empty() &&
        (!contains_all(relax.states, asks_.states) || relax.states.size() == asks_.states.size())) {
      tighter(node.mark, !contains_all(relax.states, asks_.states));
    }
    asks_.states = relax.states;
  }

  void drop(const Node& node, routing::Relax& relax) {
    any_ = true;
    if (node.kind == Node::Kind::kList) {
      for (const Node& item : node.items) drop_one(item, relax);
    } else {
      drop_one(node, relax);
    }
  }

  void drop_one(const Node& node, routing::Relax& relax) {
    const auto word = yaml::read_text(node, "drop", in_.issues);
    if (!word) return;
    note(relax, "drop: " + *word);
    if (*word == "where") {
      if (!asks_.where) unasked(node.mark, "where", "");
      relax.drop_where = true;
      asks_.where = false;
    } else if (*word == "groups") {
      if (asks_.groups.empty()) unasked(node.mark, "groups", "");
      relax.drop_groups = true;
      asks_.groups.clear();
    } else if (word->starts_with("skills.")) {
      const std::string skill = word->substr(7);
      const auto asked = std::find_if(asks_.skills.begin(), asks_.skills.end(),
                                      [&](const SkillRange& one) { return one.skill == skill; });
      if (asked == asks_.skills.end()) {
        std::vector<std::string> names;
        for (const SkillRange& one : asks_.skills) names.push_back("skills." + one.skill);
        return unasked(node.mark, "the skill " + skill, yaml::did_you_mean(*word, names));
      }
      asks_.skills.erase(asked);
      relax.drop_skills.push_back(skill);
    } else {
      std::vector<std::string> known{"where", "groups"};
      for (const SkillRange& one : asks_.skills) known.push_back("skills." + one.skill);
      yaml::read_word(node, "drop", known, in_.issues);
    }
  }

  void unasked(yaml::Mark mark, const std::string& what, const std::string& hint) {
    if (!sound_) return;
    in_.issues.add(mark, "relax_unasked", "the step does not ask for " + what + " by then", hint);
  }
  void tighter(yaml::Mark mark, bool asks_more) {
    if (!sound_) return;
    in_.issues.add(mark, "relax_tightens",
                   asks_more ? "this asks for something that was not asked for before" : "this changes nothing",
                   "relax can only ask for less, so that more experts fit");
  }
  static std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : " ") + name;
    return all;
  }

  Reading& in_;
  const Node& node_;
  const std::string& what_;
  Asks& asks_;
  const bool sound_;  // what the step asks for is known
  bool any_ = false;
};

}  // namespace

void check_skill(Reading& in, yaml::Mark mark, const std::string& skill) {
  in.skills.emplace(skill, mark);
  if (!in.world.directory || in.world.directory->skills.contains(skill)) return;
  in.issues.add(mark, "unknown_skill", "no expert of the roster has the skill " + yaml::quoted(skill),
                yaml::did_you_mean(skill, words(in.world.directory->skills)));
}

void check_group(Reading& in, yaml::Mark mark, const std::string& group) {
  if (!in.world.directory || in.world.directory->groups.contains(group)) return;
  in.issues.add(mark, "unknown_group", "no expert of the roster is in the group " + yaml::quoted(group),
                yaml::did_you_mean(group, words(in.world.directory->groups)));
}

void read_find(Reading& in, const Node& node, const std::string& what, routing::Find& find) {
  Fields fields(node, "find", in.issues);
  if (const Node* skills = fields.optional("skills")) find.skills = read_skills(in, *skills, what + ".find");
  if (const Node* groups = fields.optional("groups")) find.groups = read_groups(in, *groups, what + ".find");
  if (const Node* expert = fields.optional("expert")) {
    find.expert = read_expression(in, *expert, Result::kName, {what + ".find.expert"});
    if (find.expert) check_expert(in, *expert, *find.expert);
  }
  const Node* const exclude = fields.optional("exclude");
  if (exclude != nullptr && exclude->items.size() > kMaxNames) {
    in.issues.add(exclude->mark, "out_of_range", "exclude has at most " + std::to_string(kMaxNames) + " expressions");
  } else if (exclude != nullptr) {
    const bool several = exclude->kind == Node::Kind::kList;
    for (const Node& item : several ? exclude->items : std::vector<Node>{*exclude}) {
      auto value = read_expression(in, item, Result::kNames, {what + ".find.exclude"});
      if (!value) continue;
      check_expert(in, item, *value);
      find.exclude.push_back(std::move(*value));
    }
  }
  if (const Node* states = fields.optional("states")) find.states = read_states(in, *states, what + ".find");
  fields.done();
}

void read_relax(Reading& in, const Node& node, const std::string& what, bool sound, routing::Step& step) {
  constexpr size_t kMaxEntries = 20;
  if (sound && step.wait_ms == 0) {
    in.issues.add(node.mark, "relax_without_wait", "relax means something only while the step waits",
                  "give the step a wait");
  }
  const auto& items = yaml::read_list(node, what + ".relax", in.issues);
  if (items.size() > kMaxEntries) {
    in.issues.add(node.mark, "out_of_range", "relax has at most " + std::to_string(kMaxEntries) + " entries");
    return;
  }
  Asks asks{step.find.skills, step.find.groups, step.find.states, step.where.has_value()};
  for (const Node& item : items) RelaxEntry(in, item, what, asks, sound).read(step);
}

}  // namespace expertline::strategy
