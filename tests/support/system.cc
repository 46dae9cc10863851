#include "support/system.h"

#include <filesystem>
#include <stdexcept>

namespace expertline::test {
namespace {

constexpr auto kShapes = {Shape::Embedded, Shape::ThreeServices, Shape::Replicated};
constexpr auto kServices = {Service::Presence, Service::Strategy, Service::Bridge};

std::string name_of(Service service) {
  switch (service) {
    case Service::Presence:
      return "presence-ingest";
    case Service::Strategy:
      return "strategy-evaluation";
    case Service::Bridge:
      return "session-bridge";
  }
  return "";
}

}  // namespace

std::string name_of(Shape shape) {
  switch (shape) {
    case Shape::Embedded:
      return "embedded";
    case Shape::ThreeServices:
      return "three";
    case Shape::Replicated:
      return "replicated";
  }
  return "";
}

std::optional<Shape> shape_named(const std::string& name) {
  for (const Shape shape : kShapes) {
    if (name_of(shape) == name) return shape;
  }
  return std::nullopt;
}

System::System(SystemOptions options) : options_(std::move(options)) {
  if (options_.shape == Shape::Embedded) {
    services_[Service::Bridge].push_back({.address = "127.0.0.1:" + std::to_string(free_port()), .process = nullptr});
  } else {
    redis_ = std::make_unique<RedisServer>(folder_ / "redis");
    for (const Service service : kServices) {
      for (size_t i = 0; i < replicas(); ++i) {
        services_[service].push_back({.address = "127.0.0.1:" + std::to_string(free_port()), .process = nullptr});
      }
    }
  }
  start_all();
}

System::Replica& System::at(Service service, size_t replica) {
  auto& all = services_.at(options_.shape == Shape::Embedded ? Service::Bridge : service);
  return all[replica % all.size()];
}

std::string System::addresses(Service service) const {
  std::string all;
  for (const Replica& replica : services_.at(options_.shape == Shape::Embedded ? Service::Bridge : service)) {
    all += (all.empty() ? "" : ",") + replica.address;
  }
  return all;
}

std::string System::target(Service service) const { return "ipv4:" + addresses(service); }

std::string System::address(Service service, size_t replica) const {
  return const_cast<System*>(this)->at(service, replica).address;
}

Process& System::process(Service service, size_t replica) { return *at(service, replica).process; }

std::string System::redis_socket() const { return redis_ ? redis_->socket() : folder_ / "data/redis.sock"; }

// A policy.yaml beside the folder of strategies is the bridge's policy.
static void add_policy(const std::string& strategies, std::vector<std::string>& argv) {
  const auto policy = std::filesystem::path(strategies).parent_path() / "policy.yaml";
  if (std::filesystem::exists(policy)) argv.insert(argv.end(), {"--policy", policy.string()});
}

std::vector<std::string> System::command(Service service, const Replica& replica) const {
  std::vector<std::string> argv;
  if (options_.shape == Shape::Embedded) {
    argv = {EXPERTLINE_COMMAND,
            "up",
            "--listen",
            replica.address,
            "--data",
            folder_ / "data",
            "--domain",
            "main",
            "--strategies",
            options_.strategies,
            "--decision-records",
            options_.decision_records,
            "--metrics",
            "127.0.0.1:0"};
    if (!options_.roster.empty()) argv.insert(argv.end(), {"--roster", options_.roster});
    if (!options_.sources.empty()) argv.insert(argv.end(), {"--sources", options_.sources});
    add_policy(options_.strategies, argv);
    return argv;
  }
  switch (service) {
    case Service::Presence:
      argv = {EXPERTLINE_PRESENCE_INGEST};
      if (!options_.roster.empty()) argv.insert(argv.end(), {"--roster", options_.roster});
      if (!options_.sources.empty()) argv.insert(argv.end(), {"--sources", options_.sources});
      break;
    case Service::Strategy:
      argv = {EXPERTLINE_STRATEGY_EVALUATION,
              "--presence",
              addresses(Service::Presence),
              "--strategies",
              options_.strategies,
              "--decision-records",
              options_.decision_records};
      break;
    case Service::Bridge: {
      const auto number = &replica - services_.at(Service::Bridge).data() + 1;
      argv = {EXPERTLINE_SESSION_BRIDGE, "--strategy", addresses(Service::Strategy), "--id",
              "bridge-" + std::to_string(number)};
      add_policy(options_.strategies, argv);
      break;
    }
  }
  argv.insert(argv.end(),
              {"--listen", replica.address, "--redis", redis_->url(), "--domain", "main", "--metrics", "127.0.0.1:0"});
  return argv;
}

void System::launch(Service service, size_t replica) {
  Replica& it = at(service, replica);
  const std::string name = options_.shape == Shape::Embedded ? "expertline" : name_of(service);
  const auto output = folder_ / (name + "-" + std::to_string(replica) + "." + std::to_string(++starts_) + ".log");
  it.process = std::make_unique<Process>(command(service, it), output);
}

void System::kill(Service service, size_t replica) { process(service, replica).kill(); }

void System::start(Service service, size_t replica) {
  launch(service, replica);
  process(service, replica).wait_for_output("ready");
}

void System::kill_all() {
  for (auto& [service, all] : services_) {
    for (Replica& replica : all) replica.process->kill();
  }
  if (redis_) redis_->kill();
}

void System::start_all() {
  if (redis_) redis_->start();
  for (auto& [service, all] : services_) {
    for (size_t i = 0; i < all.size(); ++i) launch(service, i);
  }
  for (auto& [service, all] : services_) {
    for (Replica& replica : all) replica.process->wait_for_output("ready");
  }
}

}  // namespace expertline::test
