#include "routing/decide.h"

#include <algorithm>
#include <array>
#include <limits>

namespace expertline::routing {
namespace {

// Up to so many ready experts are looked at one by one; beyond it `random` draws.
constexpr size_t kSmall = 64;
// Up to so many experts with the rarest criterion are looked at one by one, when there are several criteria.
constexpr size_t kScan = 2048;

// Why a step was passed over.
constexpr const char* kOffersUsedUp = "offers_used_up";
constexpr const char* kNobodyNamed = "nobody_named";
constexpr const char* kNobodyReady = "nobody_ready";
constexpr const char* kWaitOver = "wait_over";

std::string named_expert(const Strategy& strategy, const Step& step, const v1::RoutingFacts& facts) {
  const auto value = resolve(*step.find.expert, Scope{.strategy = strategy, .facts = facts});
  return value ? text_of(*value) : std::string();
}

void add_ids(const std::string& list, std::vector<std::string>& ids) {
  constexpr std::string_view kBetween = ", ";
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find_first_of(kBetween, at), list.size());
    if (end > at) ids.push_back(list.substr(at, end - at));
    at = end + 1;
  }
}

// The experts whom the request rules out, with the reason; few. In order of number, each once, first reason kept.
struct Barred {
  uint32_t expert;
  Reason reason;
};

std::vector<Barred> barred_experts(const Strategy& strategy, const Step& step, const Snapshot& snapshot,
                                   const v1::RoutingFacts& facts) {
  std::vector<Barred> barred;
  const auto bar = [&](const std::string& id, Reason reason) {
    if (const auto expert = snapshot.find(id)) barred.push_back({*expert, reason});
  };
  bar(facts.agent().id(), Reason::kAskingAgent);
  for (const std::string& id : facts.asked()) bar(id, Reason::kAskedBefore);
  std::vector<std::string> excluded;
  for (const Value& value : step.find.exclude) {
    if (const auto resolved = resolve(value, Scope{.strategy = strategy, .facts = facts})) {
      add_ids(text_of(*resolved), excluded);
    }
  }
  for (const std::string& id : excluded) bar(id, Reason::kExcluded);
  std::stable_sort(barred.begin(), barred.end(), [](const Barred& a, const Barred& b) { return a.expert < b.expert; });
  barred.erase(
      std::unique(barred.begin(), barred.end(), [](const Barred& a, const Barred& b) { return a.expert == b.expert; }),
      barred.end());
  return barred;
}

// A step's find with the names of one snapshot.
class Query {
 public:
  Query(const Strategy& strategy, const Step& step, const Snapshot& snapshot, const v1::RoutingFacts& facts)
      : snapshot_(snapshot),
        medium_(snapshot.medium(facts.medium())),
        holder_(snapshot.find(facts.held_expert())),
        barred_(barred_experts(strategy, step, snapshot, facts)) {
    for (const SkillRange& range : step.find.skills) {
      skills_.push_back({snapshot.skill(range.skill), range.min, range.max});
    }
    for (const std::string& group : step.find.groups) groups_.push_back(snapshot.group(group));
    if (step.find.expert) named_ = named_expert(strategy, step, facts);
  }

  bool names_an_expert() const { return named_.has_value(); }
  const std::string& named() const { return *named_; }
  // One skill, one group, or nothing at all: the pools' own counts are the answer.
  bool is_single() const { return !named_ && skills_.size() + groups_.size() <= 1; }
  const std::vector<Barred>& barred() const { return barred_; }
  std::optional<uint32_t> medium() const { return medium_; }

  Reason barred_reason(uint32_t expert) const {
    const auto found = std::lower_bound(barred_.begin(), barred_.end(), expert,
                                        [](const Barred& one, uint32_t number) { return one.expert < number; });
    return found != barred_.end() && found->expert == expert ? found->reason : Reason::kReady;
  }

  // The find's own filters: kReady if he fits.
  Reason fits(uint32_t expert) const {
    if (named_ && snapshot_.id(expert) != *named_) return Reason::kOtherExpert;
    for (const SkillRangeNumber& range : skills_) {
      const int level = range.skill ? snapshot_.level(expert, *range.skill) : 0;
      if (level == 0) return Reason::kSkill;
      if (level < range.min || level > range.max) return Reason::kSkillLevel;
    }
    const bool in_one = std::any_of(groups_.begin(), groups_.end(), [&](const std::optional<uint32_t>& group) {
      return group && snapshot_.in_group(expert, *group);
    });
    return groups_.empty() || in_one ? Reason::kReady : Reason::kGroup;
  }

  // His capacity for the leg that already holds him does not count against that leg.
  Reason status(uint32_t expert) const {
    const Reason reason = snapshot_.status(expert, medium_);
    return reason == Reason::kAtCapacity && holder_ == expert ? Reason::kReady : reason;
  }

