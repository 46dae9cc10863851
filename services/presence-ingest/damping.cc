#include "presence-ingest/damping.h"

#include <algorithm>
#include <utility>

namespace expertline::presence {

Damping::Recent& Damping::recent(size_t expert, int64_t now_ms) {
  if (now_ms - turned_ms_ >= kWindowMs) {
    before_ = std::exchange(now_, {});
    turned_ms_ = now_ms;
  }
  const auto [found, added] = now_.try_emplace(expert);
  if (!added) return found->second;
  if (const auto old = before_.find(expert); old != before_.end()) found->second = old->second;
  return found->second;
}

int64_t Damping::hold_until(std::string_view expert, bool available, int64_t now_ms) {
  Recent& his = recent(absl::HashOf(expert), now_ms);
  if (now_ms - his.window_begin_ms >= kWindowMs) {
    his.window_begin_ms = now_ms;
    his.comebacks = 0;
  }
  const bool was_available = std::exchange(his.available, available);
  if (available && !was_available && ++his.comebacks > kComebacks) his.held_until_ms = now_ms + kHoldOffMs;
  return available && his.held_until_ms > now_ms ? his.held_until_ms : 0;
}

void Damping::damp(state::Composition& composition, int64_t now_ms) {
  const int64_t until_ms = hold_until(composition.expert, composition.im || composition.voice, now_ms);
  if (until_ms == 0) return;
  composition.im = composition.voice = false;
  composition.due_ms = composition.due_ms == 0 ? until_ms : std::min(composition.due_ms, until_ms);
  composition.why.set_reason(composition.why.reason() +
                             "; he comes and goes, so nothing is offered before he has stayed for a while");
}

bool Damping::restless(std::string_view expert) const {
  const size_t key = absl::HashOf(expert);
  for (const Experts* some : {&now_, &before_}) {
    if (const auto found = some->find(key); found != some->end()) return found->second.comebacks >= kComebacks;
  }
  return false;
}

}  // namespace expertline::presence
