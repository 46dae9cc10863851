// SessionStore: what is said in a conversation, and what is told beside it (functions/conversation.lua).
#include <google/protobuf/util/time_util.h>

#include <nlohmann/json.hpp>

#include "state/session_store.h"
#include "state/texts.h"

namespace expertline::state {
namespace {

using nlohmann::json;

v1::Message read_message(const redis::Reply& entry) {
  v1::Message message;
  message.set_id(entry.elements[0].text);
  const std::vector<redis::Reply>& fields = entry.elements[1].elements;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string& name = fields[i].text;
    const std::string& value = fields[i + 1].text;
    if (name == "a") message.set_author(static_cast<v1::MessageAuthor>(number(value)));
    if (name == "i") message.set_author_id(value);
    if (name == "t") message.set_text(value);
    if (name == "f") message.mutable_file()->ParseFromString(value);
    if (name == "p") message.set_preset(value);
    if (name == "w") *message.mutable_time() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(number(value));
  }
  return message;
}

}  // namespace

Task<Result<std::vector<v1::Message>>> SessionStore::messages(std::string session, std::string after, int most) {
  redis::Command command{"XRANGE", prefix_ + "m:" + session, after.empty() ? "-" : "(" + after, "+",
                         "COUNT",  std::to_string(most)};
  const redis::Reply reply = co_await client_.call(std::move(command));
  if (reply.lost() || reply.error()) {
    co_return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE, .message = "the store does not answer; ask again"};
  }
  std::vector<v1::Message> messages;
  for (const redis::Reply& entry : reply.elements) {
    if (entry.elements.size() == 2) messages.push_back(read_message(entry));
  }
  co_return messages;
}

Task<Result<std::string>> SessionStore::say(std::string session, v1::Message message, Request request) {
  json query = {{"s", session}, {"author", static_cast<int>(message.author())}, {"id", message.author_id()}};
  if (message.author() == v1::MESSAGE_AUTHOR_EXPERT) query["expert"] = message.author_id();
  if (message.author() == v1::MESSAGE_AUTHOR_SUPERVISOR) query["supervisor"] = message.author_id();
  if (!message.preset().empty()) query["preset"] = message.preset();
  if (!request.id.empty()) {
    query["rid"] = request.id;
    query["hash"] = request.payload_hash;
  }
  Texts rest{message.text()};
  if (message.has_file()) rest.push_back(message.file().SerializeAsString());
  const auto answer = co_await run("xl1_say", query.dump(), std::move(rest));
  if (!answer) co_return answer.error();
  co_return answer->at(1);
}

Task<Result<Done>> SessionStore::typing(std::string session, v1::MessageAuthor role, std::string id) {
  json query = {{"s", session}, {"role", static_cast<int>(role)}};
  if (!id.empty()) query["id"] = id;
  const auto answer = co_await run("xl1_typing", query.dump(), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SessionStore::mark(std::string session, v1::MessageAuthor role, std::string id,
                                      std::string delivered, std::string read) {
  json query = {{"s", session},
                {"role", static_cast<int>(role)},
                {"delivered", delivered.empty() ? "-" : delivered},
                {"read", read.empty() ? "-" : read}};
  if (!id.empty()) query["id"] = id;
  const auto answer = co_await run("xl1_mark", query.dump(), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

}  // namespace expertline::state
