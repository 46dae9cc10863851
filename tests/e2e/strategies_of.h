// The analysts' side: strategies and their revisions.
#pragma once

#include <memory>
#include <string>

#include "expertline/v1/strategy.grpc.pb.h"
#include "support/rpc.h"

namespace expertline::test {

// StrategyService of one replica or of all.
class Strategies {
 public:
  explicit Strategies(const std::string& target) : stub_(v1::StrategyService::NewStub(connect(target))) {}

  v1::StrategyService::Stub& stub() { return *stub_; }

  v1::ListStrategiesResponse list() {
    v1::ListStrategiesRequest request;
    request.set_parent("domains/main");
    return call(stub(), &v1::StrategyService::Stub::ListStrategies, request);
  }
  v1::GetStrategyResponse get(const std::string& strategy, const std::string& revision = "") {
    v1::GetStrategyRequest request;
    request.set_parent("domains/main");
    request.set_strategy(strategy);
    request.set_revision(revision);
    return call(stub(), &v1::StrategyService::Stub::GetStrategy, request);
  }
  // Of the live one.
  std::string revision(const std::string& strategy) { return get(strategy).revision(); }
  static v1::ActivateRevisionRequest activation(const std::string& strategy, const std::string& revision) {
    v1::ActivateRevisionRequest request;
    request.set_parent("domains/main");
    request.set_strategy(strategy);
    request.set_revision(revision);
    return request;
  }
  v1::Strategy activate(const std::string& strategy, const std::string& revision) {
    return call(stub(), &v1::StrategyService::Stub::ActivateRevision, activation(strategy, revision)).strategy();
  }

 private:
  std::unique_ptr<v1::StrategyService::Stub> stub_;
};

}  // namespace expertline::test
