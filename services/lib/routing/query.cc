#include "routing/query.h"

#include <algorithm>

namespace expertline::routing {
namespace {

void apply(const Relax& relax, Wanted& wanted) {
  for (const SkillRange& range : relax.skills) {
    for (SkillRange& skill : wanted.skills) {
      if (skill.skill == range.skill) skill = range;
    }
  }
  if (!relax.groups.empty()) wanted.groups = relax.groups;
  if (!relax.states.empty()) wanted.states = 0;
  for (const v1::PresenceState state : relax.states) wanted.states |= state_bit(state);
  if (relax.drop_where) wanted.where = nullptr;
  if (relax.drop_groups) wanted.groups.clear();
  std::erase_if(wanted.skills, [&](const SkillRange& skill) {
    return std::find(relax.drop_skills.begin(), relax.drop_skills.end(), skill.skill) != relax.drop_skills.end();
  });
}

void add_ids(std::string_view list, std::vector<std::string_view>& ids) {
  constexpr std::string_view kBetween = ", ";
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find_first_of(kBetween, at), list.size());
    if (end > at) ids.push_back(list.substr(at, end - at));
    at = end + 1;
  }
}

// Texts, and lists of texts; anything else names nobody.
void add_ids(cel::Value value, std::vector<std::string_view>& ids, cel::Arena& arena) {
  if (value.kind() == cel::Value::Kind::kString) add_ids(value.as_string(), ids);
  if (value.kind() != cel::Value::Kind::kList) return;
  for (size_t i = 0; i < value.as_list().size(); ++i) {
    const cel::Value one = value.as_list().at(i, arena);
    if (one.kind() == cel::Value::Kind::kString) add_ids(one.as_string(), ids);
  }
}

}  // namespace

Wanted wanted_by(const Step& step, int64_t waited_ms) {
  Wanted wanted{.skills = step.find.skills,
                .groups = step.find.groups,
                .where = step.where ? &*step.where : nullptr,
                .relaxed = {},
                .next_relax_ms = {}};
  for (const v1::PresenceState state : step.find.states) wanted.states |= state_bit(state);
  for (const Relax& relax : step.relax) {
    if (relax.after_ms > waited_ms) {
      wanted.next_relax_ms = relax.after_ms;
      break;
    }
    apply(relax, wanted);
    wanted.relaxed.push_back(&relax);
  }
  return wanted;
}

int64_t waited_in_step_ms(const Strategy& strategy, size_t step_index, const v1::RoutingFacts& facts) {
  if (static_cast<size_t>(std::max(facts.step(), 0)) != step_index || !facts.has_wait_left()) return 0;
  return std::max<int64_t>(strategy.steps[step_index].wait_ms - milliseconds(facts.wait_left()), 0);
}

Query::Query(const Step& step, const Wanted& wanted, const Snapshot& snapshot, const v1::RoutingFacts& facts,
             Expressions& expressions)
    : snapshot_(snapshot),
      wanted_(wanted),
      medium_(snapshot.medium(facts.medium())),
      holder_(facts.held_expert().empty() ? std::nullopt : snapshot.find(facts.held_expert())) {
  for (const SkillRange& range : wanted.skills) skills_.push_back({snapshot.skill(range.skill), range.min, range.max});
  for (const std::string& group : wanted.groups) {
    const auto number = snapshot.group(group);
    if (std::find(groups_.begin(), groups_.end(), number) == groups_.end()) groups_.push_back(number);
  }
  expressions.set_expert({});
  bar(step, facts, expressions);
  if (step.find.expert) {
    const cel::Value value = expressions.value(*step.find.expert);
    named_ = value.kind() == cel::Value::Kind::kString ? std::string(value.as_string()) : std::string();
    problem_ = expressions.problem();
  }
  if (!facts.expert().empty()) {
    // Whom the agent asks for by name, unless the step is for another one.
    const bool other = named_ && *named_ != facts.expert();
    named_ = other ? std::string() : facts.expert();
    if (!other) problem_.clear();
  }
}

void Query::bar(const Step& step, const v1::RoutingFacts& facts, Expressions& expressions) {
  const auto add = [&](std::string_view id, Reason reason) {
    if (const auto expert = snapshot_.find(id)) barred_.push_back({*expert, reason});
  };
  add(facts.agent().id(), Reason::kAskingAgent);
  const auto& timed_out = facts.timed_out();
  for (const std::string& id : facts.asked()) {
    if (step.preview.ask_again && std::find(timed_out.begin(), timed_out.end(), id) != timed_out.end()) {
      if (const auto expert = snapshot_.find(id)) later_.push_back(*expert);
    } else {
      add(id, Reason::kAskedBefore);
    }
  }
  std::vector<std::string_view> excluded;
  for (const Expression& expression : step.find.exclude) {
    cel::Arena arena;
    add_ids(expressions.value(expression), excluded, arena);
    for (const std::string_view id : excluded) add(id, Reason::kExcluded);
    excluded.clear();
  }
  std::stable_sort(barred_.begin(), barred_.end(),
                   [](const Barred& a, const Barred& b) { return a.expert < b.expert; });
  const auto same = [](const Barred& a, const Barred& b) { return a.expert == b.expert; };
  barred_.erase(std::unique(barred_.begin(), barred_.end(), same), barred_.end());
  std::sort(later_.begin(), later_.end());
  later_.erase(std::unique(later_.begin(), later_.end()), later_.end());
}

