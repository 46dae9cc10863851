#include "state/source_store.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace expertline::state {
namespace {

int64_t number(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void add_field(std::vector<std::string>& to, const std::string& source, const std::string& what, int64_t count) {
  if (count == 0) return;
  to.push_back(source + " " + what);
  to.push_back(std::to_string(count));
}

}  // namespace

Task<Result<Done>> SourceStore::hello(std::string domain, SourceLease lease) {
  std::vector<std::string> arguments = {lease.source, std::to_string(lease.kind), std::to_string(lease.epoch),
                                        std::to_string(lease.heartbeat_ms), std::to_string(lease.grace_ms)};
  const auto answer = co_await fcall(redis_, "xl1_source_hello", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SourceStore::alive(std::string domain, std::string source, int64_t epoch) {
  std::vector<std::string> arguments = {source, std::to_string(epoch)};
  const auto answer = co_await fcall(redis_, "xl1_source_alive", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<bool>> SourceStore::sweep(std::string domain) {
  const auto answer = co_await fcall(redis_, "xl1_sources_sweep", domain, std::vector<std::string>());
  if (!answer) co_return answer.error();
  co_return answer->at(0).text == "1";
}

Task<Result<Sources>> SourceStore::read(std::string domain, std::map<std::string, SourceCounts> more) {
  std::vector<std::string> arguments;
  for (const auto& [source, counts] : more) {
    add_field(arguments, source, "taken", counts.taken);
    add_field(arguments, source, "overtaken", counts.overtaken);
    for (const auto& [reason, count] : counts.refused) add_field(arguments, source, std::to_string(reason), count);
  }
  const auto answer = co_await fcall(redis_, "xl1_sources", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  Sources sources;
  sources.now_ms = number(answer->at(0).text);
  for (const redis::Reply& one : answer->at(1).elements) {
    const auto& f = one.elements;
    SourceLease lease{.source = f.at(0).text,
                      .kind = static_cast<v1::SourceKind>(number(f.at(1).text)),
                      .epoch = number(f.at(2).text),
                      .heartbeat_ms = number(f.at(3).text),
                      .grace_ms = number(f.at(4).text),
                      .seen_ms = number(f.at(5).text)};
    if (!f.at(6).text.empty()) lease.lost = number(f.at(6).text);
    sources.leases.push_back(std::move(lease));
  }
  const std::vector<redis::Reply>& counts = answer->at(2).elements;
  for (size_t i = 0; i + 1 < counts.size(); i += 2) {
    const std::string& field = counts[i].text;
    const size_t blank = field.find(' ');
    if (blank == std::string::npos) continue;
    SourceCounts& of = sources.counts[field.substr(0, blank)];
    const std::string what = field.substr(blank + 1);
    const int64_t count = number(counts[i + 1].text);
    if (what == "taken") {
      of.taken = count;
    } else if (what == "overtaken") {
      of.overtaken = count;
    } else {
      of.refused[static_cast<v1::ReportRefusal>(number(what))] = count;
    }
  }
  co_return sources;
}

}  // namespace expertline::state
