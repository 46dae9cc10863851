// The service session-bridge: sessions from the first IM to the disposition.
//
// Life: construct, hand services() and calls() to an app::Server, start(), serve, stop the server, stop().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/rpc.h"
#include "session-bridge/desk_service.h"
#include "session-bridge/domain.h"
#include "session-bridge/policy/policy.h"
#include "session-bridge/report_service.h"
#include "session-bridge/session_service.h"
#include "state/user_data.h"

namespace expertline::bridge {

constexpr int64_t kDayMs = 24LL * 3600 * 1000;
constexpr int kDefaultReportDays = static_cast<int>(state::kDefaultReportRetentionMs / kDayMs);
constexpr int kMostReportDaysKept = 3660;

struct Config {
  std::string redis;  // "unix:/path" or "HOST:PORT"
  std::vector<std::string> domains = {"main"};
  std::string id;                                          // of this replica, unique among those that run
  int64_t user_data_limit = state::kDefaultUserDataLimit;  // bytes
  size_t most_observed = 50;                               // sessions that one supervisor may observe at once
  Policy policy;                                           // read_policy_file()
  int report_days = kDefaultReportDays;                    // that what reports need is kept
};

class SessionBridge {
 public:
  explicit SessionBridge(Config config);
  ~SessionBridge();  // stop()
  SessionBridge(const SessionBridge&) = delete;
  SessionBridge& operator=(const SessionBridge&) = delete;

  std::vector<grpc::Service*> services() { return {&session_service_, &desk_service_, &report_service_}; }
  app::Calls* calls() { return &calls_; }

  // Starts the loop; goes on trying for the store and for strategy-evaluation, to which `strategy` leads. `on_ready`
  // runs once, on the loop, when both have answered.
  void start(const std::shared_ptr<grpc::Channel>& strategy, std::function<void()> on_ready);
  // After the server has stopped. Idempotent.
  void stop();

 private:
  Task<void> announce(std::function<void()> on_ready);

  const Config config_;
  app::Loop loop_;
  app::Calls calls_;
  Domains domains_;
  SessionService session_service_;
  DeskService desk_service_;
  ReportService report_service_;
  bool running_ = false;
};

}  // namespace expertline::bridge
