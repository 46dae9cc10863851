#include "state/record_store.h"

#include <nlohmann/json.hpp>

namespace expertline::state {
namespace {

using nlohmann::json;

}  // namespace

Task<Result<Done>> RecordStore::append(std::vector<NewRecord> records, int64_t retention_ms, int64_t most_bytes) {
  json query = {{"retention_ms", retention_ms}, {"most_bytes", most_bytes}, {"legs", json::array()}};
  for (const NewRecord& record : records) query["legs"].push_back(record.session + " " + record.leg);
  std::vector<std::string> arguments{query.dump()};
  for (NewRecord& record : records) arguments.push_back(std::move(record.bytes));
  const auto answer = co_await fcall(client_, "xl1_record", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<std::vector<std::string>>> RecordStore::of_leg(std::string session, std::string leg) {
  const json query = {{"s", session}, {"leg", leg}};
  std::vector<std::string> arguments{query.dump()};
  auto answer = co_await fcall(client_, "xl1_records_of", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  std::vector<std::string> records;
  for (redis::Reply& record : *answer) records.push_back(std::move(record.text));
  co_return records;
}

Task<Result<std::vector<StoredRecord>>> RecordStore::page(std::string after, int most, int64_t most_bytes) {
  const json query = {{"after", after}, {"most", most}, {"most_bytes", most_bytes}};
  std::vector<std::string> arguments{query.dump()};
  auto answer = co_await fcall(client_, "xl1_records", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  std::vector<StoredRecord> records;
  for (size_t i = 0; i + 1 < answer->size(); i += 2) {
    records.push_back({.id = std::move(answer->at(i).text), .bytes = std::move(answer->at(i + 1).text)});
  }
  co_return records;
}

}  // namespace expertline::state
