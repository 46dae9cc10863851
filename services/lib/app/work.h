// What a thread works on at the moment: the trace that it belongs to, and what logs name beside it. It goes along with
// coroutines (task.h) and to peers (rpc.h), so that nobody has to pass it on by hand.
//
// Every function that a loop runs, and every coroutine that is spawned, may change it for itself and for what it
// awaits; whoever started it finds his own again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace expertline::app {

struct Work {
  std::string trace = {};     // 32 hex digits
  std::string span = {};      // 16 hex digits: the one that is open
  bool sampled = false;       // spans are exported
  std::string session = {};   // id
  std::string revision = {};  // of the strategy
};

// Null: nothing in particular.
using WorkPtr = std::shared_ptr<const Work>;

inline WorkPtr& current_work() {
  thread_local WorkPtr work;
  return work;
}

// For the life of this object. Not inside a coroutine: that assigns (work_on()).
class Working {
 public:
  explicit Working(WorkPtr work) : before_(std::exchange(current_work(), std::move(work))) {}
  ~Working() { current_work() = std::move(before_); }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

 private:
  WorkPtr before_;
};

// From now on it is about that session, and that revision if one is given.
inline void work_on(std::string session, std::string revision = {}) {
  const WorkPtr& now = current_work();
  auto work = now ? std::make_shared<Work>(*now) : std::make_shared<Work>();
  work->session = std::move(session);
  if (!revision.empty()) work->revision = std::move(revision);
  current_work() = std::move(work);
}

// "00-<trace>-<span>-<flags>" as W3C Trace Context has it; empty without a trace.
std::string traceparent();
// What a peer or the store says; its span is the parent of those to come. Null if it is empty or malformed.
WorkPtr work_of(const std::string& traceparent);

}  // namespace expertline::app
