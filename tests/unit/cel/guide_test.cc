// Every line of the tables in docs/expressions.md is true.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>

#include "unit/cel/support.h"

namespace expertline::cel {
namespace {

// In a table `|` is written with a backslash.
std::string from_cell(std::string text) {
  for (size_t at = 0; (at = text.find("\\|", at)) != std::string::npos; ++at) text.erase(at, 1);
  return text;
}

TEST(Guide, IsTrue) {
  std::ifstream file(EXPERTLINE_GUIDE);
  ASSERT_TRUE(file);
  const std::regex row(R"(\| `(.+?)` \| (?:`(.+?)`|(error: .+?)) \|.*)");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    std::smatch cells;
    if (!std::regex_match(line, cells, row)) continue;
    ++rows;
    EXPECT_EQ(result(from_cell(cells[1])), from_cell(cells[2].matched ? cells[2] : cells[3])) << line;
  }
  EXPECT_EQ(rows, 31);
}

}  // namespace
}  // namespace expertline::cel
