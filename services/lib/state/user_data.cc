#include "state/user_data.h"

#include <absl/strings/numbers.h>

namespace expertline::state {

Result<Done> check_user_data(const std::string& field,
                             const google::protobuf::Map<std::string, v1::UserValue>& values) {
  for (const auto& [key, value] : values) {
    if (key.empty() || key.size() > 255) return invalid_field(field, "keys have 1 to 255 bytes");
    if (value.kind_case() == v1::UserValue::KIND_NOT_SET) {
      return invalid_field(field + "." + key, "has no value; set text, number or binary");
    }
  }
  return Done{};
}

void append_user_data(const google::protobuf::Map<std::string, v1::UserValue>& values, std::vector<std::string>& to) {
  for (const auto& [key, value] : values) {
    to.push_back("=" + key);
    switch (value.kind_case()) {
      case v1::UserValue::kNumber:
        to.push_back("n" + std::to_string(value.number()));
        break;
      case v1::UserValue::kBinary:
        to.push_back("b" + value.binary());
        break;
      default:
        to.push_back("t" + value.text());
    }
  }
}

void read_user_data_field(const std::string& field, const std::string& content, v1::UserData& data) {
  if (field == "rev") {
    int64_t revision = 0;
    if (absl::SimpleAtoi(content, &revision)) data.set_revision(revision);
    return;
  }
  if (field.empty() || content.empty()) return;
  v1::UserValue& value = (*data.mutable_values())[field.substr(1)];
  const std::string rest = content.substr(1);
  if (content[0] == 'n') {
    int64_t number = 0;
    if (absl::SimpleAtoi(rest, &number)) value.set_number(number);
  } else if (content[0] == 'b') {
    value.set_binary(rest);
  } else {
    value.set_text(rest);
  }
}

}  // namespace expertline::state
