// `expertline up`: the whole product in one process, with its own redis-server.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/server.h"
#include "expertline/command.h"
#include "expertline/up/redis_child.h"
#include "presence-ingest/presence_ingest.h"
#include "session-bridge/session_bridge.h"
#include "strategy-evaluation/strategy_evaluation.h"

namespace expertline::cli {
namespace {

struct Options {
  std::string listen = "127.0.0.1:7400";
  std::string data = "data";
  std::string strategies = "strategies";
  std::string roster;
  std::vector<std::string> domains = {"main"};
  int64_t user_data_limit = state::kDefaultUserDataLimit;
  std::string log_level = "info";
};

int up(const Options& options) {
  app::block_signals();
  RedisChild redis;
  const auto child = redis.start(options.data);
  if (!child) {
    std::cerr << "expertline up: " << child.error().message << "\n";
    return 1;
  }
  app::start_logging("expertline", options.log_level);

  presence::PresenceIngest presence({.redis = redis.address(), .domains = options.domains, .roster = options.roster});
  evaluation::StrategyEvaluation evaluation(
      {.redis = redis.address(), .domains = options.domains, .strategies = options.strategies});
  bridge::SessionBridge sessions({.redis = redis.address(),
                                  .domains = options.domains,
                                  .id = "embedded",
                                  .user_data_limit = options.user_data_limit});
  std::vector<grpc::Service*> services;
  for (const auto& part : {presence.services(), evaluation.services(), sessions.services()}) {
    services.insert(services.end(), part.begin(), part.end());
  }
  app::Server server(options.listen, services, {presence.calls(), evaluation.calls(), sessions.calls()});
  if (!server.start()) {
    std::cerr << "expertline up: cannot listen on " << options.listen << "; is it in use?\n";
    return 1;
  }
  const auto inside = server.in_process();
  auto still_starting = std::make_shared<std::atomic<int>>(3);
  const auto on_ready = [&server, &options, still_starting] {
    if (--*still_starting > 0) return;
    server.set_serving(true);
    spdlog::info("ready");
    std::cout << "ready on " << options.listen << std::endl;
  };
  auto started = presence.start(on_ready);
  if (started) started = evaluation.start(inside, on_ready);
  if (started) sessions.start(inside, on_ready);
  if (started) {
    app::wait_for_signal();
    spdlog::info("stopping");
  } else {
    std::cerr << started.error().message << "\n";
  }
  server.stop();
  sessions.stop();
  evaluation.stop();
  presence.stop();
  redis.stop();
  return started ? 0 : 1;
}

}  // namespace

Run declare_up(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--listen", options->listen, "Address to serve on, HOST:PORT")->capture_default_str();
  app.add_option("--data", options->data, "Where redis-server keeps its file; kept across restarts")
      ->capture_default_str();
  app.add_option("--strategies", options->strategies,
                 "Folder of strategies; its subfolder named after a domain, if there is one, is that domain's")
      ->capture_default_str();
  app.add_option("--roster", options->roster, "Roster file (YAML) to import into the first domain");
  app.add_option("--domain", options->domains, "Domain to serve; may be given several times")->capture_default_str();
  app.add_option("--user-data-limit", options->user_data_limit, "Most bytes of user data a session may have")
      ->check(CLI::Range(int64_t{1}, state::kMostUserDataLimit))
      ->capture_default_str();
  app.add_option("--log-level", options->log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  return [options] { return up(*options); };
}

}  // namespace expertline::cli
