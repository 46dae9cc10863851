// gRPC callback reactors joined to the event loop. A reaction only hands over to the loop and returns, so the few
// threads of gRPC never wait for anything.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "app/loop.h"
#include "app/rpc_watch.h"
#include "app/status.h"
#include "app/task.h"

namespace expertline::app {

// What a server still has to finish before it can shut down (Server::Shutdown waits for unfinished reactors).
// Thread-safe.
class Calls {
 public:
  class Call {
   public:
    virtual ~Call() = default;
    // Finishes the call unless that was done. Any thread.
    virtual void abort(const grpc::Status& status) = 0;
  };
  void add(const std::shared_ptr<Call>& call) {
    const std::lock_guard lock(mutex_);
    live_.insert(call);
  }
  void remove(const std::shared_ptr<Call>& call) {
    const std::lock_guard lock(mutex_);
    live_.erase(call);
  }
  // Finishes all with UNAVAILABLE.
  void abort_all() {
    std::unordered_set<std::shared_ptr<Call>> live;
    {
      const std::lock_guard lock(mutex_);
      live = live_;
    }
    for (const auto& call : live) call->abort({grpc::StatusCode::UNAVAILABLE, "the server is stopping; ask again"});
  }

 private:
  std::mutex mutex_;
  std::unordered_set<std::shared_ptr<Call>> live_;
};

// What every service implementation needs to answer calls.
struct Context {
  Loop& loop;
  Calls& calls;
};

// A unary call. The handler runs on the loop and owns its request, so an aborted call leaves nothing dangling.
template <typename Response>
class UnaryCall : public grpc::ServerUnaryReactor, public Calls::Call {
 public:
  UnaryCall(Calls& calls, Response* response) : calls_(calls), response_(response) {}

  void start(const std::shared_ptr<UnaryCall>& self) {
    self_ = self;
    calls_.add(self);
  }
  void finish(Result<Response> result) {
    if (finished_.exchange(true)) return;
    if (result) {
      *response_ = std::move(*result);
      Finish(grpc::Status::OK);
    } else {
      Finish(to_status(result.error()));
    }
  }
  void abort(const grpc::Status& status) override {
    if (!finished_.exchange(true)) Finish(status);
  }
  void OnDone() override {
    calls_.remove(self_);
    self_.reset();
  }

 private:
  Calls& calls_;
  Response* response_;
  std::atomic<bool> finished_ = false;
  std::shared_ptr<UnaryCall> self_;
};

namespace detail {
template <typename Response>
Task<void> answer(std::shared_ptr<UnaryCall<Response>> call, Task<Result<Response>> handler) {
  Result<Response> result = co_await handler;
  call->finish(std::move(result));
}
}  // namespace detail

// return unary(context, request, response, this, &Service::get_session);
template <typename Service, typename Request, typename Response>
grpc::ServerUnaryReactor* unary(Context context, const Request* request, Response* response, Service* service,
                                Task<Result<Response>> (Service::*handler)(Request)) {
  auto call = std::make_shared<UnaryCall<Response>>(context.calls, response);
  call->start(call);
  context.loop.post([call, service, handler, copy = *request, work = take_incoming()]() mutable {
    const Working on(std::move(work));
    spawn(detail::answer<Response>(call, (service->*handler)(std::move(copy))));
  });
  return call.get();
}

// The sending half of a server's stream: one write in flight, a bounded queue, and a reader that is too slow is cut
// off with SLOW_READER. write() and finish() may be called from any thread and after the stream is gone.
template <typename Reactor, typename Response>
class OutStream : public Reactor, public Calls::Call {
 public:
  static constexpr size_t kMostQueued = 4096;

  OutStream(Context context, std::function<void()> on_gone) : context_(context), on_gone_(std::move(on_gone)) {}

  void start(const std::shared_ptr<OutStream>& self) {
    self_ = self;
    context_.calls.add(self);
  }

