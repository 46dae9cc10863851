// The service session-bridge: sessions from the first IM to the disposition.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/rpc.h"
#include "session-bridge/desk_service.h"
#include "session-bridge/domain.h"
#include "session-bridge/session_service.h"
#include "state/user_data.h"

namespace expertline::bridge {

struct Config {
  std::string redis;  // "unix:/path" or "HOST:PORT"
  std::vector<std::string> domains = {"main"};
  std::string id;  // of this replica, unique among those that run
  int64_t user_data_limit = state::kDefaultUserDataLimit;  // bytes
  int64_t retention_ms = 24LL * 3600 * 1000;               // of sessions that have ended
};

class SessionBridge {
 public:
  // `strategy` leads to strategy-evaluation.
  SessionBridge(Config config, const std::shared_ptr<grpc::Channel>& strategy);

  std::vector<grpc::Service*> services() { return {&session_service_, &desk_service_}; }
  app::Calls& calls() { return calls_; }
  // Starts its loop. After that, and after the server serves, calls are answered.
  void start();
  // After the server has stopped. Idempotent.
  void stop();
  // True if the store and strategy-evaluation answer. Any thread.
  bool ready();

 private:
  app::Loop loop_;
  app::Calls calls_;
  Domains domains_;
  SessionService session_service_;
  DeskService desk_service_;
};

}  // namespace expertline::bridge
