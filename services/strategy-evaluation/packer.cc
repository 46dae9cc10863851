#include "strategy-evaluation/packer.h"

#include "strategy-evaluation/packed_record.h"

namespace expertline::evaluation {

Packer::Packer(app::Loop& loop) : loop_(loop), thread_([this] { run(); }) {}

Packer::~Packer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool Packer::pack(v1::DecisionRecord& record, std::function<void(std::string)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMostWaiting) return false;
    waiting_.push_back({.record = std::move(record), .done = std::move(done)});
  }
  changed_.notify_one();
  return true;
}

void Packer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    loop_.post([done = std::move(work.done), bytes = evaluation::pack(work.record, Kept::kAll)]() mutable {
      done(std::move(bytes));
    });
    lock.lock();
  }
}

}  // namespace expertline::evaluation
