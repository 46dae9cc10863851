// What the fields of an expert may hold, for the API and the roster alike. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "expertline/v1/expert.pb.h"

namespace expertline::roster {

inline constexpr int kMostEntries = 64;  // of each list and map of an expert
inline constexpr int kMostCapacity = 1000;
inline constexpr int kLeastLevel = 1;
inline constexpr int kMostLevel = 5;
inline constexpr int kMostOffersPerHour = 1000;
inline constexpr int kMostOffersPerDay = 10000;
inline constexpr int kMostTimeouts = 100;
inline constexpr int64_t kMostCoolDownMs = 8LL * 3600 * 1000;
inline constexpr int64_t kMostWrapUpMs = 3600 * 1000;
inline constexpr int kMinutesADay = 1440;

// The rule that is broken, or nullopt.
std::optional<std::string> display_name_fault(std::string_view text);   // at most 200 characters
std::optional<std::string> text_fault(std::string_view text);           // at most 200 bytes, no control characters
std::optional<std::string> required_text_fault(std::string_view text);  // and not empty
std::optional<std::string> id_fault(std::string_view text);             // [A-Za-z0-9._@-]{1,128}
std::optional<std::string> medium_fault(std::string_view text);         // [a-z0-9_-]{1,32}
std::optional<std::string> language_fault(std::string_view text);       // shape of a BCP 47 tag
std::optional<std::string> capacity_fault(int64_t value);
std::optional<std::string> level_fault(int64_t value);
std::optional<std::string> zone_fault(std::string_view text);  // a name of the machine's time zone database
std::optional<std::string> attribute_fault(const v1::AttributeValue& value);  // set, and a text as text_fault() says

}  // namespace expertline::roster
