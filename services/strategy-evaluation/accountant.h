// Writes down in which time experts could be asked, out of what the read model tells. Every replica follows it; one of
// them writes, and another one takes over when it dies: what the store knows already is not added again. Loop thread
// only.
#pragma once

#include <string>
#include <unordered_set>

#include "app/loop.h"
#include "expertline/v1/presence.pb.h"
#include "state/report_store.h"
#include "strategy-evaluation/eligible_time.h"
#include "strategy-evaluation/store_clock.h"

namespace expertline::evaluation {

class Accountant {
 public:
  Accountant(app::Loop& loop, redis::Client& client, const std::string& domain, std::string replica,
             const StoreClock& clock)
      : loop_(loop), store_(client, domain), replica_(std::move(replica)), clock_(clock) {}

  void start() { spawn(run()); }
  void stop() { stopping_ = true; }
  // Everything that comes of the read model, in order.
  void see(const v1::WatchReadModelResponse& response);
  // Whether this replica is the one that writes.
  bool writes() const { return writes_; }

 private:
  Task<void> run();
  int64_t now() const;  // wall clock, ms; 0 until it is known

  app::Loop& loop_;
  state::ReportStore store_;
  const std::string replica_;
  const StoreClock& clock_;
  EligibleTime time_;
  std::unordered_set<std::string> coming_;  // who is eligible in a snapshot under way
  bool snapshot_ = false;
  bool writes_ = false;    // not another replica
  int64_t forgotten_ = 0;  // up to when
  bool stopping_ = false;
};

}  // namespace expertline::evaluation
