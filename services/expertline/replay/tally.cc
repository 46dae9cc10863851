#include "expertline/replay/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "expertline/terminal/table.h"

namespace expertline::cli {
namespace {

using nlohmann::json;

json spread(const std::vector<double>& values) {
  return {{"p50", percentile(values, 0.50)}, {"p95", percentile(values, 0.95)}, {"p99", percentile(values, 0.99)}};
}

std::string spread_text(const std::vector<double>& values) {
  if (values.empty()) return "-";
  return fmt::format("p50 {:.1f}  p95 {:.1f}  p99 {:.1f} ms", percentile(values, 0.50), percentile(values, 0.95),
                     percentile(values, 0.99));
}

struct Extent {
  int least = 0;
  int most = 0;
  double mean = 0;
};

Extent extent(const FairnessLedger::Skillset& skillset) {
  if (skillset.by_expert.empty()) return {};
  const auto [least, most] = std::minmax_element(skillset.by_expert.begin(), skillset.by_expert.end(),
                                                 [](const auto& a, const auto& b) { return a.second < b.second; });
  return {.least = least->second,
          .most = most->second,
          .mean = static_cast<double>(skillset.offers) / static_cast<double>(skillset.by_expert.size())};
}

std::string percent(int part, int whole) { return whole == 0 ? "" : fmt::format("{:.1f} %", 100.0 * part / whole); }

}  // namespace

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  const size_t index = std::clamp<size_t>(rank, 1, values.size()) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
  return values[index];
}

std::string tally_text(const Terminal& terminal, const ReplaySetting& setting, const Tally& tally) {
  std::string out = terminal.paint(
      Style::kBold, fmt::format("Replay of {}{}", setting.file, tally.interrupted ? " (interrupted)" : ""));
  out += fmt::format("\n{} interactions of {} agents, {} experts, {:.1f} h in {:.1f} s, seed {}", tally.interactions,
                     tally.agents, setting.experts, tally.span_s / 3600, tally.wall_s, setting.seed);
  if (tally.bad_rows > 0) out += fmt::format("; {} of {} rows left out", tally.bad_rows, tally.rows + tally.bad_rows);
  out += "\n\n";

  Table sums({"", ">count", ">share"});
  auto session = [&](const char* name, int count) {
    sums.add({name, std::to_string(count), percent(count, tally.asked)});
  };
  auto offer = [&](const char* name, int count) {
    sums.add({name, std::to_string(count), percent(count, tally.offers)});
  };
  sums.add({"asked", std::to_string(tally.asked), percent(tally.asked, static_cast<int>(tally.interactions))});
  session("  accepted", tally.accepted);
  session("  default routed", tally.default_routed);
  if (tally.failed > 0) session("  failed", tally.failed);
  if (tally.unfinished > 0) session("  given up by the interruption", tally.unfinished);
  sums.add({"offers", std::to_string(tally.offers), ""});
  offer("  declined", tally.declined);
  offer("  timed out", tally.timed_out);
  if (tally.late > 0) offer("  answered too late", tally.late);
  out += sums.text(terminal);

  out += fmt::format("\nfirst preview   {}\ntime to expert  {}\n\n", spread_text(tally.first_preview_ms),
                     spread_text(tally.to_expert_ms));

  Table fairness({"skillset", ">offers", ">experts", ">least", ">mean", ">most", ">chi-square", ">df", ">p", ""});
  for (const auto& skillset : tally.fairness.report()) {
    const Extent each = extent(skillset);
    fairness.add({skillset.name, std::to_string(skillset.offers), std::to_string(skillset.by_expert.size()),
                  std::to_string(each.least), fmt::format("{:.1f}", each.mean), std::to_string(each.most),
                  fmt::format("{:.1f}", skillset.chi_square), std::to_string(skillset.degrees_of_freedom),
                  fmt::format("{:.3f}", skillset.p_value), skillset.least_expected < 5 ? "few offers: rough" : ""});
  }
  out += "Offers per expert\n" + fairness.text(terminal);
  out += terminal.paint(Style::kDim,
                        "p: chi-square against uniform drawing among those who were ready when each offer was made\n"
                        "(each was due 1/their number of it), as the simulated experts knew it.\n");
  out += terminal.paint(
      Style::kDim,
      fmt::format("Scaled by {:g}: arrivals, talk, answer delays. Not scaled: the deadlines of previews and the waits\n"
                  "of strategies, so an overlooked preview costs its whole real time. Times above are real.\n",
                  setting.speed));
  for (const auto& [what, times] : tally.troubles) {
    out += terminal.paint(Style::kRed, fmt::format("{} times: {}", times, printable(what))) + "\n";
  }
  return out;
}

std::string tally_json(const ReplaySetting& setting, const Tally& tally) {
  json skillsets = json::array();
  for (const auto& skillset : tally.fairness.report()) {
    const Extent each = extent(skillset);
    skillsets.push_back({{"skillset", skillset.name},
                         {"offers", skillset.offers},
                         {"tested_offers", skillset.tested},
                         {"experts", skillset.by_expert.size()},
                         {"least", each.least},
                         {"mean", each.mean},
                         {"most", each.most},
                         {"chi_square", skillset.chi_square},
                         {"degrees_of_freedom", skillset.degrees_of_freedom},
                         {"p_value", skillset.p_value},
                         {"least_expected", skillset.least_expected},
                         {"offers_per_expert", skillset.by_expert}});
  }
  const json all = {{"file", setting.file},
                    {"rows", tally.rows},
                    {"bad_rows", tally.bad_rows},
                    {"interactions", tally.interactions},
                    {"agents", tally.agents},
                    {"experts", setting.experts},
                    {"ask_share", setting.share},
                    {"speed", setting.speed},
                    {"seed", setting.seed},
                    {"decline", setting.decline},
                    {"overlook", setting.overlook},
                    {"answer_s", setting.answer_s},
                    {"model_s", tally.span_s},
                    {"wall_s", tally.wall_s},
                    {"interrupted", tally.interrupted},
                    {"planned", tally.planned},
                    {"asked", tally.asked},
                    {"accepted", tally.accepted},
                    {"default_routed", tally.default_routed},
                    {"failed", tally.failed},
                    {"unfinished", tally.unfinished},
                    {"offers", tally.offers},
                    {"declined", tally.declined},
                    {"timed_out", tally.timed_out},
                    {"late", tally.late},
                    {"first_preview_ms", spread(tally.first_preview_ms)},
                    {"time_to_expert_ms", spread(tally.to_expert_ms)},
                    {"skillsets", skillsets},
                    {"troubles", tally.troubles},
                    {"scaled", {"arrivals", "talk", "answer_delay"}},
                    {"not_scaled", {"preview_deadlines", "strategy_waits"}}};
  // Texts of the services may hold anything; what is not UTF-8 is replaced.
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace expertline::cli
