// The settings of the process.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/telemetry.h"
#include "presence-ingest/presence_ingest.h"

namespace expertline::presence {

struct Options {
  Config config;  // without what the files hold
  std::string listen = "127.0.0.1:7410";
  std::string sources;  // file
  std::string mapping;  // file
  std::string log_level = "info";
  app::TelemetryOptions telemetry = {.metrics = "127.0.0.1:9410"};
};

// Each as an option. `options` must outlive the parsing.
void declare_options(CLI::App& app, Options& options);

}  // namespace expertline::presence
