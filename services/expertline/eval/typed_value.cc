#include "expertline/eval/typed_value.h"

#include <absl/strings/escaping.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "cel/time.h"

namespace expertline::cli {
namespace {

using cel::Value;
using nlohmann::json;
using Kind = cel::Value::Kind;

constexpr int kDeepest = 100;
constexpr size_t kMostText = 16 << 20;
constexpr size_t kMostValues = 200'000;
constexpr const char* kTimestampType = "type.googleapis.com/google.protobuf.Timestamp";
constexpr const char* kDurationType = "type.googleapis.com/google.protobuf.Duration";

std::optional<std::string> base64(const std::string& text) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes) && !absl::WebSafeBase64Unescape(text, &bytes)) return std::nullopt;
  return bytes;
}

// As protobuf reads it: a number, or its digits in a text.
template <typename T>
std::optional<T> whole_number(const json& content) {
  if (content.is_number_unsigned()) {
    const auto number = content.get<uint64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
    return std::nullopt;
  }
  if (content.is_number_integer()) {
    const auto number = content.get<int64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
    return std::nullopt;
  }
  if (!content.is_string()) return std::nullopt;
  const auto& text = content.get_ref<const std::string&>();
  T value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> number(const json& content) {
  if (content.is_number()) return content.get<double>();
  if (!content.is_string()) return std::nullopt;
  const auto& text = content.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || text.empty()) return std::nullopt;
  return value;
}

// Protobuf's JSON has a duration in seconds only.
std::optional<Value> object(const json& content) {
  if (!content.is_object() || !content.contains("@type") || !content.contains("value")) return std::nullopt;
  if (!content["value"].is_string()) return std::nullopt;
  const auto& text = content["value"].get_ref<const std::string&>();
  if (content["@type"] == kTimestampType) {
    const auto timestamp = cel::parse_timestamp(text);
    if (timestamp) return Value::timestamp(*timestamp);
  } else if (content["@type"] == kDurationType) {
    const auto duration = cel::parse_duration(text);
    if (duration) return Value::duration(*duration);
  }
  return std::nullopt;
}

// A list in a field of the object, which may be left out if there is nothing in it.
const json* list_in(const json& object, const char* field) {
  static const json kEmpty = json::array();
  if (!object.is_object()) return nullptr;
  const auto found = object.find(field);
  if (found == object.end()) return &kEmpty;
  return found->is_array() ? &*found : nullptr;
}

class Reader {
 public:
  explicit Reader(cel::Arena& arena) : arena_(arena) {}

  std::optional<Value> read(const json& typed, int depth) {
    if (depth > kDeepest || !typed.is_object() || typed.size() != 1) return std::nullopt;
    const std::string& kind = typed.begin().key();
    const json& content = typed.begin().value();
    if (kind == "nullValue") return Value::null();
    if (kind == "boolValue") return content.is_boolean() ? std::optional(Value::boolean(content)) : std::nullopt;
    if (kind == "int64Value") return of(whole_number<int64_t>(content), Value::integer);
    if (kind == "uint64Value") return of(whole_number<uint64_t>(content), Value::unsigned_integer);
    if (kind == "doubleValue") return of(number(content), Value::number);
    if (kind == "listValue") return list(content, depth);
    if (kind == "mapValue") return map(content, depth);
    if (kind == "objectValue") return object(content);
    if (!content.is_string()) return std::nullopt;
    const auto& text = content.get_ref<const std::string&>();
    if (kind == "stringValue") return Value::string(arena_.copy(text));
    if (kind == "typeValue") return Value::type(arena_.copy(text));
    if (kind != "bytesValue") return std::nullopt;
    const auto bytes = base64(text);
    if (!bytes) return std::nullopt;
    return Value::bytes(arena_.copy(*bytes));
  }

 private:
  template <typename T, typename Make>
  static std::optional<Value> of(const std::optional<T>& value, Make make) {
    if (!value) return std::nullopt;
    return make(*value);
  }

  std::optional<Value> list(const json& content, int depth) {
    const json* const values = list_in(content, "values");
    if (!values) return std::nullopt;
    std::vector<Value> elements;
    for (const json& typed : *values) {
      const auto element = read(typed, depth + 1);
      if (!element) return std::nullopt;
      elements.push_back(*element);
    }
    return cel::make_list(arena_, elements);
  }

