#include "strategy-evaluation/strategy_service.h"

#include "base/names.h"

namespace expertline::evaluation {
namespace {

v1::WatchRoutingPointsResponse all_points(const Domain& domain) {
  v1::WatchRoutingPointsResponse response;
  for (v1::RoutingPoint& point : domain.strategies().routing_points())
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
