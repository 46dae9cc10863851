// Decision records in files: JSON lines as `expertline decisions export` writes them, or one JSON object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expertline/v1/strategy.pb.h"

namespace expertline::cli {

// Protobuf's JSON of any message, on one line without its end.
std::string json_line(const google::protobuf::Message& message);

// `file` only names it in the error, with the line.
Result<std::vector<v1::DecisionRecord>> read_decisions(const std::string& file, std::string_view text);

}  // namespace expertline::cli
