#include "presence-ingest/fields.h"

#include <google/protobuf/util/time_util.h>

#include <set>

#include "base/names.h"
#include "roster/rules.h"
#include "yaml/yaml.h"

namespace expertline::presence {
namespace {

using namespace roster;  // the rules

constexpr int64_t kMostTtlMs = 24LL * 3600 * 1000;

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

// At least 0 and at most `most_ms`; seconds first, as milliseconds of a hostile Duration overflow.
std::optional<std::string> duration_fault(const google::protobuf::Duration& value, int64_t most_ms) {
  const bool good = value.seconds() >= 0 && value.seconds() <= most_ms / 1000 && value.nanos() >= 0 &&
                    value.nanos() < 1'000'000'000 &&
                    google::protobuf::util::TimeUtil::DurationToMilliseconds(value) <= most_ms;
  if (!good) return "must be 0 to " + yaml::duration_text(most_ms);
  return std::nullopt;
}

std::optional<std::string> count_fault(int value, int most) {
  if (value < 0 || value > most) return "must be 0 to " + std::to_string(most);
  return std::nullopt;
}

std::optional<Error> check_guard_rails(const v1::GuardRails& rails) {
  const std::string at = "expert.guard_rails.";
  if (!rails.time_zone().empty()) {
    if (auto error = fault(at + "time_zone", zone_fault(rails.time_zone()))) return error;
  }
  if (auto error = too_many(at + "hours", rails.hours())) return error;
  for (int i = 0; i < rails.hours_size(); ++i) {
    const v1::WorkingTime& part = rails.hours(i);
    const std::string place = at + "hours[" + std::to_string(i) + "].";
    if (!given(part.day(), v1::Weekday_IsValid)) return invalid_field(place + "day", "must be one of Weekday");
    if (part.start_minute() < 0 || part.start_minute() >= part.end_minute() || part.end_minute() > kMinutesADay) {
      return invalid_field(place + "end_minute", "must lie behind start_minute, both from 0 to 1440");
    }
  }
  if (auto error = fault(at + "offers_per_hour", count_fault(rails.offers_per_hour(), kMostOffersPerHour)))
    return error;
  if (auto error = fault(at + "offers_per_day", count_fault(rails.offers_per_day(), kMostOffersPerDay))) return error;
  if (auto error = fault(at + "decline_cool_down", duration_fault(rails.decline_cool_down(), kMostCoolDownMs))) {
    return error;
  }
  if (auto error = fault(at + "pause_after_timeouts", count_fault(rails.pause_after_timeouts(), kMostTimeouts))) {
    return error;
  }
  return check_map(at + "wrap_up", rails.wrap_up(), medium_fault,
                   [](const auto& value) { return duration_fault(value, kMostWrapUpMs); });
}

}  // namespace

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
  if (auto error = check_list("expert.media_order", expert.media_order(), medium_fault)) return *error;
  if (auto error = check_guard_rails(expert.guard_rails())) return *error;
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
