// The whole product as child processes, in one of the shapes in which it is run.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/redis.h"

namespace expertline::test {

enum class Shape {
  Embedded,       // `expertline up`: all in one process with a private redis-server
  ThreeServices,  // one process each of presence-ingest, strategy-evaluation, session-bridge, and one redis-server
  Replicated,     // two of each
};
std::string name_of(Shape shape);
std::optional<Shape> shape_named(const std::string& name);

enum class Service { Presence, Strategy, Bridge };

struct SystemOptions {
  Shape shape = Shape::Embedded;
  std::string strategies = {};  // folder; a policy.yaml beside it is the bridge's policy
  std::string roster = {};      // file; empty: no experts to begin with
  std::string decision_records = "all";
  std::string sources = {};  // file of sources of presence; empty: any may report
};

// Domain `main`. One thread.
class System {
 public:
  // Starts everything and returns when it is ready.
  explicit System(SystemOptions options);

  // For a client: all replicas of the service.
  std::string target(Service service) const;
  // One replica; `replica` modulo their number.
  std::string address(Service service, size_t replica) const;
  size_t replicas() const { return options_.shape == Shape::Replicated ? 2 : 1; }
  Shape shape() const { return options_.shape; }
  std::string redis_socket() const;

  // SIGKILL. In the embedded shape every service is the one process.
  void kill(Service service, size_t replica = 0);
  // Starts it again on the same address, and returns when it is ready.
  void start(Service service, size_t replica = 0);
  // SIGKILL to all, the store too.
  void kill_all();
  // Starts all of it again on what is on disk.
  void start_all();

  Process& process(Service service, size_t replica = 0);

 private:
  struct Replica {
    std::string address;
    std::unique_ptr<Process> process;
  };
  Replica& at(Service service, size_t replica);
  std::vector<std::string> command(Service service, const Replica& replica) const;
  std::string addresses(Service service) const;
  void launch(Service service, size_t replica);

  SystemOptions options_;
  TempDir folder_;
  std::unique_ptr<RedisServer> redis_;  // absent in the embedded shape
  std::map<Service, std::vector<Replica>> services_;
  int starts_ = 0;  // of any process, for the names of the output files
};

}  // namespace expertline::test
