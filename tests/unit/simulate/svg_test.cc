#include "expertline/simulate/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <vector>

namespace expertline::simulate {
namespace {

using testing::HasSubstr;

// What is wrong with it as XML without comments, sections and document types, or nothing: tags that match, attributes
// in quotes and each once, nothing but the known entities.
std::string xml_fault(const std::string& xml) {
  const std::regex declaration(R"(^<\?xml version="1.0" encoding="UTF-8"\?>\n)");
  const std::regex tag(R"(^<(/?)([a-z]+)((?: [a-zA-Z:0-9-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(/?)>)");
  const std::regex text(R"(^[^<&]*(?:&(?:amp|lt|gt|quot);[^<&]*)*)");
  std::vector<std::string> open;
  std::string rest = xml;
  std::smatch match;
  if (!std::regex_search(rest, match, declaration)) return "no declaration";
  rest = match.suffix();
  bool had_root = false;
  while (!rest.empty()) {
    if (rest.front() == '<') {
      if (!std::regex_search(rest, match, tag)) return "no tag: " + rest.substr(0, 80);
      if (open.empty() && had_root) return "a second root";
      had_root = true;
      if (match[1].length() > 0) {
        if (open.empty() || open.back() != match[2].str()) return "closes what is not open: " + match[2].str();
        open.pop_back();
      } else if (match[4].length() == 0) {
        open.push_back(match[2]);
      }
    } else {
      if (!std::regex_search(rest, match, text) || match.length() == 0) return "no text: " + rest.substr(0, 80);
    }
    rest = match.suffix();
  }
  return open.empty() ? "" : "not closed: " + open.back();
}

Plot plot() {
  Plot plot;
  plot.title = "A: <b> & \"c\"";
  plot.first_hour = 22;
  plot.hours = 4;
  plot.charts = {{.title = "Requests",
                  .unit = "an hour",
                  .series = {{.name = "helped",
                              .colour = "#123456",
                              .shape = Series::Shape::kBars,
                              .values = {3.0, 4.0, std::nullopt, 1.0}},
                             {.name = "p90", .colour = "#abcdef", .values = {1.0, std::nullopt, 2.0, 3.0}}}},
                 {.title = "Nothing", .unit = "s", .series = {}}};
  return plot;
}

TEST(Svg, IsXmlWhateverTheTextsAre) {
  EXPECT_EQ(xml_fault(svg_of(plot())), "");
  Plot odd = plot();
  odd.subtitle = std::string("\x01 ]]> --> \x1b[0m", 14);
  EXPECT_EQ(xml_fault(svg_of(odd)), "");
  EXPECT_EQ(xml_fault(svg_of(Plot{})), "");
}

TEST(Svg, HasHoursUnitsAndALegend) {
  const std::string svg = svg_of(plot());
  for (const char* expected : {">22:00<", ">23:00<", ">00:00<", ">02:00<", ">hour of the day<", ">an hour<", ">helped<",
                               ">p90<", ">Requests<", "A: &lt;b&gt; &amp; &quot;c&quot;"}) {
    EXPECT_THAT(svg, HasSubstr(expected));
  }
}

TEST(Svg, ALineIsInterruptedWhereThereIsNoValue) {
  const std::string svg = svg_of(plot());
  const std::regex line("<polyline");
  EXPECT_EQ(std::distance(std::sregex_iterator(svg.begin(), svg.end(), line), std::sregex_iterator()), 2);
}

TEST(Svg, AxesHaveRoundSteps) {
  EXPECT_DOUBLE_EQ(axis_step(1), 0.2);
  EXPECT_DOUBLE_EQ(axis_step(4), 1);
  EXPECT_DOUBLE_EQ(axis_step(5), 1);
  EXPECT_DOUBLE_EQ(axis_step(6), 2);
  EXPECT_DOUBLE_EQ(axis_step(100), 20);
  EXPECT_DOUBLE_EQ(axis_step(0.03), 0.01);
  EXPECT_DOUBLE_EQ(axis_step(700), 200);
}

}  // namespace
}  // namespace expertline::simulate
