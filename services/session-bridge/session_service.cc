#include "session-bridge/session_service.h"

#include "app/server.h"
#include "base/names.h"
#include "session-bridge/requests.h"
#include "state/user_data.h"

namespace expertline::bridge {
namespace {

constexpr const char* kVoice = "voice";
constexpr int64_t kCallDeadlineMs = 120'000;

Error wrong_medium(const v1::RoutingPoint& point, const char* rule) {
  return invalid_field("routing_point", "\"" + point.id() + "\" is a " + point.medium() + " routing point; " + rule);
}

}  // namespace

Result<Domain*> find_domain(const Domains& domains, const std::string& name) {
  const auto it = domains.find(name);
  if (it == domains.end()) {
    return Error{.reason = v1::ERROR_REASON_UNKNOWN_DOMAIN,
                 .message = "domain \"" + name + "\" is not served here",
                 .metadata = {{"domain", name}}};
  }
  return it->second.get();
}

SessionService::SessionService(app::Context context, const Domains& domains, int64_t user_data_limit)
    : context_(context), domains_(domains), user_data_limit_(user_data_limit), seeds_(std::random_device()()) {}

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
grpc::ServerUnaryReactor* SessionService::SendMessage(grpc::CallbackServerContext*,
                                                      const v1::SendMessageRequest* request,
                                                      v1::SendMessageResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::send_message);
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
  if (point->medium() == kVoice) co_return wrong_medium(*point, "calls go there by RouteCall");

  state::NewSession session;
  session.request = request_of(request);
  session.session = app::random_id();
  session.agent_id = request.agent().id();
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
  if (point->restricted()) {
    // What was allowed once is answered alike when it is asked again.
    const auto known = co_await (*at)->store().started(request.request_id());
    if (!known) co_return known.error();
    if (!*known) {
      const auto admitted = co_await (*at)->admit(*point, facts);
      if (!admitted) co_return admitted.error();
    }
  }
  if (request.validate_only()) co_return response;

  const auto enqueued = co_await (*at)->store().enqueue(std::move(session));
  if (!enqueued) co_return enqueued.error();
  if (!enqueued->known) (*at)->route(enqueued->leg, std::move(facts));
  const auto record = co_await (*at)->store().read(enqueued->leg.session);
  if (!record) co_return record.error();
  *response.mutable_session() = view_session((*at)->name(), *record, (*at)->time());
  co_return response;
}

Task<Result<v1::GetSessionResponse>> SessionService::get_session(v1::GetSessionRequest request) {
  const auto at = place("name", request.name());
  if (!at) co_return at.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  v1::GetSessionResponse response;
  *response.mutable_session() = view_session(at->domain->name(), *record, at->domain->time());
  co_return response;
}

Task<Result<v1::ListSessionsResponse>> SessionService::list_sessions(v1::ListSessionsRequest request) {
  const auto at = domain("parent", request.parent());
  if (!at) co_return at.error();
  if (request.page_size() < 0 || request.page_size() > kMostPageSize) {
    co_return invalid_field("page_size", "0 to 1000");
  }
  if (request.page_token().find_first_not_of("0123456789") != std::string::npos || request.page_token().size() > 18) {
    co_return Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                    .message = "page_token: not one of ours; begin without it",
                    .metadata = {{"field", "page_token"}}};
  }
  std::string list;
  switch (request.state()) {
    case v1::SESSION_STATE_UNSPECIFIED:
      list = "all";
      break;
    case v1::SESSION_STATE_OPEN:
      list = "open";
      break;
    case v1::SESSION_STATE_ENDED:
      list = "ended";
      break;
    default:
      co_return invalid_field("state", "one of SessionState");
  }
  const int most = request.page_size() == 0 ? 100 : request.page_size();
  const auto page = co_await (*at)->store().list(list, request.page_token(), most);
  if (!page) co_return page.error();
  v1::ListSessionsResponse response;
  for (const std::string& id : page->ids) {
    const auto record = co_await (*at)->store().read(id);
    if (!record && record.error().reason == v1::ERROR_REASON_UNKNOWN_SESSION) continue;  // gone meanwhile
    if (!record) co_return record.error();
    v1::Session* session = response.add_sessions();
    *session = view_session((*at)->name(), *record, (*at)->time());
    session->clear_user_data();
  }
  response.set_next_page_token(page->next);
  co_return response;
}

Task<Result<v1::SendMessageResponse>> SessionService::send_message(v1::SendMessageRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  const auto id = co_await at->domain->store().say(at->session, v1::MESSAGE_AUTHOR_AGENT, record->facts.agent().id(),
                                                   request.text(), request_of(request));
  if (!id) co_return id.error();
  v1::SendMessageResponse response;
  response.set_message_id(*id);
  co_return response;
}

