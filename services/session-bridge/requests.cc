#include "session-bridge/requests.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstdio>

#include "base/names.h"
#include "state/user_data.h"

namespace expertline::bridge {
namespace {

constexpr size_t kMostWordBytes = 200;  // display names, reasons and the like
constexpr int kMostListed = 64;
constexpr size_t kMostDnBytes = 64;
constexpr size_t kMostCodeBytes = 64;
constexpr size_t kMostNotesBytes = 2'000;

Result<Done> check_agent(const v1::Agent& agent) {
  if (auto id = check_id("agent.id", agent.id()); !id) return id;
  if (agent.display_name().size() > kMostWordBytes) return invalid_field("agent.display_name", "at most 200 bytes");
  if (agent.groups_size() > kMostListed) return invalid_field("agent.groups", "at most 64");
  if (agent.languages_size() > kMostListed) return invalid_field("agent.languages", "at most 64");
  if (agent.attributes_size() > kMostListed) return invalid_field("agent.attributes", "at most 64");
  return Done{};
}

// Whom a further leg of the conversation is for.
template <typename Request>
Result<Done> check_to(const Request& request) {
  if (auto id = check_request_id(request.request_id()); !id) return id;
  if (auto actor = check_actor(request.actor()); !actor) return actor;
  if (request.has_routing_point()) return check_id("routing_point", request.routing_point());
  if (request.has_expert()) return check_id("expert", request.expert());
  return invalid_field("to", "a routing point or an expert");
}

Result<Done> check_case_key(const std::string& field, const std::string& key) {
  if (key.size() > kMostWordBytes) return invalid_field(field, "at most 200 bytes");
  return Done{};
}

template <typename Enum>
bool known(Enum value, bool (*is_valid)(int)) {
  return static_cast<int>(value) != 0 && is_valid(static_cast<int>(value));
}

}  // namespace

std::string hash_of(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream sink(&bytes);
    google::protobuf::io::CodedOutputStream out(&sink);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  uint64_t hash = 14695981039346656037ULL;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 1099511628211ULL;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", hash);
  return text;
}

Result<Done> check_request_id(const std::string& id) {
  if (id.empty()) return Done{};
  return check_id("request_id", id);
}

Result<Done> check_text(const std::string& field, const std::string& text) {
  if (text.empty() || text.size() > kMostTextBytes) return invalid_field(field, "1 to 8,000 bytes");
  return Done{};
}

Result<Done> check_actor(const std::string& actor) {
  if (actor.empty()) return Done{};
  const size_t colon = actor.find(':');
  if (colon != std::string::npos && valid_id(actor.substr(0, colon)) && valid_id(actor.substr(colon + 1)))
    return Done{};
  return invalid_field("actor", "a kind and an id, such as supervisor:ida");
}

Result<Done> check_dn(const std::string& field, const std::string& dn) {
  const bool visible = std::all_of(dn.begin(), dn.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (dn.size() > kMostDnBytes || !visible) return invalid_field(field, "at most 64 visible characters");
  return Done{};
}

Result<Done> check(const v1::ChangeAgentRequest& request) {
  if (auto id = check_request_id(request.request_id()); !id) return id;
  if (auto actor = check_actor(request.actor()); !actor) return actor;
  return check_agent(request.agent());
}

Result<Done> check(const v1::TransferSessionRequest& request) {
  if (!request.leg().empty()) {
    if (auto id = check_id("leg", request.leg()); !id) return id;
  }
  return check_to(request);
}

Result<Done> check(const v1::AddParticipantRequest& request) { return check_to(request); }

Result<Done> check(const v1::JoinSessionRequest& request) {
  if (auto id = check_id("supervisor", request.supervisor()); !id) return id;
  if (request.display_name().size() > kMostWordBytes) return invalid_field("display_name", "at most 200 bytes");
  return Done{};
}

Result<Done> check(const v1::StartSessionRequest& request) {
  if (auto id = check_request_id(request.request_id()); !id) return id;
  if (auto id = check_id("routing_point", request.routing_point()); !id) return id;
  if (auto agent = check_agent(request.agent()); !agent) return agent;
  if (auto id = check_id("interaction.id", request.interaction().id()); !id) return id;
  if (auto key = check_case_key("interaction.case_key", request.interaction().case_key()); !key) return key;
  if (request.text().size() > kMostTextBytes) return invalid_field("text", "at most 8,000 bytes");
  return state::check_user_data("user_data", request.user_data().values());
}

Result<Done> check(const v1::SendMessageRequest& request) {
  if (auto id = check_request_id(request.request_id()); !id) return id;
  if (!request.supervisor().empty()) {
    if (auto id = check_id("supervisor", request.supervisor()); !id) return id;
  }
  return Done{};
}

Result<Done> check(const v1::UpdateUserDataRequest& request) {
  if (auto id = check_request_id(request.request_id()); !id) return id;
  if (request.if_revision() < 0) return invalid_field("if_revision", "not negative");
  return state::check_user_data("set", request.set());
}

Result<Done> check(const v1::PrepareVoiceRequest& request) {
  if (auto id = check_request_id(request.request_id()); !id) return id;
  if (!known(request.via(), v1::VoiceVia_IsValid)) return invalid_field("via", "ROUTING_POINT or DIRECT");
  if (!known(request.kind(), v1::CallKind_IsValid) || request.kind() == v1::CALL_KIND_NEW) {
    return invalid_field("kind", "TRANSFER, CONSULT or CONFERENCE");
  }
  if (!request.call_id().empty()) return check_id("call_id", request.call_id());
  return Done{};
}

Result<Done> check(const v1::RouteCallRequest& request) {
  if (auto id = check_id("call_id", request.call_id()); !id) return id;
  if (!known(request.kind(), v1::CallKind_IsValid))
    return invalid_field("kind", "NEW, TRANSFER, CONSULT or CONFERENCE");
  if (!request.parent_call_id().empty()) {
    if (auto id = check_id("parent_call_id", request.parent_call_id()); !id) return id;
  }
  if (auto id = check_id("routing_point", request.routing_point()); !id) return id;
  if (request.has_agent()) {
    if (auto agent = check_agent(request.agent()); !agent) return agent;
  }
  if (request.has_deadline()) {
    const auto& deadline = request.deadline();
    if (deadline.seconds() < 1 || deadline.seconds() > 3600) return invalid_field("deadline", "1 s to 1 h");
  }
  if (request.has_default_target() && request.default_target().target_case() == v1::DefaultTarget::TARGET_NOT_SET) {
    return invalid_field("default_target", "has no target");
  }
  return state::check_user_data("user_data", request.user_data().values());
}

Result<Done> check(const v1::ReportVoiceRequest& request) {
  if (!known(request.event(), v1::VoiceEvent_IsValid)) return invalid_field("event", "one of VoiceEvent");
  if (!v1::VoiceParty_IsValid(request.party())) return invalid_field("party", "one of VoiceParty");
  if (!request.call_id().empty()) return check_id("call_id", request.call_id());
  if (request.session().empty()) return invalid_field("call_id", "name the call, or session and leg");
  return check_id("leg", request.leg());
}

Error too_slow() {
  return Error{.reason = v1::ERROR_REASON_SLOW_READER,
               .message = "the reader was too slow; open the stream again and resume"};
}

Result<Done> check(const v1::SetDispositionRequest& request) {
  if (auto id = check_id("interaction", request.interaction()); !id) return id;
  const v1::Disposition& disposition = request.disposition();
  if (disposition.code().empty() || disposition.code().size() > kMostCodeBytes) {
    return invalid_field("disposition.code", "1 to 64 bytes");
  }
  if (disposition.notes().size() > kMostNotesBytes) return invalid_field("disposition.notes", "at most 2,000 bytes");
  if (disposition.by().size() > kMostWordBytes) return invalid_field("disposition.by", "at most 200 bytes");
  return check_case_key("case_key", request.case_key());
}

Error wrong_medium(const v1::RoutingPoint& point, const char* rule) {
  return invalid_field("routing_point", "\"" + point.id() + "\" is a " + point.medium() + " routing point; " + rule);
}

}  // namespace expertline::bridge
