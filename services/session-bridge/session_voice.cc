// SessionService: the customer's call on its way to the expert.
#include "app/server.h"
#include "base/names.h"
#include "session-bridge/requests.h"
#include "session-bridge/session_stream.h"
#include "state/user_data.h"

namespace expertline::bridge {
namespace {

constexpr int64_t kCallDeadlineMs = 120'000;
// Calls straight to an expert go to the number that strategies present of him, which is the one of this medium.
constexpr const char* kDirect = "voice";

}  // namespace

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
  const std::vector<v1::VoiceTarget> targets = voice_targets(*record);
  const v1::VoiceTarget* target = nullptr;
  for (const v1::VoiceTarget& offered : targets) {
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
  hold.medium = kDirect;
  hold.expert = conversation->expert;
  hold.dn = target->dn();
  if (request.via() == v1::VOICE_VIA_ROUTING_POINT) {
    hold.routing_point = target->dn();
    const auto point = at->domain->routing_point(target->dn());
    if (!point) co_return point.error();
    hold.medium = point->medium();
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
  // Who else comes and goes is the platform's; the leg is the expert's.
  const bool party_counts = request.event() == v1::VOICE_EVENT_JOINED || request.event() == v1::VOICE_EVENT_LEFT;
  const bool other =
      party_counts && (request.party() == v1::VOICE_PARTY_AGENT || request.party() == v1::VOICE_PARTY_CUSTOMER);
  const auto answered = co_await (*parent)->store().voice(leg.session, leg.leg, event, other);
  if (!answered) co_return answered.error();
  if (answered->route) (*parent)->route(answered->leg);
  v1::ReportVoiceResponse response;
  response.set_state(leg_state(answered->outcome));
  co_return response;
}

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
  void typing(const std::string&, const std::vector<std::string>&, const v1::Typing&) override {}

 private:
  std::string leg_;
  int64_t seen_version_ = -1;
};

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
  if (at->policy().kind(point->medium()) != Kind::kCall) co_return wrong_medium(*point, "ask there by StartSession");

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
  } else if (!request.parent_call_id().empty()) {
    const auto parent = co_await at->store().session_of_parent(request.parent_call_id());
    if (!parent) co_return parent.error();
    call.session = *parent;
  }
  if (call.session.empty() && !request.has_agent()) {
    co_return invalid_field(
        "agent", "required when neither session, user data session_id nor parent_call_id leads to a session");
  }
  call.parent_call = request.parent_call_id();
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
