#include "expertline/explain/decision_file.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

namespace expertline::cli {
namespace {

google::protobuf::util::Status read(std::string_view json, v1::DecisionRecord* record) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // a later release may say more
  return google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, record, options);
}

}  // namespace

std::string json_line(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  return status.ok() ? json : "{}";  // fails only for times out of range
}

Result<std::vector<v1::DecisionRecord>> read_decisions(const std::string& file, std::string_view text) {
  std::vector<v1::DecisionRecord> records;
  v1::DecisionRecord whole;
  if (text.find('{') != std::string_view::npos && read(text, &whole).ok()) {
    records.push_back(std::move(whole));
    return records;
  }
  size_t line = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view one = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    v1::DecisionRecord record;
    if (const auto status = read(one, &record); !status.ok()) {
      return invalid_field(file, fmt::format("line {} is no decision record: {}", line, status.ToString()));
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace expertline::cli