Task<Result<v1::UpdateUserDataResponse>> SessionService::update_user_data(v1::UpdateUserDataRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto revision =
      co_await at->domain->store().update_user_data(request, at->session, user_data_limit_, request_of(request));
  if (!revision) co_return revision.error();
  v1::UpdateUserDataResponse response;
  response.set_revision(*revision);
  co_return response;
}

Task<Result<v1::CancelLegResponse>> SessionService::cancel_leg(v1::CancelLegRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto id = check_request_id(request.request_id()); !id) co_return id.error();
  if (const auto id = check_id("leg", request.leg()); !id) co_return id.error();
  const auto done = co_await at->domain->store().cancel(at->session, request.leg(), "", request_of(request));
  if (!done) co_return done.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  v1::CancelLegResponse response;
  *response.mutable_session() = view_session(at->domain->name(), *record, at->domain->time());
  co_return response;
}

Task<Result<v1::EndSessionResponse>> SessionService::end_session(v1::EndSessionRequest request) {
  const auto at = place("name", request.name());
  if (!at) co_return at.error();
  if (const auto id = check_request_id(request.request_id()); !id) co_return id.error();
  if (!v1::SessionOutcome_IsValid(request.outcome())) co_return invalid_field("outcome", "one of SessionOutcome");
  const auto done = co_await at->domain->store().end(at->session, outcome_text(request.outcome()), request_of(request));
  if (!done) co_return done.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  v1::EndSessionResponse response;
  *response.mutable_session() = view_session(at->domain->name(), *record, at->domain->time());
  co_return response;
}

Task<Result<v1::PrepareVoiceResponse>> SessionService::prepare_voice(v1::PrepareVoiceRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  const state::Leg* conversation = record->conversation();
  const state::OfferDetails* details = conversation != nullptr ? details_of(*conversation) : nullptr;
  if (details == nullptr) {
    co_return Error{.reason = v1::ERROR_REASON_WRONG_STATE,
                    .message = "no expert is on the conversation of this session",
                    .metadata = {{"session", at->session}, {"state", "no active conversation"}}};
  }
  const v1::VoiceTarget* target = nullptr;
  for (const v1::VoiceTarget& offered : details->voice_targets()) {
    const auto& kinds = offered.kinds();
    if (offered.via() == request.via() && std::find(kinds.begin(), kinds.end(), request.kind()) != kinds.end()) {
      target = &offered;
      break;
    }
  }
  if (target == nullptr) {
    co_return Error{
        .reason = v1::ERROR_REASON_VOICE_TARGET_NOT_ALLOWED,
        .message = "the strategy allows no such voice target; see the session's voice_targets",
        .metadata = {{"via", v1::VoiceVia_Name(request.via())}, {"kind", v1::CallKind_Name(request.kind())}}};
  }
  state::HoldVoice hold;
  hold.session = at->session;
  hold.medium = kVoice;
  hold.expert = conversation->expert;
  hold.dn = target->dn();
  if (request.via() == v1::VOICE_VIA_ROUTING_POINT) {
    hold.routing_point = target->dn();
    const auto point = at->domain->routing_point(target->dn());
    if (!point) co_return point.error();
    hold.strategy = point->strategy();
    hold.secret_keys.assign(point->secret_keys().begin(), point->secret_keys().end());
  }
  hold.call = request.call_id();
  hold.seed = seeds_();
  hold.kind = static_cast<int>(request.kind());
  hold.hold_ms = details->hold_expert_ms();
  hold.request = request_of(request);
  const std::string expert = hold.expert;
  const auto held = co_await at->domain->store().hold(std::move(hold));
  if (!held) co_return held.error();
  v1::PrepareVoiceResponse response;
  response.set_leg(held->leg);
  *response.mutable_target() = *target;
  *response.mutable_user_data() = record->user_data;
  // What leads the call back to this session and expert at a routing point.
  (*response.mutable_user_data()->mutable_values())["session_id"].set_text(at->session);
  (*response.mutable_user_data()->mutable_values())["expert_id"].set_text(expert);
  *response.mutable_held_until() = at->domain->time().timestamp(held->until);
  *response.mutable_held_for() = at->domain->time().left(held->until);
  co_return response;
}

Task<Result<v1::CancelCallResponse>> SessionService::cancel_call(v1::CancelCallRequest request) {
  const auto at = domain("parent", request.parent());
  if (!at) co_return at.error();
  if (const auto id = check_id("call_id", request.call_id()); !id) co_return id.error();
  const auto leg = co_await (*at)->store().find_call(request.call_id());
  if (!leg) co_return leg.error();
  const auto done = co_await (*at)->store().cancel(leg->session, leg->leg, "", state::Request());
  if (!done) co_return done.error();
  co_return v1::CancelCallResponse();
}