  // All filters, in the order in which an expert is counted.
  Reason reason(uint32_t expert) const {
    const Reason barred = barred_reason(expert);
    if (barred != Reason::kReady) return barred;
    const Reason fit = fits(expert);
    return fit != Reason::kReady ? fit : status(expert);
  }

  // The pools of the criterion with the fewest members: their union holds everyone who fits. An expert who is in
  // several of them (groups) counts in the first only: see owned().
  std::vector<const Pool*> rarest() const {
    std::vector<const Pool*> best{&snapshot_.everybody()};
    const auto offer = [&](std::vector<const Pool*> pools) {
      if (members(pools) <= members(best)) best = std::move(pools);
    };
    for (const SkillRangeNumber& range : skills_) {
      std::vector<const Pool*> pools;
      for (int level = range.min; range.skill && level <= range.max; ++level) {
        pools.push_back(&snapshot_.with_skill(*range.skill, level));
      }
      offer(std::move(pools));
    }
    if (!groups_.empty()) {
      std::vector<const Pool*> pools;
      for (const auto& group : groups_) {
        if (group) pools.push_back(&snapshot_.with_group(*group));
      }
      offer(std::move(pools));
    }
    return best;
  }

  // Whether `pool` is the first of `pools` that he is in. Only groups overlap.
  bool owned(uint32_t expert, const Pool* pool, const std::vector<const Pool*>& pools) const {
    if (groups_.size() < 2 || pools.size() < 2) return true;
    for (const auto& group : groups_) {
      if (!group || !snapshot_.in_group(expert, *group)) continue;
      const Pool* first = &snapshot_.with_group(*group);
      if (std::find(pools.begin(), pools.end(), first) == pools.end()) return true;  // the pools are not the groups'
      return first == pool;
    }
    return true;
  }

  static size_t members(const std::vector<const Pool*>& pools) {
    size_t sum = 0;
    for (const Pool* pool : pools) sum += pool->members.size();
    return sum;
  }

  const Pool::Medium* in_medium(const Pool& pool) const {
    return medium_ && *medium_ < pool.media.size() ? &pool.media[*medium_] : nullptr;
  }

 private:
  struct SkillRangeNumber {
    std::optional<uint32_t> skill;
    int min;
    int max;
  };

  const Snapshot& snapshot_;
  std::optional<uint32_t> medium_;
  std::optional<uint32_t> holder_;
  std::vector<Barred> barred_;
  std::vector<SkillRangeNumber> skills_;
  std::vector<std::optional<uint32_t>> groups_;
  std::optional<std::string> named_;
};

// Keeps the best kMaxRanked: least score first, ties in random order. The random order is a keyed hash of the expert,
// so it does not depend on the order in which they are offered.
class Ranking {
 public:
  Ranking(Pick pick, const Snapshot& snapshot, std::optional<uint32_t> medium, uint64_t key)
      : pick_(pick), snapshot_(snapshot), medium_(medium), key_(key) {}

