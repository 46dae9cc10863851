#include "presence-ingest/presence_ingest.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "app/telemetry.h"

namespace expertline::presence {
namespace {

constexpr uint64_t kAskAgainMs = 200;
constexpr uint64_t kLookMs = 5;
constexpr uint64_t kMeasureMs = 2'000;
constexpr uint64_t kRenewZonesMs = 3600 * 1000;
// A file of the operator's own may be larger than what the API takes.
constexpr size_t kMostRosterBytes = 64 * 1024 * 1024;

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) return std::nullopt;
  return text;
}

std::string lines_of(const std::vector<yaml::Issue>& issues) {
  std::string lines;
  for (const yaml::Issue& issue : issues) lines += (lines.empty() ? "" : "\n") + yaml::to_string(issue);
  return lines;
}

Error bad_file(v1::ErrorReason reason, const std::string& path, const std::string& message) {
  return {.reason = reason, .message = message, .metadata = {{"file", path}}};
}

Result<std::vector<roster::Member>> read_roster_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return bad_file(v1::ERROR_REASON_BAD_ROSTER, path, path + ": cannot be read");
  yaml::Limits limits;
  limits.bytes = kMostRosterBytes;
  roster::Roster roster = roster::read_roster(*text, path, limits);
  if (roster.issues.empty()) return std::move(roster.experts);
  return bad_file(v1::ERROR_REASON_BAD_ROSTER, path, lines_of(roster.issues));
}

}  // namespace

Result<SourceFile> read_source_file(const std::string& path) {
  if (path.empty()) return SourceFile{};
  const auto text = read_text(path);
  if (!text) return bad_file(v1::ERROR_REASON_INVALID_FIELD, path, path + ": cannot be read");
  ReadSources read = read_sources(*text, path);
  if (read.issues.empty()) return std::move(read.file);
  return bad_file(v1::ERROR_REASON_INVALID_FIELD, path, lines_of(read.issues));
}

Result<Mapping> read_mapping_file(const std::string& path) {
  Mapping mapping = Mapping::shipped();
  if (path.empty()) return mapping;
  const auto text = read_text(path);
  if (!text) return bad_file(v1::ERROR_REASON_INVALID_FIELD, path, path + ": cannot be read");
  const auto issues = mapping.add(*text, path);
  if (issues.empty()) return mapping;
  return bad_file(v1::ERROR_REASON_INVALID_FIELD, path, lines_of(issues));
}

PresenceIngest::PresenceIngest(Config config)
    : config_(std::move(config)),
      domains_(config_.domains),
      redis_(loop_, {.address = config_.redis, .on_connect = {state::load_functions()}}),
      store_(redis_),
      source_store_(redis_),
      sources_(loop_, source_store_, domains_, config_.sources, config_.mapping,
               [this](const std::string& domain, const std::string& expert, const std::string& group) {
                 return read_models_.at(domain)->in_group(expert, group);
               }),
      reports_(loop_, store_, domains_, config_.sources.busy_takes_im),
      expert_service_({loop_, calls_}, store_, domains_),
      presence_service_({loop_, calls_}, store_, domains_, reports_, sources_, read_models_, config_.most_contacts) {
  for (const std::string& domain : domains_.served()) {
    read_models_[domain] = std::make_unique<ReadModel>(
        loop_, redis::Client::Options{.address = config_.redis, .name = "read_model"}, store_, domain);
  }
  presence_service_.follow_read_models();
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
  loop_.watch("presence-ingest");
  loop_.post([this, roster = std::move(roster), on_ready = std::move(on_ready)]() mutable {
    redis_.start();
    spawn(app::show_ready(loop_, "presence-ingest", [this] {
      return redis_.connected() && std::all_of(read_models_.begin(), read_models_.end(),
                                               [](const auto& model) { return model.second->complete(); });
    }));
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
    const bool going = co_await loop_.sleep(kAskAgainMs);
    if (!going) co_return;
  }
  for (const auto& [domain, model] : read_models_) model->start();
  reports_.start();
  sources_.start();
  spawn(renew_zones());
  spawn(measure());
  while (!std::all_of(read_models_.begin(), read_models_.end(), [](const auto& m) { return m.second->complete(); })) {
    const bool going = co_await loop_.sleep(kLookMs);
    if (!going) co_return;
  }
  on_ready();
}

Task<void> PresenceIngest::measure() {
  for (;;) {
    for (const auto& [domain, model] : read_models_) {
      if (model->complete()) model->show();
      co_await sources_.show(domain);
    }
    const bool going = co_await loop_.sleep(kMeasureMs);
    if (!going) co_return;
  }
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
