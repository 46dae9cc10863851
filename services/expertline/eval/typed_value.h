// Values of the expression language as JSON: the protobuf JSON form of cel.expr.Value, in which each value says its
// kind: {"int64Value": "5"}, {"listValue": {"values": [...]}}.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "cel/value.h"

namespace expertline::cli {

// Texts, lists and maps are made in `arena`. Nothing if it is no such value, or nested deeper than 100.
std::optional<cel::Value> read_typed_value(const nlohmann::json& json, cel::Arena& arena);

// Nothing if it would be larger than 200,000 values, or 16 MiB of text. Not of errors.
std::optional<nlohmann::ordered_json> write_typed_value(cel::Value value);

}  // namespace expertline::cli
