// `expertline check` on small files, each of which shows one thing. What is said of bad/NAME.yaml, or of all files in
// bad/NAME/, stands in bad/NAME.expected.txt; of good/ nothing may be said. With UPDATE_GOLDENS=1 in the environment
// the expected texts are written anew: look at the difference before it is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "expertline/check/print.h"

namespace expertline::cli {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names(const char* folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(fs::path(CHECK_DIR) / folder)) {
    if (entry.is_directory() || entry.path().extension() == ".yaml") out.push_back(entry.path().filename());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Files by their own names, so that no path of a machine is in what is said of them.
Report checked(const char* folder, const std::string& name) {
  const fs::path path = fs::path(CHECK_DIR) / folder / name;
  FileSets files = read_files({path.string()});
  EXPECT_EQ(files.fault, "");
  for (FileSet& set : files.sets) {
    for (strategy::SourceFile& file : set) file.name = fs::path(file.name).filename();
  }
  return check(files.sets, std::nullopt);
}

std::string title(const ::testing::TestParamInfo<std::string>& info) {
  std::string out = fs::path(info.param).stem();
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return out;
}

class Good : public ::testing::TestWithParam<std::string> {};

TEST_P(Good, HasNoIssue) {
  const Report report = checked("good", GetParam());
  EXPECT_TRUE(report.issues.empty()) << as_text(report, {});
  EXPECT_FALSE(report.files.empty());
}

INSTANTIATE_TEST_SUITE_P(Files, Good, ::testing::ValuesIn(names("good")), title);

class Bad : public ::testing::TestWithParam<std::string> {};

TEST_P(Bad, IsToldAsExpected) {
  const Report report = checked("bad", GetParam());
  EXPECT_FALSE(report.issues.empty());
  const fs::path path = fs::path(CHECK_DIR) / "bad" / (fs::path(GetParam()).stem().string() + ".expected.txt");
  const std::string said = as_text(report, {});
  if (std::getenv("UPDATE_GOLDENS") != nullptr) std::ofstream(path, std::ios::binary) << said;
  EXPECT_EQ(said, content(path));
}

INSTANTIATE_TEST_SUITE_P(Files, Bad, ::testing::ValuesIn(names("bad")), title);

TEST(Goldens, AreDozens) {
  EXPECT_GE(names("good").size(), 24U);
  EXPECT_GE(names("bad").size(), 30U);
}

}  // namespace
}  // namespace expertline::cli
