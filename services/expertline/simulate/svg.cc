#include "expertline/simulate/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace expertline::simulate {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 70;
constexpr double kRight = 930;
constexpr double kHead = 62;    // above the first chart
constexpr double kChart = 190;  // height of the drawing area
constexpr double kAbove = 46;   // title and legend of a chart
constexpr double kBelow = 44;   // hours and their name
constexpr double kLegendMark = 16;
constexpr double kLetter = 6.6;  // width of a letter at 12 pixels, about

using Out = std::back_insert_iterator<std::string>;

struct Frame {
  double top = 0;  // of the drawing area
  double most = 1;
  int hours = 24;

  double x(double hour) const { return kLeft + (kRight - kLeft) * hour / hours; }
  double y(double value) const { return top + kChart * (1 - value / most); }
};

void text(Out& out, double x, double y, const char* anchor, const char* style, const std::string& content) {
  fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, style,
                 xml_text(content));
}

// The highest bar or point.
double highest(const Chart& chart, int hours) {
  double most = 0;
  for (size_t hour = 0; hour < static_cast<size_t>(hours); ++hour) {
    std::vector<double> stacks;
    for (const Series& series : chart.series) {
      const double value = hour < series.values.size() ? series.values[hour].value_or(0) : 0;
      const auto group = static_cast<size_t>(series.group);
      if (series.shape != Series::Shape::kBars) {
        most = std::max(most, value);
        continue;
      }
      if (group >= stacks.size()) stacks.resize(group + 1);
      stacks[group] += value;
      most = std::max(most, stacks[group]);
    }
  }
  return most;
}

std::string number(double value) { return fmt::format("{:g}", std::round(value * 1e6) / 1e6); }

void axes(Out& out, const Plot& plot, const Chart& chart, const Frame& frame, double step) {
  const int lines = static_cast<int>(std::lround(frame.most / step));
  for (int i = 0; i <= lines; ++i) {
    const double y = frame.y(i * step);
    fmt::format_to(out, "<line x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", kLeft, y, kRight, y,
                   i == 0 ? "#444" : "#ddd");
    text(out, kLeft - 8, y + 4, "end", "", number(i * step));
  }
  const int every = plot.hours > 36 ? 6 : plot.hours > 14 ? 2 : 1;
  for (int hour = 0; hour <= plot.hours; ++hour) {
    const double x = frame.x(hour);
    fmt::format_to(out, "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#444\"/>\n", x,
                   frame.y(0), x, frame.y(0) + 4);
    if (hour % every == 0) {
      text(out, x, frame.y(0) + 18, "middle", "", fmt::format("{:02}:00", (plot.first_hour + hour) % 24));
    }
  }
  text(out, (kLeft + kRight) / 2, frame.y(0) + 34, "middle", " fill=\"#666\"", "hour of the day");
  const double middle = frame.top + kChart / 2;
  fmt::format_to(out,
                 "<text x=\"18\" y=\"{0:.1f}\" text-anchor=\"middle\" fill=\"#666\" transform=\"rotate(-90 18 "
                 "{0:.1f})\">{1}</text>\n",
                 middle, xml_text(chart.unit));
}

void legend(Out& out, const Chart& chart, double y) {
  double x = kLeft;
  for (const Series& series : chart.series) {
    const std::string colour = xml_text(series.colour);
    if (series.shape == Series::Shape::kBars) {
      fmt::format_to(out, "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"10\" fill=\"{}\"/>\n", x, y - 9,
                     kLegendMark, colour);
    } else {
      fmt::format_to(
          out, "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"2.5\"{}/>\n",
          x, y - 4, x + kLegendMark, y - 4, colour,
          series.shape == Series::Shape::kDashed ? " stroke-dasharray=\"5 4\"" : "");
    }
    text(out, x + kLegendMark + 5, y, "start", "", series.name);
    x += kLegendMark + 25 + kLetter * static_cast<double>(series.name.size());
  }
}

void bars(Out& out, const Chart& chart, const Plot& plot, const Frame& frame) {
  int groups = 0;
  for (const Series& series : chart.series) {
    if (series.shape == Series::Shape::kBars) groups = std::max(groups, series.group + 1);
  }
  if (groups == 0) return;
  const double width = 0.8 / groups;  // of an hour
  for (size_t hour = 0; hour < static_cast<size_t>(plot.hours); ++hour) {
    std::vector<double> stacks(static_cast<size_t>(groups));
    for (const Series& series : chart.series) {
      if (series.shape != Series::Shape::kBars || hour >= series.values.size()) continue;
      const double value = series.values[hour].value_or(0);
      if (!(value > 0)) continue;
      double& below = stacks[static_cast<size_t>(series.group)];
      const double left = frame.x(static_cast<double>(hour) + 0.1 + width * series.group);
      const double right = frame.x(static_cast<double>(hour) + 0.1 + width * (series.group + 1)) - 1;
      fmt::format_to(out, "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", left,
                     frame.y(below + value), right - left, frame.y(below) - frame.y(below + value),
                     xml_text(series.colour));
      below += value;
    }
  }
}

void line(Out& out, const Series& series, const Plot& plot, const Frame& frame) {
  const std::string colour = xml_text(series.colour);
  const char* dashes = series.shape == Series::Shape::kDashed ? " stroke-dasharray=\"5 4\"" : "";
  std::string points;
  const auto flush = [&] {
    if (!points.empty()) {
      fmt::format_to(out, "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{} points=\"{}\"/>\n", colour,
                     dashes, points);
    }
    points.clear();
  };
  const size_t end = std::min(series.values.size(), static_cast<size_t>(plot.hours));
  for (size_t hour = 0; hour < end; ++hour) {
    if (!series.values[hour]) {
      flush();
      continue;
    }
    const double x = frame.x(static_cast<double>(hour) + 0.5);
    const double y = frame.y(*series.values[hour]);
    fmt::format_to(std::back_inserter(points), "{}{:.1f},{:.1f}", points.empty() ? "" : " ", x, y);
    fmt::format_to(out, "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.6\" fill=\"{}\"/>\n", x, y, colour);
  }
  flush();
}

}  // namespace

double axis_step(double most) {
  const double power = std::pow(10, std::floor(std::log10(most / 5)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power * 5 >= most * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string xml_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string svg_of(const Plot& plot) {
  const double each = kAbove + kChart + kBelow;
  const double height = kHead + each * static_cast<double>(plot.charts.size()) + 10;
  std::string svg;
  Out out(svg);
  fmt::format_to(out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" "
                 "height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n"
                 "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n",
                 kWidth, height);
  text(out, kLeft, 26, "start", " font-size=\"18\" font-weight=\"bold\"", plot.title);
  text(out, kLeft, 46, "start", " fill=\"#666\"", plot.subtitle);
  double top = kHead;
  for (const Chart& chart : plot.charts) {
    const double most = highest(chart, plot.hours);
    const double step = axis_step(most > 0 ? most : 1);
    const Frame frame{
        .top = top + kAbove, .most = step * std::max(1.0, std::ceil(most / step - 1e-9)), .hours = plot.hours};
    text(out, kLeft, top + 16, "start", " font-size=\"14\" font-weight=\"bold\"", chart.title);
    legend(out, chart, top + 35);
    axes(out, plot, chart, frame, step);
    bars(out, chart, plot, frame);
    for (const Series& series : chart.series) {
      if (series.shape != Series::Shape::kBars) line(out, series, plot, frame);
    }
    top += each;
  }
  svg += "</svg>\n";
  return svg;
}

}  // namespace expertline::simulate
