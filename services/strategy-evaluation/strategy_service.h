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

  grpc::ServerUnaryReactor* Admit(grpc::CallbackServerContext*, const v1::AdmitRequest* request,
                                  v1::AdmitResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::admit);
  }
  grpc::ServerUnaryReactor* Assess(grpc::CallbackServerContext*, const v1::AssessRequest* request,
                                   v1::AssessResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::assess);
  }
  grpc::ServerUnaryReactor* ExplainLeg(grpc::CallbackServerContext*, const v1::ExplainLegRequest* request,
                                       v1::ExplainLegResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::explain_leg);
  }
  grpc::ServerUnaryReactor* ListDecisions(grpc::CallbackServerContext*, const v1::ListDecisionsRequest* request,
                                          v1::ListDecisionsResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::list_decisions);
  }
  grpc::ServerUnaryReactor* ListStrategies(grpc::CallbackServerContext*, const v1::ListStrategiesRequest* request,
                                           v1::ListStrategiesResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::list_strategies);
  }
  grpc::ServerUnaryReactor* GetStrategy(grpc::CallbackServerContext*, const v1::GetStrategyRequest* request,
                                        v1::GetStrategyResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::get_strategy);
  }
  grpc::ServerUnaryReactor* ActivateRevision(grpc::CallbackServerContext*, const v1::ActivateRevisionRequest* request,
                                             v1::ActivateRevisionResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::activate_revision);
  }
  grpc::ServerUnaryReactor* GetShadow(grpc::CallbackServerContext*, const v1::GetShadowRequest* request,
                                      v1::GetShadowResponse* response) override {
    return app::unary(context_, request, response, this, &StrategyService::get_shadow);
  }

  // Tells everybody who watches a domain. Loop thread.
  void strategies_changed(const std::string& domain);

 private:
  using Stream = app::ServerStream<v1::WatchRoutingPointsResponse>;

  Task<Result<v1::RouteResponse>> route(v1::RouteRequest request);
  Task<Result<v1::AdmitResponse>> admit(v1::AdmitRequest request);
  Task<Result<v1::AssessResponse>> assess(v1::AssessRequest request);
  Task<Result<v1::ExplainLegResponse>> explain_leg(v1::ExplainLegRequest request);
  Task<Result<v1::ListDecisionsResponse>> list_decisions(v1::ListDecisionsRequest request);
  Task<Result<v1::ListStrategiesResponse>> list_strategies(v1::ListStrategiesRequest request);
  Task<Result<v1::GetStrategyResponse>> get_strategy(v1::GetStrategyRequest request);
  Task<Result<v1::ActivateRevisionResponse>> activate_revision(v1::ActivateRevisionRequest request);
  Task<Result<v1::GetShadowResponse>> get_shadow(v1::GetShadowRequest request);
  Result<Domain*> domain(const std::string& name) const;
  // Of a request with a parent and perhaps a strategy, both checked.
  Result<Domain*> domain_of(const std::string& parent, const std::string& strategy, const std::string& revision) const;
  // The same, once the pins are known.
  Result<Revisions*> revisions_of(const std::string& parent, const std::string& strategy,
                                  const std::string& revision) const;

  app::Context context_;
  const Domains& domains_;
  std::unordered_multimap<std::string, std::shared_ptr<Stream>> watchers_;  // by domain
};

}  // namespace expertline::evaluation