Task<Result<v1::ReportVoiceResponse>> SessionService::report_voice(v1::ReportVoiceRequest request) {
  const auto parent = domain("parent", request.parent());
  if (!parent) co_return parent.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  state::LegRef leg;
  if (!request.call_id().empty()) {
    const auto found = co_await (*parent)->store().find_call(request.call_id());
    if (!found) co_return found.error();
    leg = *found;
  } else {
    const auto at = place("session", request.session());
    if (!at) co_return at.error();
    if (at->domain != *parent) co_return invalid_field("session", "must lie below parent");
    leg = state::LegRef{.session = at->session, .leg = request.leg()};
  }
  // VOICE_EVENT_NO_ANSWER -> no_answer
  std::string event = v1::VoiceEvent_Name(request.event()).substr(std::string("VOICE_EVENT_").size());
  for (char& c : event) c = static_cast<char>(std::tolower(c));
  const auto answered = co_await (*parent)->store().voice(leg.session, leg.leg, event);
  if (!answered) co_return answered.error();
  if (answered->route) (*parent)->route(answered->leg);
  v1::ReportVoiceResponse response;
  response.set_state(leg_state(answered->outcome));
  co_return response;
}

// A stream that follows one session until it ends or the client goes.
template <typename Response>
class SessionService::SessionStream : public app::ServerStream<Response>,
                                      public Watcher,
                                      public std::enable_shared_from_this<SessionStream<Response>> {
 public:
  explicit SessionStream(app::Context context) : app::ServerStream<Response>(context, [this] { on_gone(); }) {}

  // Tells of the session from now on; a refusal ends the stream.
  Task<void> follow(Domain* domain, std::string session) {
    domain_ = domain;
    session_ = session;
    const std::shared_ptr<SessionStream> self = this->shared_from_this();
    const auto watched = co_await domain->watch(session, self);
    if (!watched) this->finish(app::to_status(watched.error()));
    if (gone_) domain->unwatch(session, self);
  }

 protected:
  Domain* domain_ = nullptr;
  std::string session_;

 private:
  void on_gone() {
    gone_ = true;
    // OutStream lets go of itself after this; the domain's reference goes here.
    if (domain_ != nullptr) domain_->unwatch(session_, this->shared_from_this());
  }
  bool gone_ = false;
};

class SessionService::WatchStream final : public SessionStream<v1::WatchSessionResponse> {
 public:
  WatchStream(app::Context context, std::string after) : SessionStream(context), seen_message_(std::move(after)) {}

  void session_changed(const state::SessionRecord& record) override {
    if (record.version <= seen_version_) return;
    seen_version_ = record.version;
    v1::WatchSessionResponse response;
    *response.mutable_session() = view_session(domain_->name(), record, domain_->time());
    write(std::move(response));
  }
  std::string messages_after(const state::SessionRecord&) override { return seen_message_; }
  void message(const state::SessionRecord&, const v1::Message& message) override {
    seen_message_ = message.id();
    v1::WatchSessionResponse response;
    *response.mutable_message() = message;
    write(std::move(response));
  }
  void told(const state::SessionRecord& record) override {
    if (!record.open) finish(grpc::Status::OK);
  }

 private:
  int64_t seen_version_ = -1;
  std::string seen_message_;
};

class SessionService::CallStream final : public SessionStream<v1::RouteCallResponse> {
 public:
  using SessionStream::SessionStream;

  void follow_leg(std::string leg) { leg_ = std::move(leg); }
  void session_changed(const state::SessionRecord& record) override {
    const state::Leg* leg = record.leg(leg_);
    if (leg == nullptr || leg->version <= seen_version_) return;
    seen_version_ = leg->version;
    write(view_call(domain_->name(), record, *leg, domain_->time()));
    if (leg->ended()) finish(grpc::Status::OK);
  }
  std::string messages_after(const state::SessionRecord&) override { return "-"; }
  void message(const state::SessionRecord&, const v1::Message&) override {}
  void told(const state::SessionRecord&) override {}

 private:
  std::string leg_;
  int64_t seen_version_ = -1;
};

grpc::ServerWriteReactor<v1::WatchSessionResponse>* SessionService::WatchSession(
    grpc::CallbackServerContext*, const v1::WatchSessionRequest* request) {
  auto stream = std::make_shared<WatchStream>(context_, request->after_message());
  stream->start(stream);
  context_.loop.post([this, stream, copy = *request]() mutable { spawn(watch_session(std::move(copy), stream)); });
  return stream.get();
}

