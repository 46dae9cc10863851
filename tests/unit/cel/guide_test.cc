// Every line of the tables in docs/expressions.md is true.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <fstream>
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
  const re2::RE2 row(R"(\| `(.+?)` \| (?:`(.+?)`|(error: .+?)) \|.*)");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    std::string expression, value, error;
    if (!re2::RE2::FullMatch(line, row, &expression, &value, &error)) continue;
    ++rows;
    EXPECT_EQ(result(from_cell(expression)), from_cell(value.empty() ? error : value)) << line;
  }
  EXPECT_EQ(rows, 31);
}

}  // namespace
}  // namespace expertline::cel
