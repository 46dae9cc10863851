#include <fmt/format.h>

#include <algorithm>

#include "expertline/simulate/report.h"

namespace expertline::simulate {
namespace {

using Shape = Series::Shape;

// Blue for A, orange for B, each dark where it went well and light where it did not.
struct Colours {
  const char* strong;
  const char* light;
};
constexpr Colours kA{"#1f6fb2", "#a9cbe8"};
constexpr Colours kB{"#d9730d", "#f5cda3"};

template <typename Value>
Series series(const Figures& figures, std::string name, const char* colour, Shape shape, int group, Value&& value) {
  Series made{.name = std::move(name), .colour = colour, .shape = shape, .values = {}, .group = group};
  for (const Hour& hour : figures.hours) made.values.push_back(value(hour));
  return made;
}

void add_side(const Side& side, const std::string& letter, const Colours& colours, int group, Plot& plot) {
  const Figures& figures = side.figures;
  const double days = std::max(figures.days, 1);
  const std::string of = letter.empty() ? "" : letter + ": ";
  plot.charts[0].series.push_back(series(figures, of + "reached an expert", colours.strong, Shape::kBars, group,
                                         [&](const Hour& hour) { return std::optional(hour.helped / days); }));
  plot.charts[0].series.push_back(
      series(figures, of + "default routing", colours.light, Shape::kBars, group,
             [&](const Hour& hour) { return std::optional((hour.mailbox + hour.other) / days); }));
  const auto quantile = [](double share) {
    return [share](const Hour& hour) -> std::optional<double> {
      if (hour.to_expert_s.empty()) return std::nullopt;
      return percentile(hour.to_expert_s, share);
    };
  };
  plot.charts[1].series.push_back(series(figures, of + "p50", colours.strong, Shape::kLine, group, quantile(0.5)));
  plot.charts[1].series.push_back(series(figures, of + "p90", colours.strong, Shape::kDashed, group, quantile(0.9)));
  plot.charts[2].series.push_back(series(figures, of + "service level", colours.strong, Shape::kLine, group,
                                         [](const Hour& hour) -> std::optional<double> {
                                           const int counted = hour.asked - hour.refused;
                                           if (counted == 0) return std::nullopt;
                                           return 100.0 * hour.in_time / counted;
                                         }));
  plot.charts[2].series.push_back(series(figures, of + "occupancy of the experts", colours.strong, Shape::kDashed,
                                         group, [](const Hour& hour) -> std::optional<double> {
                                           if (hour.hours_ms == 0) return std::nullopt;
                                           return 100.0 * static_cast<double>(hour.busy_ms) /
                                                  static_cast<double>(hour.hours_ms);
                                         }));
}

}  // namespace

Plot plot_of(const Report& report) {
  Plot plot;
  plot.title = report.b ? fmt::format("A: {}   B: {}", report.a.name, report.b->name) : report.a.name;
  const int days = report.a.figures.days;
  plot.subtitle =
      fmt::format("{} {}, {} of the calls ask, {} experts, {}, seed {}", report.date, report.zone, report.share,
                  report.experts.size(), days == 1 ? "one day" : fmt::format("mean of {} days", days), report.seed);
  plot.first_hour = report.first_hour;
  plot.hours = std::max(static_cast<int>(report.a.figures.hours.size()), 1);
  plot.charts = {{.title = "Requests", .unit = "requests an hour", .series = {}},
                 {.title = "Time to expert", .unit = "seconds", .series = {}},
                 {.title = fmt::format("Service level (an expert within {} s) and occupancy", report.within_ms / 1000),
                  .unit = "percent",
                  .series = {}}};
  add_side(report.a, report.b ? "A" : "", kA, 0, plot);
  if (report.b) add_side(*report.b, "B", kB, 1, plot);
  return plot;
}

}  // namespace expertline::simulate
