// What a stream has delivered so far, in order; written by its reader thread, waited on by the test. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/wait.h"

namespace expertline::test {

template <typename T>
class Events {
 public:
  void push(T event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  // Nothing more will come: a wait for what is not there fails at once. `why` is shown then.
  void close(std::string why) {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    why_ = std::move(why);
    changed_.notify_all();
  }

  // The first event that satisfies `wanted`, past or to come; throws TimedOut.
  template <typename Predicate>
  T wait_for(const std::string& what, Predicate wanted) const {
    std::unique_lock lock(mutex_);
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    size_t seen = 0;
    while (true) {
      for (; seen < events_.size(); ++seen) {
        if (wanted(events_[seen])) return events_[seen];
      }
      const bool ended = closed_;
      if (ended || changed_.wait_until(lock, limit) == std::cv_status::timeout) {
        if (seen < events_.size()) continue;
        throw TimedOut(what + "; " + std::to_string(events_.size()) + " events" +
                       (events_.empty() ? "" : ", the last: " + events_.back().ShortDebugString()) +
                       (ended ? "; stream over: " + why_ : ""));
      }
    }
  }

  void wait_closed() const {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return closed_; })) throw TimedOut("end of the stream");
  }

  std::vector<T> all() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  template <typename Predicate>
  size_t count(Predicate wanted) const {
    size_t n = 0;
    for (const T& event : all()) n += wanted(event) ? 1 : 0;
    return n;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<T> events_;
  bool closed_ = false;
  std::string why_;
};

}  // namespace expertline::test
