// The service strategy-evaluation: runs strategies on the read model, reserves experts, serves those who wait.
//
// Life: construct, hand services() and calls() to an app::Server, start(), serve, stop the server, stop().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/rpc.h"
#include "strategy-evaluation/strategy_service.h"

namespace expertline::evaluation {

struct Config {
  std::string redis;                            // as redis::Client::Options::address
  std::vector<std::string> domains = {"main"};  // ids, at least one
  std::string strategies = "strategies";        // folder; see folder_of()
  RecordSettings records = {};
};

class StrategyEvaluation {
 public:
  explicit StrategyEvaluation(Config config);
  ~StrategyEvaluation();  // stop()
  StrategyEvaluation(const StrategyEvaluation&) = delete;
  StrategyEvaluation& operator=(const StrategyEvaluation&) = delete;

  std::vector<grpc::Service*> services() { return {&service_}; }
  app::Calls* calls() { return &calls_; }

  // Loads the strategies and starts. INVALID_FIELD, with all issues one a line in its message, if they have faults.
  // `presence` leads to presence-ingest. `on_ready` runs once, on the loop, when the read models of all domains are
  // complete.
  Result<Done> start(const std::shared_ptr<grpc::Channel>& presence, std::function<void()> on_ready);
  // After the server has stopped. Idempotent.
  void stop();

 private:
  Task<void> announce(std::function<void()> on_ready);
  const Config config_;
  app::Loop loop_;
  Packer packer_{loop_};
  app::Calls calls_;
  Domains domains_;
  StrategyService service_;
  bool running_ = false;
};

}  // namespace expertline::evaluation
