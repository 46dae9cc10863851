#include "expertline/replay/sim_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

constexpr uint64_t kReconnectMs = 500;
constexpr uint64_t kRetryMs = 300;
constexpr size_t kMostAttached = 1000;  // experts a message

std::string leg_key(const std::string& session, const std::string& leg) { return session + "|" + leg; }
std::string offer_key(const v1::OfferRef& offer) {
  return fmt::format("{}|{}|{}", offer.session(), offer.leg(), offer.n());
}

}  // namespace

double monotonic_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

SimDesk::SimDesk(Connection& connection, std::shared_ptr<app::Loop> loop, SimExperts& experts, Tally& tally,
                 double speed)
    : connection_(connection), loop_(std::move(loop)), experts_(experts), tally_(tally), speed_(speed) {}

void SimDesk::open(std::function<void()> attached) {
  attached_ = std::move(attached);
  connect();
}

void SimDesk::close() {
  closing_ = true;
  if (stream_) stream_->cancel();
}

void SimDesk::connect() {
  const uint64_t generation = ++generation_;
  auto loop = loop_;
  stream_ = Stream::open([&](auto* context, auto* reactor) { connection_.desks().async()->Desk(context, reactor); },
                         [this, loop, generation](const v1::DeskResponse& event) {
                           loop->post([this, generation, event, at_ms = monotonic_ms()] {
                             if (generation == generation_) on_event(event, at_ms);
                           });
                         },
                         [this, loop, generation](const grpc::Status& status) {
                           loop->post([this, generation, status] {
                             if (closing_ || generation != generation_) return;
                             ++tally_.troubles["the desk's stream was lost: " + describe(status)];
                             loop_->after(kReconnectMs, [this] {
                               if (!closing_) connect();
                             });
                           });
                         });
  const auto& ids = experts_.ids();
  attaching_ = 0;
  for (size_t i = 0; i < ids.size(); i += kMostAttached) {
    v1::DeskRequest request;
    request.set_request_id(fmt::format("attach-{}-{}", generation, i));
    request.mutable_attach()->set_parent(connection_.parent());
    for (size_t j = i; j < std::min(ids.size(), i + kMostAttached); ++j) request.mutable_attach()->add_experts(ids[j]);
    ++attaching_;
    stream_->send(std::move(request));
  }
}

void SimDesk::on_event(const v1::DeskResponse& event, double at_ms) {
  switch (event.event_case()) {
    case v1::DeskResponse::kResult:
      return on_result(event.result());
    case v1::DeskResponse::kPreview:
      return on_preview(event.preview(), at_ms);
    case v1::DeskResponse::kOfferClosed:
      return on_closed(event.offer_closed());
    case v1::DeskResponse::kLegUpdate:
      return on_leg(event.leg_update());
    default:  // words are nobody's task here
      return;
  }
}

void SimDesk::on_preview(const v1::Preview& preview, double at_ms) {
  const std::string key = offer_key(preview.offer());
  if (const auto known = offers_.find(key); known != offers_.end()) {
    // Again after a reconnect; an answer that was under way may be lost.
    if (!known->second.settled && !known->second.answer.request_id().empty()) stream_->send(known->second.answer);
    return;
  }
  ++tally_.offers;
  Session& session = sessions_[preview.offer().session()];
  if (session.first_preview_ms == 0) session.first_preview_ms = at_ms;
  session.offers.insert(key);

  // Who could have been asked: he, and all who are ready and were not asked before.
  auto& asked = session.asked[preview.offer().leg()];
  auto eligible = experts_.ready(preview.routing_point(), asked);
  if (std::find(eligible.begin(), eligible.end(), preview.expert()) == eligible.end()) {
    eligible.push_back(preview.expert());
  }
  tally_.fairness.add(preview.routing_point(), preview.expert(), eligible);
  asked.insert(preview.expert());

  Offer offer{.expert = preview.expert(),
              .leg = leg_key(preview.offer().session(), preview.offer().leg()),
              .answer = {},
              .settled = false};
  experts_.hold(offer.expert, offer.leg);
  const SimExperts::Answer will = experts_.draw_answer();
  if (will.reaction == SimExperts::Reaction::kAccept) {
    *offer.answer.mutable_accept()->mutable_offer() = preview.offer();
  } else if (will.reaction == SimExperts::Reaction::kDecline) {
    *offer.answer.mutable_decline()->mutable_offer() = preview.offer();
    offer.answer.mutable_decline()->set_reason("busy");
  }
  offers_[key] = std::move(offer);
  if (will.reaction == SimExperts::Reaction::kOverlook) return;
  loop_->after(static_cast<uint64_t>(will.delay_s / speed_ * 1000), [this, key] { answer(key); });
}

