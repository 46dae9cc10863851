#include "session-bridge/session_bridge.h"

#include <future>

#include "state/library.h"

namespace expertline::bridge {
namespace {

Domains make_domains(app::Loop& loop, const Config& config, const std::shared_ptr<grpc::Channel>& strategy) {
  Domains domains;
  for (const std::string& name : config.domains) {
    domains[name] = std::make_unique<Domain>(
        loop,
        DomainConfig{.name = name,
                     .bridge = config.id,
                     .redis = config.redis,
                     .on_connect = {{"FUNCTION", "LOAD", "REPLACE", state::function_library()}},
                     .retention_ms = config.retention_ms},
        strategy);
  }
  return domains;
}

}  // namespace

SessionBridge::SessionBridge(Config config, const std::shared_ptr<grpc::Channel>& strategy)
    : domains_(make_domains(loop_, config, strategy)),
      session_service_(app::Context{.loop = loop_, .calls = calls_}, domains_, config.user_data_limit),
      desk_service_(app::Context{.loop = loop_, .calls = calls_}, domains_) {}

void SessionBridge::start() {
  loop_.post([this] {
    for (const auto& [name, domain] : domains_) domain->start();
  });
  loop_.start();
}

void SessionBridge::stop() {
  loop_.post([this] {
    for (const auto& [name, domain] : domains_) domain->stop();
  });
  loop_.stop();
}

bool SessionBridge::ready() {
  auto answer = std::make_shared<std::promise<bool>>();
  auto future = answer->get_future();
  loop_.post([this, answer] {
    bool all = true;
    for (const auto& [name, domain] : domains_) all = all && domain->ready();
    answer->set_value(all);
  });
  return future.wait_for(std::chrono::seconds(1)) == std::future_status::ready && future.get();
}

}  // namespace expertline::bridge
