// The settings of the process.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/telemetry.h"
#include "strategy-evaluation/strategy_evaluation.h"

namespace expertline::evaluation {

struct Options {
  Config config;
  std::string listen = "127.0.0.1:7420";
  std::string presence = "127.0.0.1:7410";
  std::string log_level = "info";
  app::TelemetryOptions telemetry = {.metrics = "127.0.0.1:9420"};
};

// Each as an option. `options` must outlive the parsing.
void declare_options(CLI::App& app, Options& options);

}  // namespace expertline::evaluation
