// The settings of the process.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/telemetry.h"
#include "session-bridge/session_bridge.h"

namespace expertline::bridge {

struct Options {
  Config config;  // without what the policy file holds
  std::string listen = "127.0.0.1:7430";
  std::string strategy = "127.0.0.1:7420";
  std::string policy;  // file
  std::string log_level = "info";
  app::TelemetryOptions telemetry = {.metrics = "127.0.0.1:9430"};
};

// Each as an option. `options` must outlive the parsing.
void declare_options(CLI::App& app, Options& options);

}  // namespace expertline::bridge
