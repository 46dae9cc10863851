// This process' copy of a domain's read model, fed by presence-ingest. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/loop.h"
#include "app/rpc.h"
#include "expertline/v1/presence.grpc.pb.h"
#include "routing/snapshot.h"
#include "strategy-evaluation/change_id.h"

namespace expertline::evaluation {

class ReadModel {
 public:
  // `presence` leads to presence-ingest.
  ReadModel(app::Loop& loop, std::string domain, const std::shared_ptr<grpc::Channel>& presence);

  // `listener` is given everything that comes, in order, once it is in the snapshot. Before start().
  void listen(std::function<void(const v1::WatchReadModelResponse&)> listener) { listener_ = std::move(listener); }
  // Follows the stream for ever: resumes from its cursor, or takes a new snapshot.
  void start();
  void stop();

  // Complete once; false until then.
  bool ready() const { return ready_; }
  const routing::Snapshot& snapshot() const { return *snapshot_; }
  // The last change that is in the snapshot, as the store names it.
  const std::string& cursor() const { return cursor_; }
  // Waits until that change is in the snapshot; false if that takes longer than a second.
  Callback<bool> seen(const std::string& change);

 private:
  struct Waiter {
    ChangeId change;
    uint64_t number;
    std::function<void(bool)> done;
  };
  Task<void> follow();
  void apply(const v1::WatchReadModelResponse& response);

  app::Loop& loop_;
  std::string domain_;
  std::unique_ptr<v1::PresenceService::Stub> stub_;
  std::shared_ptr<app::PeerStream<v1::WatchReadModelResponse>> stream_;
  std::unique_ptr<routing::Snapshot> snapshot_ = std::make_unique<routing::Snapshot>();
  std::unique_ptr<routing::Snapshot> coming_;  // a snapshot under way; the old one is used until it is complete
  std::string cursor_;
  std::function<void(const v1::WatchReadModelResponse&)> listener_ = [](const auto&) {};
  std::vector<Waiter> waiters_;
  uint64_t next_waiter_ = 0;
  bool ready_ = false;
  bool stopping_ = false;
};

}  // namespace expertline::evaluation
