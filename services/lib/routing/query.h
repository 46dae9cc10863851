// Whom one step looks for, in the terms of one snapshot: the filters of a decision but `where`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "routing/expressions.h"

namespace expertline::routing {

// What a step asks for after what it relaxes by now.
struct Wanted {
  std::vector<SkillRange> skills;
  std::vector<std::string> groups;
  StateSet states = 0;
  const Expression* where = nullptr;     // null: none
  std::vector<const Relax*> relaxed;     // what has been applied, in order
  std::optional<int64_t> next_relax_ms;  // of waiting in the step, when it will ask for less again
};

// `waited_ms`: how long the leg has waited in this step.
Wanted wanted_by(const Step& step, int64_t waited_ms);

// How long a leg has waited in this step so far.
int64_t waited_in_step_ms(const Strategy& strategy, size_t step_index, const v1::RoutingFacts& facts);

// An expert whom the request rules out, with the reason.
struct Barred {
  uint32_t expert = 0;
  Reason reason = Reason::kReady;
};

class Query {
 public:
  // All that it is given must outlive it.
  Query(const Step& step, const Wanted& wanted, const Snapshot& snapshot, const v1::RoutingFacts& facts,
        Expressions& expressions);

  // The find's `expert` if it has one, or whom the agent asks for by name; empty if that names nobody.
  const std::optional<std::string>& named() const { return named_; }
  // Why the find's `expert` has no value; empty if it has one.
  const std::string& problem() const { return problem_; }
  // One skill, one group, or nothing at all, and whom presence lets through: the pools' own counts are the answer.
  bool is_single() const { return !named_ && !holder_ && skills_.size() + groups_.size() <= 1 && wanted_.states == 0; }
  // In order of number, each once, with the first reason.
  std::span<const Barred> barred() const { return barred_; }
  // Who comes after all others, as they were asked before; in order of number.
  std::span<const uint32_t> later() const { return later_; }
  bool is_later(uint32_t expert) const { return std::binary_search(later_.begin(), later_.end(), expert); }
  std::optional<uint32_t> medium() const { return medium_; }
  const Wanted& wanted() const { return wanted_; }

  // kReady if the request does not rule him out.
  Reason barred_reason(uint32_t expert) const;
  // The find's own filters: kReady if he fits.
  Reason fits(uint32_t expert) const;
  // His capacity for the leg that already holds him does not count against that leg.
  Reason status(uint32_t expert) const;
  // All filters, in the order in which an expert is counted.
  Reason reason(uint32_t expert) const;

  // The sum of his levels in the find's skills.
  int levels(uint32_t expert) const;

  // The pools of the criterion with the fewest members: their union holds everyone who fits. An expert who is in
  // several of them (groups) counts in the first only: see owned().
  std::vector<const Pool*> rarest() const;
  // The pools of all criteria.
  std::vector<const Pool*> all_pools() const;
  // Whether `pool` is the first of `pools` that he is in. Only groups overlap.
  bool owned(uint32_t expert, const Pool* pool, const std::vector<const Pool*>& pools) const;

  // Of a pool, those who may be ready: with states anybody, else those who are ready for the medium. Null: nobody.
  const DrawSet* candidates(const Pool& pool) const;
  const Pool::Medium* in_medium(const Pool& pool) const;
  // Whom the leg itself keeps from being among the candidates of a pool that he is in: he may be ready all the same.
  std::optional<uint32_t> held_candidate() const;

 private:
  struct SkillWanted {
    std::optional<uint32_t> skill;
    int min;
    int max;
  };

  void bar(const Step& step, const v1::RoutingFacts& facts, Expressions& expressions);
  std::vector<const Pool*> pools_of(const SkillWanted& skill) const;
  std::vector<const Pool*> pools_of_groups() const;

  const Snapshot& snapshot_;
  const Wanted& wanted_;
  std::optional<uint32_t> medium_;
  std::optional<uint32_t> holder_;
  std::vector<Barred> barred_;
  std::vector<uint32_t> later_;
  std::vector<SkillWanted> skills_;
  std::vector<std::optional<uint32_t>> groups_;
  std::optional<std::string> named_;
  std::string problem_;
};

size_t members(const std::vector<const Pool*>& pools);

}  // namespace expertline::routing
