#include "session-bridge/options.h"

#include "app/config.h"

namespace expertline::bridge {

void declare_options(CLI::App& app, Options& options) {
  Config& config = options.config;
  app.add_option("--listen", options.listen,
                 "Address to serve on, HOST:PORT. On loopback unless told otherwise, as it speaks no TLS itself")
      ->capture_default_str();
  app.add_option("--redis", config.redis, "The store: unix:/path/to/socket or HOST:PORT")->required();
  app.add_option("--domain", config.domains, "Domain to serve; may be given several times")->capture_default_str();
  app.add_option("--strategy", options.strategy, "Addresses of strategy-evaluation, HOST:PORT[,HOST:PORT...]")
      ->capture_default_str();
  app.add_option("--id", config.id, "Id of this replica, unique among those that run; by default a random one");
  app.add_option(
         "--user-data-limit", config.user_data_limit,
         "Most bytes of user data a session may have. What every platform is known to carry, as a limit that is "
         "raised cannot be lowered while sessions run")
      ->check(CLI::Range(int64_t{1}, state::kMostUserDataLimit))
      ->capture_default_str();
  app.add_option(
         "--watch-sessions", config.most_observed,
         "Sessions that one supervisor may observe at once. No more than a person can follow, as each is told to "
         "him with every change")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option(
         "--report-days", config.report_days,
         "Days for which interactions and what reports sum up are kept. Five weeks: a month can be reported when "
         "it is over; a week is the least, as first-contact resolution looks 7 days ahead")
      ->check(CLI::Range(8, kMostReportDaysKept))
      ->capture_default_str();
  app.add_option("--policy", options.policy,
                 "File (YAML) of texts, of who may ask and send what, and of how long things are kept");
  app.add_option("--log-level", options.log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  app::add_telemetry_options(app, options.telemetry);
  app::add_config_options(app);
}

}  // namespace expertline::bridge
