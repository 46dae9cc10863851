// Where settings may come from, which of them counts, and what is said of bad ones.
#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace expertline::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Config : public ::testing::Test {
 protected:
  void SetUp() override {
    command_.add_option("--listen", listen_, "Address")->capture_default_str();
    command_.add_option("--days", days_, "Days")->check(CLI::Range(1, 30))->capture_default_str();
    command_.add_option("--domain", domains_, "Domain")->capture_default_str();
    command_.add_option("--empty", empty_, "May be empty");
    add_config_options(command_);
    path_ = std::filesystem::temp_directory_path() / ("expertline-config-" + std::to_string(getpid()) + ".yaml");
  }
  void TearDown() override {
    std::filesystem::remove(path_);
    for (const char* name : {"EXPERTLINE_DAYS", "EXPERTLINE_DOMAIN", "EXPERTLINE_CONFIG"}) unsetenv(name);
  }

  // Parses the command line with that file; the faults, if there are any.
  std::string parse(const std::string& file, std::vector<std::string> arguments = {}) {
    std::ofstream(path_) << file;
    arguments.push_back("--config=" + path_.string());
    auto settings = with_config(command_, arguments);
    if (!settings) return settings.error().message;
    origins_ = settings->origins;
    command_.parse(std::vector<std::string>(settings->arguments.rbegin(), settings->arguments.rend()));
    return "";
  }
  std::string at(const std::string& place) const { return path_.string() + ":" + place; }

  CLI::App command_;
  std::string listen_ = "127.0.0.1:1";
  int days_ = 7;
  std::vector<std::string> domains_ = {"main"};
  std::string empty_ = "not";
  std::filesystem::path path_;
  std::map<std::string, std::string> origins_;
};

TEST_F(Config, AFileSaysWhatTheCommandLineDoesNot) {
  EXPECT_EQ(parse("days: 3\ndomain: [a, b]\nempty: \"\"\n", {"--listen", "0.0.0.0:2"}), "");
  EXPECT_EQ(listen_, "0.0.0.0:2");
  EXPECT_EQ(days_, 3);
  EXPECT_THAT(domains_, ElementsAre("a", "b"));
  EXPECT_EQ(empty_, "");
  EXPECT_EQ(origins_["days"], at("1:1"));
}

TEST_F(Config, TheCommandLineGoesBeforeTheEnvironmentAndThatBeforeTheFile) {
  setenv("EXPERTLINE_DAYS", "5", 1);
  setenv("EXPERTLINE_DOMAIN", "x,y", 1);
  EXPECT_EQ(parse("days: 3\nlisten: h:1\ndomain: z\n", {"--domain", "w"}), "");
  EXPECT_EQ(days_, 5);
  EXPECT_THAT(domains_, ElementsAre("w"));
  EXPECT_EQ(listen_, "h:1");
  EXPECT_EQ(origins_["days"], "EXPERTLINE_DAYS");
  EXPECT_EQ(origins_["domain"], "command line");
}

TEST_F(Config, AllFaultsAreToldWithTheirPlaces) {
  setenv("EXPERTLINE_DAYS", "many", 1);
  const std::string faults = parse("days: 31\nlisten: [a]\ndaays: 3\n  \ndomain: {a: b}\n");
  EXPECT_THAT(faults, HasSubstr("EXPERTLINE_DAYS: "));
  EXPECT_THAT(faults, HasSubstr(at("1:7: days: ")));
  EXPECT_THAT(faults, HasSubstr("not in range 1 to 30"));
  EXPECT_THAT(faults, HasSubstr(at("2:9: listen is a single value")));
  EXPECT_THAT(faults, HasSubstr(at("3:1: there is no setting \"daays\"")));
  EXPECT_THAT(faults, HasSubstr("did you mean days?"));
  EXPECT_THAT(faults, HasSubstr(at("5:9: domain is a list of values, or one value")));
}

TEST_F(Config, WhatIsNoConfigurationIsRefused) {
  EXPECT_THAT(parse("- a\n"), HasSubstr("a configuration is a map of settings"));
  EXPECT_THAT(parse("days: 1\ndays: 2\n"), HasSubstr(at("2:1")));
  EXPECT_THAT(parse("days: &x 1\n"), HasSubstr(at("1:")));
  EXPECT_THAT(parse("days:\n"), HasSubstr("days is a single value"));
}

TEST_F(Config, APrintedConfigurationReadsAsTheSame) {
  EXPECT_EQ(parse("days: 3\ndomain: [a, b]\n"), "");
  const std::string text = config_text(command_, origins_);
  EXPECT_THAT(text, HasSubstr("days: \"3\"  # " + at("1:1")));
  EXPECT_THAT(text, HasSubstr("listen: \"127.0.0.1:1\"  # default"));
  command_.clear();
  days_ = 0;
  domains_.clear();
  EXPECT_EQ(parse(text), "");
  EXPECT_EQ(days_, 3);
  EXPECT_THAT(domains_, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace expertline::app
