// presence-ingest: the directory of experts and their presence, for one or several domains.
//
// One loop thread runs all its logic. Life: construct, hand services() and calls() to an app::Server, start(), serve,
// stop the server, stop().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/rpc.h"
#include "presence-ingest/domains.h"
#include "presence-ingest/expert_service.h"
#include "presence-ingest/presence_service.h"
#include "presence-ingest/reports.h"
#include "presence-ingest/sources/registry.h"
#include "redis/client.h"
#include "state/expert_store.h"

namespace expertline::presence {

struct Config {
  std::string redis;                            // as redis::Client::Options::address
  std::vector<std::string> domains = {"main"};  // ids, at least one
  std::string roster = {};                      // file for the first domain; empty: none
  SourceFile sources = {};                      // what each source may do; by default anything
  Mapping mapping = Mapping::shipped();         // what other systems' words mean
  size_t most_contacts = 50;                    // that one watcher may watch at once
};

// The files of a command line; an empty path leaves the default. INVALID_FIELD, all issues one a line in its message,
// if a file has faults or cannot be read.
Result<SourceFile> read_source_file(const std::string& path);
Result<Mapping> read_mapping_file(const std::string& path);

class PresenceIngest {
 public:
  explicit PresenceIngest(Config config);
  ~PresenceIngest();  // stop()
  PresenceIngest(const PresenceIngest&) = delete;
  PresenceIngest& operator=(const PresenceIngest&) = delete;

  std::vector<grpc::Service*> services() { return {&expert_service_, &presence_service_}; }
  app::Calls* calls() { return &calls_; }

  // Starts the loop; goes on trying for the store. `on_ready` runs once, on the loop, when the roster is imported and
  // the read models are complete. BAD_ROSTER, all issues one a line in its message, if the roster file has faults or
  // cannot be read; then nothing was started.
  Result<Done> start(std::function<void()> on_ready);
  // After the server that uses services() was stopped. Idempotent.
  void stop();

 private:
  // Keeps the tables of time zones ahead, until the loop is stopped.
  Task<void> renew_zones();
  // Lets the metrics say how the domains stand, until the loop is stopped.
  Task<void> measure();
  Task<void> prepare(std::vector<roster::Member> roster, std::function<void()> on_ready);

  const Config config_;
  const Domains domains_;
  app::Loop loop_;
  app::Calls calls_;
  redis::Client redis_;
  state::ExpertStore store_;
  state::SourceStore source_store_;
  PresenceService::ReadModels read_models_;
  SourceRegistry sources_;
  Reports reports_;
  ExpertService expert_service_;
  PresenceService presence_service_;
  bool running_ = false;
};

}  // namespace expertline::presence
