// The process of strategy-evaluation.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/config.h"
#include "app/exit.h"
#include "app/server.h"
#include "strategy-evaluation/options.h"

int main(int argc, char** argv) {
  using namespace expertline;
  app::block_signals();

  evaluation::Options options;
  CLI::App command("Expertline strategy-evaluation: chooses experts by the strategies of analysts",
                   "strategy-evaluation");
  evaluation::declare_options(command, options);
  if (const auto over = app::parse_config(command, argc, argv)) return *over;
  app::start_logging("strategy-evaluation", options.log_level);

  evaluation::StrategyEvaluation evaluation(options.config);
  app::Server server(options.listen, evaluation.services(), {evaluation.calls()});
  app::Telemetry telemetry(options.telemetry, "strategy-evaluation", [&server] { return server.serving(); });
  if (const auto served = telemetry.start(); !served) {
    std::cerr << "strategy-evaluation: " << served.error().message << "\n";
    return 1;
  }
  if (!server.start()) {
    std::cerr << "strategy-evaluation: cannot listen on " << options.listen << "\n";
    return 1;
  }
  const auto started = evaluation.start(app::connect(options.presence), [&server] {
    server.set_serving(true);
    spdlog::info("ready");
  });
  if (!started) {
    std::cerr << started.error().message << "\n";
    server.stop();
    return 1;
  }
  app::wait_for_signal();
  spdlog::info("stopping");
  server.stop();
  evaluation.stop();
  telemetry.stop();
  spdlog::info("stopped");
  app::leave(0);
}
