#include "state/counts.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <set>

#include "state/fcall.h"

namespace expertline::state {
namespace {

int64_t number_of(absl::string_view text) {
  int64_t value = 0;
  return absl::SimpleAtoi(text, &value) ? value : 0;
}

void take(Counts& counts, const std::string& field, int64_t value) {
  static const std::set<std::string> kDistributions{"wait", "expert", "answer", "late"};
  Counts::Labels words = absl::StrSplit(field, ' ');
  const std::string what = words.front();
  words.erase(words.begin());
  if (!kDistributions.contains(what) || words.empty()) {
    counts.sums[what][words] = value;
    return;
  }
  const std::string last = words.back();
  words.pop_back();
  Distribution& distribution = counts.distributions[what][words];
  if (last == "sum") {
    distribution.sum_ms = value;
  } else {
    distribution.buckets[static_cast<int>(number_of(last))] = value;
  }
}

}  // namespace

Task<Result<Counts>> read_counts(redis::Client& client, std::string domain) {
  const auto answer = co_await fcall(client, "xl1_counts", domain, {});
  if (!answer) co_return answer.error();
  Counts counts;
  if (answer->size() < 5) co_return counts;
  counts.now = number_of(answer->at(0).text);
  counts.host = number_of(answer->at(1).text);
  counts.open = number_of(answer->at(2).text);
  counts.overdue_ms = number_of(answer->at(3).text);
  const auto pairs = static_cast<size_t>(number_of(answer->at(4).text));
  size_t i = 5;
  for (; i + 1 < answer->size() && i < 5 + 2 * pairs; i += 2) {
    take(counts, answer->at(i).text, number_of(answer->at(i + 1).text));
  }
  for (; i + 1 < answer->size(); i += 2) counts.waiting_since[answer->at(i).text] = number_of(answer->at(i + 1).text);
  co_return counts;
}

Task<Result<StoreInfo>> read_info(redis::Client& client) {
  redis::Command command{"INFO"};
  const redis::Reply reply = co_await client.call(std::move(command));
  if (reply.lost() || reply.error()) {
    co_return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE, .message = "the store does not answer"};
  }
  std::map<std::string, std::string> fields;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(reply.text, "\r\n"))) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos) fields[line.substr(0, colon)] = line.substr(colon + 1);
  }
  StoreInfo info;
  info.run = fields["run_id"];
  info.uptime_s = number_of(fields["uptime_in_seconds"]);
  info.used_bytes = number_of(fields["used_memory"]);
  info.limit_bytes = number_of(fields["maxmemory"]);
  info.writes_its_file = fields["aof_enabled"] == "1" && fields["aof_last_write_status"] == "ok";
  info.replicas = static_cast<int>(number_of(fields["connected_slaves"]));
  co_return info;
}

}  // namespace expertline::state
