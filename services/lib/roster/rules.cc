#include "roster/rules.h"

#include <absl/time/time.h>

#include <algorithm>

#include "base/names.h"

namespace expertline::roster {
namespace {

constexpr size_t kMostTextBytes = 200;
constexpr size_t kMostNameCharacters = 200;
constexpr size_t kMostMediumBytes = 32;
constexpr size_t kMostLanguageBytes = 35;
constexpr size_t kMostZoneBytes = 64;

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

size_t characters(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
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

std::optional<std::string> zone_fault(std::string_view text) {
  // What is looked up may be a path too.
  const bool name = !text.empty() && text.size() <= kMostZoneBytes && text[0] >= 'A' && text[0] <= 'Z' &&
                    std::all_of(text.begin(), text.end(), [](char c) {
                      return letter(c) || digit(c) || c == '_' || c == '/' || c == '-' || c == '+';
                    });
  absl::TimeZone zone;
  if (!name || !absl::LoadTimeZone(std::string(text), &zone)) return "must be a time zone such as Europe/Zurich";
  return std::nullopt;
}

std::optional<std::string> attribute_fault(const v1::AttributeValue& value) {
  if (value.kind_case() == v1::AttributeValue::KIND_NOT_SET) return "must have a value";
  return value.has_text() ? text_fault(value.text()) : std::nullopt;
}

}  // namespace expertline::roster