  void offer(uint32_t expert) {
    const Ranked ranked{score(expert), mix(key_ ^ snapshot_.hash(expert)), expert};
    if (heap_.size() == kMaxRanked) {
      if (!(ranked < heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back(ranked);
    std::push_heap(heap_.begin(), heap_.end());
  }

  std::vector<uint32_t> take() {
    std::sort_heap(heap_.begin(), heap_.end());
    std::vector<uint32_t> experts;
    for (const Ranked& ranked : heap_) experts.push_back(ranked.expert);
    return experts;
  }

 private:
  struct Ranked {
    int64_t score;
    uint64_t tie;
    uint32_t expert;

    bool operator<(const Ranked& other) const { return score != other.score ? score < other.score : tie < other.tie; }
  };

  int64_t score(uint32_t expert) const {
    switch (pick_) {
      case Pick::kRandom:
        return 0;
      case Pick::kLongestIdle:  // whoever holds something is not idle: after all who are
        return snapshot_.idle_since_ms(expert) +
               (snapshot_.holds_anything(expert) ? std::numeric_limits<int64_t>::max() / 2 : 0);
      case Pick::kLeastBusy: {  // used / capacity; exact for capacities up to 1000, as 2^20 > 1000 * 1000
        const Snapshot::Load load = snapshot_.load(expert, medium_);
        return (int64_t{load.used} << 20) / std::max<int64_t>(load.capacity, 1);
      }
    }
    return 0;
  }

  Pick pick_;
  const Snapshot& snapshot_;
  std::optional<uint32_t> medium_;
  uint64_t key_;
  std::vector<Ranked> heap_;
};

// Looks for the experts of one step; gives those who are ready, ranked.
class StepSearch {
 public:
  StepSearch(const Step& step, const Snapshot& snapshot, const Query& query, uint64_t key, v1::StepTrace& trace)
      : step_(step), snapshot_(snapshot), query_(query), key_(key), trace_(trace) {}

  std::vector<uint32_t> run() {
    if (query_.names_an_expert()) return named();
    const auto pools = query_.rarest();
    if (query_.is_single()) return single(pools);
    if (Query::members(pools) <= kScan) return scan(pools);
    return sample(pools);
  }

 private:
  void drop(Reason reason, int32_t count = 1) {
    if (count != 0) (*trace_.mutable_dropped())[std::string(reason_name(reason))] += count;
  }

  std::vector<uint32_t> named() {
    const auto expert = snapshot_.find(query_.named());
    if (!expert) return {};
    trace_.set_found(1);
    const Reason reason = query_.reason(*expert);
    if (reason != Reason::kReady) {
      drop(reason);
      return {};
    }
    trace_.set_ready(1);
    return {*expert};
  }

  // One criterion: the pools' counts, corrected by the few whom the request rules out.
  std::vector<uint32_t> single(const std::vector<const Pool*>& pools) {
    std::array<int32_t, kStatusCount> by_status{};
    auto& no_medium = by_status[static_cast<size_t>(Reason::kNoMedium)];
    for (const Pool* pool : pools) {
      no_medium += static_cast<int32_t>(pool->members.size());
      if (const Pool::Medium* medium = query_.in_medium(*pool)) {
        for (size_t i = 0; i < kStatusCount; ++i) {
          by_status[i] += static_cast<int32_t>(medium->by_status[i]);
          no_medium -= static_cast<int32_t>(medium->by_status[i]);
        }
      }
    }
    for (const Barred& barred : query_.barred()) {
      if (query_.fits(barred.expert) != Reason::kReady) continue;
      drop(barred.reason);
      --by_status[static_cast<size_t>(snapshot_.status(barred.expert, query_.medium()))];
    }
    for (size_t i = 0; i < kStatusCount; ++i) {
      const auto reason = static_cast<Reason>(i);
      if (reason != Reason::kReady) drop(reason, by_status[i]);
    }
    trace_.set_found(static_cast<int32_t>(Query::members(pools)));
    const auto ready = static_cast<size_t>(by_status[0]);
    trace_.set_ready(static_cast<int32_t>(ready));
    if (ready == 0) return {};
    if (step_.pick != Pick::kRandom || ready <= kSmall) return rank_ready(pools);
    Engine engine(key_);
    return draw(pools, engine, std::numeric_limits<size_t>::max());
  }

  // Several criteria, few experts: each is looked at.
  std::vector<uint32_t> scan(const std::vector<const Pool*>& pools) {
    Ranking ranking(step_.pick, snapshot_, query_.medium(), key_);
    for (const Pool* pool : pools) {
      pool->members.for_each([&](uint32_t expert) {
        if (!query_.owned(expert, pool, pools)) return true;
        trace_.set_found(trace_.found() + 1);
        const Reason reason = query_.reason(expert);
        if (reason == Reason::kReady) {
          trace_.set_ready(trace_.ready() + 1);
          ranking.offer(expert);
        } else {
          drop(reason);
        }
        return true;
      });
    }
    return ranking.take();
  }

  // Several criteria, many experts. `random` draws from the ready experts of the rarest criterion and tests; when too
  // few of the drawn fit, and for the other picks, all ready ones are looked at. `found` and `ready` are then those of
  // the rarest criterion, and nothing is counted as dropped.
  std::vector<uint32_t> sample(const std::vector<const Pool*>& pools) {
    trace_.set_found(static_cast<int32_t>(Query::members(pools)));
    size_t ready = 0;
    for (const Pool* pool : pools) {
      if (const Pool::Medium* medium = query_.in_medium(*pool)) ready += medium->ready.size();
    }
    trace_.set_ready(static_cast<int32_t>(ready));
    if (ready == 0) return {};
    if (step_.pick == Pick::kRandom && ready > kSmall) {
      Engine engine(key_);
      std::vector<uint32_t> ranked = draw(pools, engine, kScan);
      if (ranked.size() == kMaxRanked) return ranked;
    }
    return rank_ready(pools);
  }

  std::vector<uint32_t> rank_ready(const std::vector<const Pool*>& pools) const {
    Ranking ranking(step_.pick, snapshot_, query_.medium(), key_);
    for (const Pool* pool : pools) {
      const Pool::Medium* medium = query_.in_medium(*pool);
      if (medium == nullptr) continue;
      medium->ready.for_each([&](uint32_t expert) {
        if (query_.owned(expert, pool, pools) && query_.reason(expert) == Reason::kReady) ranking.offer(expert);
        return true;
      });
    }
    return ranking.take();
  }

  // Draws without replacement among the ready ones of all pools, until kMaxRanked are found or `tries` are used.
  std::vector<uint32_t> draw(const std::vector<const Pool*>& pools, Engine& engine, size_t tries) const {
    std::vector<std::pair<const Pool*, const DrawSet*>> sets;
    size_t total = 0;
    for (const Pool* pool : pools) {
      const Pool::Medium* medium = query_.in_medium(*pool);
      if (medium == nullptr || medium->ready.size() == 0) continue;
      sets.emplace_back(pool, &medium->ready);
      total += medium->ready.size();
    }
    std::vector<uint32_t> ranked;
    for (size_t i = 0; i < tries && ranked.size() < kMaxRanked; ++i) {
      uint64_t at = draw_below(engine, total);
      size_t set = 0;
      while (at >= sets[set].second->size()) at -= sets[set++].second->size();
      const uint32_t expert = sets[set].second->draw(engine);
      if (std::find(ranked.begin(), ranked.end(), expert) != ranked.end()) continue;
      if (!query_.owned(expert, sets[set].first, pools) || query_.reason(expert) != Reason::kReady) continue;
      ranked.push_back(expert);
    }
    return ranked;
  }

  const Step& step_;
  const Snapshot& snapshot_;
  const Query& query_;
  const uint64_t key_;
  v1::StepTrace& trace_;
};

v1::DefaultTarget default_target(const Strategy& strategy, const v1::RoutingFacts& facts) {
  const std::string text = fill(strategy.otherwise.text, Scope{.strategy = strategy, .facts = facts});
  v1::DefaultTarget target;
  switch (strategy.otherwise.kind) {
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
  return target;
}

int64_t milliseconds(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000 + duration.nanos() / 1'000'000;
}

}  // namespace

Decision decide(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts) {
  Decision decision;
  const auto first = static_cast<size_t>(std::max(facts.step(), 0));
  for (size_t i = first; i < strategy.steps.size(); ++i) {
    const Step& step = strategy.steps[i];
    v1::StepTrace& trace = *decision.explanation.add_steps();
    trace.set_step(step.name);
    const int offers_left = step.preview.offers - (i == first ? facts.step_offers() : 0);
    if (offers_left <= 0) {
      trace.set_skipped(kOffersUsedUp);
      continue;
    }
    const Query query(strategy, step, snapshot, facts);
    if (query.names_an_expert() && query.named().empty()) {
      trace.set_skipped(kNobodyNamed);
      continue;
    }
    // A leg that comes back to a step, with more experts asked, draws anew.
    const uint64_t key = mix(facts.seed() + mix(i) + mix(static_cast<uint64_t>(facts.asked_size()) << 32U));
    const std::vector<uint32_t> ranked = StepSearch(step, snapshot, query, key, trace).run();
    if (!ranked.empty()) {
      decision.kind = Decision::Kind::kOffer;
      decision.step_index = i;
      decision.step = &step;
      decision.to = std::min(step.preview.to, offers_left);
      for (const uint32_t expert : ranked) {
        decision.ranked.push_back(snapshot.id(expert));
        decision.explanation.add_ranked(snapshot.id(expert));
      }
      return decision;
    }
    const bool waited = i == first && facts.has_wait_left();
    const int64_t wait_ms = waited ? std::min(milliseconds(facts.wait_left()), step.wait_ms) : step.wait_ms;
    // Even if nobody in the directory fits: experts come and change, and news of them take a moment.
    if (step.wait_ms == 0) {
      trace.set_skipped(kNobodyReady);
    } else if (wait_ms <= 0) {
      trace.set_skipped(kWaitOver);
    } else {
      decision.kind = Decision::Kind::kWait;
      decision.step_index = i;
      decision.step = &step;
      decision.bucket = bucket_of(strategy, i, facts);
      decision.wait_ms = wait_ms;
      return decision;
    }
  }
  decision.default_target = default_target(strategy, facts);
  return decision;
}

Reason accepts(const Strategy& strategy, size_t step_index, const Snapshot& snapshot, const v1::RoutingFacts& facts,
               std::string_view expert) {
  const auto number = snapshot.find(expert);
  if (!number || step_index >= strategy.steps.size()) return Reason::kOtherExpert;
  return Query(strategy, strategy.steps[step_index], snapshot, facts).reason(*number);
}

std::string bucket_of(const Strategy& strategy, size_t step_index, const v1::RoutingFacts& facts) {
  const Step& step = strategy.steps[step_index];
  if (step.find.expert) return "expert=" + named_expert(strategy, step, facts);
  if (!step.find.skills.empty()) return "skill=" + step.find.skills.front().skill;
  if (step.find.groups.size() == 1) return "group=" + step.find.groups.front();
  return "all";
}

}  // namespace expertline::routing
