#include "presence-ingest/presence_ingest.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace expertline::presence {
namespace {

constexpr uint64_t kRetryMs = 200;
constexpr uint64_t kLookMs = 5;
constexpr uint64_t kRenewZonesMs = 3600 * 1000;
// A file of the operator's own may be larger than what the API takes.
constexpr size_t kMostRosterBytes = 64 * 1024 * 1024;

Result<std::vector<roster::Member>> read_roster_file(const std::string& path) {
  Error bad{.reason = v1::ERROR_REASON_BAD_ROSTER, .message = {}, .metadata = {{"file", path}}};
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    bad.message = path + ": cannot be read";
    return bad;
  }
  yaml::Limits limits;
  limits.bytes = kMostRosterBytes;
  roster::Roster roster = roster::read_roster(text, path, limits);
  if (roster.issues.empty()) return std::move(roster.experts);
  for (const yaml::Issue& issue : roster.issues) {
    bad.message += (bad.message.empty() ? "" : "\n") + yaml::to_string(issue);
  }
  return bad;
}

}  // namespace

PresenceIngest::PresenceIngest(Config config)
    : config_(std::move(config)),
      domains_(config_.domains),
      redis_(loop_, {.address = config_.redis, .on_connect = {state::load_functions()}}),
      store_(redis_),
      reports_(loop_, store_, domains_),
      expert_service_({loop_, calls_}, store_, domains_),
      presence_service_({loop_, calls_}, store_, domains_, reports_, read_models_) {
  for (const std::string& domain : domains_.served()) {
    read_models_[domain] =
        std::make_unique<ReadModel>(loop_, redis::Client::Options{.address = config_.redis}, store_, domain);
  }
}

PresenceIngest::~PresenceIngest() { stop(); }

Result<Done> PresenceIngest::start(std::function<void()> on_ready) {
  std::vector<roster::Member> roster;
  if (!config_.roster.empty()) {
    auto read = read_roster_file(config_.roster);
    if (!read) return read.error();
    roster = std::move(*read);
  }
  running_ = true;
  loop_.post([this, roster = std::move(roster), on_ready = std::move(on_ready)]() mutable {
    redis_.start();
    spawn(prepare(std::move(roster), std::move(on_ready)));
  });
  loop_.start();
  return Done{};
}

Task<void> PresenceIngest::prepare(std::vector<roster::Member> roster, std::function<void()> on_ready) {
  const bool connected = co_await redis_.until_connected();
  if (!connected) co_return;
  while (!roster.empty()) {
    std::vector<roster::Member> copy = roster;
    const auto imported = co_await expert_service_.import(config_.domains.front(), std::move(copy), false);
    if (imported) {
      spdlog::info("roster: {} created, {} updated, {} unchanged", imported->created_size(), imported->updated_size(),
                   imported->unchanged());
      break;
    }
    spdlog::warn("roster: {}", imported.error().message);
    const bool going = co_await loop_.sleep(kRetryMs);
    if (!going) co_return;
  }
  for (const auto& [domain, model] : read_models_) model->start();
  reports_.start();
  spawn(renew_zones());
  while (!std::all_of(read_models_.begin(), read_models_.end(), [](const auto& m) { return m.second->complete(); })) {
    const bool going = co_await loop_.sleep(kLookMs);
    if (!going) co_return;
  }
  on_ready();
}

Task<void> PresenceIngest::renew_zones() {
  for (;;) {
    for (const std::string& domain : domains_.served()) {
      const auto renewed = co_await store_.renew_zones(domain);
      if (!renewed) spdlog::warn("time zones of {}: {}", domain, renewed.error().message);
    }
    const bool going = co_await loop_.sleep(kRenewZonesMs);
    if (!going) co_return;
  }
}

void PresenceIngest::stop() {
  if (!running_) return;
  running_ = false;
  // Whatever still waits for the store is told that it is gone, and ends.
  loop_.post([this] {
    for (const auto& [domain, model] : read_models_) model->stop();
    redis_.stop();
  });
  loop_.stop();
}

}  // namespace expertline::presence
