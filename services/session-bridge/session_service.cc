#include "session-bridge/session_service.h"

#include <spdlog/spdlog.h>

#include "app/server.h"
#include "base/names.h"
#include "session-bridge/requests.h"
#include "state/user_data.h"

namespace expertline::bridge {
Result<Domain*> find_domain(const Domains& domains, const std::string& name) {
  const auto it = domains.find(name);
  if (domains.empty()) {  // the port is open a moment before
    return Error{.reason = v1::ERROR_REASON_NOT_READY,
                 .message = "session-bridge is starting; ask again",
                 .metadata = {{"service", "session-bridge"}}};
  }
  if (it == domains.end()) {
    return Error{.reason = v1::ERROR_REASON_UNKNOWN_DOMAIN,
                 .message = "domain \"" + name + "\" is not served here",
                 .metadata = {{"domain", name}}};
  }
  return it->second.get();
}

SessionService::SessionService(app::Context context, const Domains& domains, int64_t user_data_limit,
                               size_t most_observed)
    : context_(context),
      domains_(domains),
      user_data_limit_(user_data_limit),
      most_observed_(most_observed),
      seeds_(std::random_device()()) {}

Result<Domain*> SessionService::domain(const std::string& field, const std::string& parent) const {
  const auto name = parse_domain(field, parent);
  if (!name) return name.error();
  return find_domain(domains_, *name);
}

Result<SessionService::Place> SessionService::place(const std::string& field, const std::string& name) const {
  auto parsed = parse_session(field, name);
  if (!parsed) return parsed.error();
  const auto found = find_domain(domains_, parsed->domain);
  if (!found) return found.error();
  return Place{.domain = *found, .session = parsed->id};
}

grpc::ServerUnaryReactor* SessionService::StartSession(grpc::CallbackServerContext*,
                                                       const v1::StartSessionRequest* request,
                                                       v1::StartSessionResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::start_session);
}
grpc::ServerUnaryReactor* SessionService::GetSession(grpc::CallbackServerContext*, const v1::GetSessionRequest* request,
                                                     v1::GetSessionResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::get_session);
}
grpc::ServerUnaryReactor* SessionService::ListSessions(grpc::CallbackServerContext*,
                                                       const v1::ListSessionsRequest* request,
                                                       v1::ListSessionsResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::list_sessions);
}
grpc::ServerUnaryReactor* SessionService::GetAvailability(grpc::CallbackServerContext*,
                                                          const v1::GetAvailabilityRequest* request,
                                                          v1::GetAvailabilityResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::get_availability);
}
grpc::ServerUnaryReactor* SessionService::UpdateUserData(grpc::CallbackServerContext*,
                                                         const v1::UpdateUserDataRequest* request,
                                                         v1::UpdateUserDataResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::update_user_data);
}
grpc::ServerUnaryReactor* SessionService::CancelLeg(grpc::CallbackServerContext*, const v1::CancelLegRequest* request,
                                                    v1::CancelLegResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::cancel_leg);
}
grpc::ServerUnaryReactor* SessionService::EndSession(grpc::CallbackServerContext*, const v1::EndSessionRequest* request,
                                                     v1::EndSessionResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::end_session);
}
grpc::ServerUnaryReactor* SessionService::PrepareVoice(grpc::CallbackServerContext*,
                                                       const v1::PrepareVoiceRequest* request,
                                                       v1::PrepareVoiceResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::prepare_voice);
}
grpc::ServerUnaryReactor* SessionService::CancelCall(grpc::CallbackServerContext*, const v1::CancelCallRequest* request,
                                                     v1::CancelCallResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::cancel_call);
}
grpc::ServerUnaryReactor* SessionService::ReportVoice(grpc::CallbackServerContext*,
                                                      const v1::ReportVoiceRequest* request,
                                                      v1::ReportVoiceResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::report_voice);
}

