#include <algorithm>

#include "strategy/reading.h"

namespace expertline::strategy {
namespace {

using routing::Declared;
using routing::Literal;
using yaml::Node;

const std::vector<std::string> kTypes{"string", "int", "double", "bool"};

constexpr size_t kMaxValues = 500;

bool is_identifier(std::string_view key) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (key.empty() || !letter(key[0])) return false;
  return std::all_of(key.begin(), key.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// The value of a scalar as that type.
std::optional<Literal> read_literal(Reading& in, const Node& node, Declared::Type type, const std::string& what) {
  const auto text = yaml::read_text(node, what, in.issues);
  if (!text) return std::nullopt;
  switch (type) {
    case Declared::Type::kString:
      return *text;
    case Declared::Type::kInt:
      if (const auto value = yaml::to_int(*text)) return *value;
      break;
    case Declared::Type::kDouble:
      if (const auto value = yaml::to_double(*text)) return *value;
      break;
    case Declared::Type::kBool:
      if (const auto value = yaml::to_bool(*text)) return *value;
      break;
  }
  const std::string& name = kTypes[static_cast<size_t>(type)];
  std::string hint;
  if (type == Declared::Type::kBool) hint = "true or false";
  if (type == Declared::Type::kInt) hint = "such as 0, 7 or -12; no 010, no 1_000";
  if (type == Declared::Type::kDouble) hint = "such as 0.5 or -12";
  in.issues.add(node.mark, "wrong_literal", what + " is no " + name + ": " + yaml::quoted(*text), hint);
  return std::nullopt;
}

void read_one(Reading& in, const yaml::Entry& entry) {
  Declared one{.key = entry.key};
  const std::string what = "user_data." + entry.key;
  if (entry.key.empty() || entry.key.size() > 255) {
    in.issues.add(entry.mark, "bad_key", "a key of user data has 1 to 255 bytes");
  } else if (!is_identifier(entry.key)) {
    in.issues.warn(entry.mark, "key_not_a_name", "expressions cannot read user_data." + entry.key,
                   "they can read keys of letters, digits and _, which do not begin with a digit");
    in.used.insert(entry.key);
  }
  yaml::Fields fields(entry.value, what, in.issues);
  const Node* const type = fields.required("type");
  const auto word = type == nullptr ? std::nullopt : yaml::read_word(*type, what + ".type", kTypes, in.issues);
  if (word) {
    one.type = static_cast<Declared::Type>(std::find(kTypes.begin(), kTypes.end(), *word) - kTypes.begin());
  } else {
    in.untyped.insert(entry.key);
  }
  if (const Node* list = fields.optional("one_of")) {
    const auto& items = yaml::read_list(*list, what + ".one_of", in.issues);
    if (list->kind == Node::Kind::kList && (items.empty() || items.size() > kMaxValues)) {
      in.issues.add(list->mark, items.empty() ? "empty" : "out_of_range",
                    what + ".one_of must name 1 to " + std::to_string(kMaxValues) + " values");
    }
    for (size_t i = 0; i < std::min(items.size(), kMaxValues); ++i) {
      const Node& item = items[i];
      auto literal = read_literal(in, item, one.type, "a value of " + what + ".one_of");
      if (!literal) continue;
      if (std::find(one.one_of.begin(), one.one_of.end(), *literal) != one.one_of.end()) {
        in.issues.warn(item.mark, "duplicate", item.scalar + " is in " + what + ".one_of twice");
        continue;
      }
      one.one_of.push_back(std::move(*literal));
    }
  }
  const Node* const by_default = fields.optional("default");
  if (by_default != nullptr) {
    one.default_value = read_literal(in, *by_default, one.type, what + ".default");
    const bool listed = one.one_of.empty() || !one.default_value ||
                        std::find(one.one_of.begin(), one.one_of.end(), *one.default_value) != one.one_of.end();
    if (!listed) {
      std::vector<std::string> texts;
      for (const routing::Literal& value : one.one_of) {
        if (const auto* text = std::get_if<std::string>(&value)) texts.push_back(*text);
      }
      in.issues.add(by_default->mark, "default_not_one_of",
                    what + ".default is none of its one_of: " + yaml::quoted(by_default->scalar),
                    yaml::did_you_mean(by_default->scalar, texts));
    }
  }
  if (const Node* value = fields.optional("required")) {
    set(one.required, yaml::read_bool(*value, what + ".required", in.issues));
    if (one.required && by_default != nullptr) {
      in.issues.warn(value->mark, "required_default", what + " is required and has a default as well",
                     "with a default it is never missing: leave out one of the two");
    }
  }
  if (const Node* value = fields.optional("secret")) {
    set(one.secret, yaml::read_bool(*value, what + ".secret", in.issues));
  }
  fields.done();
  in.declared.emplace(entry.key, entry.mark);
  in.strategy.user_data.push_back(std::move(one));
}

}  // namespace

void read_user_data(Reading& in, const Node& node) {
  constexpr size_t kMaxDeclared = 200;
  if (node.entries.size() > kMaxDeclared) {
    in.issues.add(node.mark, "out_of_range", "user_data declares at most " + std::to_string(kMaxDeclared) + " keys");
    return;
  }
  for (const yaml::Entry& entry : yaml::read_map(node, "user_data", in.issues)) read_one(in, entry);
}

}  // namespace expertline::strategy
