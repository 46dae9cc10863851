// What operators see of a process: its HTTP endpoint with metrics and probes, its traces.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "app/endpoint.h"
#include "app/loop.h"
#include "app/task.h"
#include "base/result.h"

namespace expertline::app {

struct TelemetryOptions {
  std::string metrics = {};                    // HOST:PORT; empty: none
  bool must_serve = false;                     // it was asked for: fail if it cannot be bound
  std::string otlp = {};                       // HOST:PORT of a collector; empty: none
  std::vector<std::string> certificates = {};  // files (PEM) whose end of validity is shown
};

// --metrics, --otlp, --certificate. `options` must outlive the parsing.
void add_telemetry_options(CLI::App& app, TelemetryOptions& options);

class Telemetry {
 public:
  // `ready`: whether the process takes calls; asked from any thread.
  Telemetry(TelemetryOptions options, std::string program, std::function<bool()> ready);
  ~Telemetry() { stop(); }

  // INVALID_FIELD if the endpoint was asked for and its address cannot be bound. The default address may be taken:
  // that is logged.
  Result<Done> start();
  // Idempotent.
  void stop();

 private:
  const TelemetryOptions options_;
  const std::string program_;
  Endpoint endpoint_;
};

// Shows for ever, as a metric of `program`, whether it is ready. Loop thread.
Task<void> show_ready(Loop& loop, std::string program, std::function<bool()> ready);

}  // namespace expertline::app
