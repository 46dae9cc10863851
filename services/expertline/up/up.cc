// `expertline up`: the whole product in one process, with its own redis-server.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/config.h"
#include "app/telemetry.h"
#include "expertline/command.h"
#include "expertline/up/embedded.h"
#include "strategy-evaluation/record_options.h"

namespace expertline::cli {
namespace {

int up(const EmbeddedOptions& options, const app::TelemetryOptions& telemetry, const std::string& log_level) {
  app::block_signals();
  app::start_logging("expertline", log_level);
  Embedded embedded(options);
  app::Telemetry seen(telemetry, "expertline", [&embedded] { return embedded.serving(); });
  const auto started = embedded.start([&options] {
    spdlog::info("ready");
    std::cout << "ready on " << options.listen << std::endl;
  });
  if (!started) {
    std::cerr << "expertline up: " << started.error().message << "\n";
    return 1;
  }
  if (const auto served = seen.start(); !served) {
    std::cerr << "expertline up: " << served.error().message << "\n";
    return 1;
  }
  app::wait_for_signal();
  spdlog::info("stopping");
  embedded.stop();
  seen.stop();
  return 0;
}

}  // namespace

Run declare_up(CLI::App& app) {
  auto options = std::make_shared<EmbeddedOptions>();
  auto telemetry = std::make_shared<app::TelemetryOptions>(app::TelemetryOptions{.metrics = "127.0.0.1:9400"});
  auto log_level = std::make_shared<std::string>("info");
  app.add_option("--listen", options->listen, "Address to serve on, HOST:PORT")->capture_default_str();
  app.add_option("--data", options->data, "Where redis-server keeps its file; kept across restarts")
      ->capture_default_str();
  app.add_option("--strategies", options->strategies,
                 "Folder of strategies; its subfolder named after a domain, if there is one, is that domain's")
      ->capture_default_str();
  app.add_option("--roster", options->roster, "Roster file (YAML) to import into the first domain");
  app.add_option("--sources", options->sources,
                 "File (YAML) that declares the sources of presence; without it any may report");
  app.add_option("--presence-mapping", options->presence_mapping,
                 "File (YAML) of other systems' words, beside the shipped ones");
  app.add_option("--policy", options->policy,
                 "File (YAML) of texts, of who may ask and send what, and of how long things are kept");
  app.add_option("--watch-contacts", options->most_contacts, "Experts that one watcher may watch at once")
      ->capture_default_str();
  app.add_option("--watch-sessions", options->most_observed, "Sessions that one supervisor may observe at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--domain", options->domains, "Domain to serve; may be given several times")->capture_default_str();
  evaluation::add_record_options(app, options->records);
  app.add_option("--user-data-limit", options->user_data_limit, "Most bytes of user data a session may have")
      ->check(CLI::Range(int64_t{1}, state::kMostUserDataLimit))
      ->capture_default_str();
  app.add_option("--report-days", options->report_days, "Days for which interactions and what reports sum up are kept")
      ->check(CLI::Range(8, bridge::kMostReportDaysKept))
      ->capture_default_str();
  app.add_option("--log-level", *log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  app::add_telemetry_options(app, *telemetry);
  app::add_config_options(app);
  return [options, telemetry, log_level] { return up(*options, *telemetry, *log_level); };
}

}  // namespace expertline::cli