Task<void> SessionService::watch_session(v1::WatchSessionRequest request, std::shared_ptr<WatchStream> stream) {
  const auto at = place("name", request.name());
  const std::string& after = request.after_message();
  if (!at) {
    stream->finish(app::to_status(at.error()));
  } else if (after.find_first_not_of("0123456789-") != std::string::npos || after.size() > 40) {
    stream->finish(app::to_status(Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                                        .message = "after_message: not the id of a message",
                                        .metadata = {{"field", "after_message"}}}));
  } else {
    co_await stream->follow(at->domain, at->session);
  }
}

grpc::ServerWriteReactor<v1::RouteCallResponse>* SessionService::RouteCall(grpc::CallbackServerContext*,
                                                                           const v1::RouteCallRequest* request) {
  auto stream = std::make_shared<CallStream>(context_);
  stream->start(stream);
  context_.loop.post([this, stream, copy = *request]() mutable { spawn(route_call(std::move(copy), stream)); });
  return stream.get();
}

Task<void> SessionService::route_call(v1::RouteCallRequest request, std::shared_ptr<CallStream> stream) {
  const auto at = domain("parent", request.parent());
  if (!at) {
    stream->finish(app::to_status(at.error()));
    co_return;
  }
  const auto leg = co_await enqueue_call(std::move(request), *at);
  if (!leg) {
    stream->finish(app::to_status(leg.error()));
    co_return;
  }
  stream->follow_leg(leg->leg);
  co_await stream->follow(*at, leg->session);
}

Task<Result<Done>> SessionService::admit_call(Domain* at, v1::RoutingPoint point, state::NewCall call) {
  const auto known = co_await at->store().find_call(call.call);
  if (!known && known.error().reason != v1::ERROR_REASON_UNKNOWN_CALL) co_return known.error();
  if (known) call.session = known->session;
  v1::RoutingFacts facts;
  *facts.mutable_agent() = call.facts.agent();
  *facts.mutable_interaction() = call.facts.interaction();
  if (!call.session.empty()) {
    const auto record = co_await at->store().read(call.session);
    if (!record && record.error().reason != v1::ERROR_REASON_UNKNOWN_SESSION) co_return record.error();
    const state::Leg* leg = record && known ? record->leg(known->leg) : nullptr;
    if (leg != nullptr && leg->state != "held") co_return Done{};  // it was allowed when it came
    if (record && record->open) {
      *facts.mutable_agent() = record->facts.agent();
      *facts.mutable_interaction() = record->facts.interaction();
      *facts.mutable_user_data() = record->user_data;
    }
  }
  for (const auto& [key, value] : call.user_data.values()) (*facts.mutable_user_data()->mutable_values())[key] = value;
  co_return co_await at->admit(std::move(point), std::move(facts));
}

Task<Result<state::LegRef>> SessionService::enqueue_call(v1::RouteCallRequest request, Domain* at) {
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto point = at->routing_point(request.routing_point());
  if (!point) co_return point.error();
  if (point->medium() != kVoice) co_return wrong_medium(*point, "ask there by StartSession");

  state::NewCall call;
  const auto& values = request.user_data().values();
  const auto attached = values.find("session_id");
  if (!request.session().empty()) {
    const auto named = place("session", request.session());
    if (!named) co_return named.error();
    if (named->domain != at) co_return invalid_field("session", "must lie below parent");
    call.session = named->session;
    call.must_exist = true;
  } else if (attached != values.end() && valid_id(attached->second.text())) {
    call.session = attached->second.text();
  } else if (!request.has_agent()) {
    co_return invalid_field("agent", "required when neither session nor user data session_id names a session");
  }
  call.new_session = app::random_id();
  call.bridge = at->bridge();
  call.medium = point->medium();
  call.routing_point = point->id();
  call.strategy = point->strategy();
  call.secret_keys.assign(point->secret_keys().begin(), point->secret_keys().end());
  call.call = request.call_id();
  call.seed = seeds_();
  call.kind = static_cast<int>(request.kind());
  call.deadline_ms = request.has_deadline()
                         ? request.deadline().seconds() * 1000 + request.deadline().nanos() / 1'000'000
                         : kCallDeadlineMs;
  *call.facts.mutable_agent() = request.agent();
  call.facts.mutable_interaction()->set_id(request.call_id());
  call.user_data = request.user_data();
  // A call on its way carries what voice platforms can carry, whatever the limit for sessions is.
  call.user_data_limit = state::kMostUserDataLimit;
  if (request.has_default_target()) call.fallback = request.default_target();
  if (point->restricted()) {
    const auto admitted = co_await admit_call(at, *point, call);
    if (!admitted) co_return admitted.error();
  }
  const auto enqueued = co_await at->store().call(std::move(call));
  if (!enqueued) co_return enqueued.error();
  if (!enqueued->known) at->route(enqueued->leg);
  co_return enqueued->leg;
}

}  // namespace expertline::bridge
