// Starting the programs: what they listen on, and what stops the start.
#include <csignal>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

// Local addresses (as hex) of the sockets that listen on the port, from the kernel's tables.
std::vector<std::string> listeners(int port) {
  std::ostringstream hex;
  hex << ":" << std::uppercase << std::hex << std::setfill('0') << std::setw(4) << port;
  std::vector<std::string> found;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in(table);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream words(line);
      std::string slot;
      std::string local;
      std::string remote;
      std::string state;
      words >> slot >> local >> remote >> state;
      if (state == "0A" && local.ends_with(hex.str())) found.push_back(local.substr(0, local.size() - 5));
    }
  }
  return found;
}

constexpr const char* kLoopback4 = "0100007F";
constexpr const char* kLoopback4In6 = "0000000000000000FFFF00000100007F";  // gRPC listens on one socket for both
constexpr const char* kLoopback6 = "00000000000000000000000001000000";

TEST(Start, WithoutAnAddressTheCommandListensOnLoopbackOnly) {
  if (!listeners(7400).empty()) GTEST_SKIP() << "port 7400 is in use by somebody else";
  const TempDir folder;
  Process up({EXPERTLINE_COMMAND, "up", "--data", folder / "data", "--strategies", EXPERTLINE_E2E_STRATEGIES},
             folder / "output");
  up.wait_for_output("ready");
  EXPECT_THAT(listeners(7400), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(listeners(7400), testing::Each(testing::AnyOf(kLoopback4, kLoopback4In6, kLoopback6)));
  up.signal(SIGTERM);
  EXPECT_EQ(up.wait(), 0) << up.output();
}

TEST(Start, WithoutAnAddressAServiceListensOnLoopbackOnly) {
  if (!listeners(7410).empty()) GTEST_SKIP() << "port 7410 is in use by somebody else";
  const TempDir folder;
  RedisServer redis(folder / "redis");
  redis.start();
  Process service({EXPERTLINE_PRESENCE_INGEST, "--redis", redis.url()}, folder / "output");
  service.wait_for_output("ready");
  EXPECT_THAT(listeners(7410), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(listeners(7410), testing::Each(testing::AnyOf(kLoopback4, kLoopback4In6, kLoopback6)));
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0) << service.output();
}

TEST(Start, AFaultyRosterStopsItWithTheFaultsPlace) {
  const TempDir folder;
  const std::string roster = folder / "team.yaml";
  std::ofstream(roster) << "experts:\n  - id: ann\n    skills: {help: six}\n";
  const Ran up = run({EXPERTLINE_COMMAND, "up", "--listen", "127.0.0.1:" + std::to_string(free_port()), "--data",
                      folder / "data", "--strategies", EXPERTLINE_E2E_STRATEGIES, "--roster", roster});
  EXPECT_NE(up.exit_code, 0);
  EXPECT_THAT(up.output, testing::HasSubstr("team.yaml:3:20"));
}

TEST(Start, AFaultyStrategyStopsItWithTheFaultsPlace) {
  const TempDir folder;
  std::filesystem::create_directory(folder.path() / "strategies");
  std::ofstream(folder / "strategies/bad.yaml") << "strategy: bad\nmedia: im\nrouting_pints: [x]\n";
  const Ran up = run({EXPERTLINE_COMMAND, "up", "--listen", "127.0.0.1:" + std::to_string(free_port()), "--data",
                      folder / "data", "--strategies", folder / "strategies"});
  EXPECT_NE(up.exit_code, 0);
  EXPECT_THAT(up.output, testing::HasSubstr("bad.yaml:3:1"));
}

TEST(Start, AnUnknownOptionStopsIt) {
  EXPECT_NE(run({EXPERTLINE_COMMAND, "up", "--no-such-option"}).exit_code, 0);
  EXPECT_NE(run({EXPERTLINE_SESSION_BRIDGE, "--no-such-option"}).exit_code, 0);
}

}  // namespace
}  // namespace expertline::test
