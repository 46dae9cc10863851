// Streams of the contract as callbacks.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace expertline::cli {

// A stream from the server. `on_message` and `on_done` run on a gRPC thread, one after the other; `on_done` is the
// last and comes exactly once. The stream lives until then, whether or not its opener keeps it.
template <typename Response>
class ServerStream : public grpc::ClientReadReactor<Response> {
 public:
  // Names the RPC: `[&](auto* context, auto* reactor) { stub.async()->Watch(context, &request, reactor); }`; the
  // request must live until open() returns.
  using Start = std::function<void(grpc::ClientContext*, grpc::ClientReadReactor<Response>*)>;
  using OnMessage = std::function<void(const Response&)>;
  using OnEnd = std::function<void(const grpc::Status&)>;

  static std::shared_ptr<ServerStream> open(const Start& start, OnMessage on_message, OnEnd on_end) {
    std::shared_ptr<ServerStream> stream(new ServerStream(std::move(on_message), std::move(on_end)));
    stream->self_ = stream;
    start(&stream->context_, stream.get());
    stream->StartRead(&stream->message_);
    stream->StartCall();
    return stream;
  }

  // Any thread. `on_end` still comes, with CANCELLED.
  void cancel() { context_.TryCancel(); }

 private:
  ServerStream(OnMessage on_message, OnEnd on_end) : on_message_(std::move(on_message)), on_end_(std::move(on_end)) {}

  void OnReadDone(bool ok) override {
    if (!ok) return;
    on_message_(message_);
    this->StartRead(&message_);
  }
  void OnDone(const grpc::Status& status) override {
    on_end_(status);
    self_.reset();
  }

  grpc::ClientContext context_;
  Response message_;
  OnMessage on_message_;
  OnEnd on_end_;
  std::shared_ptr<ServerStream> self_;
};

// A stream both ways. Callbacks as above; send() from any thread, in order, one write in flight.
template <typename Request, typename Response>
class DuplexStream : public grpc::ClientBidiReactor<Request, Response> {
 public:
  using Start = std::function<void(grpc::ClientContext*, grpc::ClientBidiReactor<Request, Response>*)>;
  using OnMessage = std::function<void(const Response&)>;
  using OnEnd = std::function<void(const grpc::Status&)>;

  static std::shared_ptr<DuplexStream> open(const Start& start, OnMessage on_message, OnEnd on_end) {
    std::shared_ptr<DuplexStream> stream(new DuplexStream(std::move(on_message), std::move(on_end)));
    stream->self_ = stream;
    start(&stream->context_, stream.get());
    // send() and finish_writes() come from outside the reactions, so the call is held open until it ends.
    stream->AddHold();
    stream->StartRead(&stream->message_);
    stream->StartCall();
    return stream;
  }

  // Dropped if the stream is over.
  void send(Request request) {
    const std::lock_guard lock(mutex_);
    if (ended_ || finishing_) return;
    queue_.push_back(std::move(request));
    if (queue_.size() == 1) this->StartWrite(&queue_.front());
  }

  // No more will be sent; the server may end the stream when it has answered.
  void finish_writes() {
    const std::lock_guard lock(mutex_);
    if (ended_ || finishing_) return;
    finishing_ = true;
    if (queue_.empty()) this->StartWritesDone();
  }

  void cancel() { context_.TryCancel(); }

 private:
  DuplexStream(OnMessage on_message, OnEnd on_end) : on_message_(std::move(on_message)), on_end_(std::move(on_end)) {}

  void OnReadDone(bool ok) override {
    if (ok) {
      on_message_(message_);
      this->StartRead(&message_);
      return;
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    this->RemoveHold();
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    if (!ok || ended_) {
      queue_.clear();
    } else if (!queue_.empty()) {
      this->StartWrite(&queue_.front());
    } else if (finishing_) {
      this->StartWritesDone();
    }
  }
  void OnDone(const grpc::Status& status) override {
    on_end_(status);
    self_.reset();
  }

  grpc::ClientContext context_;
  Response message_;
  OnMessage on_message_;
  OnEnd on_end_;
  std::mutex mutex_;  // guards what follows
  std::deque<Request> queue_;
  bool finishing_ = false;
  bool ended_ = false;
  std::shared_ptr<DuplexStream> self_;
};

}  // namespace expertline::cli