  std::optional<Value> map(const json& content, int depth) {
    const json* const typed_entries = list_in(content, "entries");
    if (!typed_entries) return std::nullopt;
    std::vector<std::pair<Value, Value>> entries;
    for (const json& entry : *typed_entries) {
      if (!entry.is_object() || !entry.contains("key") || !entry.contains("value")) return std::nullopt;
      const auto key = read(entry["key"], depth + 1);
      const auto value = read(entry["value"], depth + 1);
      if (!key || !value || !is_key(key->kind())) return std::nullopt;
      entries.emplace_back(*key, *value);
    }
    return cel::make_map(arena_, entries);
  }

  static bool is_key(Kind kind) {
    return kind == Kind::kBool || kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kString;
  }

  cel::Arena& arena_;
};

class Writer {
 public:
  std::optional<nlohmann::ordered_json> write(Value value, int depth) {
    if (depth > kDeepest || ++values_ > kMostValues) return std::nullopt;
    nlohmann::ordered_json typed;
    switch (value.kind()) {
      case Kind::kNull:
        typed["nullValue"] = nullptr;
        return typed;
      case Kind::kBool:
        typed["boolValue"] = value.as_bool();
        return typed;
      case Kind::kInt:
        typed["int64Value"] = std::to_string(value.as_int());
        return typed;
      case Kind::kUint:
        typed["uint64Value"] = std::to_string(value.as_uint());
        return typed;
      case Kind::kDouble: {
        const double number = value.as_double();
        if (std::isfinite(number)) {
          typed["doubleValue"] = number;
        } else {
          typed["doubleValue"] = std::isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity";
        }
        return typed;
      }
      case Kind::kString:
        return text(typed, "stringValue", std::string(value.as_string()));
      case Kind::kBytes:
        return text(typed, "bytesValue", absl::Base64Escape({value.as_string().data(), value.as_string().size()}));
      case Kind::kType:
        return text(typed, "typeValue", std::string(value.as_string()));
      case Kind::kTimestamp:
        typed["objectValue"] = {{"@type", kTimestampType}, {"value", cel::format(value.as_timestamp())}};
        return typed;
      case Kind::kDuration:
        typed["objectValue"] = {{"@type", kDurationType}, {"value", cel::format(value.as_duration())}};
        return typed;
      case Kind::kList:
        return list(value.as_list(), depth);
      case Kind::kMap:
        return map(value.as_map(), depth);
      case Kind::kError:
        break;
    }
    return std::nullopt;
  }

 private:
  std::optional<nlohmann::ordered_json> text(nlohmann::ordered_json& typed, const char* kind, std::string content) {
    text_ += content.size();
    if (text_ > kMostText) return std::nullopt;
    typed[kind] = std::move(content);
    return std::move(typed);
  }

  std::optional<nlohmann::ordered_json> list(const cel::List& list, int depth) {
    auto values = nlohmann::ordered_json::array();
    for (size_t i = 0; i < list.size(); ++i) {
      auto element = write(list.at(i, arena_), depth + 1);
      if (!element) return std::nullopt;
      values.push_back(std::move(*element));
    }
    return nlohmann::ordered_json{{"listValue", {{"values", std::move(values)}}}};
  }

  std::optional<nlohmann::ordered_json> map(const cel::Map& map, int depth) {
    auto entries = nlohmann::ordered_json::array();
    for (size_t i = 0; i < map.size(); ++i) {
      const Value key = map.key_at(i, arena_);
      auto typed_key = write(key, depth + 1);
      auto typed_value = write(map.find(key, arena_).value_or(Value()), depth + 1);
      if (!typed_key || !typed_value) return std::nullopt;
      nlohmann::ordered_json entry;
      entry["key"] = std::move(*typed_key);
      entry["value"] = std::move(*typed_value);
      entries.push_back(std::move(entry));
    }
    return nlohmann::ordered_json{{"mapValue", {{"entries", std::move(entries)}}}};
  }

  cel::Arena arena_;
  size_t values_ = 0;
  size_t text_ = 0;
};

}  // namespace

std::optional<Value> read_typed_value(const json& json, cel::Arena& arena) { return Reader(arena).read(json, 0); }

std::optional<nlohmann::ordered_json> write_typed_value(Value value) { return Writer().write(value, 0); }

}  // namespace expertline::cli
