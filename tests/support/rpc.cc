#include "support/rpc.h"

#include <random>
#include <sstream>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace expertline::test {

std::shared_ptr<grpc::Channel> connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

Refusal refusal(const grpc::Status& status) {
  Refusal said;
  said.code = status.error_code();
  said.message = status.error_message();
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return said;
  int infos = 0;
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (!any.UnpackTo(&info)) continue;
    ++infos;
    said.reason = info.reason();
    said.domain = info.domain();
    said.metadata = {info.metadata().begin(), info.metadata().end()};
  }
  if (infos != 1) said.reason.clear();
  return said;
}

std::string describe(const grpc::Status& status) {
  const Refusal said = refusal(status);
  std::ostringstream text;
  text << "status " << status.error_code() << " " << said.reason << ": " << said.message;
  for (const auto& [key, value] : said.metadata) text << " " << key << "=" << value;
  return text.str();
}

std::string new_id() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  std::ostringstream id;
  id << std::hex << random() << "-" << random();
  return id.str();
}

}  // namespace expertline::test
