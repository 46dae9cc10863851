// A redis-server of the test's own, and a plain connection to look into any.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"

struct redisContext;

namespace expertline::test {

// redis-server on a Unix socket, append-only file with fsync always: what it acknowledged survives kill(). Runs from
// start() on.
class RedisServer {
 public:
  explicit RedisServer(const std::filesystem::path& folder);

  void start();
  void kill() { process_.reset(); }
  std::string socket() const { return (folder_ / "redis.sock").string(); }
  std::string url() const { return "unix:" + socket(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Process> process_;
};

// Reads what is in a store. One thread.
class RedisReader {
 public:
  explicit RedisReader(const std::string& socket);
  ~RedisReader();
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;

  std::vector<std::string> keys(const std::string& pattern);
  // Ids, names and values of all entries, one after the other.
  std::vector<std::string> stream(const std::string& key);
  std::map<std::string, std::string> hash(const std::string& key);

 private:
  std::vector<std::string> ask(const std::vector<std::string>& command);

  redisContext* context_;
};

// What an expert holds of one medium, as his record {D}:x:<expert> counts it.
struct Load {
  int capacity = 0;
  int use = 0;
};
std::map<std::string, Load> loads(const std::map<std::string, std::string>& record);

// What experts of a domain hold according to the store: one line for each medium in use and each `r:`.
// Empty when nobody holds anything.
std::vector<std::string> holdings(RedisReader& redis, const std::string& domain);

}  // namespace expertline::test
