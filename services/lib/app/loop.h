// The event loop of a service: one thread on which its logic runs (libuv). State that only the loop touches needs
// no lock.
#pragma once

#include <uv.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "app/task.h"

namespace expertline::app {

class Loop {
 public:
  using Function = std::function<void()>;
  using TimerId = uint64_t;

  Loop();
  ~Loop();  // stops and joins
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Starts the thread.
  void start();
  // From now on the loop is one of those that alive() asks, and how late its timers run is measured, as those of
  // `program`. Before start().
  void watch(const std::string& program);
  // Runs what was posted, ends the thread, joins it and wakes every sleeper with false. Not from the loop's own
  // thread. Idempotent.
  void stop();

  // Runs `function` on the loop, in the order of posting. Any thread. After stop() it is dropped.
  void post(Function function);

  // Loop thread only, from here on.

  // Runs `function` once, at least `delay_ms` from now.
  TimerId after(uint64_t delay_ms, Function function);
  // A timer that has run or was canceled is ignored.
  void cancel(TimerId id);
  // Suspends a coroutine for at least `delay_ms`; gives false if the loop was stopped instead.
  Callback<bool> sleep(uint64_t delay_ms);
  // Milliseconds of a monotonic clock.
  int64_t now_ms() const;
  uv_loop_t* uv() { return &uv_; }
  bool in_loop() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  struct Timer;
  TimerId start_timer(uint64_t delay_ms, std::function<void(bool)> function);
  void run_posted();
  void cancel_all();
  void probe(const std::string& program, int64_t due_ms);

  uv_loop_t uv_{};
  uv_async_t wake_{};
  std::thread thread_;
  std::mutex mutex_;  // guards posted_ and accepting_
  std::vector<Function> posted_;
  bool accepting_ = true;
  std::unordered_map<TimerId, Timer*> timers_;
  TimerId next_timer_ = 1;
  std::atomic<int64_t> seen_ms_ = 0;  // when it was seen to run, by now_ms()
  friend bool alive();
};

// Whether all loops of this process that are watched have run within the last 10 s. Any thread.
bool alive();

}  // namespace expertline::app
