#include "routing/search.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>

namespace expertline::routing {
namespace {

// Up to so many ready experts are ranked one by one; beyond it `random` draws.
constexpr size_t kSmall = 64;

}  // namespace

Search::Search(const Step& step, const Snapshot& snapshot, const Query& query, Expressions& expressions, int64_t now_ms,
               uint64_t key, v1::StepTrace& trace)
    : step_(step),
      snapshot_(snapshot),
      query_(query),
      expressions_(expressions),
      now_ms_(now_ms),
      key_(key),
      trace_(trace) {}

std::vector<uint32_t> Search::run() {
  std::vector<uint32_t> ranked;
  if (query_.named()) {
    ranked = named();
  } else {
    const auto pools = query_.rarest();
    const bool counts_suffice = query_.is_single() && query_.wanted().where == nullptr && step_.pick != Pick::kWeighted;
    ranked = counts_suffice ? single(pools) : members(pools) <= kMostCounted ? scan(pools) : sample(pools);
    append_later(ranked);
  }
  say();
  return ranked;
}

Reason Search::test(uint32_t expert) {
  const Reason reason = query_.reason(expert);
  if (reason != Reason::kReady || query_.wanted().where == nullptr) return reason;
  expressions_.set_expert(expert);
  if (expressions_.holds(*query_.wanted().where)) return Reason::kReady;
  if (!expressions_.problem().empty() && problems_++ == 0) first_problem_ = expressions_.problem();
  return Reason::kWhere;
}

Reason Search::verdict(uint32_t expert) {
  const Reason reason = test(expert);
  if (reason != Reason::kReady || step_.pick != Pick::kWeighted || query_.named()) return reason;
  Ranking ranking(step_, snapshot_, query_, expressions_, now_ms_, key_);
  return ranking.weight(expert) > 0 ? Reason::kReady : Reason::kWeight;
}

void Search::drop(Reason reason, int32_t count) { dropped_[static_cast<size_t>(reason)] += count; }

void Search::say() {
  for (size_t i = 0; i < dropped_.size(); ++i) {
    if (dropped_[i] == 0) continue;
    (*trace_.mutable_dropped())[std::string(reason_name(static_cast<Reason>(i)))] = dropped_[i];
  }
  if (problems_ == 0) return;
  if (!trace_.detail().empty()) trace_.mutable_detail()->append("; ");
  trace_.mutable_detail()->append("where has no value for " + std::to_string(problems_) + ": " + first_problem_);
}

std::vector<uint32_t> Search::named() {
  const auto expert = snapshot_.find(*query_.named());
  if (!expert) return {};
  trace_.set_found(1);
  const Reason reason = test(*expert);
  if (reason != Reason::kReady) {
    drop(reason);
    return {};
  }
  trace_.set_ready(1);
  return {*expert};
}

// One criterion: the pools' counts, corrected by the few whom the request rules out.
std::vector<uint32_t> Search::single(const std::vector<const Pool*>& pools) {
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
  trace_.set_found(static_cast<int32_t>(members(pools)));
  trace_.set_ready(by_status[0]);
  const Candidates from = candidates(pools);
  const auto later = std::count_if(query_.later().begin(), query_.later().end(),
                                   [&](uint32_t expert) { return query_.reason(expert) == Reason::kReady; });
  const int64_t first = by_status[0] - later;
  if (first <= 0) return {};
  if (step_.pick == Pick::kRandom && first > static_cast<int64_t>(kSmall)) return draw_single(from, pools);
  Ranking ranking(step_, snapshot_, query_, expressions_, now_ms_, key_);
  each(from, pools, [&](uint32_t expert) {
    if (query_.barred_reason(expert) == Reason::kReady && !query_.is_later(expert)) ranking.offer(expert);
  });
  return ranking.take();
}

// Few experts have the criterion: each is looked at.
std::vector<uint32_t> Search::scan(const std::vector<const Pool*>& pools) {
  Ranking ranking(step_, snapshot_, query_, expressions_, now_ms_, key_);
  int32_t found = 0;
  int32_t ready = 0;
  for (const Pool* pool : pools) {
    pool->members.for_each([&](uint32_t expert) {
      if (!query_.owned(expert, pool, pools)) return true;
      ++found;
      const bool later = query_.is_later(expert);
      Reason reason = later ? verdict(expert) : test(expert);
      if (reason == Reason::kReady && !later && !ranking.offer(expert)) reason = Reason::kWeight;
      if (reason == Reason::kReady) {
        ++ready;
      } else {
        drop(reason);
      }
      return true;
    });
  }
  trace_.set_found(found);
  trace_.set_ready(ready);
  return ranking.take();
}

// Many experts have the criterion: of those who may be ready some are tested.
std::vector<uint32_t> Search::sample(const std::vector<const Pool*>& pools) {
  const Candidates from = candidates(pools);
  trace_.set_found(static_cast<int32_t>(members(pools)));
  trace_.set_ready(static_cast<int32_t>(from.size));
  if (from.size == 0) return {};
  const bool drawn = (step_.pick == Pick::kRandom || step_.pick == Pick::kWeighted) && from.size > kMostTested;
  size_t tested = 0;
  std::vector<uint32_t> ranked = drawn ? draw_and_test(from, pools, tested) : test_in_order(from, pools, tested);
  if (tested < from.size) trace_.set_tested(static_cast<int32_t>(tested));
  return ranked;
}

// Those who were asked before and may be asked once more, in order of preference among themselves.
void Search::append_later(std::vector<uint32_t>& ranked) {
  if (query_.later().empty() || ranked.size() >= kMaxRanked) return;
  Ranking ranking(step_, snapshot_, query_, expressions_, now_ms_, key_);
  for (const uint32_t expert : query_.later()) {
    if (test(expert) == Reason::kReady) ranking.offer(expert);
  }
  for (const uint32_t expert : ranking.take()) {
    if (ranked.size() < kMaxRanked) ranked.push_back(expert);
  }
}

Search::Candidates Search::candidates(const std::vector<const Pool*>& pools) const {
  Candidates all;
  for (const Pool* pool : pools) {
    const DrawSet* set = query_.candidates(*pool);
    if (set == nullptr || set->size() == 0) continue;
    all.sets.push_back({pool, set});
    all.size += set->size();
  }
  all.held = query_.held_candidate();
  if (all.held) ++all.size;
  return all;
}

// Each candidate is equally likely, also one who is in several sets.
uint32_t Search::draw(const Candidates& from, const std::vector<const Pool*>& pools, Engine& engine) const {
  for (;;) {
    uint64_t at = from.sets.size() == 1 && !from.held ? 0 : draw_below(engine, from.size);
    size_t i = 0;
    while (i < from.sets.size() && at >= from.sets[i].set->size()) at -= from.sets[i++].set->size();
    if (i == from.sets.size()) return *from.held;
    const uint32_t expert = from.sets[i].set->draw(engine);
    if (query_.owned(expert, from.sets[i].pool, pools)) return expert;
  }
}

template <typename Visit>
void Search::each(const Candidates& from, const std::vector<const Pool*>& pools, Visit&& visit) const {
  for (const Candidates::Set& set : from.sets) {
    set.set->for_each([&](uint32_t expert) {
      if (query_.owned(expert, set.pool, pools)) visit(expert);
      return true;
    });
  }
  if (from.held) visit(*from.held);
}

// All candidates fit, but for the few whom the request rules out. More than kSmall are left.
std::vector<uint32_t> Search::draw_single(const Candidates& from, const std::vector<const Pool*>& pools) {
  Engine engine(key_);
  std::vector<uint32_t> ranked;
  ranked.reserve(kMaxRanked);
  while (ranked.size() < kMaxRanked) {
    const uint32_t expert = draw(from, pools, engine);
    if (std::find(ranked.begin(), ranked.end(), expert) != ranked.end()) continue;
    if (query_.barred_reason(expert) != Reason::kReady || query_.is_later(expert)) continue;
    snapshot_.prefetch(expert);  // of a million experts he is hardly in a cache
    ranked.push_back(expert);
  }
  return ranked;
}

// `random` and `weighted` among very many: those drawn are tested, nobody twice.
std::vector<uint32_t> Search::draw_and_test(const Candidates& from, const std::vector<const Pool*>& pools,
                                            size_t& tested) {
  constexpr size_t kMostDraws = 2 * kMostTested;  // in a set of just over kMostTested many come again
  Engine engine(key_);
  Ranking ranking(step_, snapshot_, query_, expressions_, now_ms_, key_);
  absl::flat_hash_set<uint32_t> seen;
  std::vector<uint32_t> in_order;
  const bool weighted = step_.pick == Pick::kWeighted;
  for (size_t i = 0; i < kMostDraws && tested < kMostTested && in_order.size() < kMaxRanked; ++i) {
    const uint32_t expert = draw(from, pools, engine);
    if (query_.is_later(expert) || !seen.insert(expert).second) continue;
    ++tested;
    if (test(expert) != Reason::kReady) continue;
    if (weighted) {
      ranking.offer(expert);
    } else {
      in_order.push_back(expert);
    }
  }
  return weighted ? ranking.take() : in_order;
}

// In order of preference until enough are found; with `weighted` all of them, who are kMostTested at most.
std::vector<uint32_t> Search::test_in_order(const Candidates& from, const std::vector<const Pool*>& pools,
                                            size_t& tested) {
  Ranking ranking(step_, snapshot_, query_, expressions_, now_ms_, key_);
  std::vector<Ranking::Place> places;
  each(from, pools, [&](uint32_t expert) {
    if (!query_.is_later(expert)) places.push_back(ranking.place(expert));
  });
  const auto worse = [](const Ranking::Place& a, const Ranking::Place& b) { return b < a; };
  std::make_heap(places.begin(), places.end(), worse);
  const bool weighted = step_.pick == Pick::kWeighted;
  std::vector<uint32_t> in_order;
  while (!places.empty() && tested < kMostTested && in_order.size() < kMaxRanked) {
    std::pop_heap(places.begin(), places.end(), worse);
    const uint32_t expert = places.back().expert;
    places.pop_back();
    ++tested;
    if (test(expert) != Reason::kReady) continue;
    if (weighted) {
      ranking.offer(expert);
    } else {
      in_order.push_back(expert);
    }
  }
  return weighted ? ranking.take() : in_order;
}

}  // namespace expertline::routing
