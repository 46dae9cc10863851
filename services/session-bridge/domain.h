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
#include "session-bridge/policy/policy.h"
#include "session-bridge/views.h"
#include "state/audit_store.h"
#include "state/expert_store.h"
#include "state/report_store.h"
#include "state/session_store.h"

namespace expertline::bridge {

// Whether the message of id `a` came after that of id `b`. Empty: before all.
bool is_later(const std::string& a, const std::string& b);
// Whether it may be the id of a message; empty may.
bool is_message_id(const std::string& id);

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
  // Somebody is typing in a session; `experts` are on its conversation.
  virtual void typing(const std::string& session, const std::vector<std::string>& experts,
                      const v1::Typing& typing) = 0;
  // Whether it takes what it is told as fast as that comes; one that does not for long is dropped.
  virtual bool keeps_up() const = 0;
  virtual void drop() = 0;
  // What keeps offers from an expert; for those who speak for him. The same may come again.
  virtual void expert_blocked(const std::string&, v1::Block) {}
};

struct DomainConfig {
  std::string name;
  std::string bridge;  // id of this replica
  std::string redis;
  std::vector<redis::Command> on_connect;
  const Policy& policy;  // outlives the domain
  int64_t report_retention_ms = 0;
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
  const Policy& policy() const { return config_.policy; }
  state::ReportStore& reports() { return reports_; }
  StoreTime time() const;  // only if time_known()
  bool time_known() const { return time_known_; }
  // Wall clock, ms.
  int64_t wall_now() const { return time().now + time().offset; }
  // A session as the platform sees it.
  v1::Session view(const state::SessionRecord& record) const;
  // What policy says to an expert about a leg, in his language, or to him alone; empty if it has no words for it.
  std::string words(const std::string& message, const std::string& expert, const state::SessionRecord* record = nullptr,
                    const state::Leg* leg = nullptr) const;
  // The store's time and the routing points are known.
  bool ready() const { return client_.connected() && time_known_ && routing_points_known_; }

  // NOT_READY until strategy-evaluation has told them, UNKNOWN_ROUTING_POINT if there is none of that name.
  Result<v1::RoutingPoint> routing_point(const std::string& id) const;

  // Whether a request may be made at a routing point: NOT_ALLOWED if its strategy does not allow it. Asks
  // strategy-evaluation only if the point is restricted; NOT_READY if that does not answer.
  Task<Result<Done>> admit(v1::RoutingPoint point, v1::RoutingFacts facts);

  // Whether somebody may seek one more expert for a session, at a routing point or by name (then `routing_point` is
  // empty), by the operator's policy. A refusal is audited.
  Task<Result<Done>> may_ask(std::string action, std::string actor, v1::Agent agent, std::string routing_point,
                             std::string expert);
  // Audits `error` if it is a refusal by policy, and gives it back.
  Task<Error> refused(std::string actor, std::string action, std::string target, Error error);
  // What would come of a request now, as far as its strategy says. NOT_READY if strategy-evaluation does not answer.
  Task<Result<v1::Availability>> assess(v1::RoutingFacts facts);

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
  // Lets the metrics say how the domain stands, for ever.
  Task<void> measure();
  std::string outbox() const { return store_.prefix() + "out:" + config_.bridge; }  // key
  Task<void> read_hints();
  Task<void> route_now(state::LegRef leg, std::optional<v1::RoutingFacts> facts);
  Task<void> set_watched(std::string session, bool on);
  Task<void> detach_now(std::vector<std::string> experts);
  Task<void> attach_all_again();
  // Reads the session and tells everybody; changes that come meanwhile lead to one more round.
  void refresh(const std::string& session);
  // The same after a while, once for all that changes until then.
  Task<void> refresh_later(std::string session);
  // "session role id expert,expert..."
  void tell_typing(const std::string& hint) const;
  // Waits until all of them have taken what they were told, or are dropped.
  Task<void> keep_pace(std::vector<std::shared_ptr<Watcher>> watchers);
  Task<void> learn_languages(std::vector<std::string> experts);
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
  state::ExpertStore experts_;
  state::ReportStore reports_;
  std::unique_ptr<v1::StrategyService::Stub> strategy_;
  std::shared_ptr<app::PeerStream<v1::WatchRoutingPointsResponse>> points_stream_;
  bool stopping_ = false;
  bool routing_points_known_ = false;
  bool time_known_ = false;  // from the first tick on
  std::unordered_map<std::string, v1::RoutingPoint> routing_points_;
  int64_t tick_now_ = 0, tick_offset_ = 0, tick_at_ = 0;
  std::string hint_cursor_ = "0-0";  // the last hint that was read
  int64_t host_ahead_ms_ = 0;        // the clock of the store's host less ours
  std::unordered_map<std::string, Watchers> session_watchers_;
  std::unordered_map<std::string, Watchers> desks_;                      // by expert
  std::unordered_map<std::string, std::vector<std::string>> languages_;  // of experts with a desk here
  std::unordered_set<std::string> to_refresh_;
  std::unordered_map<std::string, bool> refreshing_;  // session -> to be read once more
};

}  // namespace expertline::bridge
