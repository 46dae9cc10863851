// What a desk asks.
#include "app/trace.h"
#include "base/names.h"
#include "session-bridge/desk_stream.h"
#include "session-bridge/requests.h"
#include "session-bridge/speech.h"

namespace expertline::bridge {
namespace {

constexpr int kMostAttached = 1'000;     // in one message
constexpr size_t kMostExperts = 10'000;  // on one stream
constexpr size_t kMostReasonBytes = 200;
constexpr int kMostTries = 500;
constexpr uint64_t kTryAgainMs = 10;

Error wrong_state(const std::string& session, const std::string& state) {
  return Error{.reason = v1::ERROR_REASON_WRONG_STATE,
               .message = "session " + session + ": " + state,
               .metadata = {{"session", session}, {"state", state}}};
}

}  // namespace

void DeskStream::on_message(std::optional<v1::DeskRequest> request) {
  if (!request) {
    finish(grpc::Status::OK);
    return;
  }
  spawn(handle(this->shared_from_this(), std::move(*request)));
}

Task<void> DeskStream::handle(std::shared_ptr<DeskStream> self, v1::DeskRequest request) {
  v1::DeskResponse response;
  v1::DeskResult& result = *response.mutable_result();
  result.set_request_id(request.request_id());
  const auto done = co_await self->act(std::move(request), &result);
  if (!done) {
    result.set_code(static_cast<int>(app::code_of(done.error().reason)));
    result.set_reason(app::reason_name(done.error().reason));
    result.set_message(done.error().message);
  }
  self->write(std::move(response));
  self->read_next();
}

Task<Result<Done>> DeskStream::act(v1::DeskRequest request, v1::DeskResult* result) {
  if (const auto id = check_request_id(request.request_id()); !id) co_return id.error();
  if (domain_ == nullptr && !request.has_attach()) co_return invalid_field("action", "attach comes first");
  switch (request.action_case()) {
    case v1::DeskRequest::kAttach:
      co_return co_await attach(std::move(*request.mutable_attach()));
    case v1::DeskRequest::kDetach:
      co_return detach(request.detach());
    case v1::DeskRequest::kAccept:
      co_return co_await answer(request.accept().offer(), "accepted", "", request.accept().number(), result);
    case v1::DeskRequest::kDecline:
      co_return co_await answer(request.decline().offer(), "declined", request.decline().reason(), "", result);
    case v1::DeskRequest::kSendMessage:
      co_return co_await send_message(std::move(request), result);
    case v1::DeskRequest::kTyping:
      co_return co_await typing(std::move(*request.mutable_typing()));
    case v1::DeskRequest::kMark:
      co_return co_await mark(std::move(*request.mutable_mark()));
    case v1::DeskRequest::kEndLeg:
      co_return co_await end_leg(std::move(*request.mutable_end_leg()));
    case v1::DeskRequest::kEndWrapUp:
      co_return co_await end_wrap_up(std::move(*request.mutable_end_wrap_up()));
    case v1::DeskRequest::kCallMe:
      co_return co_await call_me(std::move(*request.mutable_call_me()));
    case v1::DeskRequest::kResume:
      co_return co_await resume(std::move(*request.mutable_resume()));
    default:
      co_return invalid_field("action", "set one of them");
  }
}

Task<Result<Done>> DeskStream::attach(v1::DeskAttach request) {
  const auto name = parse_domain("parent", request.parent());
  if (!name) co_return name.error();
  // A desk comes back as soon as this process listens, which is a moment before it has started.
  for (int tries = 0; domains_.empty() && tries < kMostTries; ++tries) {
    const bool going = co_await context_.loop.sleep(kTryAgainMs);
    if (!going) break;
  }
  const auto found = find_domain(domains_, *name);
  if (!found) co_return found.error();
  if (domain_ != nullptr && domain_ != *found) co_return invalid_field("parent", "one stream serves one domain");
  if (request.experts().empty() || request.experts_size() > kMostAttached) {
    co_return invalid_field("experts", "1 to 1000 ids");
  }
  for (const std::string& expert : request.experts()) {
    if (const auto id = check_id("experts", expert); !id) co_return id.error();
  }
  if (experts_.size() + static_cast<size_t>(request.experts_size()) > kMostExperts) {
    co_return invalid_field("experts", "at most 10,000 on one stream");
  }
  for (const auto& [session, after] : request.after_messages()) {
    if (const auto id = check_id("after_messages", session); !id) co_return id.error();
    if (!is_message_id(after)) {
      co_return Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                      .message = "after_messages: not the id of a message",
                      .metadata = {{"field", "after_messages"}}};
    }
  }
  domain_ = *found;
  for (const auto& [session, after] : request.after_messages()) resume_after_[session] = after;
  std::vector<std::string> experts(request.experts().begin(), request.experts().end());
  experts_.insert(experts.begin(), experts.end());
  const auto known = co_await domain_->attach(experts, this->shared_from_this());
  if (!known) {
    for (const std::string& expert : experts) experts_.erase(expert);
    co_return known.error();
  }
  std::string unknown;
  for (size_t i = 0; i < experts.size(); ++i) {
    if (known->at(i)) continue;
    experts_.erase(experts[i]);
    unknown += (unknown.empty() ? "" : ", ") + experts[i];
  }
  if (!unknown.empty()) {
    co_return Error{.reason = v1::ERROR_REASON_UNKNOWN_EXPERT,
                    .message = "not in the directory (the others are attached): " + unknown,
                    .metadata = {{"expert", unknown}}};
  }
  co_return Done{};
}

