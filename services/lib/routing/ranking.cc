#include "routing/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertline::routing {
namespace {

// The part of a whole in steps of 2^-20, for loads: exact for capacities up to 1000, as 2^20 > 1000 * 1000.
int64_t share(int64_t part, int64_t whole) { return (part << 20U) / std::max<int64_t>(whole, 1); }

constexpr int64_t kMinute = 60'000;  // least eligible time, so that a day's first moments do not decide
constexpr int64_t kDay = 24 * 60 * kMinute;

}  // namespace

const char* pick_name(Pick pick) {
  switch (pick) {
    case Pick::kRandom:
      return "random";
    case Pick::kLongestIdle:
      return "longest_idle";
    case Pick::kLeastBusy:
      return "least_busy";
    case Pick::kLeastLoadToday:
      return "least_load_today";
    case Pick::kBestSkill:
      return "best_skill";
    case Pick::kWeighted:
      return "weighted";
  }
  return "";
}

Ranking::Ranking(const Step& step, const Snapshot& snapshot, const Query& query, Expressions& expressions,
                 int64_t now_ms, uint64_t key)
    : step_(step), snapshot_(snapshot), query_(query), expressions_(expressions), now_ms_(now_ms), key_(key) {}

Ranking::Place Ranking::place(uint32_t expert) {
  Place place{.score = 0, .tie = mix(key_ ^ snapshot_.hash(expert)), .expert = expert};
  const Row& row = snapshot_.row(expert);
  switch (step_.pick) {
    case Pick::kRandom:
    case Pick::kWeighted:
      break;
    case Pick::kLongestIdle:  // whoever holds something is not idle: after all who are
      place.score = row.idle_since_ms() + (row.holds_anything() ? std::numeric_limits<int64_t>::max() / 2 : 0);
      break;
    case Pick::kLeastBusy:
      if (const Load* load = query_.medium() ? row.load(*query_.medium()) : nullptr) {
        place.score = share(load->used, load->capacity);
      }
      break;
    case Pick::kLeastLoadToday:
      place.score = load_today(expert);
      break;
    case Pick::kBestSkill:
      place.score = -query_.levels(expert);
      break;
  }
  return place;
}

// Time on legs by eligible time passed today.
int64_t Ranking::load_today(uint32_t expert) {
  const Row& row = snapshot_.row(expert);
  auto today = std::find_if(today_.begin(), today_.end(), [&](const Today& one) { return one.guard == row.guard(); });
  if (today == today_.end()) {
    const Guard& guard = snapshot_.vocabulary().guards.guard(row.guard());
    today_.push_back({row.guard(), day_of(guard, now_ms_), eligible_ms_today(guard, now_ms_)});
    today = std::prev(today_.end());
  }
  if (row.today() != today->day) return 0;
  return share(std::clamp<int64_t>(row.worked_today_ms(), 0, 1000 * kDay), std::max(today->eligible_ms, kMinute));
}

double Ranking::weight(uint32_t expert) {
  expressions_.set_expert(expert);
  const cel::Value value = expressions_.value(*step_.weight);
  double weight = 0;
  if (value.kind() == cel::Value::Kind::kInt) weight = static_cast<double>(value.as_int());
  if (value.kind() == cel::Value::Kind::kUint) weight = static_cast<double>(value.as_uint());
  if (value.kind() == cel::Value::Kind::kDouble) weight = value.as_double();
  return std::isfinite(weight) && weight > 0 ? weight : 0;
}

bool Ranking::offer(uint32_t expert) {
  const Place offered = place(expert);
  if (step_.pick == Pick::kWeighted) {
    const double his = weight(expert);
    if (his > 0) weighed_.push_back({his, offered});
    return his > 0;
  }
  if (heap_.size() == kMaxRanked) {
    if (!(offered < heap_.front())) return true;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
  heap_.push_back(offered);
  std::push_heap(heap_.begin(), heap_.end());
  return true;
}

std::vector<uint32_t> Ranking::take() {
  if (step_.pick == Pick::kWeighted) return draw_weighted();
  std::sort_heap(heap_.begin(), heap_.end());
  std::vector<uint32_t> experts;
  for (const Place& place : heap_) experts.push_back(place.expert);
  return experts;
}

// Without replacement: each draw takes one of those who are left with a chance in proportion to his weight. Weights are
// whole numbers of 2^-40 of the greatest one, so that sums are exact; division and the product with a power of two are
// the same on every machine.
std::vector<uint32_t> Ranking::draw_weighted() {
  std::sort(weighed_.begin(), weighed_.end(), [](const Weighed& a, const Weighed& b) { return a.place < b.place; });
  double greatest = 0;
  for (const Weighed& one : weighed_) greatest = std::max(greatest, one.weight);
  std::vector<uint64_t> weights;
  uint64_t total = 0;
  for (const Weighed& one : weighed_) {
    constexpr double kOne = 1ULL << 40U;
    weights.push_back(std::max<uint64_t>(static_cast<uint64_t>(one.weight / greatest * kOne), 1));
    total += weights.back();
  }
  Engine engine(mix(key_));  // not the draws of the search again
  std::vector<uint32_t> experts;
  while (total > 0 && experts.size() < kMaxRanked) {
    uint64_t at = draw_below(engine, total);
    size_t chosen = 0;
    while (at >= weights[chosen]) at -= weights[chosen++];
    experts.push_back(weighed_[chosen].place.expert);
    total -= weights[chosen];
    weights[chosen] = 0;
  }
  return experts;
}

std::string Ranking::score_text(uint32_t expert) {
  const Row& row = snapshot_.row(expert);
  switch (step_.pick) {
    case Pick::kRandom:
      return {};
    case Pick::kLongestIdle:
      if (row.holds_anything()) return "not idle";
      return row.idle_since_ms() == 0 ? "never held anything" : "idle since " + std::to_string(row.idle_since_ms());
    case Pick::kLeastBusy: {
      const Load* load = query_.medium() ? row.load(*query_.medium()) : nullptr;
      if (load == nullptr) return {};
      return "holds " + std::to_string(load->used) + " of " + std::to_string(load->capacity);
    }
    case Pick::kLeastLoadToday:
      return "worked " + std::to_string((load_today(expert) * 100) >> 20U) + "% of his time today";
    case Pick::kBestSkill:
      return "levels " + std::to_string(query_.levels(expert));
    case Pick::kWeighted:
      return "weight " + cel::to_text(cel::Value::number(weight(expert)));
  }
  return {};
}

}  // namespace expertline::routing
