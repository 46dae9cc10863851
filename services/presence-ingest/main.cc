// The process of presence-ingest.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/config.h"
#include "app/exit.h"
#include "app/server.h"
#include "presence-ingest/options.h"

int main(int argc, char** argv) {
  using namespace expertline;
  app::block_signals();

  presence::Options options;
  CLI::App command("Expertline presence-ingest: the directory of experts and their presence", "presence-ingest");
  presence::declare_options(command, options);
  if (const auto over = app::parse_config(command, argc, argv)) return *over;
  app::start_logging("presence-ingest", options.log_level);

  auto source_file = presence::read_source_file(options.sources);
  auto words = presence::read_mapping_file(options.mapping);
  for (const Error* error : {source_file ? nullptr : &source_file.error(), words ? nullptr : &words.error()}) {
    if (error != nullptr) std::cerr << error->message << "\n";
  }
  if (!source_file || !words) return 1;
  options.config.sources = std::move(*source_file);
  options.config.mapping = std::move(*words);

  presence::PresenceIngest ingest(options.config);
  app::Server server(options.listen, ingest.services(), {ingest.calls()});
  app::Telemetry telemetry(options.telemetry, "presence-ingest", [&server] { return server.serving(); });
  if (const auto served = telemetry.start(); !served) {
    std::cerr << "presence-ingest: " << served.error().message << "\n";
    return 1;
  }
  if (!server.start()) {
    std::cerr << "presence-ingest: cannot listen on " << options.listen << "\n";
    return 1;
  }
  const auto started = ingest.start([&server] {
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
  ingest.stop();
  telemetry.stop();
  spdlog::info("stopped");
  app::leave(0);
}
