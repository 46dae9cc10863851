// The small HTTP endpoint of a process: /metrics, /livez, /readyz. It has threads of its own and touches no loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace expertline::app {

class Endpoint {
 public:
  // `ready`: whether calls are taken; asked from any thread.
  explicit Endpoint(std::function<bool()> ready);
  ~Endpoint();  // stop()
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // Serves on HOST:PORT (port 0 takes a free one, which is logged); empty: nowhere. INVALID_FIELD if it cannot be
  // bound.
  Result<Done> start(const std::string& address);
  // Idempotent.
  void stop();

 private:
  struct Http;
  std::function<bool()> ready_;
  std::unique_ptr<Http> http_;
};

}  // namespace expertline::app
