#include "presence-ingest/fields.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <set>

#include "base/names.h"

namespace expertline::presence {
namespace {

constexpr size_t kMostTextBytes = 200;
constexpr size_t kMostNameCharacters = 200;
constexpr size_t kMostMediumBytes = 32;
constexpr size_t kMostLanguageBytes = 35;
constexpr int64_t kMostTtlMs = 24LL * 3600 * 1000;

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

size_t characters(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::optional<Error> fault(const std::string& field, const std::optional<std::string>& rule) {
  if (!rule) return std::nullopt;
  return invalid_field(field, *rule);
}

template <typename Entries>
std::optional<Error> too_many(const std::string& field, const Entries& entries) {
  if (static_cast<int>(entries.size()) <= kMostEntries) return std::nullopt;
  return invalid_field(field, "must have at most " + std::to_string(kMostEntries) + " entries");
}

// A map of which each key and value has a rule; the first fault in order of key.
template <typename Map, typename KeyFault, typename ValueFault>
std::optional<Error> check_map(const std::string& field, const Map& map, KeyFault key_fault, ValueFault value_fault) {
  if (auto error = too_many(field, map)) return error;
  std::set<std::string> keys;
  for (const auto& [key, value] : map) keys.insert(key);
  for (const std::string& key : keys) {
    if (auto error = fault(field + " key", key_fault(key))) return error;
    if (auto error = fault(field + "[" + key + "]", value_fault(map.at(key)))) return error;
  }
  return std::nullopt;
}

template <typename List, typename Fault>
std::optional<Error> check_list(const std::string& field, const List& list, Fault item_fault) {
  if (auto error = too_many(field, list)) return error;
  std::set<std::string> seen;
  for (int i = 0; i < list.size(); ++i) {
    const std::string place = field + "[" + std::to_string(i) + "]";
    if (auto error = fault(place, item_fault(list.Get(i)))) return error;
    if (!seen.insert(list.Get(i)).second) return invalid_field(place, "must not be there twice");
  }
  return std::nullopt;
}

template <typename Enum>
bool given(Enum value, bool (*valid)(int)) {
  return value != 0 && valid(static_cast<int>(value));
}

}  // namespace

std::optional<std::string> display_name_fault(std::string_view text) {
  if (characters(text) > kMostNameCharacters) return "must have at most 200 characters";
  if (std::any_of(text.begin(), text.end(), control)) return "must have no control characters";
  return std::nullopt;
}

std::optional<std::string> text_fault(std::string_view text) {
  if (text.size() > kMostTextBytes) return "must have at most 200 bytes";
  if (std::any_of(text.begin(), text.end(), control)) return "must have no control characters";
  return std::nullopt;
}

std::optional<std::string> required_text_fault(std::string_view text) {
  if (text.empty()) return "must not be empty";
  return text_fault(text);
}

std::optional<std::string> id_fault(std::string_view text) {
  if (!valid_id(text)) return "must match [A-Za-z0-9._@-]{1,128}";
  return std::nullopt;
}

std::optional<std::string> medium_fault(std::string_view text) {
  const bool good = !text.empty() && text.size() <= kMostMediumBytes &&
                    std::all_of(text.begin(), text.end(),
                                [](char c) { return (c >= 'a' && c <= 'z') || digit(c) || c == '_' || c == '-'; });
  if (!good) return "must be a medium such as im or voice: [a-z0-9_-]{1,32}";
  return std::nullopt;
}

std::optional<std::string> language_fault(std::string_view text) {
  const std::string rule = "must be a BCP 47 tag such as en or de-CH";
  if (text.empty() || text.size() > kMostLanguageBytes) return rule;
  for (bool first = true; first || !text.empty(); first = false) {
    const size_t end = std::min(text.find('-'), text.size());
    const std::string_view part = text.substr(0, end);
    const bool good = !part.empty() && part.size() <= 8 && (!first || part.size() >= 2) &&
                      std::all_of(part.begin(), part.end(), [&](char c) { return letter(c) || (!first && digit(c)); });
    if (!good || end + 1 == text.size()) return rule;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<std::string> capacity_fault(int64_t value) {
  if (value < 0 || value > kMostCapacity) return "must be 0 to " + std::to_string(kMostCapacity);
  return std::nullopt;
}

std::optional<std::string> level_fault(int64_t value) {
  if (value < kLeastLevel || value > kMostLevel) return "must be a level from 1 to 5";
  return std::nullopt;
}

std::optional<std::string> attribute_fault(const v1::AttributeValue& value) {
  if (value.kind_case() == v1::AttributeValue::KIND_NOT_SET) return "must have a value";
  return value.has_text() ? text_fault(value.text()) : std::nullopt;
}

Result<Done> check_expert(const v1::Expert& expert) {
  if (auto error = fault("expert.display_name", display_name_fault(expert.display_name()))) return *error;
  if (auto error = fault("expert.site", text_fault(expert.site()))) return *error;
  if (auto error = check_list("expert.languages", expert.languages(), language_fault)) return *error;
  if (auto error = check_map("expert.skills", expert.skills(), id_fault, level_fault)) return *error;
  if (auto error = check_list("expert.groups", expert.groups(), id_fault)) return *error;
  if (auto error = check_map("expert.attributes", expert.attributes(), id_fault, attribute_fault)) return *error;
  if (auto error = check_map("expert.capacities", expert.capacities(), medium_fault, capacity_fault)) return *error;
  if (auto error = check_map("expert.addresses", expert.addresses(), medium_fault, required_text_fault)) return *error;
  if (auto error = check_map("expert.dns", expert.dns(), medium_fault, required_text_fault)) return *error;
  return Done{};
}

Result<state::Report> check_report(const v1::PresenceReport& from) {
  if (auto error = fault("expert", id_fault(from.expert()))) return *error;
  if (auto error = fault("source", id_fault(from.source()))) return *error;
  if (!given(from.kind(), v1::SourceKind_IsValid)) return invalid_field("kind", "must be one of SourceKind");
  if (!given(from.state(), v1::PresenceState_IsValid)) return invalid_field("state", "must be one of the six states");
  if (!v1::Tristate_IsValid(from.can_im())) return invalid_field("can_im", "must be one of Tristate");
  if (!v1::Tristate_IsValid(from.can_voice())) return invalid_field("can_voice", "must be one of Tristate");
  if (auto error = fault("note", text_fault(from.note()))) return *error;
  if (from.epoch() < 0) return invalid_field("epoch", "must not be negative");
  if (from.sequence() < 0) return invalid_field("sequence", "must not be negative");
  state::Report report;
  if (from.has_ttl()) {
    using google::protobuf::util::TimeUtil;
    // Seconds first: milliseconds of a hostile Duration overflow.
    const bool sane = from.ttl().seconds() >= 0 && from.ttl().seconds() <= kMostTtlMs / 1000 &&
                      from.ttl().nanos() >= 0 && from.ttl().nanos() < 1'000'000'000;
    report.ttl_ms = sane ? TimeUtil::DurationToMilliseconds(from.ttl()) : 0;
    if (report.ttl_ms < 1 || report.ttl_ms > kMostTtlMs) return invalid_field("ttl", "must be 1 ms to 24 hours");
  }
  report.expert = from.expert();
  report.source = from.source();
  report.epoch = from.epoch();
  report.sequence = from.sequence();
  report.content = from;
  report.content.clear_expert();
  report.content.clear_source();
  report.content.clear_epoch();
  report.content.clear_sequence();
  report.content.clear_ttl();
  return report;
}

}  // namespace expertline::presence
