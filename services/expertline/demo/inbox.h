// What a stream brought and nobody has looked at yet. Filled by a gRPC thread, waited on by the play.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "expertline/demo/script.h"

namespace expertline::cli {

inline constexpr std::chrono::seconds kDemoPatience{10};

template <typename Event>
class Inbox {
 public:
  void put(Event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    news_.notify_all();
  }
  // The stream is over; who still waits is told `why`.
  void end(std::string why) {
    const std::lock_guard lock(mutex_);
    over_ = true;
    why_ = std::move(why);
    news_.notify_all();
  }

  // Takes the first event that `fits`; the others stay. Waits up to
  // kDemoPatience, then throws Unexpected with `expected` and what `describe` makes of the last event.
  Event take(Script& script, const std::string& expected, const std::function<bool(const Event&)>& fits,
             const std::function<std::string(const Event&)>& describe) {
    const auto deadline = std::chrono::steady_clock::now() + kDemoPatience;
    std::unique_lock lock(mutex_);
    for (;;) {
      for (auto event = events_.begin(); event != events_.end(); ++event) {
        if (!fits(*event)) continue;
        Event found = std::move(*event);
        events_.erase(event);
        return found;
      }
      const bool late = std::chrono::steady_clock::now() > deadline;
      if (late || over_) {
        std::string came = events_.empty() ? "nothing" : describe(events_.back());
        if (over_) came += "; the stream ended: " + why_;
        throw Unexpected{.expected = expected, .came = came};
      }
      news_.wait_for(lock, std::chrono::milliseconds(50));
      script.check_interrupt();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Event> events_;
  bool over_ = false;
  std::string why_;
};

}  // namespace expertline::cli
