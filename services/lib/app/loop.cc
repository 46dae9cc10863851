#include "app/loop.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "app/metrics.h"

namespace expertline::app {
namespace {

constexpr uint64_t kProbeMs = 100;
constexpr int64_t kHangsMs = 10'000;

Histogram delay("expertline_event_loop_delay_seconds", {"program"}, "all",
                "How late a timer of the service's event loop runs, probed every 100 ms", machine_times());

struct Watched {
  std::mutex mutex;
  std::set<const Loop*> loops;
};

Watched& watched() {
  static Watched all;
  return all;
}

}  // namespace

struct Loop::Timer {
  uv_timer_t handle{};
  Loop* loop = nullptr;
  TimerId id = 0;
  std::function<void(bool)> function;  // false: the loop was stopped
};

Loop::Loop() {
  uv_loop_init(&uv_);
  uv_async_init(&uv_, &wake_, [](uv_async_t* handle) { static_cast<Loop*>(handle->data)->run_posted(); });
  wake_.data = this;
}

Loop::~Loop() {
  stop();
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
  uv_run(&uv_, UV_RUN_DEFAULT);
  uv_loop_close(&uv_);
}

void Loop::start() {
  thread_ = std::thread([this] { uv_run(&uv_, UV_RUN_DEFAULT); });
}

void Loop::watch(const std::string& program) {
  seen_ms_ = now_ms();
  {
    const std::lock_guard lock(watched().mutex);
    watched().loops.insert(this);
  }
  post([this, program] { probe(program, now_ms()); });
}

void Loop::probe(const std::string& program, int64_t due_ms) {
  seen_ms_ = now_ms();
  delay.at({program}).Observe(static_cast<double>(std::max<int64_t>(0, seen_ms_ - due_ms)) / 1000);
  const int64_t next = seen_ms_ + static_cast<int64_t>(kProbeMs);
  after(kProbeMs, [this, program, next] { probe(program, next); });
}

bool alive() {
  const std::lock_guard lock(watched().mutex);
  return std::all_of(watched().loops.begin(), watched().loops.end(),
                     [](const Loop* loop) { return loop->now_ms() - loop->seen_ms_ < kHangsMs; });
}

void Loop::stop() {
  {
    const std::lock_guard lock(watched().mutex);
    watched().loops.erase(this);
  }
  {
    const std::lock_guard lock(mutex_);
    if (!accepting_) return;
    posted_.emplace_back([this] { uv_stop(&uv_); });
    accepting_ = false;
  }
  uv_async_send(&wake_);
  if (thread_.joinable()) thread_.join();
  cancel_all();
}

void Loop::post(Function function) {
  {
    const std::lock_guard lock(mutex_);
    if (!accepting_) return;
    posted_.push_back(std::move(function));
    if (posted_.size() > 1) return;  // the wake-up of the first is still under way
  }
  uv_async_send(&wake_);
}

void Loop::run_posted() {
  std::vector<Function> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (Function& function : batch) {
    const Working on(nullptr);
    function();
  }
}

Loop::TimerId Loop::start_timer(uint64_t delay_ms, std::function<void(bool)> function) {
  auto* timer = new Timer{.loop = this, .id = next_timer_++, .function = std::move(function)};
  uv_timer_init(&uv_, &timer->handle);
  timer->handle.data = timer;
  timers_.emplace(timer->id, timer);
  uv_update_time(&uv_);
  uv_timer_start(
      &timer->handle,
      [](uv_timer_t* handle) {
        auto* fired = static_cast<Timer*>(handle->data);
        const std::function<void(bool)> call = std::move(fired->function);
        fired->loop->cancel(fired->id);
        const Working on(nullptr);
        call(true);
      },
      delay_ms, 0);
  return timer->id;
}

Loop::TimerId Loop::after(uint64_t delay_ms, Function function) {
  return start_timer(delay_ms, [function = std::move(function)](bool fired) {
    if (fired) function();
  });
}

void Loop::cancel(TimerId id) {
  const auto it = timers_.find(id);
  if (it == timers_.end()) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&it->second->handle),
           [](uv_handle_t* handle) { delete static_cast<Timer*>(handle->data); });
  timers_.erase(it);
}

Callback<bool> Loop::sleep(uint64_t delay_ms) {
  return Callback<bool>([this, delay_ms](const Callback<bool>::Done& done) { start_timer(delay_ms, done); });
}

int64_t Loop::now_ms() const { return static_cast<int64_t>(uv_hrtime() / 1'000'000); }

void Loop::cancel_all() {
  while (!timers_.empty()) {
    const auto [id, timer] = *timers_.begin();
    const std::function<void(bool)> call = std::move(timer->function);
    cancel(id);
    call(false);
  }
}

}  // namespace expertline::app
