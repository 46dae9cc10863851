#include "strategy-evaluation/eligible_time.h"

#include <algorithm>

namespace expertline::evaluation {
namespace {

constexpr int64_t kDayMs = 86'400'000;

// By whole seconds, so that stretches that meet leave no gap; a day at a time.
void add(std::vector<state::EligibleStretch>& to, const std::string& expert, int64_t from_ms, int64_t to_ms) {
  const int64_t end = to_ms / 1000;
  for (int64_t at = from_ms / 1000; at < end;) {
    const int64_t day = at * 1000 / kDayMs;
    const int64_t begin = day * kDayMs / 1000;
    const int64_t stop = std::min(end, begin + kDayMs / 1000);
    to.push_back(
        {.day = day, .expert = expert, .from_s = static_cast<int>(at - begin), .to_s = static_cast<int>(stop - begin)});
    at = stop;
  }
}

}  // namespace

bool eligible(const v1::ExpertRecord& record) {
  if (record.removed()) return false;
  bool free = false, on_leg = false;
  for (const v1::MediumStatus& medium : record.media()) {
    free = free || (medium.routable() && medium.used() < medium.capacity());
    on_leg = on_leg || medium.used() > medium.wrapping_up();
  }
  return on_leg || (free && record.expert().state() != v1::EXPERT_STATE_RETIRED && !record.do_not_disturb() &&
                    record.has_desk() && record.block() == v1::BLOCK_UNSPECIFIED);
}

void EligibleTime::end(const std::string& expert, int64_t from, int64_t now) {
  if (now > from) ended_.push_back({.expert = expert, .from = from, .to = now});
}

void EligibleTime::see(const std::string& expert, bool eligible, int64_t now) {
  const auto it = since_.find(expert);
  if (eligible && it == since_.end()) {
    since_.emplace(expert, now);
    going_on_.push_back({.expert = expert, .from = now});
  } else if (!eligible && it != since_.end()) {
    end(expert, it->second, now);
    since_.erase(it);
  }
}

void EligibleTime::only(const std::unordered_set<std::string>& experts, int64_t now) {
  for (auto it = since_.begin(); it != since_.end();) {
    if (experts.contains(it->first)) {
      ++it;
    } else {
      end(it->first, it->second, now);
      it = since_.erase(it);
    }
  }
}

std::vector<state::EligibleStretch> EligibleTime::take(int64_t now, size_t most_ended, size_t most_going_on) {
  std::vector<state::EligibleStretch> out;
  out.swap(again_);
  if (!out.empty()) return out;
  for (size_t i = 0; i < most_ended && !ended_.empty(); ++i) {
    add(out, ended_.front().expert, ended_.front().from, ended_.front().to);
    ended_.pop_front();
  }
  for (size_t i = 0; i < most_going_on && !going_on_.empty() && going_on_.front().from <= now - kWriteAfterMs;) {
    GoingOn one = std::move(going_on_.front());
    going_on_.pop_front();
    const auto it = since_.find(one.expert);
    if (it == since_.end() || it->second != one.from) continue;
    add(out, one.expert, one.from, now);
    it->second = one.from = now;
    going_on_.push_back(std::move(one));
    ++i;
  }
  return out;
}

void EligibleTime::give_back(std::vector<state::EligibleStretch> stretches) { again_ = std::move(stretches); }

void EligibleTime::forget(int64_t before) {
  again_.clear();
  while (!ended_.empty() && ended_.front().to <= before) ended_.pop_front();
  // They come to stand behind those that began later, which only lets these be written a little later.
  while (!going_on_.empty() && going_on_.front().from < before) {
    GoingOn one = std::move(going_on_.front());
    going_on_.pop_front();
    const auto it = since_.find(one.expert);
    if (it == since_.end() || it->second != one.from) continue;
    it->second = one.from = before;
    going_on_.push_back(std::move(one));
  }
}

}  // namespace expertline::evaluation
