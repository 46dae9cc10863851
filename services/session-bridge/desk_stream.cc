#include "session-bridge/desk_stream.h"

#include "base/names.h"
#include "session-bridge/notices.h"
#include "session-bridge/requests.h"

namespace expertline::bridge {

DeskStream::DeskStream(app::Context context, const Domains& domains)
    : BidiStream(
          context, [this](std::optional<v1::DeskRequest> request) { on_message(std::move(request)); },
          [this] { on_gone(); }),
      domains_(domains) {}

void DeskStream::on_gone() {
  gone_ = true;
  if (domain_ == nullptr) return;
  const std::vector<std::string> experts(experts_.begin(), experts_.end());
  domain_->detach(experts, this->shared_from_this());
}

void DeskStream::session_changed(const state::SessionRecord& record) {
  for (const state::Leg& leg : record.legs) {
    show_offers(record, leg);
    show_leg(record, leg);
  }
}

std::set<std::string> DeskStream::talking(const state::SessionRecord& record) const {
  std::set<std::string> experts;
  for (const state::Leg& leg : record.legs) {
    const bool on = leg.state == "active" || (leg.ended() && seen_message_.contains({record.id, leg.expert}));
    if (!leg.connect && on && mine(leg.expert)) experts.insert(leg.expert);
  }
  return experts;
}

std::string DeskStream::seen(const std::string& session, const std::string& expert) const {
  if (const auto shown = seen_message_.find({session, expert}); shown != seen_message_.end()) return shown->second;
  const auto resumed = resume_after_.find(session);
  return resumed == resume_after_.end() ? "" : resumed->second;
}

std::string DeskStream::messages_after(const state::SessionRecord& record) {
  std::string least = "-";
  for (const std::string& expert : talking(record)) {
    const std::string last = seen(record.id, expert);
    if (least == "-" || is_later(least, last)) least = last;
  }
  return least;
}

void DeskStream::message(const state::SessionRecord& record, const v1::Message& message) {
  for (const std::string& expert : talking(record)) {
    if (!is_later(message.id(), seen(record.id, expert))) continue;
    seen_message_[{record.id, expert}] = message.id();
    v1::DeskResponse response;
    v1::ConversationMessage& shown = *response.mutable_message();
    shown.set_session(session_name(domain_->name(), record.id));
    shown.set_expert(expert);
    *shown.mutable_message() = message;
    write(std::move(response));
  }
}

void DeskStream::told(const state::SessionRecord& record) {
  // An expert who is off the conversation sees it no further; the whole of it is told until then.
  for (const std::string& expert : talking(record)) {
    if (!record.talks(expert)) seen_message_.erase({record.id, expert});
  }
  if (!record.open) resume_after_.erase(record.id);
}

void DeskStream::show_offers(const state::SessionRecord& record, const state::Leg& leg) {
  for (const state::Offer& offer : leg.offers) {
    if (!mine(offer.expert)) continue;
    const OfferKey key{record.id, leg.id, offer.n};
    v1::DeskResponse response;
    if (offer.outcome.empty()) {
      if (!open_offers_.insert(key).second) continue;
      *response.mutable_preview() = view_preview(domain_->name(), record, leg, offer, domain_->time());
      response.mutable_preview()->set_headline(domain_->words("request", offer.expert, &record, &leg));
    } else {
      if (open_offers_.erase(key) == 0) continue;
      v1::OfferClosed& closed = *response.mutable_offer_closed();
      *closed.mutable_offer() = offer_ref(domain_->name(), record.id, leg.id, offer.n);
      closed.set_expert(offer.expert);
      closed.set_outcome(offer_outcome(offer.outcome));
      if (offer.outcome == "canceled") closed.set_text(domain_->words("canceled", offer.expert, &record, &leg));
    }
    write(std::move(response));
  }
}

void DeskStream::show_leg(const state::SessionRecord& record, const state::Leg& leg) {
  if (leg.expert.empty() || !mine(leg.expert)) return;
  const LegKey key{record.id, leg.id, leg.expert};
  const auto seen = seen_leg_.find(key);
  if (seen == seen_leg_.end() ? leg.ended() : seen->second.version == record.version) return;
  v1::DeskResponse response;
  v1::LegUpdate& update = *response.mutable_leg_update();
  update.set_session(session_name(domain_->name(), record.id));
  update.set_expert(leg.expert);
  *update.mutable_leg() = view_leg(domain_->name(), leg, domain_->time());
  *update.mutable_agent() = record.facts.agent();
  *update.mutable_interaction() = record.facts.interaction();
  *update.mutable_user_data() = record.shown_user_data();
  for (v1::Participant& one : participants(record, domain_->time())) {
    if (!one.has_leave_time() && one.leg() != leg.id) *update.add_participants() = std::move(one);
  }
  // Sessions are read one after the other, so what differs is newer.
  std::string hash = hash_of(update);
  if (leg.ended()) {
    seen_leg_.erase(seen);
  } else {
    Shown& shown = seen_leg_[key];
    shown.version = record.version;
    if (shown.hash == hash) return;
    shown.hash = std::move(hash);
  }
  write(std::move(response));
}

void DeskStream::typing(const std::string& session, const std::vector<std::string>& experts, const v1::Typing& typing) {
  for (const std::string& expert : experts) {
    const bool own = typing.author() == v1::MESSAGE_AUTHOR_EXPERT && typing.author_id() == expert;
    if (own || !mine(expert)) continue;
    v1::DeskResponse response;
    v1::ConversationTyping& shown = *response.mutable_typing();
    shown.set_session(session_name(domain_->name(), session));
    shown.set_expert(expert);
    *shown.mutable_typing() = typing;
    write(std::move(response));
  }
}

bool DeskStream::keeps_up() const { return gone_ || queued() < kMostUnread; }

void DeskStream::drop() { abort(app::to_status(too_slow())); }

void DeskStream::expert_blocked(const std::string& expert, v1::Block block) {
  if (!mine(expert)) return;
  v1::DeskResponse response;
  v1::DeskNotice& notice = *response.mutable_notice();
  notice.set_expert(expert);
  if (block == v1::BLOCK_PAUSED) {
    if (!paused_.insert(expert).second) return;
    notice.set_kind(v1::NOTICE_KIND_PAUSED);
    notice.set_text(domain_->words("paused", expert));
    if (notice.text().empty()) notice.set_text(notice_text(Notice::kPaused, ""));
  } else {
    // Another block may hide the pause; it is over when nothing blocks him.
    if (block != v1::BLOCK_UNSPECIFIED || paused_.erase(expert) == 0) return;
    notice.set_kind(v1::NOTICE_KIND_RESUMED);
    notice.set_text(domain_->words("resumed", expert));
    if (notice.text().empty()) notice.set_text(notice_text(Notice::kResumed, ""));
  }
  write(std::move(response));
}

}  // namespace expertline::bridge
