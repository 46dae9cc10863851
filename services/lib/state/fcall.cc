#include "state/fcall.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "app/trace.h"
#include "state/library.h"

namespace expertline::state {
namespace {

Error store_unavailable(const std::string& why) {
  return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE,
               .message = "the store does not answer (" + why + "); ask again with the same request id"};
}

// {"refused", REASON, key, value, ...}
Error refusal(const std::string& function, const std::vector<redis::Reply>& reply) {
  Error error;
  if (reply.size() < 2 || !v1::ErrorReason_Parse("ERROR_REASON_" + reply[1].text, &error.reason)) {
    spdlog::error("store: {} refused without a known reason", function);
    return Error{.message = "the store refused without a known reason", .metadata = {{"detail", function}}};
  }
  std::string words = reply[1].text;
  std::transform(words.begin(), words.end(), words.begin(),
                 [](char c) { return c == '_' ? ' ' : static_cast<char>(std::tolower(c)); });
  error.message = words;
  for (size_t i = 2; i + 1 < reply.size(); i += 2) {
    error.metadata[reply[i].text] = reply[i + 1].text;
    error.message += (i == 2 ? ": " : ", ") + reply[i].text + " " + reply[i + 1].text;
  }
  return error;
}

Result<std::vector<redis::Reply>> read(const std::string& function, redis::Reply reply) {
  if (reply.lost()) return store_unavailable("the connection was lost");
  if (reply.error()) {
    for (const char* passing : {"OOM", "LOADING", "MISCONF", "READONLY", "NOREPLICAS", "BUSY"}) {
      if (reply.text.starts_with(passing)) return store_unavailable(reply.text);
    }
    spdlog::error("store: {}: {}", function, reply.text);
    return Error{.message = "the store cannot do this", .metadata = {{"detail", function}}};
  }
  if (reply.elements.empty() || reply.elements[0].text == "refused") return refusal(function, reply.elements);
  return std::move(reply.elements);
}

}  // namespace

std::string key(const std::string& domain, const std::string& name) { return "{" + domain + "}:" + name; }

Task<Result<std::vector<redis::Reply>>> fcall_word(redis::Client& redis, std::string function, std::string domain,
                                                   std::vector<std::string> arguments) {
  redis::Command command = {"FCALL", function, "1", key(domain, "clock")};
  command.insert(command.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  app::Span span(function, app::Span::Kind::kClient);
  span.attribute("db.system", "redis");
  redis::Reply reply = co_await redis.call(std::move(command));
  if (reply.lost() || reply.error()) span.fail(reply.lost() ? "lost" : "error");
  span.end();
  co_return read(function, std::move(reply));
}

Task<Result<std::vector<redis::Reply>>> fcall(redis::Client& redis, std::string function, std::string domain,
                                              std::vector<std::string> arguments) {
  auto answer = co_await fcall_word(redis, std::move(function), std::move(domain), std::move(arguments));
  if (answer) answer->erase(answer->begin());
  co_return answer;
}

redis::Command load_functions() { return {"FUNCTION", "LOAD", "REPLACE", function_library()}; }

}  // namespace expertline::state
