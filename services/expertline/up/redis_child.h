// A private redis-server: the embedded default. It listens on a Unix socket in its data directory and nowhere else,
// keeps an append-only file that is synced before anything is answered, and dies with this process.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace expertline::cli {

class RedisChild {
 public:
  RedisChild() = default;
  ~RedisChild();  // stop()
  RedisChild(const RedisChild&) = delete;
  RedisChild& operator=(const RedisChild&) = delete;

  // Makes the directory if needed. Call before any thread is started. An error says what to do.
  Result<Done> start(const std::string& data_directory);
  // Lets it write what is open and waits for its end. Idempotent.
  void stop();

  pid_t pid() const { return pid_; }
  // For redis::Client: "unix:DIR/redis.sock".
  std::string address() const { return "unix:" + socket_; }

 private:
  std::string socket_;
  pid_t pid_ = -1;
};

}  // namespace expertline::cli