  void write(Response response) {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    queue_.push_back(std::move(response));
    if (queue_.size() > kMostQueued) {
      finishing_ = to_status(Error{.reason = v1::ERROR_REASON_SLOW_READER,
                                   .message = "the reader was too slow; open the stream again and resume"});
      finish_now();
    } else if (queue_.size() == 1) {
      this->StartWrite(&queue_.front());
    }
  }
  // How many messages are queued.
  size_t queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }
  // Ends the stream after what is queued.
  void finish(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    finishing_ = status;
    if (queue_.empty()) finish_now();
  }
  void abort(const grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    if (!finishing_) finishing_ = status;
    finish_now();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!queue_.empty()) queue_.pop_front();
    if (!ok && !finishing_) finishing_ = grpc::Status::CANCELLED;
    if (!ok) queue_.clear();
    if (finished_) return;
    if (!queue_.empty()) {
      this->StartWrite(&queue_.front());
    } else if (finishing_) {
      finish_now();
    }
  }
  void OnCancel() override { abort(grpc::Status::CANCELLED); }
  void OnDone() override {
    // The stream lives at least until its owner has heard of its end.
    context_.loop.post([self = self_, on_gone = std::move(on_gone_)] { on_gone(); });
    context_.calls.remove(self_);
    self_.reset();
  }

 protected:
  // An operation must not be started after Finish.
  void unless_finished(const std::function<void()>& operation) {
    const std::lock_guard lock(mutex_);
    if (!finished_) operation();
  }
  Context context_;

 private:
  void finish_now() {
    if (finished_) return;
    finished_ = true;
    this->Finish(*finishing_);
  }

  mutable std::mutex mutex_;
  std::deque<Response> queue_;  // the first is being written
  std::optional<grpc::Status> finishing_;
  bool finished_ = false;
  std::function<void()> on_gone_;  // on the loop, once
  std::shared_ptr<OutStream> self_;
};

template <typename Response>
using ServerStream = OutStream<grpc::ServerWriteReactor<Response>, Response>;

// Both halves. Messages are handed to the loop one at a time: the next is read when the handler of the last has
// called read_next(), so a fast sender is slowed down by gRPC's own flow control.
template <typename Request, typename Response>
class BidiStream : public OutStream<grpc::ServerBidiReactor<Request, Response>, Response> {
  using Base = OutStream<grpc::ServerBidiReactor<Request, Response>, Response>;

 public:
  // `on_message` runs on the loop; without a request when the client has finished sending.
  BidiStream(Context context, std::function<void(std::optional<Request>)> on_message, std::function<void()> on_gone)
      : Base(context, std::move(on_gone)), on_message_(std::move(on_message)) {}

  void read_next() {
    this->unless_finished([this] { this->StartRead(&request_); });
  }
  void OnReadDone(bool ok) override {
    this->context_.loop.post([on_message = on_message_,
                              message = ok ? std::optional<Request>(std::move(request_)) : std::nullopt]() mutable {
      on_message(std::move(message));
    });
  }

 private:
  Request request_;
  std::function<void(std::optional<Request>)> on_message_;
};

// A unary call to a peer, to be awaited on the loop: the answer, or the peer's error.
// `start(context, request, response, done)` is the stub's async method.
template <typename Response, typename Request>
Callback<Result<Response>> call_peer(
    Loop& loop, std::string service, std::chrono::milliseconds timeout, Request request,
    std::function<void(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>)> start) {
  struct State {
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto state = std::make_shared<State>();
  state->request = std::move(request);
  state->context.set_deadline(std::chrono::system_clock::now() + timeout);
  return Callback<Result<Response>>([&loop, service = std::move(service), state,
                                     start = std::move(start)](const typename Callback<Result<Response>>::Done& done) {
    start(&state->context, &state->request, &state->response,
          [&loop, service, state, done](const grpc::Status& status) {
            loop.post([service, state, done, status] {
              if (status.ok()) {
                done(std::move(state->response));
              } else {
                done(from_status(status, service));
              }
            });
          });
  });
}

// A peer's stream, read on the loop one message at a time. Keep the shared_ptr; cancel() ends it.
template <typename Response>
class PeerStream : public grpc::ClientReadReactor<Response>, public std::enable_shared_from_this<PeerStream<Response>> {
 public:
  // Both run on the loop; `on_end` once, last.
  PeerStream(Loop& loop, std::function<void(const Response&)> on_message,
             std::function<void(const grpc::Status&)> on_end)
      : loop_(loop), on_message_(std::move(on_message)), on_end_(std::move(on_end)) {}

  grpc::ClientContext* context() { return &context_; }
  // After the stub's async method was called with context() and this.
  void start() {
    self_ = this->shared_from_this();
    this->AddHold();  // reads are started from the loop, outside of reactions
    this->StartRead(&response_);
    this->StartCall();
  }
  void cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      this->RemoveHold();
      return;
    }
    loop_.post([self = self_] {
      self->on_message_(self->response_);
      self->StartRead(&self->response_);
    });
  }
  void OnDone(const grpc::Status& status) override {
    loop_.post([self = self_, status] { self->on_end_(status); });
    self_.reset();
  }

 private:
  Loop& loop_;
  grpc::ClientContext context_;
  Response response_;
  std::function<void(const Response&)> on_message_;
  std::function<void(const grpc::Status&)> on_end_;
  std::shared_ptr<PeerStream> self_;
};

}  // namespace expertline::app
