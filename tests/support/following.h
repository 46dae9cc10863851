// A server stream that is followed by a thread of its own and opened again when its server is lost.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "support/events.h"
#include "support/rpc.h"

namespace expertline::test {

template <typename Response>
class Following {
 public:
  using Open = std::function<std::unique_ptr<grpc::ClientReader<Response>>(grpc::ClientContext*)>;
  using See = std::function<void(const Response&)>;

  // `open` is asked again after UNAVAILABLE, to resume; `see` gets every response. Both on the thread.
  Following(Open open, See see) : open_(std::move(open)), see_(std::move(see)), thread_([this] { run(); }) {}
  ~Following() { drop(); }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;

  // Loses the stream as a dying client would.
  void drop() {
    {
      const std::lock_guard lock(mutex_);
      dropped_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    if (thread_.joinable()) thread_.join();
  }

  const Events<Response>& events() const { return events_; }

  // How the stream ended; waits for it.
  grpc::Status status() const {
    events_.wait_closed();
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  void run() {
    const auto limit = std::chrono::steady_clock::now() + 10 * kPatience;
    grpc::Status status;
    do {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      if (!begin(&context)) break;
      const auto reader = open_(&context);
      Response response;
      while (reader->Read(&response)) {
        events_.push(response);
        if (see_) see_(response);
      }
      status = reader->Finish();
      end();
    } while (status.error_code() == grpc::StatusCode::UNAVAILABLE && std::chrono::steady_clock::now() < limit);
    {
      const std::lock_guard lock(mutex_);
      status_ = status;
    }
    events_.close(describe(status));
  }

  bool begin(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    if (!dropped_) context_ = context;
    return !dropped_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

  Open open_;
  See see_;
  Events<Response> events_;
  mutable std::mutex mutex_;  // guards what follows
  grpc::ClientContext* context_ = nullptr;
  bool dropped_ = false;
  grpc::Status status_;
  std::thread thread_;
};

}  // namespace expertline::test
