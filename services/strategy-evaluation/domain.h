// One contact centre inside strategy-evaluation: its read model, its strategies, routing, serving those who wait, and
// what is remembered of decisions. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/loop.h"
#include "expertline/v1/strategy.pb.h"
#include "redis/client.h"
#include "routing/decide.h"
#include "state/session_store.h"
#include "strategy-evaluation/accountant.h"
#include "strategy-evaluation/decision_log.h"
#include "strategy-evaluation/read_model.h"
#include "strategy-evaluation/revisions.h"
#include "strategy-evaluation/shadow.h"
#include "strategy-evaluation/skillsets.h"
#include "strategy-evaluation/store_clock.h"

namespace expertline::evaluation {

struct DomainConfig {
  std::string name;
  std::string consumer;  // name of this replica in the consumer group of wakes
  std::string redis;
  std::vector<redis::Command> on_connect;
  std::string strategies;  // folder
  RecordSettings records;
};

class Domain {
 public:
  Domain(app::Loop& loop, DomainConfig config, const std::shared_ptr<grpc::Channel>& presence, Packer& packer);

  // Reads the strategies, before anything else. INVALID_FIELD with all issues if they have faults.
  Result<Done> load() { return revisions_.load(); }
  // `on_change` runs when other strategies are live than before.
  void start(std::function<void()> on_change);
  void stop();
  bool ready() const { return client_.connected() && read_model_.ready() && revisions_.ready() && clock_.known(); }

  Revisions& revisions() { return revisions_; }
  const Revisions& revisions() const { return revisions_; }
  const Shadow& shadow() const { return shadow_; }

  // Decides, reserves, and has it in the store before it answers. Without facts they are read from the store.
  Task<Result<v1::RouteResponse>> route(state::LegRef leg, std::optional<v1::RoutingFacts> facts);
  // What the strategy at the request's routing point says of it.
  Task<Result<v1::AdmitResponse>> admit(v1::RoutingFacts facts);
  // What would come of the request now.
  Task<Result<v1::AssessResponse>> assess(v1::RoutingFacts facts);
  // Why a leg's decisions were made so. An empty `leg` means its first.
  Task<Result<v1::ExplainLegResponse>> explain(std::string session, std::string leg);
  Task<Result<DecisionLog::Page>> decisions(std::string token, int most, std::string strategy) {
    return log_.page(std::move(token), most, std::move(strategy));
  }

 private:
  using Strategy = Revisions::Strategy;

  // The revision that the leg runs on, or the live strategy at its routing point; null if there is none.
  Task<Strategy> strategy_of(std::string revision, std::string routing_point, std::string medium);
  state::Candidate candidate(const routing::Strategy& strategy, const routing::Step& step,
                             const v1::RoutingFacts& facts, const v1::Moment& moment, const std::string& expert) const;
  // The queue is counted only if the strategy reads it. Not a coroutine: the arguments need not outlive the call.
  Task<Result<v1::Moment>> moment_for(const routing::Strategy& strategy, const v1::RoutingFacts& facts);

  // What is to be remembered of a decision on the present snapshot; who was reserved is not known yet.
  v1::DecisionRecord note(const state::LegRef& leg, const routing::Strategy& strategy, const v1::RoutingFacts& facts,
                          const v1::Moment& moment, const routing::Decision& decision) const;
  // Decides on the present snapshot, and measures it.
  routing::Decision decide(const routing::Strategy& strategy, const v1::RoutingFacts& facts,
                           const v1::Moment& moment) const;
  // Has the strategy's candidate decide as well, after the answer was sent.
  void compare_later(const state::LegRef& leg, const Strategy& strategy, const v1::RoutingFacts& facts,
                     const v1::Moment& moment, const routing::Decision& decision);
  void compare(const Strategy& strategy, const routing::Decision& decision, const std::string& seen,
               const Shadow::Case& what);

  Task<void> serve_wakes();
  Task<void> take_over_wakes();
  // Different experts side by side; each one in the order of those who wait.
  Task<void> serve_all(std::vector<redis::Reply> wakes);
  Task<void> serve_one(redis::Reply wake, size_t* left, std::function<void(bool)> done);
  Task<void> serve(redis::Reply wake);
  // Gives the expert to those who wait for somebody like him, in their order, until he is full or nobody is left.
  // False if the store did not answer: not done.
  Task<bool> serve_waiting(std::string expert, std::string medium);

  app::Loop& loop_;
  DomainConfig config_;
  redis::Client client_;
  redis::Client wakes_;  // blocks in XREADGROUP
  state::SessionStore store_;
  StoreClock clock_;
  ReadModel read_model_;
  Accountant accountant_;
  Skillsets skillsets_;
  Revisions revisions_;
  DecisionLog log_;
  Shadow shadow_;
  int to_compare_ = 0;          // decisions that wait for their candidate's
  int64_t comparing_from_ = 0;  // the second of which `compared_ns_` is
  uint64_t compared_ns_ = 0;
  bool stopping_ = false;
};

}  // namespace expertline::evaluation
