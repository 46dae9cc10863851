#include "expertline/simulate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "expertline/terminal/table.h"

namespace expertline::simulate {
namespace {

using cli::Style;
using cli::Table;
using cli::Terminal;
using nlohmann::json;

constexpr size_t kMostNamed = 5;  // experts in the text
constexpr const char* kEndNames[kEnds] = {"expert", "voicemail", "agent_text", "dn", "routing_point", "refused"};

// What rounds to nothing has no sign.
std::string number(double value, int decimals) {
  const std::string text = fmt::format("{:.{}f}", value, decimals);
  return text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos ? text.substr(1) : text;
}

std::string range(const Interval& interval, int decimals) {
  return interval.known ? number(interval.low, decimals) + " to " + number(interval.high, decimals) : "-";
}

std::string label(const Report& report, const Measure& measure) {
  std::string text = measure.label;
  if (text == "service level") text += fmt::format(" (within {:g} s)", static_cast<double>(report.within_ms) / 1000);
  return *measure.unit == 0 ? text : text + ", " + measure.unit;
}

std::string head(const Terminal& terminal, const Report& report) {
  const auto title = [&](const std::string& text) { return terminal.paint(Style::kBold, cli::printable(text)); };
  std::string out = title(report.b ? "A: " + report.a.name : report.a.name);
  if (report.b) out += "\n" + title("B: " + report.b->name);
  const int days = report.a.figures.days;
  out += fmt::format("\n{}: {} interactions, {} ask, {}; {} experts ({})\n", cli::printable(report.calls),
                     report.interactions, report.share,
                     days == 1 ? fmt::format("{} requests", report.asked)
                               : fmt::format("{:.1f} requests a day", static_cast<double>(report.asked) / days),
                     report.experts.size(), cli::printable(report.experts_from));
  out += fmt::format("{} {}, {} from seed {}; {} decisions, {:.2f} s\n", report.date, report.zone,
                     days == 1 ? "1 day" : fmt::format("{} days", days), report.seed,
                     report.a.figures.decisions + (report.b ? report.b->figures.decisions : 0), report.wall_s);
  if (report.bad_rows > 0) out += fmt::format("{} rows of the calls were left out\n", report.bad_rows);
  if (report.left_out > 0) {
    out += fmt::format("{} requests at routing points without a strategy here were left out\n", report.left_out);
  }
  return out + "\n";
}

std::string measures_text(const Terminal& terminal, const Report& report) {
  Table table({"", ">mean", ">95 % interval"});
  for (size_t i = 0; i < kMeasures.size(); ++i) {
    const auto interval = interval_of(report.a.figures, i);
    const int decimals = kMeasures[i].decimals;
    table.add({label(report, kMeasures[i]), interval ? number(interval->mean, decimals) : "-",
               interval ? range(*interval, decimals) : "-"});
  }
  return table.text(terminal);
}

std::string comparison_text(const Terminal& terminal, const Report& report) {
  Table table({"", ">A", ">B", ">B - A", ">95 % interval"});
  std::string sentences;
  for (size_t i = 0; i < kMeasures.size(); ++i) {
    const auto comparison = compare(report.a.figures, report.b->figures, i);
    std::vector<std::string> row = {label(report, kMeasures[i])};
    if (comparison) {
      const int decimals = decimals_of(i, comparison->difference);
      row.push_back(number(comparison->a.mean, kMeasures[i].decimals));
      row.push_back(number(comparison->b.mean, kMeasures[i].decimals));
      row.push_back(number(comparison->difference.mean, decimals));
      row.push_back(range(comparison->difference, decimals));
    }
    table.add(std::move(row));
    const std::string sentence = verdict_sentence(i, comparison);
    Style style = Style::kDim;
    if (comparison && comparison->verdict == Verdict::kBetter) style = Style::kGreen;
    if (comparison && comparison->verdict == Verdict::kWorse) style = Style::kRed;
    sentences += terminal.paint(style, sentence) + "\n";
  }
  return table.text(terminal) + "\n" + sentences;
}

std::string hours_text(const Terminal& terminal, const Report& report, const Side& side) {
  Table table({"hour", ">asked", ">helped", ">mailbox", ">other", ">in time %", ">p50 s", ">p90 s", ">waiting s",
               ">most waiting", ">occupancy %"});
  const double days = std::max(side.figures.days, 1);
  for (size_t i = 0; i < side.figures.hours.size(); ++i) {
    const Hour& hour = side.figures.hours[i];
    if (hour.asked == 0) continue;
    const int counted = hour.asked - hour.refused;
    const auto of_counted = [&](double value, int decimals) {
      return counted == 0 ? std::string("-") : number(value / counted, decimals);
    };
    const auto quantile = [&](double share) {
      return hour.to_expert_s.empty() ? std::string("-") : number(percentile(hour.to_expert_s, share), 1);
    };
    table.add({fmt::format("{:02}", (report.first_hour + static_cast<int>(i)) % 24), number(hour.asked / days, 1),
               number(hour.helped / days, 1), number(hour.mailbox / days, 1), number(hour.other / days, 1),
               of_counted(100.0 * hour.in_time, 1), quantile(0.5), quantile(0.9), of_counted(hour.waited_s, 1),
               std::to_string(hour.most_waiting),
               hour.hours_ms == 0
                   ? std::string("-")
                   : number(100.0 * static_cast<double>(hour.busy_ms) / static_cast<double>(hour.hours_ms), 1)});
  }
  return table.text(terminal);
}

std::string fairness_text(const Terminal& terminal, const Side& side) {
  Table table({"random draws at", ">tested", ">experts", ">chi-square", ">df", ">p", ""});
  for (const auto& point : side.fairness.report()) {
    if (point.degrees_of_freedom == 0) continue;
    table.add({point.name, std::to_string(point.tested), std::to_string(point.by_expert.size()),
               number(point.chi_square, 1), std::to_string(point.degrees_of_freedom), number(point.p_value, 3),
               point.least_expected < 5 ? "few draws: rough" : ""});
  }
  return table.rows() == 0 ? "" : "\n" + table.text(terminal);
}

std::string busiest_text(const Terminal& terminal, const Report& report, const Side& side) {
  std::vector<size_t> order;
  for (size_t i = 0; i < side.figures.experts.size(); ++i) {
    if (side.figures.experts[i].eligible) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t x, size_t y) {
    return side.figures.experts[x].occupancy() > side.figures.experts[y].occupancy();
  });
  Table table({"busiest experts", ">hours", ">offers", ">accepted", ">occupancy %"});
  const double days = std::max(side.figures.days, 1);
  for (size_t i = 0; i < std::min(order.size(), kMostNamed); ++i) {
    const ExpertFigures& one = side.figures.experts[order[i]];
    table.add({report.experts[order[i]], number(one.hours_ms / 3'600'000 / days, 1), number(one.offers / days, 1),
               number(one.accepted / days, 1), number(100 * one.occupancy(), 1)});
  }
  return table.rows() == 0 ? "" : "\n" + table.text(terminal);
}

json interval_json(const Interval& interval) {
  json made = {{"mean", interval.mean}};
  if (interval.known) made["interval95"] = {interval.low, interval.high};
  return made;
}

json side_json(const Report& report, const Side& side) {
  const Figures& figures = side.figures;
  json ends = json::object();
  for (size_t i = 0; i < kEnds; ++i) ends[kEndNames[i]] = figures.ends[i];
  json measures = json::object();
  for (size_t i = 0; i < kMeasures.size(); ++i) {
    if (const auto interval = interval_of(figures, i)) {
      json& measure = measures[kMeasures[i].key] = interval_json(*interval);
      for (const Values& day : figures.values) measure["by_seed"].push_back(day[i] ? json(*day[i]) : json(nullptr));
    }
  }
  json hours = json::array();
  for (size_t i = 0; i < figures.hours.size(); ++i) {
    const Hour& hour = figures.hours[i];
    json one = {{"hour", (report.first_hour + static_cast<int>(i)) % 24},
                {"asked", hour.asked},
                {"helped", hour.helped},
                {"in_time", hour.in_time},
                {"mailbox", hour.mailbox},
                {"other", hour.other},
                {"refused", hour.refused},
                {"waited_s", hour.waited_s},
                {"most_waiting", hour.most_waiting},
                {"busy_s", hour.busy_ms / 1000},
                {"on_duty_s", hour.hours_ms / 1000}};
    if (!hour.to_expert_s.empty()) {
      one["time_to_expert_s"] = {{"p50", percentile(hour.to_expert_s, 0.5)},
                                 {"p90", percentile(hour.to_expert_s, 0.9)},
                                 {"p95", percentile(hour.to_expert_s, 0.95)}};
    }
    hours.push_back(std::move(one));
  }
  json experts = json::array();
  for (size_t i = 0; i < figures.experts.size(); ++i) {
    const ExpertFigures& one = figures.experts[i];
    experts.push_back({{"expert", report.experts[i]},
                       {"eligible", one.eligible},
                       {"on_duty_s", one.hours_ms / 1000},
                       {"busy_s", one.busy_ms / 1000},
                       {"offers", one.offers},
                       {"accepted", one.accepted},
                       {"declined", one.declined},
                       {"timed_out", one.timed_out},
                       {"rescinded", one.rescinded}});
  }
  json draws = json::array();
  for (const auto& point : side.fairness.report()) {
    draws.push_back({{"routing_point", point.name},
                     {"tested", point.tested},
                     {"chi_square", point.chi_square},
                     {"degrees_of_freedom", point.degrees_of_freedom},
                     {"p_value", point.p_value},
                     {"least_expected", point.least_expected}});
  }
  return {{"strategy", side.name},           {"days", figures.days},
          {"decisions", figures.decisions},  {"ends", std::move(ends)},
          {"measures", std::move(measures)}, {"hours", std::move(hours)},
          {"experts", std::move(experts)},   {"random_draws", std::move(draws)}};
}

const char* verdict_name(const std::optional<Comparison>& comparison) {
  if (!comparison || !comparison->difference.known) return "unknown";
  if (!comparison->differs) return "no_difference";
  if (comparison->verdict == Verdict::kBetter) return "better";
  if (comparison->verdict == Verdict::kWorse) return "worse";
  return comparison->difference.mean > 0 ? "higher" : "lower";
}

}  // namespace

