// What every process of the product does the same way: one gRPC server with health, reflection and channelz, running
// until a signal, stopping in reverse. Logs are in log.h, metrics and traces in telemetry.h.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "app/log.h"
#include "app/rpc.h"

namespace expertline::app {

// Call first in main(), before any thread is made: SIGINT and SIGTERM are blocked in all threads for
// wait_for_signal(), SIGPIPE is ignored.
void block_signals();
// Waits for SIGINT or SIGTERM and gives its number.
int wait_for_signal();

// A gRPC server on one address with the given services, grpc.health.v1, reflection and channelz.
class Server {
 public:
  // `address` is HOST:PORT; port 0 takes a free one. `calls` is that of the services' Contexts.
  Server(std::string address, std::vector<grpc::Service*> services, std::vector<Calls*> calls);
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and serves, health NOT_SERVING. False if the address cannot be bound.
  bool start();
  // What grpc.health.v1 says of all services.
  void set_serving(bool serving);
  bool serving() const { return serving_; }  // any thread
  // Takes no new calls, ends the live ones, waits for them. Idempotent.
  void stop();

  int port() const { return port_; }
  // Channel without a network to this server. After start().
  std::shared_ptr<grpc::Channel> in_process() const;

 private:
  std::string address_;
  std::vector<grpc::Service*> services_;
  std::vector<Calls*> calls_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::atomic<bool> serving_ = false;
};

// A channel to peers ("HOST:PORT[,HOST:PORT...]", balanced round robin), with the published retry policy and
// keepalive.
std::shared_ptr<grpc::Channel> connect(const std::string& addresses);

// 122 random bits as 32 hex digits, for ids of sessions and the like. Thread-safe.
std::string random_id();

}  // namespace expertline::app
