// The process of strategy-evaluation.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/server.h"
#include "strategy-evaluation/record_options.h"
#include "strategy-evaluation/strategy_evaluation.h"

int main(int argc, char** argv) {
  using namespace expertline;
  app::block_signals();

  evaluation::Config config;
  std::string listen = "127.0.0.1:7420";
  std::string presence = "127.0.0.1:7410";
  std::string log_level = "info";
  CLI::App options("Expertline strategy-evaluation: chooses experts by the strategies of analysts");
  options.add_option("--listen", listen, "Address to serve on, HOST:PORT")->capture_default_str();
  options.add_option("--redis", config.redis, "The store: unix:/path/to/socket or HOST:PORT")->required();
  options.add_option("--domain", config.domains, "Domain to serve; may be given several times")->capture_default_str();
  options.add_option("--presence", presence, "Addresses of presence-ingest, HOST:PORT[,HOST:PORT...]")
      ->capture_default_str();
  options
      .add_option("--strategies", config.strategies,
                  "Folder of strategies; its subfolder named after a domain, if there is one, is that domain's")
      ->capture_default_str();
  evaluation::add_record_options(options, config.records);
  options.add_option("--log-level", log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  CLI11_PARSE(options, argc, argv);
  app::start_logging("strategy-evaluation", log_level);

  evaluation::StrategyEvaluation evaluation(config);
  app::Server server(listen, evaluation.services(), {evaluation.calls()});
  if (!server.start()) {
    std::cerr << "strategy-evaluation: cannot listen on " << listen << "\n";
    return 1;
  }
  const auto started = evaluation.start(app::connect(presence), [&server] {
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
  spdlog::info("stopped");
  return 0;
}
