#include "presence-ingest/options.h"

#include "app/config.h"
#include "base/names.h"

namespace expertline::presence {

void declare_options(CLI::App& app, Options& options) {
  Config& config = options.config;
  const CLI::Validator id(
      [](const std::string& text) { return valid_id(text) ? "" : "must match [A-Za-z0-9._@-]{1,128}"; }, "ID");
  app.add_option("--listen", options.listen,
                 "Address to serve on, HOST:PORT. On loopback unless told otherwise, as it speaks no TLS itself")
      ->capture_default_str();
  app.add_option("--redis", config.redis, "The store: unix:/path/to/socket or HOST:PORT")->required();
  app.add_option("--domain", config.domains, "Domain to serve; may be given several times")
      ->check(id)
      ->capture_default_str();
  app.add_option("--roster", config.roster, "Roster file (YAML) to import into the first domain");
  app.add_option("--sources", options.sources,
                 "File (YAML) that declares the sources of presence; without it any may report");
  app.add_option("--presence-mapping", options.mapping, "File (YAML) of other systems' words, beside the shipped ones");
  app.add_option(
         "--watch-contacts", config.most_contacts,
         "Experts that one watcher may watch at once. No more than a supervisor looks after, as each is told to "
         "him with every change")
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  app::add_telemetry_options(app, options.telemetry);
  app::add_config_options(app);
}

}  // namespace expertline::presence
