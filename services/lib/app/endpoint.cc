#include "app/endpoint.h"

#include <httplib.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <thread>

#include "app/loop.h"
#include "app/metrics.h"

namespace expertline::app {
namespace {

constexpr size_t kThreads = 4;
constexpr time_t kTimeoutS = 5;
constexpr size_t kMostRequestBytes = 8192;

void answer(httplib::Response& response, bool ok, const char* why) {
  response.status = ok ? 200 : 503;
  response.set_content(ok ? "ok\n" : why, "text/plain");
}

}  // namespace

struct Endpoint::Http {
  httplib::Server server;
  std::thread thread;
  std::atomic<bool> ended = false;
};

Endpoint::Endpoint(std::function<bool()> ready) : ready_(std::move(ready)) {}

Endpoint::~Endpoint() { stop(); }

Result<Done> Endpoint::start(const std::string& address) {
  if (address.empty()) return Done{};
  const size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  int port = -1;
  if (colon != std::string::npos) {
    const char* end = address.data() + address.size();
    if (std::from_chars(address.data() + colon + 1, end, port).ptr != end) port = -1;
  }
  if (host.empty() || port < 0 || port > 65535) return invalid_field("metrics", address + " is not HOST:PORT");
  http_ = std::make_unique<Http>();
  httplib::Server& server = http_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_read_timeout(kTimeoutS);
  server.set_write_timeout(kTimeoutS);
  server.set_keep_alive_max_count(1);  // nobody keeps a thread
  server.set_payload_max_length(kMostRequestBytes);
  // Not SO_REUSEPORT, which lets two processes have one port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.Get("/metrics", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(metrics_text(), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/livez", [](const httplib::Request&, httplib::Response& response) {
    answer(response, alive(), "an event loop hangs\n");
  });
  server.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
    answer(response, ready_(), "not ready: starting, stopping, or waiting for the store or a peer\n");
  });
  if (port == 0) {
    port = server.bind_to_any_port(host.c_str());
  } else if (!server.bind_to_port(host.c_str(), port)) {
    port = -1;
  }
  if (port < 0) {
    http_.reset();
    return invalid_field("metrics", "cannot listen on " + address + "; is it in use?");
  }
  http_->thread = std::thread([http = http_.get()] {
    http->server.listen_after_bind();
    http->ended = true;
  });
  spdlog::info("metrics on {}:{}", host, port);
  return Done{};
}

void Endpoint::stop() {
  if (!http_) return;
  // Before its thread has begun to listen a server cannot be stopped.
  while (!http_->server.is_running() && !http_->ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  http_->server.stop();
  http_->thread.join();
  http_.reset();
}

}  // namespace expertline::app
