#include "strategy-evaluation/strategy_evaluation.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "app/server.h"
#include "app/telemetry.h"
#include "state/fcall.h"
#include "strategy-evaluation/strategy_files.h"

namespace expertline::evaluation {

StrategyEvaluation::StrategyEvaluation(Config config)
    : config_(std::move(config)), service_(app::Context{.loop = loop_, .calls = calls_}, domains_) {}

StrategyEvaluation::~StrategyEvaluation() { stop(); }

Result<Done> StrategyEvaluation::start(const std::shared_ptr<grpc::Channel>& presence, std::function<void()> on_ready) {
  const std::string consumer = app::random_id();
  for (const std::string& name : config_.domains) {
    DomainConfig config{.name = name,
                        .consumer = consumer,
                        .redis = config_.redis,
                        .on_connect = {state::load_functions()},
                        .strategies = folder_of(config_.strategies, name),
                        .records = config_.records};
    auto domain = std::make_unique<Domain>(loop_, std::move(config), presence, packer_);
    if (auto loaded = domain->load(); !loaded) return loaded;
    domains_[name] = std::move(domain);
  }
  loop_.watch("strategy-evaluation");
  loop_.post([this, on_ready = std::move(on_ready)] {
    for (const auto& [name, domain] : domains_) {
      domain->start([this, changed = name] { service_.strategies_changed(changed); });
    }
    spawn(app::show_ready(loop_, "strategy-evaluation", [this] {
      return std::all_of(domains_.begin(), domains_.end(), [](const auto& domain) { return domain.second->ready(); });
    }));
    spawn(announce(on_ready));
  });
  loop_.start();
  running_ = true;
  return Done{};
}

void StrategyEvaluation::stop() {
  if (!running_) return;
  running_ = false;
  loop_.post([this] {
    for (const auto& [name, domain] : domains_) domain->stop();
  });
  loop_.stop();
}

Task<void> StrategyEvaluation::announce(std::function<void()> on_ready) {
  while (!std::all_of(domains_.begin(), domains_.end(), [](const auto& entry) { return entry.second->ready(); })) {
    const bool going = co_await loop_.sleep(10);
    if (!going) co_return;
  }
  on_ready();
}

}  // namespace expertline::evaluation
