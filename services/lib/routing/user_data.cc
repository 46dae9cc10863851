#include "routing/user_data.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <utility>

namespace expertline::routing {
namespace {

// The whole text as a number, spaces around it and a leading plus apart.
template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  constexpr const char* kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  text = text.substr(0, text.find_last_not_of(kSpace) + 1);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<cel::Value> as_declared(const v1::UserValue& value, Declared::Type type, cel::Arena& arena) {
  switch (type) {
    case Declared::Type::kString:
      if (value.has_text()) return cel::Value::string(value.text());
      if (value.has_number()) return cel::Value::string(arena.copy(std::to_string(value.number())));
      break;
    case Declared::Type::kInt:
      if (value.has_number()) return cel::Value::integer(value.number());
      if (const auto number = number_in<int64_t>(value.text())) return cel::Value::integer(*number);
      break;
    case Declared::Type::kDouble:
      if (value.has_number()) return cel::Value::number(static_cast<double>(value.number()));
      if (const auto number = number_in<double>(value.text()); number && std::isfinite(*number)) {
        return cel::Value::number(*number);
      }
      break;
    case Declared::Type::kBool:
      if (value.text() == "true") return cel::Value::boolean(true);
      if (value.text() == "false") return cel::Value::boolean(false);
      break;
  }
  return std::nullopt;
}

bool is_one_of(const Declared& declared, cel::Value value, cel::Arena& arena) {
  return declared.one_of.empty() ||
         std::any_of(declared.one_of.begin(), declared.one_of.end(),
                     [&](const Literal& one) { return cel::equal(value_of(one), value, arena); });
}

const char* kind_of(Declared::Type type) {
  switch (type) {
    case Declared::Type::kString:
      return "text";
    case Declared::Type::kInt:
      return "whole number";
    case Declared::Type::kDouble:
      return "number";
    case Declared::Type::kBool:
      return "`true` or `false`";
  }
  return "";
}

}  // namespace

cel::Value value_of(const Literal& literal) {
  return std::visit(
      [](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          return cel::Value::string(value);
        } else if constexpr (std::is_same_v<T, int64_t>) {
          return cel::Value::integer(value);
        } else if constexpr (std::is_same_v<T, double>) {
          return cel::Value::number(value);
        } else {
          return cel::Value::boolean(value);
        }
      },
      literal);
}

RequestData::RequestData(const Strategy& strategy, const v1::RoutingFacts& facts, cel::Arena& arena) {
  const auto& given = facts.user_data().values();
  values_.reserve(strategy.user_data.size());
  for (const Declared& declared : strategy.user_data) {
    std::optional<cel::Value>& value = values_.emplace_back();
    const auto found = given.find(declared.key);
    std::string fault;
    if (found == given.end()) {
      if (declared.required) fault = "is required and missing";
    } else if (!is_redacted(declared, found->second)) {
      value = as_declared(found->second, declared.type, arena);
      if (!value) {
        fault = std::string("is no ") + kind_of(declared.type);
      } else if (!is_one_of(declared, *value, arena)) {
        fault = "is none of its values";
        value.reset();
      }
      bad_secret_ = bad_secret_ || (declared.secret && !value);
    }
    if (!fault.empty() && fault_.empty()) fault_ = "user_data." + declared.key + " " + fault;
    if (!value && declared.default_value) value = value_of(*declared.default_value);
  }
}

}  // namespace expertline::routing