std::string text_of(const Terminal& terminal, const Report& report) {
  std::string out = head(terminal, report);
  out += report.b ? comparison_text(terminal, report) : measures_text(terminal, report);
  const auto side = [&](const Side& one, const char* letter) {
    out += "\n" + terminal.paint(Style::kBold, std::string("By hour") + letter) + "\n";
    out += hours_text(terminal, report, one) + fairness_text(terminal, one) + busiest_text(terminal, report, one);
  };
  side(report.a, report.b ? ", A" : "");
  if (report.b) side(*report.b, ", B");
  return out;
}

std::string json_of(const Report& report) {
  json all = {{"calls", report.calls},
              {"bad_rows", report.bad_rows},
              {"interactions", report.interactions},
              {"ask", report.share},
              {"requests", report.asked},
              {"left_out", report.left_out},
              {"experts", report.experts.size()},
              {"experts_from", report.experts_from},
              {"date", report.date},
              {"zone", report.zone},
              {"seed", report.seed},
              {"seeds", report.a.figures.days},
              {"within_s", static_cast<double>(report.within_ms) / 1000},
              {"wall_s", report.wall_s},
              {"a", side_json(report, report.a)}};
  if (report.b) {
    all["b"] = side_json(report, *report.b);
    json& comparison = all["comparison"] = json::object();
    for (size_t i = 0; i < kMeasures.size(); ++i) {
      const auto compared = compare(report.a.figures, report.b->figures, i);
      json& one =
          comparison[kMeasures[i].key] = {{"verdict", verdict_name(compared)}, {"says", verdict_sentence(i, compared)}};
      if (compared) one["difference"] = interval_json(compared->difference);
    }
  }
  // File names may hold anything; what is not UTF-8 is replaced.
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace expertline::simulate
