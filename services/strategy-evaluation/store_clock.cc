#include "strategy-evaluation/store_clock.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <optional>

#include "state/fcall.h"

namespace expertline::evaluation {
namespace {

constexpr uint64_t kReadMs = 1'000;
constexpr uint64_t kTryAgainMs = 20;
constexpr int64_t kMostStepMs = 2'000;  // as in functions/common.lua

std::optional<int64_t> integer(const redis::Reply& reply) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(reply.text, &value)) return std::nullopt;
  return value;
}

}  // namespace

void StoreClock::start() { spawn(follow()); }

v1::Moment StoreClock::moment() const {
  v1::Moment moment;
  const int64_t now = now_ + loop_.now_ms() - read_at_;
  moment.set_store_now_ms(now);
  const int64_t wall = now + offset_;
  moment.mutable_now()->set_seconds(wall / 1000);
  moment.mutable_now()->set_nanos(static_cast<int32_t>(wall % 1000) * 1'000'000);
  return moment;
}

Task<void> StoreClock::follow() {
  while (!stopping_) {
    auto time = std::make_shared<redis::Reply>();
    client_.send({"TIME"}, [time](redis::Reply reply) { *time = std::move(reply); });
    redis::Command read{"HMGET", state::key(domain_, "clock"), "wall", "now", "offset"};
    const redis::Reply clock = co_await client_.call(std::move(read));
    bool good = clock.elements.size() == 3 && time->elements.size() == 2;
    if (good) {
      const auto seconds = integer(time->elements[0]);
      const auto micros = integer(time->elements[1]);
      good = seconds && micros;
      if (good) {
        const int64_t wall = *seconds * 1000 + *micros / 1000;
        const auto last_wall = integer(clock.elements[0]);
        const auto last_now = integer(clock.elements[1]);
        // The same as now_ms() of the store: before the first tick it is the wall clock.
        now_ = last_wall && last_now ? *last_now + std::clamp<int64_t>(wall - *last_wall, 0, kMostStepMs) : wall;
        offset_ = integer(clock.elements[2]).value_or(0);
        read_at_ = loop_.now_ms();
        known_ = true;
      }
    }
    const bool going = co_await loop_.sleep(good ? kReadMs : kTryAgainMs);
    if (!going) co_return;
  }
}

}  // namespace expertline::evaluation
