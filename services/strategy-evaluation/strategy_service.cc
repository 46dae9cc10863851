#include "strategy-evaluation/strategy_service.h"

#include "base/names.h"
#include "strategy-evaluation/change_id.h"

namespace expertline::evaluation {
namespace {

v1::WatchRoutingPointsResponse all_points(const Domain& domain) {
  v1::WatchRoutingPointsResponse response;
  for (v1::RoutingPoint& point : domain.revisions().live().routing_points())
    *response.add_routing_points() = std::move(point);
  return response;
}

}  // namespace

Result<Domain*> StrategyService::domain(const std::string& name) const {
  const auto it = domains_.find(name);
  if (it == domains_.end()) {
    return Error{.reason = v1::ERROR_REASON_UNKNOWN_DOMAIN,
                 .message = "domain \"" + name + "\" is not served here",
                 .metadata = {{"domain", name}}};
  }
  return it->second.get();
}

grpc::ServerUnaryReactor* StrategyService::Route(grpc::CallbackServerContext*, const v1::RouteRequest* request,
                                                 v1::RouteResponse* response) {
  return app::unary(context_, request, response, this, &StrategyService::route);
}

Task<Result<v1::RouteResponse>> StrategyService::route(v1::RouteRequest request) {
  const auto name = parse_session("session", request.session());
  if (!name) co_return name.error();
  if (const auto id = check_id("leg", request.leg()); !id) co_return id.error();
  const auto found = domain(name->domain);
  if (!found) co_return found.error();
  std::optional<v1::RoutingFacts> facts;
  if (request.has_facts()) facts = std::move(*request.mutable_facts());
  state::LegRef leg{.session = name->id, .leg = request.leg(), .version = request.leg_version()};
  co_return co_await (*found)->route(std::move(leg), std::move(facts));
}

Result<Domain*> StrategyService::domain_of(const std::string& parent, const std::string& strategy,
                                           const std::string& revision) const {
  const auto name = parse_domain("parent", parent);
  if (!name) return name.error();
  if (!strategy.empty()) {
    if (const auto id = check_id("strategy", strategy); !id) return id.error();
  }
  if (!revision.empty()) {
    if (const auto id = check_id("revision", revision); !id) return id.error();
  }
  return domain(*name);
}

Result<Revisions*> StrategyService::revisions_of(const std::string& parent, const std::string& strategy,
                                                 const std::string& revision) const {
  const auto found = domain_of(parent, strategy, revision);
  if (!found) return found.error();
  if (!(*found)->revisions().ready()) {
    return Error{.reason = v1::ERROR_REASON_NOT_READY,
                 .message = "what was made live by hand is not known yet; ask again",
                 .metadata = {{"service", "strategy-evaluation"}}};
  }
  return &(*found)->revisions();
}

Task<Result<v1::AdmitResponse>> StrategyService::admit(v1::AdmitRequest request) {
  const auto found = domain_of(request.parent(), "", "");
  if (!found) co_return found.error();
  co_return co_await (*found)->admit(std::move(*request.mutable_facts()));
}

Task<Result<v1::AssessResponse>> StrategyService::assess(v1::AssessRequest request) {
  const auto found = domain_of(request.parent(), "", "");
  if (!found) co_return found.error();
  co_return co_await (*found)->assess(std::move(*request.mutable_facts()));
}

Task<Result<v1::ExplainLegResponse>> StrategyService::explain_leg(v1::ExplainLegRequest request) {
  const auto name = parse_session("session", request.session());
  if (!name) co_return name.error();
  if (!request.leg().empty()) {
    if (const auto id = check_id("leg", request.leg()); !id) co_return id.error();
  }
  const auto found = domain(name->domain);
  if (!found) co_return found.error();
  co_return co_await (*found)->explain(name->id, request.leg());
}

Task<Result<v1::ListDecisionsResponse>> StrategyService::list_decisions(v1::ListDecisionsRequest request) {
  const auto found = domain_of(request.parent(), request.strategy(), "");
  if (!found) co_return found.error();
  if (request.page_size() < 0 || request.page_size() > 100) co_return invalid_field("page_size", "0 to 100");
  const std::string& token = request.page_token();
  if (!token.empty() && ChangeId::parse(token) == ChangeId{}) {
    co_return Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                    .message = "page_token is not one of ours",
                    .metadata = {{"field", "page_token"}}};
  }
  const int most = request.page_size() == 0 ? 20 : request.page_size();
  auto page = co_await (*found)->decisions(token, most, request.strategy());
  if (!page) co_return page.error();
  v1::ListDecisionsResponse response;
  for (v1::DecisionRecord& record : page->records) *response.add_decisions() = std::move(record);
  response.set_next_page_token(page->next);
  co_return response;
}

Task<Result<v1::ListStrategiesResponse>> StrategyService::list_strategies(v1::ListStrategiesRequest request) {
  const auto found = revisions_of(request.parent(), "", "");
  if (!found) co_return found.error();
  co_return (*found)->list();
}

Task<Result<v1::GetStrategyResponse>> StrategyService::get_strategy(v1::GetStrategyRequest request) {
  const auto found = revisions_of(request.parent(), request.strategy(), request.revision());
  if (!found) co_return found.error();
  co_return co_await (*found)->get(request.strategy(), request.revision());
}

Task<Result<v1::ActivateRevisionResponse>> StrategyService::activate_revision(v1::ActivateRevisionRequest request) {
  const auto found = revisions_of(request.parent(), request.strategy(), request.revision());
  if (!found) co_return found.error();
  auto strategy = co_await (*found)->activate(request.strategy(), request.revision());
  if (!strategy) co_return strategy.error();
  v1::ActivateRevisionResponse response;
  *response.mutable_strategy() = std::move(*strategy);
  co_return response;
}

Task<Result<v1::GetShadowResponse>> StrategyService::get_shadow(v1::GetShadowRequest request) {
  const auto found = domain_of(request.parent(), request.strategy(), "");
  if (!found) co_return found.error();
  if (!(*found)->revisions().live().strategies().contains(request.strategy())) {
    co_return Revisions::unknown_strategy(request.strategy());
  }
  co_return (*found)->shadow().counts(request.strategy());
}

grpc::ServerWriteReactor<v1::WatchRoutingPointsResponse>* StrategyService::WatchRoutingPoints(
    grpc::CallbackServerContext*, const v1::WatchRoutingPointsRequest* request) {
  auto gone = std::make_shared<std::function<void()>>([] {});
  auto stream = std::make_shared<Stream>(context_, [gone] { (*gone)(); });
  stream->start(stream);
  context_.loop.post([this, stream, gone, parent = request->parent()] {
    const auto name = parse_domain("parent", parent);
    const auto found = name ? domain(*name) : Result<Domain*>(name.error());
    if (!found) {
      stream->finish(app::to_status(found.error()));
      return;
    }
    watchers_.emplace(*name, stream);
    *gone = [this, name = *name, watcher = stream.get()] {
      const auto [begin, end] = watchers_.equal_range(name);
      for (auto it = begin; it != end; ++it) {
        if (it->second.get() != watcher) continue;
        watchers_.erase(it);
        return;
      }
    };
    stream->write(all_points(**found));
  });
  return stream.get();
}

void StrategyService::strategies_changed(const std::string& name) {
  const auto [begin, end] = watchers_.equal_range(name);
  for (auto it = begin; it != end; ++it) it->second->write(all_points(*domains_.at(name)));
}

}  // namespace expertline::evaluation
