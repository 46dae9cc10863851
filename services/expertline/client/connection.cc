#include "expertline/client/connection.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "expertline/client/service_config.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace expertline::cli {
namespace {

std::shared_ptr<grpc::Channel> open_channel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

const char* code_name(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto place = static_cast<size_t>(code);
  return place < std::size(kNames) ? kNames[place] : "UNKNOWN";
}

}  // namespace

void add_connection_options(CLI::App& app, Endpoints& endpoints) {
  const std::string group = "Connection";
  app.add_option("--address", endpoints.address, "Address of all services in one process")
      ->capture_default_str()
      ->group(group);
  app.add_option("--presence", endpoints.presence, "Address of presence-ingest, if it is elsewhere")->group(group);
  app.add_option("--strategy", endpoints.strategy, "Address of strategy-evaluation, if it is elsewhere")->group(group);
  app.add_option("--session", endpoints.session, "Address of session-bridge, if it is elsewhere")->group(group);
  app.add_option("--domain", endpoints.domain, "Contact centre")->capture_default_str()->group(group);
}

Connection::Connection(Endpoints endpoints) : endpoints_(std::move(endpoints)) {
  if (endpoints_.presence.empty()) endpoints_.presence = endpoints_.address;
  if (endpoints_.strategy.empty()) endpoints_.strategy = endpoints_.address;
  if (endpoints_.session.empty()) endpoints_.session = endpoints_.address;
  presence_channel_ = open_channel(endpoints_.presence);
  strategy_channel_ =
      endpoints_.strategy == endpoints_.presence ? presence_channel_ : open_channel(endpoints_.strategy);
  session_channel_ = endpoints_.session == endpoints_.presence ? presence_channel_ : open_channel(endpoints_.session);
  presence_ = v1::PresenceService::NewStub(presence_channel_);
  experts_ = v1::ExpertService::NewStub(presence_channel_);
  strategies_ = v1::StrategyService::NewStub(strategy_channel_);
  sessions_ = v1::SessionService::NewStub(session_channel_);
  desks_ = v1::DeskService::NewStub(session_channel_);
  reports_ = v1::ReportService::NewStub(session_channel_);
}

std::string Connection::wait_ready(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::system_clock::now() + patience;
  const std::pair<grpc::Channel*, const std::string*> all[] = {{presence_channel_.get(), &endpoints_.presence},
                                                               {session_channel_.get(), &endpoints_.session}};
  for (const auto& [channel, address] : all) {
    if (!channel->WaitForConnected(deadline)) {
      return fmt::format(
          "nothing answers at {}; start the services with `expertline up`, or say where they are "
          "with --address",
          *address);
    }
  }
  return "";
}

std::string Connection::where() const {
  if (endpoints_.presence == endpoints_.session) {
    return fmt::format("{}, domain {}", endpoints_.presence, endpoints_.domain);
  }
  return fmt::format("presence {}, session {}, domain {}", endpoints_.presence, endpoints_.session, endpoints_.domain);
}

std::string reason_of(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

std::string describe(const grpc::Status& status) {
  const std::string reason = reason_of(status);
  return fmt::format("{}{}{}: {}", code_name(status.error_code()), reason.empty() ? "" : " ", reason,
                     status.error_message());
}

}  // namespace expertline::cli
