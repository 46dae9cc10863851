// The store's clock as this process sees it. Loop thread only.
#pragma once

#include <cstdint>
#include <string>

#include "app/loop.h"
#include "expertline/v1/strategy.pb.h"
#include "redis/client.h"

namespace expertline::evaluation {

class StoreClock {
 public:
  StoreClock(app::Loop& loop, redis::Client& client, std::string domain)
      : loop_(loop), client_(client), domain_(std::move(domain)) {}

  // Reads it every second for ever; in between this process' own monotonic time goes on.
  void start();
  void stop() { stopping_ = true; }

  bool known() const { return known_; }
  // `now` is the wall-clock time as sessions show it, `store_now_ms` the clock of timers. Only if known().
  v1::Moment moment() const;

 private:
  Task<void> follow();

  app::Loop& loop_;
  redis::Client& client_;
  std::string domain_;
  bool known_ = false;
  bool stopping_ = false;
  int64_t now_ = 0;     // ms of the store's clock at read_at_
  int64_t offset_ = 0;  // wall clock less the store's
  int64_t read_at_ = 0;
};

}  // namespace expertline::evaluation
