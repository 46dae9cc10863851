#include "expertline/terminal/words.h"

#include <google/protobuf/descriptor.h>

#include <cctype>

namespace expertline::cli {
namespace {

// PresenceState -> PRESENCE_STATE_
std::string prefix(const google::protobuf::EnumDescriptor* type) {
  std::string out;
  for (const char c : type->name()) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0 && !out.empty()) out += '_';
    out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out + "_";
}

std::string lower_word(const google::protobuf::EnumValueDescriptor* value, const std::string& start) {
  std::string out = value->name();
  if (out.starts_with(start)) out.erase(0, start.size());
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::string detail::enum_word(const google::protobuf::EnumDescriptor* type, int value) {
  if (value == 0) return "-";
  const auto* known = type->FindValueByNumber(value);
  return known == nullptr ? std::to_string(value) : lower_word(known, prefix(type));
}

std::optional<int> detail::enum_value(const google::protobuf::EnumDescriptor* type, std::string_view word) {
  const std::string start = prefix(type);
  for (int i = 0; i < type->value_count(); ++i) {
    const auto* value = type->value(i);
    if (value->number() != 0 && lower_word(value, start) == word) return value->number();
  }
  return std::nullopt;
}

std::string all_words(const google::protobuf::EnumDescriptor* type) {
  const std::string start = prefix(type);
  std::string out;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() == 0) continue;
    if (!out.empty()) out += ", ";
    out += lower_word(type->value(i), start);
  }
  return out;
}

std::string in_words(const v1::DefaultTarget& target) {
  switch (target.target_case()) {
    case v1::DefaultTarget::kVoicemail:
      return "voicemail " + target.voicemail();
    case v1::DefaultTarget::kAgentText:
      return "agent: " + target.agent_text();
    case v1::DefaultTarget::kRoutingPoint:
      return "routing point " + target.routing_point();
    case v1::DefaultTarget::kDn:
      return "number " + target.dn();
    case v1::DefaultTarget::TARGET_NOT_SET:
      break;
  }
  return "";
}

}  // namespace expertline::cli
