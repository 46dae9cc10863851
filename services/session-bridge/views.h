// What is in the store, as the contract shows it. Pure.
#pragma once

#include <string>
#include <vector>

#include "expertline/v1/desk.pb.h"
#include "expertline/v1/session.pb.h"
#include "state/session_store.h"

namespace expertline::bridge {

// The store's clock as this process knows it, to show its times as wall-clock times.
struct StoreTime {
  int64_t now = 0;     // ms
  int64_t offset = 0;  // wall clock minus store's clock, ms

  google::protobuf::Timestamp timestamp(int64_t store_ms) const;
  // Not negative.
  google::protobuf::Duration left(int64_t store_ms) const;
};

v1::Leg view_leg(const std::string& domain, const state::Leg& leg, const StoreTime& time);
v1::Session view_session(const std::string& domain, const state::SessionRecord& record, const StoreTime& time);
// Who is in the conversation or was, in order of joining.
std::vector<v1::Participant> participants(const state::SessionRecord& record, const StoreTime& time);
// How the call may follow to the first expert who is on the conversation, or else was on it last.
std::vector<v1::VoiceTarget> voice_targets(const state::SessionRecord& record);
v1::Preview view_preview(const std::string& domain, const state::SessionRecord& record, const state::Leg& leg,
                         const state::Offer& offer, const StoreTime& time);
v1::RouteCallResponse view_call(const std::string& domain, const state::SessionRecord& record, const state::Leg& leg,
                                const StoreTime& time);
v1::OfferRef offer_ref(const std::string& domain, const std::string& session, const std::string& leg, int n);

v1::LegState leg_state(const std::string& state);
v1::OfferOutcome offer_outcome(const std::string& outcome);
// "helped" for SESSION_OUTCOME_HELPED, "" for unspecified.
std::string outcome_text(v1::SessionOutcome outcome);

// The details of how the expert on this leg got it: of his offer, or of his straight assignment. Null if nobody has it.
const state::OfferDetails* details_of(const state::Leg& leg);

}  // namespace expertline::bridge
