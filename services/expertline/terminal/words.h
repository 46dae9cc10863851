// Enums of the contract as people write them: PRESENCE_STATE_ON_THE_PHONE is "on_the_phone".
#pragma once

#include <google/protobuf/generated_enum_reflection.h>

#include <optional>
#include <string>
#include <string_view>

#include "expertline/v1/common.pb.h"

namespace expertline::cli {

namespace detail {
std::string enum_word(const google::protobuf::EnumDescriptor* type, int value);
std::optional<int> enum_value(const google::protobuf::EnumDescriptor* type, std::string_view word);
}  // namespace detail

// "-" for the zero, the number for a value this program does not know.
template <typename Enum>
std::string word(Enum value) {
  return detail::enum_word(google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value));
}

// Nothing for an unknown word and for "unspecified".
template <typename Enum>
std::optional<Enum> from_word(std::string_view text) {
  const auto value = detail::enum_value(google::protobuf::GetEnumDescriptor<Enum>(), text);
  if (!value) return std::nullopt;
  return static_cast<Enum>(*value);
}

// All words but the zero's, joined by ", ".
std::string all_words(const google::protobuf::EnumDescriptor* type);

// Where default routing leads: "voicemail lending"; empty if nowhere is set.
std::string in_words(const v1::DefaultTarget& target);

// The id at the end of a resource name.
inline std::string id_of(std::string_view name) {
  const size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

}  // namespace expertline::cli
