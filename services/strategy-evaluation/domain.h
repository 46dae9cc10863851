// One contact centre inside strategy-evaluation: its read model, its strategies, routing, and serving those who wait.
// Loop thread only.
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
#include "strategy-evaluation/read_model.h"
#include "strategy/registry.h"

namespace expertline::evaluation {

struct DomainConfig {
  std::string name;
  std::string consumer;  // name of this replica in the consumer group of wakes
  std::string redis;
  std::vector<redis::Command> on_connect;
};

class Domain {
 public:
  Domain(app::Loop& loop, DomainConfig config, const std::shared_ptr<grpc::Channel>& presence,
         std::shared_ptr<const strategy::Registry> strategies);

  void start();
  void stop();
  bool ready() const { return client_.connected() && read_model_.ready(); }

  const strategy::Registry& strategies() const { return *strategies_; }
  // Running legs finish on the revision they began with.
  void use(std::shared_ptr<const strategy::Registry> strategies) { strategies_ = std::move(strategies); }

  // Decides, reserves, and has it in the store before it answers. Without facts they are read from the store.
  Task<Result<v1::RouteResponse>> route(state::LegRef leg, std::optional<v1::RoutingFacts> facts);

 private:
  using Strategy = std::shared_ptr<const routing::Strategy>;

  Strategy strategy_of(const v1::RoutingFacts& facts) const;
  state::Candidate candidate(const routing::Strategy& strategy, const routing::Step& step,
                             const v1::RoutingFacts& facts, const v1::Moment& moment, const std::string& expert) const;
  // The queue is counted only if the strategy reads it. Not a coroutine: the arguments need not outlive the call.
  Task<Result<v1::Moment>> moment_for(const routing::Strategy& strategy, const v1::RoutingFacts& facts);

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
  ReadModel read_model_;
  std::shared_ptr<const strategy::Registry> strategies_;
  bool stopping_ = false;
};

}  // namespace expertline::evaluation
