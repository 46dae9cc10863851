#include "session-bridge/desk_service.h"

#include <map>
#include <set>

#include "base/names.h"
#include "session-bridge/requests.h"

namespace expertline::bridge {
namespace {

constexpr int kMostAttached = 1'000;     // in one message
constexpr size_t kMostExperts = 10'000;  // on one stream
constexpr size_t kMostReasonBytes = 200;

Error wrong_state(const std::string& session, const std::string& state) {
  return Error{.reason = v1::ERROR_REASON_WRONG_STATE,
               .message = "session " + session + ": " + state,
               .metadata = {{"session", session}, {"state", state}}};
}

}  // namespace

// One desk. It remembers what it has shown, so that it can tell what has changed.
class DeskService::DeskStream final : public app::BidiStream<v1::DeskRequest, v1::DeskResponse>,
                                      public Watcher,
                                      public std::enable_shared_from_this<DeskStream> {
 public:
  DeskStream(app::Context context, const Domains& domains)
      : BidiStream(
            context, [this](std::optional<v1::DeskRequest> request) { on_message(std::move(request)); },
            [this] { on_gone(); }),
        domains_(domains) {}

  void session_changed(const state::SessionRecord& record) override {
    for (const state::Leg& leg : record.legs) {
      show_offers(record, leg);
      show_leg(record, leg);
    }
  }

  std::string messages_after(const state::SessionRecord& record) override {
    if (expert_on(record).empty()) return "-";
    const auto it = seen_message_.find(record.id);
    return it == seen_message_.end() ? "" : it->second;
  }

  void message(const state::SessionRecord& record, const v1::Message& message) override {
    seen_message_[record.id] = message.id();
    v1::DeskResponse response;
    v1::ConversationMessage& shown = *response.mutable_message();
    shown.set_session(session_name(domain_->name(), record.id));
    shown.set_expert(expert_on(record));
    *shown.mutable_message() = message;
    write(std::move(response));
  }

  void told(const state::SessionRecord& record) override {
    // An expert who is off the conversation sees it no further; the whole of it is told until then.
    if (record.conversation() == nullptr) seen_message_.erase(record.id);
  }

 private:
  using OfferKey = std::tuple<std::string, std::string, int>;        // session, leg, n
  using LegKey = std::tuple<std::string, std::string, std::string>;  // session, leg, expert

  bool mine(const std::string& expert) const { return experts_.contains(expert); }

  // The expert of this desk who is on the conversation, or was when it was last told.
  std::string expert_on(const state::SessionRecord& record) const {
    for (const state::Leg& leg : record.legs) {
      const bool on = leg.state == "active" || (leg.ended() && seen_message_.contains(record.id));
      if (!leg.connect && on && mine(leg.expert)) return leg.expert;
    }
    return "";
  }

  void show_offers(const state::SessionRecord& record, const state::Leg& leg) {
    for (const state::Offer& offer : leg.offers) {
      if (!mine(offer.expert)) continue;
      const OfferKey key{record.id, leg.id, offer.n};
      v1::DeskResponse response;
      if (offer.outcome.empty()) {
        if (!open_offers_.insert(key).second) continue;
        *response.mutable_preview() = view_preview(domain_->name(), record, leg, offer, domain_->time());
      } else {
        if (open_offers_.erase(key) == 0) continue;
        v1::OfferClosed& closed = *response.mutable_offer_closed();
        *closed.mutable_offer() = offer_ref(domain_->name(), record.id, leg.id, offer.n);
        closed.set_expert(offer.expert);
        closed.set_outcome(offer_outcome(offer.outcome));
      }
      write(std::move(response));
    }
  }

  void show_leg(const state::SessionRecord& record, const state::Leg& leg) {
    if (leg.expert.empty() || !mine(leg.expert)) return;
    const LegKey key{record.id, leg.id, leg.expert};
    const auto seen = seen_leg_.find(key);
    if (seen != seen_leg_.end() ? leg.version <= seen->second : leg.ended()) return;
    if (leg.ended()) {
      seen_leg_.erase(seen);
    } else {
      seen_leg_[key] = leg.version;
    }
    v1::DeskResponse response;
    v1::LegUpdate& update = *response.mutable_leg_update();
    update.set_session(session_name(domain_->name(), record.id));
    update.set_expert(leg.expert);
    *update.mutable_leg() = view_leg(domain_->name(), leg, domain_->time());
    *update.mutable_agent() = record.facts.agent();
    *update.mutable_interaction() = record.facts.interaction();
    *update.mutable_user_data() = record.shown_user_data();
    write(std::move(response));
  }

  void on_message(std::optional<v1::DeskRequest> request) {
    if (!request) {
      finish(grpc::Status::OK);
      return;
    }
    spawn(handle(this->shared_from_this(), std::move(*request)));
  }

  void on_gone() {
    if (domain_ == nullptr) return;
    const std::vector<std::string> experts(experts_.begin(), experts_.end());
    domain_->detach(experts, this->shared_from_this());
  }

  // `self` keeps the stream while it works. The next request is read when this one is answered.
  static Task<void> handle(std::shared_ptr<DeskStream> self, v1::DeskRequest request) {
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

  Task<Result<Done>> act(v1::DeskRequest request, v1::DeskResult* result) {
    if (const auto id = check_request_id(request.request_id()); !id) co_return id.error();
    if (domain_ == nullptr && !request.has_attach()) co_return invalid_field("action", "attach comes first");
    switch (request.action_case()) {
      case v1::DeskRequest::kAttach:
        co_return co_await attach(std::move(*request.mutable_attach()));
      case v1::DeskRequest::kDetach:
        co_return detach(request.detach());
      case v1::DeskRequest::kAccept:
        co_return co_await answer(request.accept().offer(), "accepted", "", result);
      case v1::DeskRequest::kDecline:
        co_return co_await answer(request.decline().offer(), "declined", request.decline().reason(), result);
      case v1::DeskRequest::kSendMessage:
        co_return co_await send_message(std::move(request), result);
      case v1::DeskRequest::kEndLeg:
        co_return co_await end_leg(std::move(*request.mutable_end_leg()));
      default:
        co_return invalid_field("action", "set one of them");
    }
  }

  Task<Result<Done>> attach(v1::DeskAttach request) {
    const auto name = parse_domain("parent", request.parent());
    if (!name) co_return name.error();
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
    domain_ = *found;
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

  Result<Done> detach(const v1::DeskDetach& request) {
    const std::vector<std::string> experts(request.experts().begin(), request.experts().end());
    for (const std::string& expert : experts) experts_.erase(expert);
    domain_->detach(experts, this->shared_from_this());
    return Done{};
  }

  // The session a request names, in this stream's domain.
  Result<std::string> session_of(const std::string& field, const std::string& name) const {
    auto parsed = parse_session(field, name);
    if (!parsed) return parsed.error();
    if (parsed->domain != domain_->name()) return invalid_field(field, "one stream serves one domain");
    return parsed->id;
  }

  Task<Result<Done>> answer(v1::OfferRef offer, std::string outcome, std::string why, v1::DeskResult* result) {
    const auto session = session_of("offer.session", offer.session());
    if (!session) co_return session.error();
    if (why.size() > kMostReasonBytes) co_return invalid_field("reason", "at most 200 bytes");
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
    const auto answered = co_await domain_->store().answer(*session, leg->id, found->n, found->expert, outcome, why,
                                                           found->details.attach());
    if (!answered) co_return answered.error();
    if (answered->route) domain_->route(answered->leg);
    result->set_outcome(offer_outcome(answered->outcome));
    co_return Done{};
  }

  Task<Result<Done>> send_message(v1::DeskRequest request, v1::DeskResult* result) {
    const v1::DeskSendMessage& words = request.send_message();
    const auto session = session_of("session", words.session());
    if (!session) co_return session.error();
    if (const auto text = check_text("text", words.text()); !text) co_return text.error();
    if (!mine(words.expert())) co_return wrong_state(*session, "the expert is not at this desk");
    const auto id = co_await domain_->store().say(*session, v1::MESSAGE_AUTHOR_EXPERT, words.expert(), words.text(),
                                                  request_of(request));
    if (!id) co_return id.error();
    result->set_message_id(*id);
    co_return Done{};
  }

  Task<Result<Done>> end_leg(v1::DeskEndLeg request) {
    const auto session = session_of("session", request.session());
    if (!session) co_return session.error();
    if (const auto id = check_id("leg", request.leg()); !id) co_return id.error();
    if (!mine(request.expert())) co_return wrong_state(*session, "the expert is not at this desk");
    co_return co_await domain_->store().cancel(*session, request.leg(), request.expert(), state::Request());
  }

  const Domains& domains_;
  Domain* domain_ = nullptr;
  std::set<std::string> experts_;
  std::set<OfferKey> open_offers_;                             // shown, not yet closed
  std::map<LegKey, int64_t> seen_leg_;                         // version shown, of legs that have not ended
  std::unordered_map<std::string, std::string> seen_message_;  // by session
};

DeskService::DeskService(app::Context context, const Domains& domains) : context_(context), domains_(domains) {}

grpc::ServerBidiReactor<v1::DeskRequest, v1::DeskResponse>* DeskService::Desk(grpc::CallbackServerContext*) {
  auto stream = std::make_shared<DeskStream>(context_, domains_);
  stream->start(stream);
  stream->read_next();
  return stream.get();
}

}  // namespace expertline::bridge
