#include "strategy-evaluation/options.h"

#include "app/config.h"
#include "strategy-evaluation/record_options.h"

namespace expertline::evaluation {

void declare_options(CLI::App& app, Options& options) {
  Config& config = options.config;
  app.add_option("--listen", options.listen,
                 "Address to serve on, HOST:PORT. On loopback unless told otherwise, as it speaks no TLS itself")
      ->capture_default_str();
  app.add_option("--redis", config.redis, "The store: unix:/path/to/socket or HOST:PORT")->required();
  app.add_option("--domain", config.domains, "Domain to serve; may be given several times")->capture_default_str();
  app.add_option("--presence", options.presence, "Addresses of presence-ingest, HOST:PORT[,HOST:PORT...]")
      ->capture_default_str();
  app.add_option("--strategies", config.strategies,
                 "Folder of strategies; its subfolder named after a domain, if there is one, is that domain's")
      ->capture_default_str();
  add_record_options(app, config.records);
  app.add_option("--log-level", options.log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  app::add_telemetry_options(app, options.telemetry);
  app::add_config_options(app);
}

}  // namespace expertline::evaluation
