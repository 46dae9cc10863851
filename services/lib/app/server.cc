#include "app/server.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <pthread.h>
#include <systemd/sd-daemon.h>

#include <chrono>
#include <csignal>
#include <random>
#include <sstream>

#include "grpc/health/v1/health.pb.h"

namespace expertline::app {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

constexpr int kMostMessageBytes = 256 * 1024;
// The read model and lists are sent by us, in bounded pages; they may be larger than what we take in.
constexpr int kMostReceivedFromPeerBytes = 4 * 1024 * 1024;

}  // namespace

void block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int wait_for_signal() {
  const sigset_t set = stop_signals();
  uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) <= 0) {
    int signal = 0;
    sigwait(&set, &signal);
    return signal;
  }
  const timespec interval{.tv_sec = static_cast<time_t>(watchdog_us / 3 / 1'000'000),
                          .tv_nsec = static_cast<long>(watchdog_us / 3 % 1'000'000 * 1'000)};
  for (;;) {
    if (alive()) sd_notify(0, "WATCHDOG=1");
    if (const int signal = sigtimedwait(&set, nullptr, &interval); signal > 0) return signal;
  }
}

Server::Server(std::string address, std::vector<grpc::Service*> services, std::vector<Calls*> calls)
    : address_(std::move(address)), services_(std::move(services)), calls_(std::move(calls)) {}

Server::~Server() { stop(); }

bool Server::start() {
  // Reflection lists the health service of gRPC itself; with this it can describe it too.
  google::protobuf::LinkMessageReflection<grpc::health::v1::HealthCheckRequest>();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::channelz::experimental::InitChannelzService();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_, grpc::InsecureServerCredentials(), &port_);
  builder.SetMaxReceiveMessageSize(kMostMessageBytes);
  // Clients may ping every 10 s, with or without calls (docs: client configuration).
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 9'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 5);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.experimental().SetInterceptorCreators(watch_server());
  for (grpc::Service* service : services_) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (!server_ || port_ == 0) return false;
  set_serving(false);
  return true;
}

void Server::set_serving(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
  serving_ = serving;
  if (serving) sd_notify(0, "READY=1");  // nothing without systemd
}

void Server::stop() {
  if (!server_) return;
  sd_notify(0, "STOPPING=1");
  serving_ = false;
  server_->GetHealthCheckService()->Shutdown();
  // Calls that came in while the others were ended are ended by the next round.
  std::thread ending([this] { server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5)); });
  std::atomic<bool> ended = false;
  std::thread waiting([this, &ended] {
    server_->Wait();
    ended = true;
  });
  while (!ended) {
    for (Calls* calls : calls_) calls->abort_all();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ending.join();
  waiting.join();
  server_.reset();
}

std::shared_ptr<grpc::Channel> Server::in_process() const {
  return server_->experimental().InProcessChannelWithInterceptors(grpc::ChannelArguments(), watch_peer());
}

std::shared_ptr<grpc::Channel> connect(const std::string& addresses) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(R"({
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [{
      "name": [{}],
      "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "1s", "backoffMultiplier": 2,
                      "retryableStatusCodes": ["UNAVAILABLE"]}
    }]
  })");
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  arguments.SetMaxReceiveMessageSize(kMostReceivedFromPeerBytes);
  const std::string target = addresses.find(',') == std::string::npos ? addresses : "ipv4:" + addresses;
  return grpc::experimental::CreateCustomChannelWithInterceptors(target, grpc::InsecureChannelCredentials(), arguments,
                                                                 watch_peer());
}

std::string random_id() {
  thread_local std::random_device device;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (int word = 0; word < 4; ++word) {
    uint32_t bits = device();
    for (int i = 0; i < 8; ++i, bits >>= 4) id.push_back(digits[bits & 15U]);
  }
  return id;
}

}  // namespace expertline::app