Result<Done> DeskStream::detach(const v1::DeskDetach& request) {
  const std::vector<std::string> experts(request.experts().begin(), request.experts().end());
  for (const std::string& expert : experts) {
    experts_.erase(expert);
    paused_.erase(expert);
  }
  domain_->detach(experts, this->shared_from_this());
  return Done{};
}

Result<std::string> DeskStream::session_of(const std::string& field, const std::string& name) const {
  auto parsed = parse_session(field, name);
  if (!parsed) return parsed.error();
  if (parsed->domain != domain_->name()) return invalid_field(field, "one stream serves one domain");
  return parsed->id;
}

Task<Result<Done>> DeskStream::answer(v1::OfferRef offer, std::string outcome, std::string why, std::string number,
                                      v1::DeskResult* result) {
  const auto session = session_of("offer.session", offer.session());
  if (!session) co_return session.error();
  if (why.size() > kMostReasonBytes) co_return invalid_field("reason", "at most 200 bytes");
  if (const auto dn = check_dn("number", number); !dn) co_return dn.error();
  if (const auto reason = domain_->policy().check_reason("reason", why); !reason) co_return reason.error();
  const auto record = co_await domain_->store().read(*session);
  if (!record) co_return record.error();
  const state::Leg* leg = record->leg(offer.leg());
  if (leg == nullptr) {
    co_return Error{.reason = v1::ERROR_REASON_UNKNOWN_LEG,
                    .message = "session " + *session + " has no leg " + offer.leg(),
                    .metadata = {{"session", *session}, {"leg", offer.leg()}}};
  }
  const bool there = offer.n() >= 1 && static_cast<size_t>(offer.n()) <= leg->offers.size();
  const state::Offer* found = there ? &leg->offers[static_cast<size_t>(offer.n()) - 1] : nullptr;
  if (found == nullptr || !mine(found->expert)) {
    co_return Error{.reason = v1::ERROR_REASON_UNKNOWN_OFFER,
                    .message = "no such offer to an expert of this desk",
                    .metadata = {{"session", *session}, {"leg", offer.leg()}, {"n", std::to_string(offer.n())}}};
  }
  // A desk answers for many: what it says belongs to the request that the leg began with.
  app::current_work() = app::work_of(leg->trace);
  app::work_on(*session, leg->revision);
  const app::Span span("DeskService/Answer", app::Span::Kind::kServer, app::current_work());
  app::current_work() = span.work();
  const auto answered = co_await domain_->store().answer(*session, leg->id, found->n, found->expert, outcome, why,
                                                         found->details.attach(), number);
  if (!answered) co_return answered.error();
  if (answered->route) domain_->route(answered->leg);
  result->set_outcome(offer_outcome(answered->outcome));
  co_return Done{};
}

