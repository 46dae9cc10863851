#include "strategy/expression.h"

#include <algorithm>

namespace expertline::strategy {
namespace {

using routing::Name;

constexpr const char* kOnlySimple = "only names, numbers and quoted texts are supported here yet";

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || (c >= '0' && c <= '9'); }

// Words joined by dots.
bool is_name(std::string_view text) {
  bool start = true;
  for (const char c : text) {
    if (start ? !is_word_start(c) : !(is_word(c) || c == '.')) return false;
    start = c == '.';
  }
  return !start;
}

// The place of byte `at` of a scalar. Texts of several lines and escapes do not keep their columns: then its beginning.
yaml::Mark place(const yaml::Node& node, size_t at) {
  const std::string_view before = std::string_view(node.scalar).substr(0, at);
  if (before.find_first_of("\n\\'\"") != std::string_view::npos) return node.mark;
  const auto characters = std::count_if(before.begin(), before.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return {node.mark.line, node.mark.column + static_cast<int>(characters) + (node.quoted ? 1 : 0)};
}

std::string_view trim(std::string_view text) {
  const size_t first = std::min(text.find_first_not_of(" \t\n"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t\n") + 1);
}

class NameReader {
 public:
  NameReader(const yaml::Node& node, const Names& names, yaml::Issues& issues)
      : node_(node), names_(names), issues_(issues) {}

  // `text` begins at byte `at` of the node's scalar.
  std::optional<Name> read(std::string_view text, size_t at) {
    const size_t dot = text.find('.');
    const std::string root(text.substr(0, dot));
    const std::string field(dot == std::string_view::npos ? "" : text.substr(dot + 1));
    const size_t field_at = at + root.size() + 1;
    if (root == "user_data") return user_data(field, field_at);
    if (root == "interaction") {
      return one_of(Name::Root::kInteraction, root, field, field_at,
                    {"id", "case_key", "channel", "customer_id", "last_expert"}, {});
    }
    if (root == "agent") {
      return one_of(Name::Root::kAgent, root, field, field_at, {"id", "name", "site"}, {"attributes"});
    }
    if (root == "expert") {
      if (!names_.expert) {
        issues_.add(place(node_, at), "name_not_here", "there is no expert here yet");
        return std::nullopt;
      }
      return one_of(Name::Root::kExpert, root, field, field_at, {"id", "name", "site"}, {"dn"});
    }
    std::string hint = yaml::did_you_mean(root, {"user_data", "interaction", "agent", "expert"});
    if (hint.empty()) hint = "if the text itself is meant, write '\"" + std::string(text) + "\"'";
    issues_.add(place(node_, at), "unknown_name", "there is no name " + root, hint);
    return std::nullopt;
  }

 private:
  std::optional<Name> user_data(const std::string& key, size_t at) {
    std::vector<std::string> keys;
    for (const routing::Declared& declared : names_.declared) keys.push_back(declared.key);
    if (std::find(keys.begin(), keys.end(), key) != keys.end())
      return Name{.root = Name::Root::kUserData, .field = key};
    std::string hint = yaml::did_you_mean(key, keys);
    issues_.add(place(node_, at), "undeclared", "user_data." + key + " is not declared",
                hint.empty() ? "declare it under user_data" : hint);
    return std::nullopt;
  }

  // A field of `plain`, or `map.key` with one of `maps`.
  std::optional<Name> one_of(Name::Root root, const std::string& root_name, const std::string& field, size_t at,
                             const std::vector<std::string>& plain, const std::vector<std::string>& maps) {
    if (std::find(plain.begin(), plain.end(), field) != plain.end()) return Name{.root = root, .field = field};
    const size_t dot = field.find('.');
    const std::string head = field.substr(0, dot);
    if (std::find(maps.begin(), maps.end(), head) != maps.end()) {
      if (dot != std::string::npos) return Name{.root = root, .field = head, .key = field.substr(dot + 1)};
      issues_.add(place(node_, at), "unknown_name", root_name + "." + head + " needs a key",
                  root_name + "." + head + (head == "dn" ? ".voice" : ".key"));
      return std::nullopt;
    }
    std::vector<std::string> known = plain;
    known.insert(known.end(), maps.begin(), maps.end());
    issues_.add(place(node_, at), "unknown_name", root_name + " has no field " + (head.empty() ? "\"\"" : head),
                yaml::did_you_mean(head, known));
    return std::nullopt;
  }

  const yaml::Node& node_;
  const Names& names_;
  yaml::Issues& issues_;
};

}  // namespace

std::optional<routing::Value> parse_value(const yaml::Node& node, std::string_view what, const Names& names,
                                          yaml::Issues& issues) {
  const auto scalar = yaml::read_name(node, what, issues);
  if (!scalar) return std::nullopt;
  const std::string_view text = trim(*scalar);
  if (const auto number = yaml::to_int(text)) {
    v1::UserValue value;
    value.set_number(*number);
    return value;
  }
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  const std::string_view inside = quoted ? text.substr(1, text.size() - 2) : std::string_view();
  if (quoted && inside.find_first_of("\\\"'") == std::string_view::npos) {
    v1::UserValue value;
    value.set_text(std::string(inside));
    return value;
  }
  if (is_name(text) && text != "true" && text != "false" && text != "null") {
    const auto at = static_cast<size_t>(std::find(scalar->begin(), scalar->end(), text.front()) - scalar->begin());
    const auto name = NameReader(node, names, issues).read(text, at);
    if (!name) return std::nullopt;
    return *name;
  }
  issues.add(node.mark, "not_supported", std::string(what) + ": " + kOnlySimple);
  return std::nullopt;
}

std::optional<routing::Text> parse_text(const yaml::Node& node, std::string_view what, const Names& names,
                                        yaml::Issues& issues) {
  const auto scalar = yaml::read_text(node, what, issues);
  if (!scalar) return std::nullopt;
  const std::string_view text = *scalar;
  routing::Text parts;
  bool good = true;
  for (size_t at = 0; at < text.size();) {
    const size_t open = std::min(text.find("${", at), text.size());
    if (open > at) parts.emplace_back(std::string(text.substr(at, open - at)));
    if (open == text.size()) break;
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      issues.add(place(node, open), "text_not_closed", std::string(what) + ": ${ without }");
      return std::nullopt;
    }
    const std::string_view inside = trim(text.substr(open + 2, close - open - 2));
    if (is_name(inside)) {
      const auto name_at = static_cast<size_t>(inside.data() - text.data());
      const auto name = NameReader(node, names, issues).read(inside, name_at);
      good &= name.has_value();
      if (name) parts.emplace_back(*name);
    } else {
      issues.add(place(node, open), "not_supported", std::string(what) + ": only names are supported in ${...} yet");
      good = false;
    }
    at = close + 1;
  }
  if (!good) return std::nullopt;
  return parts;
}

}  // namespace expertline::strategy
