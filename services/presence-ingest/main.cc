// The process of presence-ingest.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/server.h"
#include "base/names.h"
#include "presence-ingest/presence_ingest.h"

int main(int argc, char** argv) {
  using namespace expertline;
  app::block_signals();

  presence::Config config;
  std::string listen = "127.0.0.1:7410";
  std::string log_level = "info";
  CLI::App options("Expertline presence-ingest: the directory of experts and their presence");
  const CLI::Validator id(
      [](const std::string& text) { return valid_id(text) ? "" : "must match [A-Za-z0-9._@-]{1,128}"; }, "ID");
  options.add_option("--listen", listen, "Address to serve on, HOST:PORT")->capture_default_str();
  options.add_option("--redis", config.redis, "The store: unix:/path/to/socket or HOST:PORT")->required();
  options.add_option("--domain", config.domains, "Domain to serve; may be given several times")
      ->check(id)
      ->capture_default_str();
  options.add_option("--roster", config.roster, "Roster file (YAML) to import into the first domain");
  std::string sources;
  std::string mapping;
  options.add_option("--sources", sources,
                     "File (YAML) that declares the sources of presence; without it any may report");
  options.add_option("--presence-mapping", mapping, "File (YAML) of other systems' words, beside the shipped ones");
  options.add_option("--watch-contacts", config.most_contacts, "Experts that one watcher may watch at once")
      ->capture_default_str();
  options.add_option("--log-level", log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  CLI11_PARSE(options, argc, argv);
  app::start_logging("presence-ingest", log_level);

  auto source_file = presence::read_source_file(sources);
  auto words = presence::read_mapping_file(mapping);
  for (const Error* error : {source_file ? nullptr : &source_file.error(), words ? nullptr : &words.error()}) {
    if (error != nullptr) std::cerr << error->message << "\n";
  }
  if (!source_file || !words) return 1;
  config.sources = std::move(*source_file);
  config.mapping = std::move(*words);

  presence::PresenceIngest ingest(config);
  app::Server server(listen, ingest.services(), {ingest.calls()});
  if (!server.start()) {
    std::cerr << "presence-ingest: cannot listen on " << listen << "\n";
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
  spdlog::info("stopped");
  return 0;
}
