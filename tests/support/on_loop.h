// Runs coroutines on an event loop and waits for their values.
#pragma once

#include <functional>
#include <future>
#include <string>

#include "app/loop.h"
#include "redis/client.h"
#include "state/fcall.h"
#include "support/wait.h"

namespace expertline::test {

// An event loop with a connection to a store that has the functions.
class OnLoop {
 public:
  OnLoop(const std::string& redis_url, redis::Command load)
      : redis_(loop_, {.address = redis_url, .on_connect = {load}}) {
    loop_.post([this] { redis_.start(); });
    loop_.start();
    if (!run<bool>([this] { return redis_.until_connected(); })) throw std::runtime_error("no connection");
  }
  ~OnLoop() {
    loop_.post([this] { redis_.stop(); });
    loop_.stop();
  }

  template <typename T>
  T run(std::function<Task<T>()> begin) {
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> value = promise->get_future();
    loop_.post([promise, begin = std::move(begin)] { spawn(keep<T>(promise, begin)); });
    if (value.wait_for(kPatience) != std::future_status::ready) throw TimedOut("a coroutine ends");
    return value.get();
  }

  redis::Reply ask(const redis::Command& command) {
    return run<redis::Reply>([this, command] { return call(command); });
  }
  redis::Client& redis() { return redis_; }
  app::Loop& loop() { return loop_; }

 private:
  template <typename T>
  static Task<void> keep(std::shared_ptr<std::promise<T>> promise, std::function<Task<T>()> begin) {
    promise->set_value(co_await begin());
  }
  Task<redis::Reply> call(redis::Command command) { co_return co_await redis_.call(std::move(command)); }

  app::Loop loop_;
  redis::Client redis_;
};

}  // namespace expertline::test
