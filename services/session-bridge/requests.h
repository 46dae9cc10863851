// Checks of what clients send, before anything is changed. Pure.
#pragma once

#include <google/protobuf/message.h>

#include "base/result.h"
#include "expertline/v1/report.pb.h"
#include "expertline/v1/session.pb.h"
#include "expertline/v1/strategy.pb.h"
#include "state/session_store.h"

namespace expertline::bridge {

constexpr size_t kMostTextBytes = 8'000;
constexpr int kMostPageSize = 1'000;
constexpr size_t kMostUnread = 256;  // messages on a stream beyond which a conversation waits for its reader

Result<Done> check(const v1::StartSessionRequest& request);
// What is said: speech.h.
Result<Done> check(const v1::SendMessageRequest& request);
Result<Done> check(const v1::UpdateUserDataRequest& request);
Result<Done> check(const v1::PrepareVoiceRequest& request);
Result<Done> check(const v1::RouteCallRequest& request);
Result<Done> check(const v1::ChangeAgentRequest& request);
Result<Done> check(const v1::TransferSessionRequest& request);
Result<Done> check(const v1::AddParticipantRequest& request);
Result<Done> check(const v1::JoinSessionRequest& request);
Result<Done> check(const v1::ReportVoiceRequest& request);
Result<Done> check(const v1::SetDispositionRequest& request);
// 1 to kMostTextBytes bytes.
Result<Done> check_text(const std::string& field, const std::string& text);
// Empty, or `supervisor:ida`: a kind and an id.
Result<Done> check_actor(const std::string& actor);
// A number of a phone: at most 64 visible characters of ASCII. Empty is one, too.
Result<Done> check_dn(const std::string& field, const std::string& dn);
Result<Done> check_request_id(const std::string& id);
// INVALID_FIELD: the routing point is one of another medium; `rule` says where to ask instead.
Error wrong_medium(const v1::RoutingPoint& point, const char* rule);

// SLOW_READER.
Error too_slow();

// FNV-1a (64 bits, as hex) over the deterministic serialisation.
std::string hash_of(const google::protobuf::Message& message);

// How a repeated request is known: its id, and the hash of all else it says.
template <typename Message>
state::Request request_of(Message message) {
  state::Request request{.id = message.request_id(), .payload_hash = ""};
  message.clear_request_id();
  if (!request.id.empty()) request.payload_hash = hash_of(message);
  return request;
}

}  // namespace expertline::bridge
