#include "roster/guard_rails.h"

#include <string>

#include "roster/rules.h"
#include "yaml/week.h"

namespace expertline::roster {
namespace {

void set_duration(google::protobuf::Duration& to, int64_t ms) {
  to.set_seconds(ms / 1000);
  to.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
}

void read_hours(const yaml::Node& node, v1::GuardRails& rails, yaml::Issues& issues) {
  rails.clear_hours();
  const yaml::Week week = yaml::read_week(node, "guard_rails.hours", issues);
  for (size_t day = 0; day < week.size(); ++day) {
    for (const yaml::OpenTime& time : week[day]) {
      v1::WorkingTime* part = rails.add_hours();
      part->set_day(static_cast<v1::Weekday>(static_cast<int>(v1::WEEKDAY_MONDAY) + static_cast<int>(day)));
      part->set_start_minute(time.from);
      part->set_end_minute(time.to);
    }
  }
  if (rails.hours().empty() && issues.empty()) {
    issues.add(node.mark, "bad_hours", "guard_rails.hours name no time at which he works",
               "leave `hours` out to let him work always; set his capacity to 0 to give him nothing");
  }
}

int read_count(const yaml::Node& node, const std::string& key, int most, yaml::Issues& issues) {
  return static_cast<int>(yaml::read_int(node, "guard_rails." + key, 0, most, issues).value_or(0));
}

void read_wrap_up(const yaml::Node& node, v1::GuardRails& rails, yaml::Issues& issues) {
  rails.clear_wrap_up();
  for (const yaml::Entry& entry : yaml::read_map(node, "guard_rails.wrap_up", issues)) {
    if (const auto fault = medium_fault(entry.key)) {
      issues.add(entry.mark, "bad_value", "a key of guard_rails.wrap_up " + *fault);
    }
    const auto ms = yaml::read_duration_ms(entry.value, "guard_rails.wrap_up." + entry.key, 0, kMostWrapUpMs, issues);
    if (ms) set_duration((*rails.mutable_wrap_up())[entry.key], *ms);
  }
}

}  // namespace

v1::GuardRails read_guard_rails(const yaml::Node& node, const v1::GuardRails& defaults, yaml::Issues& issues) {
  v1::GuardRails rails = defaults;
  yaml::Fields fields(node, "guard_rails", issues);
  if (const yaml::Node* zone = fields.optional("zone")) {
    const auto name = yaml::read_name(*zone, "guard_rails.zone", issues);
    if (const auto fault = name ? zone_fault(*name) : std::nullopt) {
      issues.add(zone->mark, "unknown_zone", "guard_rails.zone " + *fault + ", unlike \"" + *name + "\"");
    } else if (name) {
      rails.set_time_zone(*name);
    }
  }
  if (const yaml::Node* hours = fields.optional("hours")) read_hours(*hours, rails, issues);
  if (const yaml::Node* most = fields.optional("offers_per_hour")) {
    rails.set_offers_per_hour(read_count(*most, "offers_per_hour", kMostOffersPerHour, issues));
  }
  if (const yaml::Node* most = fields.optional("offers_per_day")) {
    rails.set_offers_per_day(read_count(*most, "offers_per_day", kMostOffersPerDay, issues));
  }
  if (const yaml::Node* cool_down = fields.optional("decline_cool_down")) {
    const auto ms = yaml::read_duration_ms(*cool_down, "guard_rails.decline_cool_down", 0, kMostCoolDownMs, issues);
    if (ms) set_duration(*rails.mutable_decline_cool_down(), *ms);
  }
  if (const yaml::Node* most = fields.optional("pause_after_timeouts")) {
    rails.set_pause_after_timeouts(read_count(*most, "pause_after_timeouts", kMostTimeouts, issues));
  }
  if (const yaml::Node* wrap_up = fields.optional("wrap_up")) read_wrap_up(*wrap_up, rails, issues);
  fields.done();
  return rails;
}

}  // namespace expertline::roster
