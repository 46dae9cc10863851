#include "session-bridge/session_bridge.h"

#include <algorithm>

#include "app/telemetry.h"
#include "state/fcall.h"

namespace expertline::bridge {

SessionBridge::SessionBridge(Config config)
    : config_(std::move(config)),
      session_service_(app::Context{.loop = loop_, .calls = calls_}, domains_, config_.user_data_limit,
                       config_.most_observed),
      desk_service_(app::Context{.loop = loop_, .calls = calls_}, domains_),
      report_service_(app::Context{.loop = loop_, .calls = calls_}, domains_) {}

SessionBridge::~SessionBridge() { stop(); }

void SessionBridge::start(const std::shared_ptr<grpc::Channel>& strategy, std::function<void()> on_ready) {
  loop_.watch("session-bridge");
  loop_.post([this, strategy, on_ready = std::move(on_ready)] {
    for (const std::string& name : config_.domains) {
      domains_[name] = std::make_unique<Domain>(loop_,
                                                DomainConfig{.name = name,
                                                             .bridge = config_.id,
                                                             .redis = config_.redis,
                                                             .on_connect = {state::load_functions()},
                                                             .policy = config_.policy,
                                                             .report_retention_ms = config_.report_days * kDayMs},
                                                strategy);
      domains_[name]->start();
    }
    spawn(app::show_ready(loop_, "session-bridge", [this] {
      return std::all_of(domains_.begin(), domains_.end(), [](const auto& domain) { return domain.second->ready(); });
    }));
    spawn(announce(on_ready));
  });
  loop_.start();
  running_ = true;
}

void SessionBridge::stop() {
  if (!running_) return;
  running_ = false;
  loop_.post([this] {
    for (const auto& [name, domain] : domains_) domain->stop();
  });
  loop_.stop();
}

Task<void> SessionBridge::announce(std::function<void()> on_ready) {
  while (!std::all_of(domains_.begin(), domains_.end(), [](const auto& entry) { return entry.second->ready(); })) {
    const bool going = co_await loop_.sleep(10);
    if (!going) co_return;
  }
  on_ready();
}

}  // namespace expertline::bridge
