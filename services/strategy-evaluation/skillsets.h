// How each skillset stands, for metrics: who is ready now, and how the work of an hour was shared out. Loop thread
// only.
#pragma once

#include <string>

#include "app/loop.h"
#include "state/report_store.h"
#include "strategy-evaluation/accountant.h"
#include "strategy-evaluation/read_model.h"
#include "strategy-evaluation/store_clock.h"

namespace expertline::evaluation {

class Skillsets {
 public:
  Skillsets(app::Loop& loop, redis::Client& client, std::string domain, const ReadModel& read_model,
            const Accountant& accountant, const StoreClock& clock)
      : loop_(loop),
        store_(client, domain),
        domain_(std::move(domain)),
        read_model_(read_model),
        accountant_(accountant),
        clock_(clock) {}

  void start() {
    spawn(count());
    spawn(judge());
  }
  void stop() { stopping_ = true; }

 private:
  // The status of experts, out of the snapshot's own counts.
  Task<void> count();
  // How the present hour and the last one were shared out, by the one replica that writes eligible time.
  Task<void> judge();
  Task<bool> judge_hours(int64_t hour);

  app::Loop& loop_;
  state::ReportStore store_;
  const std::string domain_;
  const ReadModel& read_model_;
  const Accountant& accountant_;
  const StoreClock& clock_;
  bool stopping_ = false;
};

}  // namespace expertline::evaluation