Reason Query::barred_reason(uint32_t expert) const {
  const auto found = std::lower_bound(barred_.begin(), barred_.end(), expert,
                                      [](const Barred& one, uint32_t number) { return one.expert < number; });
  return found != barred_.end() && found->expert == expert ? found->reason : Reason::kReady;
}

Reason Query::fits(uint32_t expert) const {
  if (named_ && snapshot_.id(expert) != *named_) return Reason::kOtherExpert;
  const Row& row = snapshot_.row(expert);
  for (const SkillWanted& wanted : skills_) {
    const int level = wanted.skill ? row.level(*wanted.skill) : 0;
    if (level == 0) return Reason::kSkill;
    if (level < wanted.min || level > wanted.max) return Reason::kSkillLevel;
  }
  const bool in_one = std::any_of(groups_.begin(), groups_.end(),
                                  [&](const std::optional<uint32_t>& group) { return group && row.in_group(*group); });
  return groups_.empty() || in_one ? Reason::kReady : Reason::kGroup;
}

Reason Query::status(uint32_t expert) const {
  const Row& row = snapshot_.row(expert);
  const Load* load = medium_ ? row.load(*medium_) : nullptr;
  if (load == nullptr) return Reason::kNoMedium;
  const Reason reason = wanted_.states == 0 ? load->status : row.status(*load, wanted_.states);
  const bool full = reason == Reason::kAtCapacity || reason == Reason::kWrapUp;
  return full && holder_ == expert ? Reason::kReady : reason;
}

Reason Query::reason(uint32_t expert) const {
  const Reason barred = barred_reason(expert);
  if (barred != Reason::kReady) return barred;
  const Reason fit = fits(expert);
  return fit != Reason::kReady ? fit : status(expert);
}

int Query::levels(uint32_t expert) const {
  int sum = 0;
  for (const SkillWanted& wanted : skills_) {
    if (wanted.skill) sum += snapshot_.row(expert).level(*wanted.skill);
  }
  return sum;
}

std::vector<const Pool*> Query::pools_of(const SkillWanted& skill) const {
  std::vector<const Pool*> pools;
  for (int level = skill.min; skill.skill && level <= skill.max; ++level) {
    pools.push_back(&snapshot_.with_skill(*skill.skill, level));
  }
  return pools;
}

std::vector<const Pool*> Query::pools_of_groups() const {
  std::vector<const Pool*> pools;
  for (const auto& group : groups_) {
    if (group) pools.push_back(&snapshot_.with_group(*group));
  }
  return pools;
}

std::vector<const Pool*> Query::rarest() const {
  std::vector<const Pool*> best{&snapshot_.everybody()};
  const auto offer = [&](std::vector<const Pool*> pools) {
    if (members(pools) <= members(best)) best = std::move(pools);
  };
  for (const SkillWanted& skill : skills_) offer(pools_of(skill));
  if (!groups_.empty()) offer(pools_of_groups());
  return best;
}

std::vector<const Pool*> Query::all_pools() const {
  std::vector<const Pool*> all;
  const auto add = [&](const std::vector<const Pool*>& pools) { all.insert(all.end(), pools.begin(), pools.end()); };
  for (const SkillWanted& skill : skills_) add(pools_of(skill));
  add(pools_of_groups());
  if (skills_.empty() && groups_.empty()) all.push_back(&snapshot_.everybody());
  return all;
}

bool Query::owned(uint32_t expert, const Pool* pool, const std::vector<const Pool*>& pools) const {
  if (groups_.size() < 2 || pools.size() < 2) return true;
  for (const auto& group : groups_) {
    if (!group || !snapshot_.row(expert).in_group(*group)) continue;
    const Pool* first = &snapshot_.with_group(*group);
    if (std::find(pools.begin(), pools.end(), first) == pools.end()) return true;  // the pools are not the groups'
    return first == pool;
  }
  return true;
}

const Pool::Medium* Query::in_medium(const Pool& pool) const {
  return medium_ && *medium_ < pool.media.size() ? &pool.media[*medium_] : nullptr;
}

const DrawSet* Query::candidates(const Pool& pool) const {
  if (wanted_.states != 0) return &pool.members;
  const Pool::Medium* medium = in_medium(pool);
  return medium == nullptr ? nullptr : &medium->ready;
}

std::optional<uint32_t> Query::held_candidate() const {
  if (!holder_ || wanted_.states != 0 || fits(*holder_) != Reason::kReady) return std::nullopt;
  const bool among = snapshot_.status(*holder_, medium_) == Reason::kReady;
  return !among && status(*holder_) == Reason::kReady ? holder_ : std::nullopt;
}

size_t members(const std::vector<const Pool*>& pools) {
  size_t sum = 0;
  for (const Pool* pool : pools) sum += pool->members.size();
  return sum;
}

}  // namespace expertline::routing
