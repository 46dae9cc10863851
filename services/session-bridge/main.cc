// The process of session-bridge.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/server.h"
#include "session-bridge/policy/policy_file.h"
#include "session-bridge/session_bridge.h"

int main(int argc, char** argv) {
  using namespace expertline;
  app::block_signals();

  bridge::Config config;
  config.id = app::random_id();
  std::string listen = "127.0.0.1:7430";
  std::string strategy = "127.0.0.1:7420";
  std::string log_level = "info";
  CLI::App command("session-bridge: sessions between agents and experts");
  command.add_option("--listen", listen, "HOST:PORT to serve on")->capture_default_str();
  command.add_option("--redis", config.redis, "unix:/path/to/socket or HOST:PORT")->required();
  command.add_option("--domain", config.domains, "a domain to serve; may be repeated")->capture_default_str();
  command.add_option("--strategy", strategy, "HOST:PORT[,HOST:PORT...] of strategy-evaluation")->capture_default_str();
  command.add_option("--id", config.id, "id of this replica, unique among those that run; by default a random one");
  command.add_option("--user-data-limit", config.user_data_limit, "most bytes of user data a session may have")
      ->check(CLI::Range(int64_t{1}, state::kMostUserDataLimit))
      ->capture_default_str();
  command.add_option("--watch-sessions", config.most_observed, "Sessions that one supervisor may observe at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--report-days", config.report_days, "days for which interactions and what reports sum up are kept")
      ->check(CLI::Range(8, bridge::kMostReportDaysKept))
      ->capture_default_str();
  std::string policy;
  command.add_option("--policy", policy,
                     "File (YAML) of texts, of who may ask and send what, and of how long things are kept");
  command.add_option("--log-level", log_level, "trace, debug, info, warn or error")->capture_default_str();
  CLI11_PARSE(command, argc, argv);
  app::start_logging("session-bridge", log_level);

  auto read = bridge::read_policy_file(policy);
  if (!read) {
    std::cerr << read.error().message << "\n";
    return 1;
  }
  config.policy = std::move(*read);
  bridge::SessionBridge service(config);
  app::Server server(listen, service.services(), {service.calls()});
  if (!server.start()) {
    std::cerr << "session-bridge: cannot listen on " << listen << "\n";
    return 1;
  }
  service.start(app::connect(strategy), [&server] {
    server.set_serving(true);
    spdlog::info("ready");
  });
  app::wait_for_signal();
  spdlog::info("stopping");
  server.stop();
  service.stop();
  spdlog::info("stopped");
  return 0;
}
