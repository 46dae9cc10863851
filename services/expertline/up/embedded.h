// The whole product in this process: a redis-server of its own and the three services on one port, which reach each
// other over in-process channels.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/server.h"
#include "expertline/up/redis_child.h"
#include "presence-ingest/presence_ingest.h"
#include "session-bridge/session_bridge.h"
#include "strategy-evaluation/strategy_evaluation.h"

namespace expertline::cli {

struct EmbeddedOptions {
  std::string listen = "127.0.0.1:7400";  // port 0 takes a free one
  std::string data = "data";              // where redis-server keeps its file
  std::string strategies = "strategies";
  std::string roster = {};
  std::string sources = {};           // file; empty: any source may report
  std::string presence_mapping = {};  // file; empty: the shipped words only
  std::string policy = {};            // file; empty: all is allowed, nothing is said
  size_t most_contacts = 50;          // that one watcher may watch at once
  size_t most_observed = 50;          // sessions that one supervisor may observe at once
  std::vector<std::string> domains = {"main"};
  evaluation::RecordSettings records = {};
  int64_t user_data_limit = state::kDefaultUserDataLimit;
  int report_days = bridge::kDefaultReportDays;  // that what reports need is kept
};

class Embedded {
 public:
  explicit Embedded(EmbeddedOptions options) : options_(std::move(options)) {}
  ~Embedded();  // stop()

  // Call before any thread is started (app::block_signals() too). `on_ready` runs once, on some loop, when it serves.
  Result<Done> start(const std::function<void()>& on_ready);
  // In reverse. Idempotent.
  void stop();

  int port() const { return server_->port(); }
  bool serving() const { return server_ && server_->serving(); }  // after start()

 private:
  EmbeddedOptions options_;
  RedisChild redis_;
  std::unique_ptr<presence::PresenceIngest> presence_;
  std::unique_ptr<evaluation::StrategyEvaluation> evaluation_;
  std::unique_ptr<bridge::SessionBridge> sessions_;
  std::unique_ptr<app::Server> server_;
};

}  // namespace expertline::cli
