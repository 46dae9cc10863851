// One contact centre inside session-bridge: its routing points, timers, hints from the store, and who is to be told of
// changes here. Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "app/loop.h"
#include "app/rpc.h"
#include "expertline/v1/strategy.grpc.pb.h"
#include "redis/client.h"
#include "session-bridge/views.h"
#include "state/audit_store.h"
#include "state/session_store.h"

namespace expertline::bridge {

// Whether the message of id `a` came after that of id `b`. Empty: before all.
bool is_later(const std::string& a, const std::string& b);

// Somebody attached to this bridge who wants to know how a session goes on: a platform's watch, a call's stream, a
// desk.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // The session as it is now; the same state may come again.
  virtual void session_changed(const state::SessionRecord& record) = 0;
  // The messages it wants are those after this id; "-" if it wants none.
  virtual std::string messages_after(const state::SessionRecord& record) = 0;
  virtual void message(const state::SessionRecord& record, const v1::Message& message) = 0;
  // All of the session and its messages up to now was told.
  virtual void told(const state::SessionRecord& record) = 0;
  // What keeps offers from an expert; for those who speak for him. The same may come again.
  virtual void expert_blocked(const std::string&, v1::Block) {}
};

struct DomainConfig {
  std::string name;
  std::string bridge;  // id of this replica
  std::string redis;
  std::vector<redis::Command> on_connect;
  int64_t retention_ms = 0;
};

class Domain {
 public:
  Domain(app::Loop& loop, DomainConfig config, std::shared_ptr<grpc::Channel> strategy);

  void start();
  void stop();

  const std::string& name() const { return config_.name; }
  const std::string& bridge() const { return config_.bridge; }
  state::SessionStore& store() { return store_; }
  state::AuditStore& audit() { return audit_; }
  StoreTime time() const;
  // The store's time and the routing points are known.
  bool ready() const { return client_.connected() && time_known_ && routing_points_known_; }

  // NOT_READY until strategy-evaluation has told them, UNKNOWN_ROUTING_POINT if there is none of that name.
  Result<v1::RoutingPoint> routing_point(const std::string& id) const;

  // Whether a request may be made at a routing point: NOT_ALLOWED if its strategy does not allow it. Asks
  // strategy-evaluation only if the point is restricted; NOT_READY if that does not answer.
  Task<Result<Done>> admit(v1::RoutingPoint point, v1::RoutingFacts facts);

  // Has strategy-evaluation route a leg, now and without waiting for it. Should that fail, the leg's timer asks again.
  // Without facts they are read from the store.
  void route(state::LegRef leg, std::optional<v1::RoutingFacts> facts = std::nullopt);

  // Tells `watcher` of the session as it is now and of all changes until unwatch(). UNKNOWN_SESSION ends it at once.
  Task<Result<Done>> watch(std::string session, std::shared_ptr<Watcher> watcher);
  void unwatch(const std::string& session, const std::shared_ptr<Watcher>& watcher);

  // Desks: `watcher` is told of every session in which one of its experts is asked or talks.
  // Per expert: false if he is unknown.
  Task<Result<std::vector<bool>>> attach(std::vector<std::string> experts, std::shared_ptr<Watcher> watcher);
  void detach(const std::vector<std::string>& experts, const std::shared_ptr<Watcher>& watcher);

 private:
  using Watchers = std::vector<std::shared_ptr<Watcher>>;

  Task<void> follow_routing_points();
  Task<void> tick();
  Task<void> renew_lease();
  Task<void> read_hints();
  Task<void> route_now(state::LegRef leg, std::optional<v1::RoutingFacts> facts);
  Task<void> set_watched(std::string session, bool on);
  Task<void> detach_now(std::vector<std::string> experts);
  Task<void> attach_all_again();
  // Reads the session and tells everybody; changes that come meanwhile lead to one more round.
  void refresh(const std::string& session);
  Task<void> refresh_now(std::string session);
  // Tells the desks of these experts what keeps offers from them.
  Task<void> tell_blocks(std::vector<std::string> experts);
  bool speaks_for(const std::string& expert, const std::shared_ptr<Watcher>& watcher) const;
  Watchers watchers_of(const state::SessionRecord& record) const;

  app::Loop& loop_;
  DomainConfig config_;
  redis::Client client_;
  redis::Client hints_;  // blocks in XREAD
  state::SessionStore store_;
  state::AuditStore audit_;
  std::unique_ptr<v1::StrategyService::Stub> strategy_;
  std::shared_ptr<app::PeerStream<v1::WatchRoutingPointsResponse>> points_stream_;
  bool stopping_ = false;
  bool routing_points_known_ = false;
  bool time_known_ = false;  // from the first tick on
  std::unordered_map<std::string, v1::RoutingPoint> routing_points_;
  int64_t tick_now_ = 0, tick_offset_ = 0, tick_at_ = 0;
  std::unordered_map<std::string, Watchers> session_watchers_;
  std::unordered_map<std::string, Watchers> desks_;   // by expert
  std::unordered_map<std::string, bool> refreshing_;  // session -> to be read once more
};

}  // namespace expertline::bridge