void SimDesk::answer(const std::string& key) {
  const auto offer = offers_.find(key);
  if (offer == offers_.end() || offer->second.settled) return;
  v1::DeskRequest& request = offer->second.answer;
  if (request.request_id().empty()) {
    // The offer's name is unique, and so is the one answer to it.
    const v1::OfferRef& ref = request.has_accept() ? request.accept().offer() : request.decline().offer();
    request.set_request_id(fmt::format("answer-{}-{}-{}", id_of(ref.session()), ref.leg(), ref.n()));
    sent_[request.request_id()] = key;
  }
  stream_->send(request);
}

void SimDesk::on_result(const v1::DeskResult& result) {
  if (result.request_id().starts_with("attach-")) {
    if (result.code() != 0) ++tally_.troubles["attaching the desk: " + result.reason() + ": " + result.message()];
    if (attaching_ > 0 && --attaching_ == 0 && attached_) std::exchange(attached_, nullptr)();
    return;
  }
  const auto sent = sent_.find(result.request_id());
  if (sent == sent_.end()) return;
  const std::string key = sent->second;
  if (result.code() == static_cast<int>(grpc::StatusCode::UNAVAILABLE)) {
    loop_->after(kRetryMs, [this, key] { answer(key); });
    return;
  }
  if (result.code() != 0) {
    ++tally_.troubles["answering a preview: " + result.reason() + ": " + result.message()];
    return;
  }
  const bool accepting = offers_.at(key).answer.has_accept();
  const v1::OfferOutcome wanted = accepting ? v1::OFFER_OUTCOME_ACCEPTED : v1::OFFER_OUTCOME_DECLINED;
  if (result.outcome() != wanted) ++tally_.late;
  settle(key, result.outcome());
}

void SimDesk::on_closed(const v1::OfferClosed& closed) { settle(offer_key(closed.offer()), closed.outcome()); }

void SimDesk::settle(const std::string& key, v1::OfferOutcome outcome) {
  const auto found = offers_.find(key);
  if (found == offers_.end() || found->second.settled) return;
  Offer& offer = found->second;
  offer.settled = true;
  if (outcome == v1::OFFER_OUTCOME_ACCEPTED) return;  // held until the leg ends
  if (outcome == v1::OFFER_OUTCOME_DECLINED) ++tally_.declined;
  if (outcome == v1::OFFER_OUTCOME_TIMED_OUT) ++tally_.timed_out;
  experts_.release(offer.expert, offer.leg);
}

void SimDesk::on_leg(const v1::LegUpdate& update) {
  const std::string key = leg_key(update.session(), update.leg().id());
  if (update.leg().state() == v1::LEG_STATE_ENDED) {
    experts_.release(update.expert(), key);
  } else if (update.leg().state() == v1::LEG_STATE_ACTIVE) {
    experts_.hold(update.expert(), key);
  }
}

double SimDesk::first_preview(const std::string& session) const {
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? 0 : found->second.first_preview_ms;
}

void SimDesk::forget(const std::string& session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  for (const auto& key : found->second.offers) {
    const auto offer = offers_.find(key);
    if (offer == offers_.end()) continue;
    experts_.release(offer->second.expert, offer->second.leg);
    sent_.erase(offer->second.answer.request_id());
    offers_.erase(offer);
  }
  sessions_.erase(found);
}

}  // namespace expertline::cli
