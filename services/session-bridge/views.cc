#include "session-bridge/views.h"

#include <absl/strings/ascii.h>

#include <algorithm>

#include "base/names.h"

namespace expertline::bridge {
namespace {

// The enums of the contract and the words of the store differ in prefix and case only.
template <typename Enum>
Enum parse(const std::string& prefix, const std::string& word,
           bool (*parser)(google::protobuf::ConstStringParam, Enum*)) {
  Enum value{};
  if (!word.empty()) parser(prefix + absl::AsciiStrToUpper(word), &value);
  return value;
}

bool has_expert(const state::Leg& leg) {
  return leg.state == "held" || leg.state == "connecting" || leg.state == "active" || leg.ended();
}

}  // namespace

google::protobuf::Timestamp StoreTime::timestamp(int64_t store_ms) const {
  const int64_t wall = store_ms + offset;
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(wall / 1000);
  stamp.set_nanos(static_cast<int32_t>(wall % 1000) * 1'000'000);
  return stamp;
}

google::protobuf::Duration StoreTime::left(int64_t store_ms) const {
  const int64_t ms = std::max<int64_t>(0, store_ms - now);
  google::protobuf::Duration duration;
  duration.set_seconds(ms / 1000);
  duration.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
  return duration;
}

v1::LegState leg_state(const std::string& state) {
  return parse<v1::LegState>("LEG_STATE_", state, v1::LegState_Parse);
}

v1::OfferOutcome offer_outcome(const std::string& outcome) {
  return parse<v1::OfferOutcome>("OFFER_OUTCOME_", outcome, v1::OfferOutcome_Parse);
}

std::string outcome_text(v1::SessionOutcome outcome) {
  if (outcome == v1::SESSION_OUTCOME_UNSPECIFIED) return "";
  return absl::AsciiStrToLower(v1::SessionOutcome_Name(outcome).substr(std::string("SESSION_OUTCOME_").size()));
}

const state::OfferDetails* details_of(const state::Leg& leg) {
  if (leg.taken > 0 && static_cast<size_t>(leg.taken) <= leg.offers.size()) {
    return &leg.offers[static_cast<size_t>(leg.taken) - 1].details;
  }
  return leg.straight ? &*leg.straight : nullptr;
}

v1::Leg view_leg(const std::string& domain, const state::Leg& leg, const StoreTime& time) {
  v1::Leg view;
  view.set_id(leg.id);
  view.set_medium(leg.medium);
  view.set_state(leg_state(leg.state));
  view.set_routing_point(leg.routing_point);
  view.set_strategy(leg.strategy);
  view.set_strategy_revision(leg.revision);
  view.set_step(leg.step_name);
  if (has_expert(leg) && !leg.expert.empty()) {
    view.set_expert(expert_name(domain, leg.expert));
    view.set_expert_display_name(leg.name);
    if (leg.connect) view.set_dn(leg.dn);
  }
  for (const state::Offer& offer : leg.offers) {
    v1::Offer* shown = view.add_offers();
    shown->set_n(offer.n);
    shown->set_expert(expert_name(domain, offer.expert));
    *shown->mutable_offer_time() = time.timestamp(offer.at);
    *shown->mutable_deadline() = time.timestamp(offer.due);
    shown->set_outcome(offer_outcome(offer.outcome));
    shown->set_decline_reason(offer.why);
  }
  view.set_outcome(parse<v1::LegOutcome>("LEG_OUTCOME_", leg.outcome, v1::LegOutcome_Parse));
  if (leg.default_target) *view.mutable_default_target() = *leg.default_target;
  view.set_call_id(leg.call);
  view.set_call_kind(static_cast<v1::CallKind>(leg.kind));
  view.set_version(leg.version);
  view.set_replaces(leg.replaces);
  view.set_asked_by_name(leg.by_name);
  view.set_parent_call_id(leg.parent_call);
  return view;
}

std::vector<v1::Participant> participants(const state::SessionRecord& record, const StoreTime& time) {
  struct One {
    v1::Participant shown;
    int64_t joined;
  };
  std::vector<One> all;
  const auto add = [&](v1::MessageAuthor role, const std::string& id, const std::string& name, int64_t joined,
                       int64_t left) -> v1::Participant& {
    v1::Participant& shown = all.emplace_back(One{.shown = {}, .joined = joined}).shown;
    shown.set_role(role);
    shown.set_id(id);
    shown.set_display_name(name);
    *shown.mutable_join_time() = time.timestamp(joined);
    if (const auto seen = record.seen.find({role, id}); seen != record.seen.end()) {
      shown.set_delivered(seen->second.delivered);
      shown.set_read(seen->second.read);
    }
    if (left == 0 && !record.open) left = record.ended;
    if (left != 0) *shown.mutable_leave_time() = time.timestamp(left);
    return shown;
  };
  for (const state::Person& one : record.people) add(one.role, one.id, one.name, one.joined, one.left);
  for (const state::Leg& leg : record.legs) {
    if (leg.connect || leg.began == 0) continue;
    add(v1::MESSAGE_AUTHOR_EXPERT, leg.expert, leg.name, leg.began, leg.left).set_leg(leg.id);
  }
  std::stable_sort(all.begin(), all.end(), [](const One& a, const One& b) { return a.joined < b.joined; });
  std::vector<v1::Participant> shown;
  for (One& one : all) shown.push_back(std::move(one.shown));
  return shown;
}

std::vector<v1::VoiceTarget> voice_targets(const state::SessionRecord& record) {
  const state::Leg* leg = record.conversation();
  for (auto it = record.legs.rbegin(); leg == nullptr && it != record.legs.rend(); ++it) {
    if (!it->connect && details_of(*it) != nullptr) leg = &*it;
  }
  const state::OfferDetails* details = leg != nullptr ? details_of(*leg) : nullptr;
  if (details == nullptr) return {};
  std::vector<v1::VoiceTarget> targets(details->voice_targets().begin(), details->voice_targets().end());
  const auto number = record.numbers.find(leg->expert);
  for (v1::VoiceTarget& target : targets) {
    if (target.via() == v1::VOICE_VIA_DIRECT && number != record.numbers.end()) target.set_dn(number->second);
  }
  return targets;
}

v1::Session view_session(const std::string& domain, const state::SessionRecord& record, const StoreTime& time) {
  v1::Session view;
  view.set_name(session_name(domain, record.id));
  view.set_state(record.open ? v1::SESSION_STATE_OPEN : v1::SESSION_STATE_ENDED);
  view.set_outcome(parse<v1::SessionOutcome>("SESSION_OUTCOME_", record.outcome, v1::SessionOutcome_Parse));
  *view.mutable_agent() = record.facts.agent();
  *view.mutable_interaction() = record.facts.interaction();
  for (const state::Leg& leg : record.legs) *view.add_legs() = view_leg(domain, leg, time);
  for (v1::VoiceTarget& target : voice_targets(record)) *view.add_voice_targets() = std::move(target);
  *view.mutable_user_data() = record.user_data;
  *view.mutable_create_time() = time.timestamp(record.created);
  if (!record.open) *view.mutable_end_time() = time.timestamp(record.ended);
  view.set_revision(record.version);
  for (v1::Participant& one : participants(record, time)) *view.add_participants() = std::move(one);
  return view;
}

v1::OfferRef offer_ref(const std::string& domain, const std::string& session, const std::string& leg, int n) {
  v1::OfferRef ref;
  ref.set_session(session_name(domain, session));
  ref.set_leg(leg);
  ref.set_n(n);
  return ref;
}

v1::Preview view_preview(const std::string& domain, const state::SessionRecord& record, const state::Leg& leg,
                         const state::Offer& offer, const StoreTime& time) {
  v1::Preview view;
  *view.mutable_offer() = offer_ref(domain, record.id, leg.id, offer.n);
  view.set_expert(offer.expert);
  view.set_medium(leg.medium);
  view.set_routing_point(leg.routing_point);
  *view.mutable_agent() = record.facts.agent();
  view.set_message(offer.details.message());
  *view.mutable_show() = offer.details.show();
  *view.mutable_deadline() = time.timestamp(offer.due);
  *view.mutable_time_left() = time.left(offer.due);
  view.set_joins(leg.joins);
  return view;
}

v1::RouteCallResponse view_call(const std::string& domain, const state::SessionRecord& record, const state::Leg& leg,
                                const StoreTime& time) {
  v1::RouteCallResponse view;
  view.set_session(session_name(domain, record.id));
  view.set_leg(leg.id);
  view.set_version(leg.version);
  if (leg.deadline > 0) {
    *view.mutable_deadline() = time.timestamp(leg.deadline);
    *view.mutable_time_left() = time.left(leg.deadline);
  }
  if (leg.ended()) {
    view.set_progress(leg.default_target ? v1::CALL_PROGRESS_DEFAULT : v1::CALL_PROGRESS_ENDED);
    if (leg.default_target) *view.mutable_default_target() = *leg.default_target;
  } else if (leg.state == "connecting") {
    view.set_progress(v1::CALL_PROGRESS_ROUTED);
    view.set_dn(leg.dn);
  } else if (leg.state == "active") {
    view.set_progress(v1::CALL_PROGRESS_ACTIVE);
  } else if (leg.state == "offering") {
    view.set_progress(v1::CALL_PROGRESS_PREVIEWING);
    for (const state::Offer& offer : leg.offers) {
      if (offer.outcome.empty()) view.set_expert(expert_name(domain, offer.expert));
    }
  } else {
    view.set_progress(leg.state == "waiting" ? v1::CALL_PROGRESS_WAITING : v1::CALL_PROGRESS_ROUTING);
  }
  if (has_expert(leg) && !leg.expert.empty()) view.set_expert(expert_name(domain, leg.expert));
  if (view.progress() == v1::CALL_PROGRESS_ROUTED || view.progress() == v1::CALL_PROGRESS_DEFAULT) {
    *view.mutable_user_data() = record.user_data;
  }
  return view;
}

}  // namespace expertline::bridge
