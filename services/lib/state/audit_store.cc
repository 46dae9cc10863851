#include "state/audit_store.h"

#include <google/protobuf/util/time_util.h>

#include <nlohmann/json.hpp>

#include "state/fcall.h"
#include "state/texts.h"

namespace expertline::state {
namespace {

v1::AuditEntry read_line(const redis::Reply& entry) {
  v1::AuditEntry line;
  line.set_id(entry.elements[0].text);
  const std::vector<redis::Reply>& fields = entry.elements[1].elements;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string& name = fields[i].text;
    const std::string& value = fields[i + 1].text;
    if (name == "a") line.set_actor(value);
    if (name == "c") line.set_action(value);
    if (name == "t") line.set_target(value);
    if (name == "r") line.set_refused(value == "1");
    if (name == "d") line.set_detail(value);
    if (name == "w") {
      *line.mutable_time() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(number(value));
    }
  }
  return line;
}

}  // namespace

Task<Result<Done>> AuditStore::add(v1::AuditEntry line) {
  const nlohmann::json query = {{"actor", line.actor()},
                                {"action", line.action()},
                                {"target", line.target()},
                                {"refused", line.refused()},
                                {"detail", line.detail()}};
  std::vector<std::string> arguments{query.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  const auto answer = co_await fcall(client_, "xl1_audit", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<std::vector<v1::AuditEntry>>> AuditStore::list(std::string after, int most) {
  redis::Command command{"XRANGE", key(domain_, "audit"), after.empty() ? "-" : "(" + after, "+",
                         "COUNT",  std::to_string(most)};
  const redis::Reply reply = co_await client_.call(std::move(command));
  if (reply.lost() || reply.error()) {
    co_return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE, .message = "the store does not answer; ask again"};
  }
  std::vector<v1::AuditEntry> lines;
  for (const redis::Reply& entry : reply.elements) {
    if (entry.elements.size() == 2) lines.push_back(read_line(entry));
  }
  co_return lines;
}

}  // namespace expertline::state
