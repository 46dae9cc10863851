#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <vector>

#include "expertline/command.h"

namespace expertline::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

TEST(Commands, AreTheOnesThatTheDocumentationLists) {
  std::ifstream docs(EXPERTLINE_SOURCE_DIR "/docs/command-line.md");
  Rows listed;
  const std::regex row(R"(^\| `([a-z-]+)` \| (.*) \|$)");
  for (std::string line; std::getline(docs, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) listed.emplace_back(match[1], match[2]);
  }
  Rows known;
  for (const auto& command : commands()) known.emplace_back(command.name, command.summary);
  EXPECT_EQ(listed, known);
}

TEST(ServiceConfig, RetriesOnUnavailableOnly) {
  std::ifstream file(EXPERTLINE_SOURCE_DIR "/examples/grpc-service-config.json");
  const auto config = nlohmann::json::parse(file);
  for (const auto& method : config["methodConfig"]) {
    EXPECT_EQ(method["retryPolicy"]["retryableStatusCodes"], nlohmann::json({"UNAVAILABLE"}));
  }
}

}  // namespace
}  // namespace expertline::cli