Task<Result<v1::StartSessionResponse>> SessionService::start_session(v1::StartSessionRequest request) {
  const auto at = domain("parent", request.parent());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto point = (*at)->routing_point(request.routing_point());
  if (!point) co_return point.error();
  if ((*at)->policy().kind(point->medium()) == Kind::kCall) {
    co_return wrong_medium(*point, "calls go there by RouteCall");
  }

  state::NewSession session;
  session.request = request_of(request);
  session.session = app::random_id();
  session.bridge = (*at)->bridge();
  session.medium = point->medium();
  session.routing_point = point->id();
  session.strategy = point->strategy();
  session.secret_keys.assign(point->secret_keys().begin(), point->secret_keys().end());
  session.text = request.text();
  session.seed = seeds_();
  *session.facts.mutable_agent() = request.agent();
  *session.facts.mutable_interaction() = request.interaction();
  session.user_data = request.user_data();
  session.user_data_limit = user_data_limit_;
  v1::StartSessionResponse response;

  v1::RoutingFacts facts;
  facts.set_medium(session.medium);
  facts.set_routing_point(session.routing_point);
  *facts.mutable_agent() = request.agent();
  *facts.mutable_interaction() = request.interaction();
  *facts.mutable_user_data() = request.user_data();
  facts.set_seed(session.seed);
  const Asking asking{.agent = request.agent(), .routing_point = point->id()};
  Result<Done> may = (*at)->policy().may_ask(asking, (*at)->wall_now());
  if (may && !request.text().empty()) {
    const Saying saying{.agent = request.agent(), .routing_point = point->id(), .text = true};
    may = (*at)->policy().may_say(saying, (*at)->wall_now());
  }
  if (may) may = co_await (*at)->admit(*point, facts);
  if (!may) {
    // What was allowed once is answered alike when it is asked again.
    const auto known = co_await (*at)->store().started(request.request_id());
    if (!known) co_return known.error();
    const std::string actor = "agent:" + request.agent().id();
    const std::string target = "routing_point:" + point->id();
    if (!*known) co_return co_await (*at)->refused(actor, "StartSession", target, may.error());
  }
  if (request.validate_only()) co_return response;

  const auto enqueued = co_await (*at)->store().enqueue(std::move(session));
  if (!enqueued) co_return enqueued.error();
  app::work_on(enqueued->leg.session);
  spdlog::debug("domain {}: {} at {}", (*at)->name(), enqueued->known ? "asked again" : "a session begins",
                point->id());
  if (!enqueued->known) (*at)->route(enqueued->leg, std::move(facts));
  const auto record = co_await (*at)->store().read(enqueued->leg.session);
  if (!record) co_return record.error();
  *response.mutable_session() = (*at)->view(*record);
  co_return response;
}

Task<Result<v1::GetSessionResponse>> SessionService::get_session(v1::GetSessionRequest request) {
  const auto at = place("name", request.name());
  if (!at) co_return at.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  v1::GetSessionResponse response;
  *response.mutable_session() = at->domain->view(*record);
  co_return response;
}

Task<Result<v1::CancelLegResponse>> SessionService::cancel_leg(v1::CancelLegRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto id = check_request_id(request.request_id()); !id) co_return id.error();
  if (const auto id = check_id("leg", request.leg()); !id) co_return id.error();
  if (const auto actor = check_actor(request.actor()); !actor) co_return actor.error();
  const auto done =
      co_await at->domain->store().cancel(at->session, request.leg(), "", request_of(request), request.actor());
  if (!done) co_return done.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  v1::CancelLegResponse response;
  *response.mutable_session() = at->domain->view(*record);
  co_return response;
}

Task<Result<v1::EndSessionResponse>> SessionService::end_session(v1::EndSessionRequest request) {
  const auto at = place("name", request.name());
  if (!at) co_return at.error();
  if (const auto id = check_request_id(request.request_id()); !id) co_return id.error();
  if (const auto actor = check_actor(request.actor()); !actor) co_return actor.error();
  if (!v1::SessionOutcome_IsValid(request.outcome())) co_return invalid_field("outcome", "one of SessionOutcome");
  const auto done = co_await at->domain->store().end(at->session, outcome_text(request.outcome()), request_of(request),
                                                     request.actor());
  if (!done) co_return done.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  v1::EndSessionResponse response;
  *response.mutable_session() = at->domain->view(*record);
  co_return response;
}

}  // namespace expertline::bridge
