#include "strategy-evaluation/read_model.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/names.h"
#include "strategy-evaluation/metrics.h"

namespace expertline::evaluation {
namespace {
constexpr uint64_t kReconnectMs = 100;
constexpr uint64_t kMostPatienceMs = 1'000;
}  // namespace

ReadModel::ReadModel(app::Loop& loop, std::string domain, const std::shared_ptr<grpc::Channel>& presence)
    : loop_(loop), domain_(std::move(domain)), stub_(v1::PresenceService::NewStub(presence)) {}

void ReadModel::start() { spawn(follow()); }

void ReadModel::stop() {
  stopping_ = true;
  if (stream_) stream_->cancel();
}

Task<void> ReadModel::follow() {
  while (!stopping_) {
    v1::WatchReadModelRequest request;
    request.set_parent(domain_name(domain_));
    request.set_cursor(cursor_);
    Callback<bool> ended([this, &request](const Callback<bool>::Done& done) {
      stream_ = std::make_shared<app::PeerStream<v1::WatchReadModelResponse>>(
          loop_, [this](const v1::WatchReadModelResponse& response) { apply(response); },
          [this, done](const grpc::Status& status) {
            if (!stopping_) spdlog::warn("domain {}: the read model broke off: {}", domain_, status.error_message());
            done(true);
          });
      stub_->async()->WatchReadModel(stream_->context(), &request, stream_.get());
      stream_->start();
    });
    co_await ended;
    read_model_connected.at({domain_}).Set(0);
    stream_.reset();
    coming_.reset();
    const bool going = co_await loop_.sleep(kReconnectMs);
    if (!going) co_return;
  }
}

void ReadModel::apply(const v1::WatchReadModelResponse& response) {
  read_model_connected.at({domain_}).Set(1);
  if (response.snapshot_begin()) coming_ = std::make_unique<routing::Snapshot>();
  routing::Snapshot& target = coming_ ? *coming_ : *snapshot_;
  for (const v1::ExpertRecord& record : response.records()) target.apply(record);
  if (response.snapshot_complete() && coming_) {
    snapshot_ = std::move(coming_);
    ready_ = true;
    spdlog::info("domain {}: the read model is complete: {} experts", domain_, snapshot_->size());
  }
  listener_(response);
  if (response.cursor().empty()) return;
  cursor_ = response.cursor();
  const ChangeId now = ChangeId::parse(cursor_);
  // The waiters' coroutines go on inside done() and may wait again.
  std::vector<Waiter> served;
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    if (it->change <= now) {
      served.push_back(std::move(*it));
      it = waiters_.erase(it);
    } else {
      ++it;
    }
  }
  for (const Waiter& waiter : served) waiter.done(true);
}

Callback<bool> ReadModel::seen(const std::string& change) {
  return Callback<bool>([this, id = ChangeId::parse(change)](const Callback<bool>::Done& done) {
    if (id <= ChangeId::parse(cursor_)) {
      done(true);
      return;
    }
    const uint64_t number = next_waiter_++;
    waiters_.push_back({.change = id, .number = number, .done = done});
    loop_.after(kMostPatienceMs, [this, number] {
      const auto it =
          std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& w) { return w.number == number; });
      if (it == waiters_.end()) return;
      const auto late = std::move(it->done);
      waiters_.erase(it);
      late(false);
    });
  });
}

}  // namespace expertline::evaluation