Task<Result<Done>> DeskStream::send_message(v1::DeskRequest request, v1::DeskResult* result) {
  const v1::DeskSendMessage& words = request.send_message();
  const auto session = session_of("session", words.session());
  if (!session) co_return session.error();
  if (!mine(words.expert())) co_return wrong_state(*session, "the expert is not at this desk");
  const auto record = co_await domain_->store().read(*session);
  if (!record) co_return record.error();
  Speech speech = speech_of(v1::MESSAGE_AUTHOR_EXPERT, words.expert(), "DeskSendMessage", words);
  const auto message = co_await compose(domain_, *record, std::move(speech));
  if (!message) co_return message.error();
  const auto id = co_await domain_->store().say(*session, *message, request_of(request));
  if (!id) co_return id.error();
  result->set_message_id(*id);
  co_return Done{};
}

Task<Result<Done>> DeskStream::typing(v1::DeskTyping request) {
  const auto session = session_of("session", request.session());
  if (!session) co_return session.error();
  if (!mine(request.expert())) co_return wrong_state(*session, "the expert is not at this desk");
  co_return co_await domain_->store().typing(*session, v1::MESSAGE_AUTHOR_EXPERT, request.expert());
}

Task<Result<Done>> DeskStream::mark(v1::DeskMark request) {
  const auto session = session_of("session", request.session());
  if (!session) co_return session.error();
  if (const auto marks = check_marks(request.delivered(), request.read()); !marks) co_return marks.error();
  if (!mine(request.expert())) co_return wrong_state(*session, "the expert is not at this desk");
  co_return co_await domain_->store().mark(*session, v1::MESSAGE_AUTHOR_EXPERT, request.expert(), request.delivered(),
                                           request.read());
}

Task<Result<Done>> DeskStream::end_leg(v1::DeskEndLeg request) {
  const auto session = session_of("session", request.session());
  if (!session) co_return session.error();
  if (const auto id = check_id("leg", request.leg()); !id) co_return id.error();
  if (!mine(request.expert())) co_return wrong_state(*session, "the expert is not at this desk");
  co_return co_await domain_->store().cancel(*session, request.leg(), request.expert(), state::Request());
}

Task<Result<Done>> DeskStream::end_wrap_up(v1::DeskEndWrapUp request) {
  const auto session = session_of("session", request.session());
  if (!session) co_return session.error();
  if (const auto id = check_id("leg", request.leg()); !id) co_return id.error();
  if (!mine(request.expert())) co_return wrong_state(*session, "the expert is not at this desk");
  co_return co_await domain_->store().end_wrap_up(*session, request.leg(), request.expert());
}

Task<Result<Done>> DeskStream::call_me(v1::DeskCallMe request) {
  const auto session = session_of("session", request.session());
  if (!session) co_return session.error();
  if (const auto dn = check_dn("number", request.number()); !dn) co_return dn.error();
  if (!mine(request.expert())) co_return wrong_state(*session, "the expert is not at this desk");
  co_return co_await domain_->store().call_me(*session, request.expert(), request.number());
}

Task<Result<Done>> DeskStream::resume(v1::DeskResume request) {
  if (!mine(request.expert())) {
    co_return Error{.reason = v1::ERROR_REASON_UNKNOWN_EXPERT,
                    .message = "the expert is not at this desk",
                    .metadata = {{"expert", request.expert()}}};
  }
  co_return co_await domain_->store().resume(request.expert());
}

}  // namespace expertline::bridge
