// A plot of charts over the hours of a day, as SVG text. Pure; nothing but what an SVG viewer of any browser knows, no
// scripts, no fonts of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace expertline::simulate {

struct Series {
  enum class Shape { kLine, kDashed, kBars };

  std::string name;
  std::string colour;  // as SVG writes colours
  Shape shape = Shape::kLine;
  // By hour from the plot's first; none: nothing is drawn there and a line is interrupted.
  std::vector<std::optional<double>> values;
  // Bars of one group stand on each other, groups stand side by side.
  int group = 0;
};

struct Chart {
  std::string title;
  std::string unit;  // at the axis
  std::vector<Series> series;
};

struct Plot {
  std::string title;
  std::string subtitle;
  int first_hour = 0;  // of the clock; hours beyond 23 are those of the next day
  int hours = 24;      // at least 1
  std::vector<Chart> charts;
};

std::string svg_of(const Plot& plot);

// The least of 1, 2, 5, 10, 20, 50 ... (and 0.1, 0.2 ...) with which `most` needs at most 5 steps. most > 0.
double axis_step(double most);

// Text for XML: markup escaped, and what XML 1.0 cannot hold left out.
std::string xml_text(const std::string& text);

}  // namespace expertline::simulate
