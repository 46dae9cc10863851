#include "strategy-evaluation/strategy_evaluation.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "app/server.h"
#include "state/fcall.h"
#include "strategy-evaluation/strategy_files.h"

namespace expertline::evaluation {
namespace {

constexpr uint64_t kLookAtFilesMs = 2'000;

Result<std::shared_ptr<const strategy::Registry>> load(const std::string& folder, const strategy::Registry* previous) {
  const auto files = read_files(folder);
  if (!files) return files.error();
  auto [registry, issues] = strategy::Registry::load(*files, previous);
  if (registry) return registry;
  std::string all;
  for (const yaml::Issue& issue : issues) all += (all.empty() ? "" : "\n") + yaml::to_string(issue);
  return invalid_field("strategies", all);
}

}  // namespace

StrategyEvaluation::StrategyEvaluation(Config config)
    : config_(std::move(config)), service_(app::Context{.loop = loop_, .calls = calls_}, domains_) {}

StrategyEvaluation::~StrategyEvaluation() { stop(); }

Result<Done> StrategyEvaluation::start(const std::shared_ptr<grpc::Channel>& presence, std::function<void()> on_ready) {
  const std::string consumer = app::random_id();
  for (const std::string& name : config_.domains) {
    auto strategies = load(folder_of(config_.strategies, name), nullptr);
    if (!strategies) return strategies.error();
    domains_[name] = std::make_unique<Domain>(
        loop_,
        DomainConfig{
            .name = name, .consumer = consumer, .redis = config_.redis, .on_connect = {state::load_functions()}},
        presence, *strategies);
  }
  loop_.post([this, on_ready = std::move(on_ready)] {
    for (const auto& [name, domain] : domains_) domain->start();
    spawn(announce(on_ready));
    spawn(follow_files());
  });
  loop_.start();
  running_ = true;
  return Done{};
}

void StrategyEvaluation::stop() {
  if (!running_) return;
  running_ = false;
  loop_.post([this] {
    stopping_ = true;
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

Task<void> StrategyEvaluation::follow_files() {
  std::unordered_map<std::string, std::string> prints;
  for (const std::string& name : config_.domains) prints[name] = fingerprint(folder_of(config_.strategies, name));
  while (!stopping_) {
    const bool going = co_await loop_.sleep(kLookAtFilesMs);
    if (!going) co_return;
    for (const std::string& name : config_.domains) {
      const std::string folder = folder_of(config_.strategies, name);
      std::string print = fingerprint(folder);
      if (print == prints[name]) continue;
      prints[name] = std::move(print);
      const auto strategies = load(folder, &domains_[name]->strategies());
      if (strategies) {
        domains_[name]->use(*strategies);
        service_.strategies_changed(name);
        spdlog::info("domain {}: strategies were loaded again", name);
      } else {
        spdlog::error("domain {}: the strategies have faults, the ones before stay: {}", name,
                      strategies.error().message);
      }
    }
  }
}

}  // namespace expertline::evaluation
