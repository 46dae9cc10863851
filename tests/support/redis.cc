#include "support/redis.h"

#include <hiredis/hiredis.h>

#include <sstream>
#include <stdexcept>

#include "support/wait.h"

namespace expertline::test {
namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

void flatten(const redisReply& reply, std::vector<std::string>& into) {
  switch (reply.type) {
    case REDIS_REPLY_ARRAY:
      for (size_t i = 0; i < reply.elements; ++i) flatten(*reply.element[i], into);
      break;
    case REDIS_REPLY_INTEGER:
      into.push_back(std::to_string(reply.integer));
      break;
    case REDIS_REPLY_ERROR:
      throw std::runtime_error("redis: " + std::string(reply.str, reply.len));
    default:
      into.emplace_back(reply.str == nullptr ? "" : std::string(reply.str, reply.len));
  }
}

}  // namespace

RedisServer::RedisServer(const std::filesystem::path& folder) : folder_(folder) {
  std::filesystem::create_directories(folder_);
}

void RedisServer::start() {
  process_ = std::make_unique<Process>(
      std::vector<std::string>{EXPERTLINE_REDIS_SERVER, "--port", "0", "--unixsocket", socket(), "--dir",
                               folder_.string(), "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                               "--maxmemory-policy", "noeviction"},
      folder_ / "redis.log");
  process_->wait_for_output("ready to accept connections at " + socket());
}

RedisReader::RedisReader(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {
  if (context_ == nullptr || context_->err != 0) {
    const std::string why = context_ == nullptr ? "no memory" : context_->errstr;
    if (context_ != nullptr) redisFree(context_);
    throw std::runtime_error("cannot connect to " + socket + ": " + why);
  }
}

RedisReader::~RedisReader() { redisFree(context_); }

std::vector<std::string> RedisReader::ask(const std::vector<std::string>& command) {
  std::vector<const char*> argv;
  std::vector<size_t> lengths;
  for (const std::string& word : command) {
    argv.push_back(word.data());
    lengths.push_back(word.size());
  }
  const Reply reply(
      static_cast<redisReply*>(redisCommandArgv(context_, static_cast<int>(argv.size()), argv.data(), lengths.data())));
  if (!reply) throw std::runtime_error(std::string("redis: ") + context_->errstr);
  std::vector<std::string> words;
  flatten(*reply, words);
  return words;
}

std::vector<std::string> RedisReader::keys(const std::string& pattern) { return ask({"KEYS", pattern}); }

std::vector<std::string> RedisReader::stream(const std::string& key) { return ask({"XRANGE", key, "-", "+"}); }

std::map<std::string, std::string> RedisReader::hash(const std::string& key) {
  const auto words = ask({"HGETALL", key});
  std::map<std::string, std::string> fields;
  for (size_t i = 0; i + 1 < words.size(); i += 2) fields[words[i]] = words[i + 1];
  return fields;
}

// The eleventh word of his state: "name,capacity,use,wrap", ";" between them, or "-".
std::map<std::string, Load> loads(const std::map<std::string, std::string>& record) {
  std::map<std::string, Load> all;
  const auto state = record.find("state");
  if (state == record.end()) return all;
  std::istringstream words(state->second);
  std::string list;
  for (int i = 0; i < 11; ++i) words >> list;
  std::istringstream media(list == "-" ? "" : list);
  for (std::string medium; std::getline(media, medium, ';');) {
    std::istringstream parts(medium);
    std::string name;
    char comma = 0;
    Load load;
    std::getline(parts, name, ',');
    parts >> load.capacity >> comma >> load.use;
    all[name] = load;
  }
  return all;
}

std::vector<std::string> holdings(RedisReader& redis, const std::string& domain) {
  std::vector<std::string> held;
  for (const std::string& key : redis.keys("{" + domain + "}:x:*")) {
    const auto record = redis.hash(key);
    for (const auto& [medium, load] : loads(record)) {
      if (load.use != 0) held.push_back(key + " uses " + medium + " " + std::to_string(load.use) + " times");
    }
    for (const auto& [field, value] : record) {
      if (field.rfind("r:", 0) == 0) held.push_back(key + " " + field + " = " + value);
    }
  }
  return held;
}

}  // namespace expertline::test
