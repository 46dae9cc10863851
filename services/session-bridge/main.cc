// The process of session-bridge.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/config.h"
#include "app/exit.h"
#include "app/server.h"
#include "session-bridge/options.h"
#include "session-bridge/policy/policy_file.h"

int main(int argc, char** argv) {
  using namespace expertline;
  app::block_signals();

  bridge::Options options;
  CLI::App command("Expertline session-bridge: sessions between agents and experts", "session-bridge");
  bridge::declare_options(command, options);
  if (const auto over = app::parse_config(command, argc, argv)) return *over;
  if (options.config.id.empty()) options.config.id = app::random_id();
  app::start_logging("session-bridge", options.log_level);

  auto read = bridge::read_policy_file(options.policy);
  if (!read) {
    std::cerr << read.error().message << "\n";
    return 1;
  }
  options.config.policy = std::move(*read);
  bridge::SessionBridge service(options.config);
  app::Server server(options.listen, service.services(), {service.calls()});
  app::Telemetry telemetry(options.telemetry, "session-bridge", [&server] { return server.serving(); });
  if (const auto served = telemetry.start(); !served) {
    std::cerr << "session-bridge: " << served.error().message << "\n";
    return 1;
  }
  if (!server.start()) {
    std::cerr << "session-bridge: cannot listen on " << options.listen << "\n";
    return 1;
  }
  service.start(app::connect(options.strategy), [&server] {
    server.set_serving(true);
    spdlog::info("ready");
  });
  app::wait_for_signal();
  spdlog::info("stopping");
  server.stop();
  service.stop();
  telemetry.stop();
  spdlog::info("stopped");
  app::leave(0);
}
