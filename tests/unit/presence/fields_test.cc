#include "presence-ingest/fields.h"

#include <gtest/gtest.h>

#include <functional>

namespace expertline::presence {
namespace {

v1::Expert full_expert() {
  v1::Expert expert;
  expert.set_display_name("Ann Lee");
  expert.set_site("zürich");
  expert.add_languages("en");
  expert.add_languages("de-CH");
  (*expert.mutable_skills())["mortgage"] = 5;
  expert.add_groups("retail");
  (*expert.mutable_attributes())["floor"].set_text("3");
  (*expert.mutable_capacities())["im"] = 1000;
  (*expert.mutable_capacities())["voice"] = 0;
  (*expert.mutable_addresses())["im"] = "xmpp:ann@example.com";
  (*expert.mutable_dns())["voice"] = "5001";
  expert.add_media_order("im");
  v1::GuardRails& rails = *expert.mutable_guard_rails();
  rails.set_time_zone("Europe/Zurich");
  v1::WorkingTime& part = *rails.add_hours();
  part.set_day(v1::WEEKDAY_MONDAY);
  part.set_start_minute(0);
  part.set_end_minute(1440);
  rails.set_offers_per_hour(1000);
  rails.mutable_decline_cool_down()->set_seconds(8 * 3600);
  (*rails.mutable_wrap_up())["im"].set_nanos(1);
  return expert;
}

TEST(Fields, AGoodExpertPasses) { EXPECT_TRUE(check_expert(full_expert()).ok()); }

TEST(Fields, EveryFaultNamesItsField) {
  const std::vector<std::pair<std::string, std::function<void(v1::Expert&)>>> faults = {
      {"expert.display_name", [](v1::Expert& e) { e.set_display_name(std::string(201, 'x')); }},
      {"expert.display_name", [](v1::Expert& e) { e.set_display_name("a\nb"); }},
      {"expert.site", [](v1::Expert& e) { e.set_site(std::string(1, '\0')); }},
      {"expert.languages[2]", [](v1::Expert& e) { e.add_languages("e n"); }},
      {"expert.languages[2]", [](v1::Expert& e) { e.add_languages("de-"); }},
      {"expert.languages[2]", [](v1::Expert& e) { e.add_languages("en"); }},
      {"expert.skills[cards]", [](v1::Expert& e) { (*e.mutable_skills())["cards"] = 0; }},
      {"expert.skills[cards]", [](v1::Expert& e) { (*e.mutable_skills())["cards"] = 6; }},
      {"expert.skills key", [](v1::Expert& e) { (*e.mutable_skills())["a}b"] = 1; }},
      {"expert.groups[1]", [](v1::Expert& e) { e.add_groups(""); }},
      {"expert.attributes[x]", [](v1::Expert& e) { (*e.mutable_attributes())["x"].set_text(std::string(201, 'x')); }},
      {"expert.capacities[im]", [](v1::Expert& e) { (*e.mutable_capacities())["im"] = 1001; }},
      {"expert.capacities[im]", [](v1::Expert& e) { (*e.mutable_capacities())["im"] = -1; }},
      {"expert.capacities key", [](v1::Expert& e) { (*e.mutable_capacities())["i,m"] = 1; }},
      {"expert.addresses[im]", [](v1::Expert& e) { (*e.mutable_addresses())["im"] = ""; }},
      {"expert.dns key", [](v1::Expert& e) { (*e.mutable_dns())["Voice"] = "1"; }},
      {"expert.media_order[1]", [](v1::Expert& e) { e.add_media_order("im"); }},
      {"expert.guard_rails.time_zone", [](v1::Expert& e) { e.mutable_guard_rails()->set_time_zone("Mars/Base"); }},
      {"expert.guard_rails.time_zone", [](v1::Expert& e) { e.mutable_guard_rails()->set_time_zone("/etc/localtime"); }},
      {"expert.guard_rails.hours[1].day", [](v1::Expert& e) { e.mutable_guard_rails()->add_hours(); }},
      {"expert.guard_rails.hours[0].end_minute",
       [](v1::Expert& e) { e.mutable_guard_rails()->mutable_hours(0)->set_end_minute(1441); }},
      {"expert.guard_rails.hours[0].end_minute",
       [](v1::Expert& e) { e.mutable_guard_rails()->mutable_hours(0)->set_start_minute(1440); }},
      {"expert.guard_rails.offers_per_hour", [](v1::Expert& e) { e.mutable_guard_rails()->set_offers_per_hour(-1); }},
      {"expert.guard_rails.offers_per_day", [](v1::Expert& e) { e.mutable_guard_rails()->set_offers_per_day(10'001); }},
      {"expert.guard_rails.decline_cool_down",
       [](v1::Expert& e) {
         e.mutable_guard_rails()->mutable_decline_cool_down()->set_seconds(std::numeric_limits<int64_t>::max());
       }},
      {"expert.guard_rails.pause_after_timeouts",
       [](v1::Expert& e) { e.mutable_guard_rails()->set_pause_after_timeouts(101); }},
      {"expert.guard_rails.wrap_up[im]",
       [](v1::Expert& e) { (*e.mutable_guard_rails()->mutable_wrap_up())["im"].set_seconds(3601); }},
      {"expert.groups", [](v1::Expert& e) {
         for (int i = 0; i < 64; ++i) e.add_groups("g" + std::to_string(i));
       }}};
  for (const auto& [field, spoil] : faults) {
    v1::Expert expert = full_expert();
    spoil(expert);
    const auto checked = check_expert(expert);
    ASSERT_FALSE(checked.ok()) << field;
    EXPECT_EQ(checked.error().reason, v1::ERROR_REASON_INVALID_FIELD);
    EXPECT_EQ(checked.error().metadata.at("field"), field);
  }
}

v1::PresenceReport full_report() {
  v1::PresenceReport report;
  report.set_expert("ann");
  report.set_source("desk-1");
  report.set_kind(v1::SOURCE_KIND_CLIENT);
  report.set_state(v1::PRESENCE_STATE_ONLINE);
  report.set_epoch(1);
  report.set_sequence(2);
  report.mutable_ttl()->set_seconds(60);
  report.set_note("here");
  return report;
}

TEST(Fields, AReportIsTakenApart) {
  const auto report = check_report(full_report());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->expert, "ann");
  EXPECT_EQ(report->source, "desk-1");
  EXPECT_EQ(report->epoch, 1);
  EXPECT_EQ(report->sequence, 2);
  EXPECT_EQ(report->ttl_ms, 60'000);
  EXPECT_EQ(report->content.note(), "here");
  EXPECT_EQ(report->content.expert(), "");
  EXPECT_FALSE(report->content.has_ttl());
}

TEST(Fields, EveryFaultOfAReportNamesItsField) {
  const std::vector<std::pair<std::string, std::function<void(v1::PresenceReport&)>>> faults = {
      {"expert", [](v1::PresenceReport& r) { r.clear_expert(); }},
      {"expert", [](v1::PresenceReport& r) { r.set_expert("a{b}"); }},
      {"source", [](v1::PresenceReport& r) { r.set_source(std::string(129, 'x')); }},
      {"kind", [](v1::PresenceReport& r) { r.clear_kind(); }},
      {"kind", [](v1::PresenceReport& r) { r.set_kind(static_cast<v1::SourceKind>(77)); }},
      {"state", [](v1::PresenceReport& r) { r.clear_state(); }},
      {"state", [](v1::PresenceReport& r) { r.set_state(static_cast<v1::PresenceState>(7)); }},
      {"can_im", [](v1::PresenceReport& r) { r.set_can_im(static_cast<v1::Tristate>(3)); }},
      {"can_voice", [](v1::PresenceReport& r) { r.set_can_voice(static_cast<v1::Tristate>(-1)); }},
      {"note", [](v1::PresenceReport& r) { r.set_note(std::string(201, 'x')); }},
      {"note", [](v1::PresenceReport& r) { r.set_note("\x1b[2J"); }},
      {"epoch", [](v1::PresenceReport& r) { r.set_epoch(-1); }},
      {"sequence", [](v1::PresenceReport& r) { r.set_sequence(-1); }},
      {"ttl", [](v1::PresenceReport& r) { r.mutable_ttl()->set_seconds(0); }},
      {"ttl", [](v1::PresenceReport& r) { r.mutable_ttl()->set_seconds(-5); }},
      {"ttl", [](v1::PresenceReport& r) { r.mutable_ttl()->set_seconds(24 * 3600 + 1); }},
      {"ttl", [](v1::PresenceReport& r) { r.mutable_ttl()->set_seconds(std::numeric_limits<int64_t>::max()); }},
      {"ttl", [](v1::PresenceReport& r) { r.mutable_ttl()->set_nanos(-1); }}};
  for (const auto& [field, spoil] : faults) {
    v1::PresenceReport report = full_report();
    spoil(report);
    const auto checked = check_report(report);
    ASSERT_FALSE(checked.ok()) << field;
    EXPECT_EQ(checked.error().metadata.at("field"), field);
  }
}

}  // namespace
}  // namespace expertline::presence
