#include "state/strategy_store.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "state/texts.h"

namespace expertline::state {
namespace {

using nlohmann::json;

}  // namespace

Task<Result<int64_t>> StrategyStore::keep(std::string strategy, std::string revision, std::string text) {
  const json query = {{"strategy", strategy}, {"revision", revision}};
  std::vector<std::string> arguments{query.dump(), std::move(text)};
  const auto answer = co_await fcall(client_, "xl1_keep_revision", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return number(answer->at(0).text);
}

Task<Result<StoredStrategies>> StrategyStore::all() {
  auto answer = co_await fcall(client_, "xl1_revisions", domain_, std::vector<std::string>());
  if (!answer) co_return answer.error();
  StoredStrategies all;
  all.version = number(answer->at(0).text);
  for (size_t i = 1; i + 2 < answer->size(); i += 3) {
    StoredStrategy strategy{.name = answer->at(i).text, .pinned = {}, .pinned_over = {}, .revisions = {}};
    const std::string& pin = answer->at(i + 1).text;
    if (const size_t space = pin.find(' '); space != std::string::npos) {
      strategy.pinned = pin.substr(0, space);
      strategy.pinned_over = pin.substr(space + 1);
      if (strategy.pinned_over == "-") strategy.pinned_over.clear();
    }
    const std::vector<redis::Reply>& list = answer->at(i + 2).elements;
    for (size_t j = 0; j + 1 < list.size(); j += 2) {
      strategy.revisions.push_back({.revision = list[j].text, .first_loaded_ms = number(list[j + 1].text)});
    }
    std::sort(strategy.revisions.begin(), strategy.revisions.end(),
              [](const StoredRevision& a, const StoredRevision& b) {
                return a.first_loaded_ms != b.first_loaded_ms ? a.first_loaded_ms > b.first_loaded_ms
                                                              : a.revision < b.revision;
              });
    all.list.push_back(std::move(strategy));
  }
  co_return all;
}

Task<Result<int64_t>> StrategyStore::version() {
  redis::Command command{"GET", key(domain_, "strategies:v")};
  const redis::Reply reply = co_await client_.call(std::move(command));
  if (reply.lost() || reply.error()) {
    co_return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE, .message = "the store does not answer; ask again"};
  }
  co_return number(reply.text);
}

Task<Result<std::string>> StrategyStore::text(std::string strategy, std::string revision) {
  const json query = {{"strategy", strategy}, {"revision", revision}};
  std::vector<std::string> arguments{query.dump()};
  auto answer = co_await fcall(client_, "xl1_revision_text", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return std::move(answer->at(0).text);
}

Task<Result<Done>> StrategyStore::pin(std::string strategy, std::string revision, std::string file) {
  const json query = {{"strategy", strategy}, {"revision", revision}, {"file", file}};
  std::vector<std::string> arguments{query.dump()};
  const auto answer = co_await fcall(client_, "xl1_pin", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> StrategyStore::file_changed(std::string strategy, std::string file) {
  const json query = {{"strategy", strategy}, {"file", file}};
  std::vector<std::string> arguments{query.dump()};
  const auto answer = co_await fcall(client_, "xl1_file_changed", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return Done{};
}

}  // namespace expertline::state
