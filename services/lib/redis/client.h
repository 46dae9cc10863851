// One pipelined connection to Redis on the event loop. The only place that knows hiredis.
//
// Commands are sent in order and answered in order; what is sent in one turn of the loop leaves in one write, and
// Redis syncs its file once for all of it. After any error the connection is dropped, everything unanswered is
// answered with Reply::lost (nothing is known of its outcome), and a new connection is made: a context that failed is
// never read again. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/loop.h"
#include "app/task.h"

struct redisAsyncContext;
struct redisReply;

namespace expertline::redis {

struct Reply {
  enum class Type { lost, error, nil, integer, string, array };
  Type type = Type::lost;
  std::string text;             // string, status, error
  int64_t integer = 0;          // integer
  std::vector<Reply> elements;  // array

  bool lost() const { return type == Type::lost; }
  bool error() const { return type == Type::error; }
  bool nil() const { return type == Type::nil; }
};

using Command = std::vector<std::string>;

class Client {
 public:
  struct Options {
    std::string address;          // "unix:/path/to/socket" or "HOST:PORT"
    std::string name = "store";   // what it is for, in metrics
    uint64_t timeout_ms = 2'000;  // the oldest unanswered command drops the connection after that
    // Sent first on each new connection, after AUTH if EXPERTLINE_REDIS_PASSWORD (and EXPERTLINE_REDIS_USERNAME) is in
    // the environment; an error reply drops it again.
    std::vector<Command> on_connect = {};
  };

  Client(app::Loop& loop, Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Connects, and goes on trying for ever.
  void start();
  // Drops the connection and makes no new one. All that is unanswered is answered with lost. Idempotent.
  void stop();

  // Sends a command; without a connection the answer is `lost` at once.
  void send(const Command& command, std::function<void(Reply)> on_reply);
  Callback<Reply> call(Command command);

  bool connected() const { return ready_; }
  // Waits until connected, or gives false if the loop was stopped.
  Task<bool> until_connected();
  size_t unanswered() const { return sent_at_.size(); }

 private:
  struct Pending;
  struct Measured;  // of one command's name
  Measured& measured(const Command& command);
  void set_ready(bool ready);
  void connect();
  void drop();  // the connection; then connect again after a while
  void connect_later();
  void greet();
  void check_time();
  void submit(const Command& command, std::function<void(Reply)> on_reply);

  app::Loop& loop_;
  Options options_;
  redisAsyncContext* context_ = nullptr;
  uint64_t generation_ = 0;  // of the connection
  bool ready_ = false;
  bool stopped_ = true;
  uint64_t backoff_ms_ = 0;
  std::deque<int64_t> sent_at_;  // of unanswered commands, in order
  app::Loop::TimerId timer_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Measured>> measured_;
};

}  // namespace expertline::redis
