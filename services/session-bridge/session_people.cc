// SessionService: who takes part in a session.
#include "base/names.h"
#include "session-bridge/notices.h"
#include "session-bridge/requests.h"
#include "session-bridge/session_service.h"

namespace expertline::bridge {
namespace {

// Where experts are asked by name: a strategy of the operator's on this routing point, or else the one that
// strategy-evaluation has for it.
constexpr const char* kByName = "by-name";

// What is said in the conversation, in the agent's language: the operator's words, or ours if he has none.
std::string said(const Policy& policy, const std::string& message, Notice notice, const v1::Agent& agent) {
  const std::string name = agent.display_name().empty() ? agent.id() : agent.display_name();
  const std::string text = policy.message(message, {agent.languages().begin(), agent.languages().end()},
                                          {.agent = name, .expert = "", .routing_point = ""});
  return text.empty() ? notice_text(notice, "", {{"agent", name}}) : text;
}

}  // namespace

grpc::ServerUnaryReactor* SessionService::ChangeAgent(grpc::CallbackServerContext*,
                                                      const v1::ChangeAgentRequest* request,
                                                      v1::ChangeAgentResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::change_agent);
}
grpc::ServerUnaryReactor* SessionService::TransferSession(grpc::CallbackServerContext*,
                                                          const v1::TransferSessionRequest* request,
                                                          v1::TransferSessionResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::transfer_session);
}
grpc::ServerUnaryReactor* SessionService::AddParticipant(grpc::CallbackServerContext*,
                                                         const v1::AddParticipantRequest* request,
                                                         v1::AddParticipantResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::add_participant);
}
grpc::ServerUnaryReactor* SessionService::JoinSession(grpc::CallbackServerContext*,
                                                      const v1::JoinSessionRequest* request,
                                                      v1::JoinSessionResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::join_session);
}
grpc::ServerUnaryReactor* SessionService::LeaveSession(grpc::CallbackServerContext*,
                                                       const v1::LeaveSessionRequest* request,
                                                       v1::LeaveSessionResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::leave_session);
}

Task<Result<v1::Session>> SessionService::read(Place at) {
  const auto record = co_await at.domain->store().read(at.session);
  if (!record) co_return record.error();
  co_return at.domain->view(*record);
}

Task<Result<v1::ChangeAgentResponse>> SessionService::change_agent(v1::ChangeAgentRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  v1::Session facts = record->facts;
  *facts.mutable_agent() = request.agent();
  const std::string text = said(at->domain->policy(), "agent_changed", Notice::kAgentChanged, request.agent());
  const auto done =
      co_await at->domain->store().change_agent(at->session, facts, text, request.actor(), request_of(request));
  if (!done) co_return done.error();
  auto session = co_await read(*at);
  if (!session) co_return session.error();
  v1::ChangeAgentResponse response;
  *response.mutable_session() = std::move(*session);
  co_return response;
}

Task<Result<std::string>> SessionService::seek(Domain* at, state::Seek seek, std::string routing_point,
                                               std::string expert) {
  const auto record = co_await at->store().read(seek.session);
  if (!record) co_return record.error();
  const std::string actor = seek.actor.empty() ? "agent:" + record->facts.agent().id() : seek.actor;
  const auto may = co_await at->may_ask(seek.action, actor, record->facts.agent(), routing_point, expert);
  if (!may) co_return may.error();
  const auto point = at->routing_point(expert.empty() ? routing_point : kByName);
  const bool built_in = !point && !expert.empty() && point.error().reason == v1::ERROR_REASON_UNKNOWN_ROUTING_POINT;
  if (!point && !built_in) co_return point.error();
  if (built_in) {
    const state::Leg* leg = seek.replaces.empty() ? record->conversation() : record->leg(seek.replaces);
    if (leg != nullptr) seek.medium = leg->medium;
    seek.routing_point = kByName;
    seek.strategy = kByName;
  } else {
    if (at->policy().kind(point->medium()) == Kind::kCall)
      co_return wrong_medium(*point, "calls go there by RouteCall");
    seek.medium = point->medium();
    seek.routing_point = point->id();
    seek.strategy = point->strategy();
    seek.secret_keys.assign(point->secret_keys().begin(), point->secret_keys().end());
    v1::RoutingFacts facts;
    *facts.mutable_agent() = record->facts.agent();
    *facts.mutable_interaction() = record->facts.interaction();
    *facts.mutable_user_data() = record->user_data;
    facts.set_expert(expert);
    const auto admitted = co_await at->admit(*point, facts);
    if (!admitted) co_return admitted.error();
  }
  const char* message = seek.transfer ? "nobody_took_over" : "nobody_joined";
  const Notice notice = seek.transfer ? Notice::kNobodyTookOver : Notice::kNobodyJoined;
  seek.nobody = said(at->policy(), message, notice, record->facts.agent());
  seek.by_name = std::move(expert);
  seek.seed = seeds_();
  const auto leg = co_await at->store().seek(std::move(seek));
  if (!leg) co_return leg.error();
  if (leg->version > 0) at->route(*leg);
  co_return leg->leg;
}

Task<Result<v1::TransferSessionResponse>> SessionService::transfer_session(v1::TransferSessionRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  state::Seek sought;
  sought.session = at->session;
  sought.transfer = true;
  sought.replaces = request.leg();
  sought.action = "TransferSession";
  sought.actor = request.actor();
  sought.request = request_of(request);
  const auto leg = co_await seek(at->domain, std::move(sought), request.routing_point(), request.expert());
  if (!leg) co_return leg.error();
  auto session = co_await read(*at);
  if (!session) co_return session.error();
  v1::TransferSessionResponse response;
  *response.mutable_session() = std::move(*session);
  response.set_leg(*leg);
  co_return response;
}

Task<Result<v1::AddParticipantResponse>> SessionService::add_participant(v1::AddParticipantRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  state::Seek sought;
  sought.session = at->session;
  sought.action = "AddParticipant";
  sought.actor = request.actor();
  sought.request = request_of(request);
  const auto leg = co_await seek(at->domain, std::move(sought), request.routing_point(), request.expert());
  if (!leg) co_return leg.error();
  auto session = co_await read(*at);
  if (!session) co_return session.error();
  v1::AddParticipantResponse response;
  *response.mutable_session() = std::move(*session);
  response.set_leg(*leg);
  co_return response;
}

Task<Result<v1::JoinSessionResponse>> SessionService::join_session(v1::JoinSessionRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto done =
      co_await at->domain->store().take_part(at->session, request.supervisor(), request.display_name(), true);
  if (!done) co_return done.error();
  auto session = co_await read(*at);
  if (!session) co_return session.error();
  v1::JoinSessionResponse response;
  *response.mutable_session() = std::move(*session);
  co_return response;
}

Task<Result<v1::LeaveSessionResponse>> SessionService::leave_session(v1::LeaveSessionRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto id = check_id("supervisor", request.supervisor()); !id) co_return id.error();
  const auto done = co_await at->domain->store().take_part(at->session, request.supervisor(), "", false);
  if (!done) co_return done.error();
  auto session = co_await read(*at);
  if (!session) co_return session.error();
  v1::LeaveSessionResponse response;
  *response.mutable_session() = std::move(*session);
  co_return response;
}

}  // namespace expertline::bridge
