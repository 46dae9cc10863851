// StrategyService.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "app/rpc.h"
#include "expertline/v1/strategy.grpc.pb.h"
#include "strategy-evaluation/domain.h"

namespace expertline::evaluation {

using Domains = std::unordered_map<std::string, std::unique_ptr<Domain>>;

class StrategyService final : public v1::StrategyService::CallbackService {
 public:
  StrategyService(app::Context context, const Domains& domains) : context_(context), domains_(domains) {}

  grpc::ServerUnaryReactor* Route(grpc::CallbackServerContext*, const v1::RouteRequest* request,
                                  v1::RouteResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRoutingPointsResponse>* WatchRoutingPoints(
      grpc::CallbackServerContext*, const v1::WatchRoutingPointsRequest* request) override;

  // Tells everybody who watches a domain. Loop thread.
  void strategies_changed(const std::string& domain);

 private:
  using Stream = app::ServerStream<v1::WatchRoutingPointsResponse>;

  Task<Result<v1::RouteResponse>> route(v1::RouteRequest request);
  Result<Domain*> domain(const std::string& name) const;

  app::Context context_;
  const Domains& domains_;
  std::unordered_multimap<std::string, std::shared_ptr<Stream>> watchers_;  // by domain
};

}  // namespace expertline::evaluation
