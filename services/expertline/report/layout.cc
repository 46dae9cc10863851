#include "expertline/report/layout.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/fairness.h"
#include "expertline/terminal/table.h"

namespace expertline::cli {
namespace {

using v1::ReportRow;

enum class Kind { kCount, kSeconds, kRate, kShare };

struct Column {
  std::string name;   // in CSV and JSON
  std::string title;  // in tables; empty: not there
  Kind kind;
  std::function<std::optional<double>(const ReportRow&)> value;  // nothing: there is none
};

double seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() / 1e9;
}

template <typename Get>
Column count(const std::string& name, const std::string& title, Get get) {
  return {name, title, Kind::kCount,
          [get](const ReportRow& row) -> std::optional<double> { return static_cast<double>((row.*get)()); }};
}

template <typename Get>
Column counted(const std::string& name, const std::string& title, Get get, const std::string& word) {
  return {name, title, Kind::kCount, [get, word](const ReportRow& row) -> std::optional<double> {
            const auto& counts = (row.*get)();
            const auto it = counts.find(word);
            return it == counts.end() ? 0.0 : static_cast<double>(it->second);
          }};
}

template <typename Get>
Column lasting(const std::string& name, const std::string& title, Get get) {
  return {name, title, Kind::kSeconds,
          [get](const ReportRow& row) -> std::optional<double> { return seconds((row.*get)()); }};
}

// What happened in an hour in which it could have.
template <typename Get>
Column per_eligible_hour(const std::string& name, const std::string& title, Get get) {
  return {name, title, Kind::kRate, [get](const ReportRow& row) -> std::optional<double> {
            const double hours = seconds(row.eligible_time()) / 3600;
            if (hours <= 0) return std::nullopt;
            return get(row) / hours;
          }};
}

std::vector<Column> columns_of(v1::ReportBy by) {
  std::vector<Column> all;
  const bool experts = by == v1::REPORT_BY_EXPERT;
  if (!experts) {
    all.push_back(count("sessions", ">sessions", &ReportRow::sessions));
    all.push_back(counted("helped", ">helped", &ReportRow::outcomes, "helped"));
    all.push_back(counted("default_routed", ">default", &ReportRow::outcomes, "default_routed"));
    all.push_back(counted("canceled", ">canceled", &ReportRow::outcomes, "canceled"));
    all.push_back(counted("failed", "", &ReportRow::outcomes, "failed"));
    all.push_back({"time_to_expert_s", ">to expert", Kind::kSeconds, [](const ReportRow& row) -> std::optional<double> {
                     if (!row.has_time_to_expert()) return std::nullopt;
                     return seconds(row.time_to_expert());
                   }});
  }
  all.push_back(count("offers", ">offers", &ReportRow::offers));
  all.push_back(counted("accepted", ">accepted", &ReportRow::offer_outcomes, "accepted"));
  all.push_back(counted("declined", experts ? ">declined" : "", &ReportRow::offer_outcomes, "declined"));
  all.push_back(counted("timed_out", experts ? ">timed out" : "", &ReportRow::offer_outcomes, "timed_out"));
  all.push_back(counted("offers_canceled", "", &ReportRow::offer_outcomes, "canceled"));
  all.push_back(counted("offers_rescinded", "", &ReportRow::offer_outcomes, "rescinded"));
  all.push_back(lasting("chat_s", ">chat", &ReportRow::chat_time));
  all.push_back(lasting("talk_s", ">talk", &ReportRow::talk_time));
  all.push_back(count("resolved", ">resolved", &ReportRow::resolved));
  all.push_back(count("not_resolved", "", &ReportRow::not_resolved));
  all.push_back(count("unknown", ">unknown", &ReportRow::unknown));
  all.push_back(
      {"first_contact_resolution", ">first contact", Kind::kShare, [](const ReportRow& row) -> std::optional<double> {
         const auto known = static_cast<double>(row.resolved() + row.not_resolved());
         if (known == 0) return std::nullopt;
         return static_cast<double>(row.resolved()) / known;
       }});
  if (!experts) return all;
  all.push_back(lasting("eligible_s", ">eligible", &ReportRow::eligible_time));
  all.push_back(per_eligible_hour("offers_per_eligible_hour", ">offers/h",
                                  [](const ReportRow& row) { return static_cast<double>(row.offers()); }));
  all.push_back(per_eligible_hour("accepted_per_eligible_hour", ">accepted/h", [](const ReportRow& row) {
    const auto it = row.offer_outcomes().find("accepted");
    return it == row.offer_outcomes().end() ? 0.0 : static_cast<double>(it->second);
  }));
  all.push_back(per_eligible_hour("worked_per_eligible_hour", ">worked/h", [](const ReportRow& row) {
    return (seconds(row.chat_time()) + seconds(row.talk_time())) / 3600;
  }));
  all.push_back(per_eligible_hour("resolved_per_eligible_hour", "",
                                  [](const ReportRow& row) { return static_cast<double>(row.resolved()); }));
  return all;
}

const char* key_name(v1::ReportBy by) {
  return by == v1::REPORT_BY_DAY ? "day" : by == v1::REPORT_BY_EXPERT ? "expert" : "routing_point";
}

// 3661 s: "1:01:01".
std::string clock(double length) {
  const auto whole = static_cast<int64_t>(std::llround(length));
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string for_people(Kind kind, std::optional<double> value) {
  if (!value) return "-";
  switch (kind) {
    case Kind::kCount:
      return fmt::format("{:.0f}", *value);
    case Kind::kSeconds:
      return clock(*value);
    case Kind::kRate:
      return fmt::format("{:.2f}", *value);
    case Kind::kShare:
      return fmt::format("{:.1f} %", *value * 100);
  }
  return "";
}

// Counts whole, times to the millisecond, the rest to four places.
double rounded(Kind kind, double value) {
  const double places = kind == Kind::kCount ? 1 : kind == Kind::kSeconds ? 1e3 : 1e4;
  return std::round(value * places) / places;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

nlohmann::ordered_json object(const std::vector<Column>& of, const ReportRow& row) {
  auto out = nlohmann::ordered_json::object();
  for (const Column& column : of) {
    const auto value = column.value(row);
    if (!value) continue;
    if (column.kind == Kind::kCount) {
      out[column.name] = static_cast<int64_t>(*value);
    } else {
      out[column.name] = rounded(column.kind, *value);
    }
  }
  return out;
}

// How evenly the columns of that name, per eligible hour, are shared out among experts who were eligible for a minute.
struct Shared {
  std::string column;
  Fairness fairness;
  std::string largest;  // who has most
};

std::vector<Shared> shared_out(const v1::GetReportResponse& report, const std::vector<Column>& all) {
  std::vector<Shared> found;
  for (const Column& column : all) {
    if (column.name != "offers_per_eligible_hour" && column.name != "accepted_per_eligible_hour" &&
        column.name != "worked_per_eligible_hour") {
      continue;
    }
    std::vector<double> shares;
    std::string largest;
    double most = -1;
    for (const ReportRow& row : report.rows()) {
      const auto value = column.value(row);
      if (!value || seconds(row.eligible_time()) < 60) continue;
      shares.push_back(*value);
      if (*value > most) {
        most = *value;
        largest = row.key();
      }
    }
    const auto fairness = fairness_of(std::move(shares));
    if (fairness) found.push_back({.column = column.name, .fairness = *fairness, .largest = largest});
  }
  return found;
}

}  // namespace

std::string report_table(const v1::GetReportRequest& request, const v1::GetReportResponse& report,
                         const Terminal& terminal) {
  const std::vector<Column> all = columns_of(request.by());
  std::vector<std::string> headers{request.by() == v1::REPORT_BY_ROUTING_POINT ? "routing point"
                                                                               : key_name(request.by())};
  for (const Column& column : all) {
    if (!column.title.empty()) headers.push_back(column.title);
  }
  Table table(headers);
  const auto add = [&](const std::string& key, const ReportRow& row) {
    std::vector<std::string> cells{printable(key)};
    for (const Column& column : all) {
      if (!column.title.empty()) cells.push_back(for_people(column.kind, column.value(row)));
    }
    table.add(std::move(cells));
  };
  for (const ReportRow& row : report.rows()) add(row.key().empty() ? "(none)" : row.key(), row);
  add("together", report.total());
  std::string text = table.text(terminal);
  if (request.by() != v1::REPORT_BY_EXPERT) return text;
  for (const Shared& one : shared_out(report, all)) {
    text += fmt::format("{}: Jain's index {:.2f}, largest over median {:.2f} ({})\n", one.column, one.fairness.jain,
                        one.fairness.largest_to_median, printable(one.largest));
  }
  return text;
}

std::string report_csv(const v1::GetReportRequest& request, const v1::GetReportResponse& report) {
  const std::vector<Column> all = columns_of(request.by());
  std::string out = key_name(request.by());
  for (const Column& column : all) out += "," + column.name;
  out += "\r\n";
  for (const ReportRow& row : report.rows()) {
    out += quoted(row.key());
    for (const Column& column : all) {
      const auto value = column.value(row);
      out += ",";
      if (value) out += fmt::format("{}", rounded(column.kind, *value));
    }
    out += "\r\n";
  }
  return out;
}

std::string report_json(const v1::GetReportRequest& request, const v1::GetReportResponse& report) {
  const std::vector<Column> all = columns_of(request.by());
  nlohmann::ordered_json out;
  out["by"] = key_name(request.by());
  out["from"] = request.first_day();
  out["to"] = request.last_day().empty() ? request.first_day() : request.last_day();
  out["time_zone"] = request.time_zone().empty() ? "UTC" : request.time_zone();
  out["rows"] = nlohmann::ordered_json::array();
  for (const ReportRow& row : report.rows()) {
    nlohmann::ordered_json one{{key_name(request.by()), row.key()}};
    one.update(object(all, row));
    out["rows"].push_back(std::move(one));
  }
  out["total"] = object(all, report.total());
  if (request.by() == v1::REPORT_BY_EXPERT) {
    out["fairness"] = nlohmann::ordered_json::object();
    for (const Shared& one : shared_out(report, all)) {
      nlohmann::ordered_json& shared = out["fairness"][one.column];
      shared["jain_index"] = rounded(Kind::kRate, one.fairness.jain);
      if (std::isfinite(one.fairness.largest_to_median)) {
        shared["largest_to_median"] = rounded(Kind::kRate, one.fairness.largest_to_median);
      }
      shared["largest"] = one.largest;
    }
  }
  return out.dump(2) + "\n";
}

}  // namespace expertline::cli
