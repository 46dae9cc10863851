#include "cel/text.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "cel/time.h"
#include "cel/value.h"

namespace expertline::cel {
namespace {

using Kind = Value::Kind;

constexpr size_t kLongestText = 10'000;  // of to_text()
constexpr int kDeepestText = 20;

class Writer {
 public:
  void write(Value value, int depth) {
    if (text_.size() > kLongestText || depth > kDeepestText) {
      text_ += "...";
      return;
    }
    switch (value.kind()) {
      case Kind::kNull:
        text_ += "null";
        return;
      case Kind::kBool:
        text_ += value.as_bool() ? "true" : "false";
        return;
      case Kind::kInt:
        text_ += std::to_string(value.as_int());
        return;
      case Kind::kUint:
        text_ += std::to_string(value.as_uint()) + "u";
        return;
      case Kind::kDouble: {
        const std::string number = format(value.as_double());
        text_ += number;
        if (number.find_first_not_of("-0123456789") == std::string::npos) text_ += ".0";
        return;
      }
      case Kind::kString:
      case Kind::kBytes: {
        const std::string_view whole = value.as_string();
        text_ += quoted(whole.substr(0, kLongestText), value.kind() == Kind::kBytes);
        if (whole.size() > kLongestText) text_ += "...";
        return;
      }
      case Kind::kTimestamp:
        text_ += "timestamp(\"" + format(value.as_timestamp()) + "\")";
        return;
      case Kind::kDuration:
        text_ += "duration(\"" + format(value.as_duration()) + "\")";
        return;
      case Kind::kType:
        text_ += value.as_string();
        return;
      case Kind::kList: {
        const List& list = value.as_list();
        text_ += "[";
        each(list.size(), [&](size_t i) { write(list.at(i, arena_), depth + 1); });
        text_ += "]";
        return;
      }
      case Kind::kMap: {
        const Map& map = value.as_map();
        text_ += "{";
        each(map.size(), [&](size_t i) {
          const Value key = map.key_at(i, arena_);
          write(key, depth + 1);
          text_ += ": ";
          write(map.find(key, arena_).value_or(Value()), depth + 1);
        });
        text_ += "}";
        return;
      }
      case Kind::kError:
        text_ += "error: ";
        text_ += value.as_error().message;
        return;
    }
  }

  std::string take() { return std::move(text_); }

 private:
  template <typename Write>
  void each(size_t size, Write&& one) {
    for (size_t i = 0; i < size; ++i) {
      if (i > 0) text_ += ", ";
      if (text_.size() > kLongestText) {
        text_ += "...";
        return;
      }
      one(i);
    }
  }

  std::string text_;
  Arena arena_;
};

}  // namespace

std::string format(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  const double size = std::fabs(number);
  const auto form =
      size == 0 || (size >= 1e-4 && size < 1e21) ? std::chars_format::fixed : std::chars_format::scientific;
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number, form);
  return error == std::errc() ? std::string(text, end) : std::string();
}

std::string quoted(std::string_view text, bool bytes) {
  std::string result = bytes ? "b\"" : "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char escaped[8];
    switch (c) {
      case '"':
      case '\\':
        result += '\\';
        result += c;
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      default:
        if (byte < 0x20 || byte == 0x7F || (bytes && byte > 0x7F)) {
          std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
          result += escaped;
        } else {
          result += c;
        }
    }
  }
  return result + "\"";
}

std::string to_text(Value value) {
  Writer writer;
  writer.write(value, 0);
  return writer.take();
}

}  // namespace expertline::cel
