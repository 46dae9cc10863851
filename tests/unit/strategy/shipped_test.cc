// The shipped strategies load together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "strategy/registry.h"

namespace expertline::strategy {
namespace {

TEST(Shipped, StrategiesHaveNoIssueAndServeTheirRoutingPoints) {
  std::vector<SourceFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(STRATEGIES_DIR)) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    files.push_back({entry.path().filename(), text.str()});
  }
  const auto [registry, issues] = Registry::load(files, nullptr);
  for (const yaml::Issue& issue : issues) ADD_FAILURE() << to_string(issue);
  ASSERT_TRUE(registry);
  for (const char* point : {"mortgage", "7001", "regular", "stocks", "prospects", "internet", "english"}) {
    EXPECT_TRUE(registry->at(point)) << point;
  }
  EXPECT_EQ(registry->at("7001")->medium, "voice");
  EXPECT_TRUE(registry->at("7001")->steps[0].preview.none);
}

}  // namespace
}  // namespace expertline::strategy
