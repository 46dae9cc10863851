// A report as people and as programs read it.
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "expertline/report/layout.h"

namespace expertline::cli {
namespace {

using google::protobuf::util::TimeUtil;

v1::GetReportRequest of_two_days(v1::ReportBy by) {
  v1::GetReportRequest request;
  request.set_by(by);
  request.set_first_day("2026-11-20");
  request.set_last_day("2026-11-21");
  request.set_time_zone("Europe/Zurich");
  return request;
}

v1::GetReportResponse report(const std::string& key) {
  v1::GetReportResponse out;
  v1::ReportRow& row = *out.add_rows();
  row.set_key(key);
  row.set_sessions(12);
  (*row.mutable_outcomes())["helped"] = 9;
  (*row.mutable_outcomes())["default_routed"] = 2;
  (*row.mutable_outcomes())["canceled"] = 1;
  row.set_offers(15);
  (*row.mutable_offer_outcomes())["accepted"] = 9;
  (*row.mutable_offer_outcomes())["declined"] = 4;
  (*row.mutable_offer_outcomes())["timed_out"] = 2;
  *row.mutable_chat_time() = TimeUtil::MillisecondsToDuration(5'400'250);
  *row.mutable_talk_time() = TimeUtil::SecondsToDuration(59);
  *row.mutable_time_to_expert() = TimeUtil::MillisecondsToDuration(7'499);
  row.set_resolved(3);
  row.set_not_resolved(1);
  row.set_unknown(5);
  *out.mutable_total() = row;
  out.mutable_total()->clear_key();
  return out;
}

v1::GetReportResponse of_experts() {
  v1::GetReportResponse out = report("ann");
  *out.mutable_rows(0)->mutable_eligible_time() = TimeUtil::SecondsToDuration(7'200);
  v1::ReportRow& idle = *out.add_rows();
  idle.set_key("bob, \"the second\"");
  *out.mutable_total()->mutable_eligible_time() = TimeUtil::SecondsToDuration(7'200);
  return out;
}

TEST(ReportLayout, ATableIsForPeople) {
  EXPECT_EQ(report_table(of_two_days(v1::REPORT_BY_DAY), report("2026-11-20"), Terminal()),
            "day         sessions  helped  default  canceled  to expert  offers  accepted     chat     talk  resolved  "
            "unknown  first contact\n"
            "2026-11-20        12       9        2         1    0:00:07      15         9  1:30:00  0:00:59         3  "
            "      5         75.0 %\n"
            "together          12       9        2         1    0:00:07      15         9  1:30:00  0:00:59         3  "
            "      5         75.0 %\n");
}

TEST(ReportLayout, WhatHasNoValueIsNotShownAsZero) {
  const std::string text = report_table(of_two_days(v1::REPORT_BY_EXPERT), of_experts(), Terminal());
  const size_t bob = text.find("bob");
  const std::string line = text.substr(bob, text.find('\n', bob) - bob);
  EXPECT_EQ(line.substr(line.size() - 5), "    -") << line;
  EXPECT_NE(text.find(" 7.50 "), std::string::npos) << "offers an hour\n" << text;
}

TEST(ReportLayout, ARowWithoutARoutingPointSaysSo) {
  EXPECT_NE(report_table(of_two_days(v1::REPORT_BY_ROUTING_POINT), report(""), Terminal()).find("\n(none) "),
            std::string::npos);
}

TEST(ReportLayout, CsvIsForPrograms) {
  EXPECT_EQ(report_csv(of_two_days(v1::REPORT_BY_DAY), report("2026-11-20")),
            "day,sessions,helped,default_routed,canceled,failed,time_to_expert_s,offers,accepted,declined,timed_out,"
            "offers_canceled,offers_rescinded,chat_s,talk_s,resolved,not_resolved,unknown,first_contact_resolution\r\n"
            "2026-11-20,12,9,2,1,0,7.499,15,9,4,2,0,0,5400.25,59,3,1,5,0.75\r\n");
  EXPECT_EQ(report_csv(of_two_days(v1::REPORT_BY_EXPERT), of_experts()),
            "expert,offers,accepted,declined,timed_out,offers_canceled,offers_rescinded,chat_s,talk_s,resolved,"
            "not_resolved,unknown,first_contact_resolution,eligible_s,offers_per_eligible_hour,"
            "accepted_per_eligible_hour,worked_per_eligible_hour,resolved_per_eligible_hour\r\n"
            "ann,15,9,4,2,0,0,5400.25,59,3,1,5,0.75,7200,7.5,4.5,0.7582,1.5\r\n"
            "\"bob, \"\"the second\"\"\",0,0,0,0,0,0,0,0,0,0,0,,0,,,,\r\n");
}

TEST(ReportLayout, JsonHasTheSameNamesAndUnits) {
  const auto said = nlohmann::json::parse(report_json(of_two_days(v1::REPORT_BY_EXPERT), of_experts()));
  EXPECT_EQ(said["by"], "expert");
  EXPECT_EQ(said["from"], "2026-11-20");
  EXPECT_EQ(said["to"], "2026-11-21");
  EXPECT_EQ(said["time_zone"], "Europe/Zurich");
  EXPECT_EQ(said["rows"][0]["expert"], "ann");
  EXPECT_EQ(said["rows"][0]["chat_s"], 5400.25);
  EXPECT_EQ(said["rows"][0]["offers"], 15);
  EXPECT_FALSE(said["rows"][1].contains("offers_per_eligible_hour"));
  EXPECT_EQ(said["total"]["accepted_per_eligible_hour"], 4.5);
}

}  // namespace
}  // namespace expertline::cli
