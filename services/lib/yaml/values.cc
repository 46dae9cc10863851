#include <algorithm>
#include <charconv>

#include "yaml/lines.h"

namespace expertline::yaml {
namespace {

using Kind = Node::Kind;

// The text of a scalar, or nullptr and an issue.
const std::string* scalar(const Node& node, std::string_view what, std::string_view wanted, Issues& issues) {
  if (node.told) return nullptr;
  if (node.kind == Kind::kScalar) return &node.scalar;
  issues.add(node.mark, "wrong_type",
             std::string(what) + " must be " + std::string(wanted) + ", not " + kind_name(node.kind));
  return nullptr;
}

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr Unit kUnits[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

}  // namespace

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a single value";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "";
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::optional<int64_t> to_int(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> to_double(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return std::nullopt;
  if (digits.back() == '.' || digits.find(".e") != std::string_view::npos ||
      digits.find(".E") != std::string_view::npos) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> to_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<int64_t> to_duration_ms(std::string_view text) {
  constexpr int64_t kMax = int64_t{1'000'000'000} * 3'600'000;
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  const Unit* next = std::begin(kUnits);
  while (!text.empty()) {
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = to_int(text.substr(0, digits));
    if (!count || *count > 1'000'000'000) return std::nullopt;
    text.remove_prefix(digits);
    const std::string_view unit = text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
    next = std::find_if(next, std::end(kUnits), [&](const Unit& u) { return u.name == unit; });
    if (next == std::end(kUnits)) return std::nullopt;
    total += *count * next->ms;
    if (total > kMax) return std::nullopt;
    text.remove_prefix(unit.size());
    ++next;
  }
  return total;
}

std::string duration_hint(std::string_view text) {
  constexpr const char* kExamples = "such as 20s, 500ms, 2m or 1h30m";
  static const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> kWords = {
      {"h", {"h", "hr", "hrs", "hour", "hours"}},
      {"m", {"m", "min", "mins", "minute", "minutes"}},
      {"s", {"s", "sec", "secs", "second", "seconds"}},
      {"ms", {"ms", "msec", "msecs", "millis", "millisecond", "milliseconds"}}};
  if (to_int(text) && text[0] != '-') return "with its unit: " + std::string(text) + "s";
  std::string made;
  std::string_view unit;
  for (size_t at = 0; at < text.size();) {
    const auto take = [&](auto&& wanted) {
      while (at < text.size() && text[at] == ' ') ++at;
      std::string word;
      for (; at < text.size() && wanted(text[at]); ++at)
        word += text[at] < 'a' && text[at] > '9' ? static_cast<char>(text[at] + 32) : text[at];
      return word;
    };
    const std::string digits = take([](char c) { return c >= '0' && c <= '9'; });
    const std::string word = take([](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    if (digits.empty()) return kExamples;
    const auto known = std::find_if(kWords.begin(), kWords.end(), [&](const auto& one) {
      return std::find(one.second.begin(), one.second.end(), word) != one.second.end();
    });
    if (known != kWords.end()) {
      unit = known->first;
    } else if (word.empty() && (unit == "h" || unit == "m")) {
      unit = unit == "h" ? "m" : "s";  // 1m30
    } else {
      return kExamples;
    }
    made += digits + std::string(unit);
  }
  return to_duration_ms(made) ? "did you mean " + made + "?" : kExamples;
}

std::string duration_text(int64_t ms) {
  std::string text;
  for (const Unit& unit : kUnits) {
    if (ms >= unit.ms) text += std::to_string(ms / unit.ms) + std::string(unit.name);
    ms %= unit.ms;
  }
  return text.empty() ? "0s" : text;
}

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> two_above(b.size() + 1);
  std::vector<size_t> above(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_above, above);
    std::swap(above, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& words) {
  if (word.size() > 64) return std::nullopt;
  constexpr size_t kShortest = 3;
  std::optional<std::string> best;
  size_t best_distance = (word.size() + 2) / 3 + 1;
  for (const std::string& candidate : words) {
    const size_t away = distance(word, candidate);
    if (away < best_distance) {
      best_distance = away;
      best = candidate;
    }
  }
  if (best) return best;
  // `integer` for int, `conf` for conference.
  for (const std::string& candidate : words) {
    if (std::min(candidate.size(), word.size()) < kShortest) continue;
    if (word.starts_with(candidate) || std::string_view(candidate).starts_with(word)) return candidate;
  }
  return std::nullopt;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& words) {
  const auto near = nearest(word, words);
  return near ? "did you mean " + *near + "?" : std::string();
}

std::optional<std::string> read_text(const Node& node, std::string_view what, Issues& issues) {
  const std::string* text = scalar(node, what, "text", issues);
  if (text == nullptr) return std::nullopt;
  return *text;
}

std::optional<std::string> read_name(const Node& node, std::string_view what, Issues& issues) {
  auto text = read_text(node, what, issues);
  if (text && text->empty()) {
    issues.add(node.mark, "empty", std::string(what) + " must not be empty");
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> read_id(const Node& node, std::string_view what, Issues& issues) {
  const std::string* text = scalar(node, what, "an id", issues);
  if (text == nullptr) return std::nullopt;
  const bool letters = std::all_of(text->begin(), text->end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '@' || c == '-';
  });
  if (letters && !text->empty() && text->size() <= 128) return *text;
  issues.add(node.mark, "bad_id", std::string(what) + " is not an id: " + quoted(*text),
             "1 to 128 letters, digits, or . _ @ -");
  return std::nullopt;
}

std::optional<int64_t> read_int(const Node& node, std::string_view what, int64_t min, int64_t max, Issues& issues) {
  const std::string* text = scalar(node, what, "a whole number", issues);
  if (text == nullptr) return std::nullopt;
  const auto value = node.quoted ? std::nullopt : to_int(*text);
  if (!value) {
    issues.add(node.mark, "bad_number", std::string(what) + " must be a whole number, not " + quoted(*text),
               node.quoted && to_int(*text) ? "write it without quotes" : "");
    return std::nullopt;
  }
  if (*value < min || *value > max) {
    issues.add(node.mark, "out_of_range",
               std::string(what) + " must lie between " + std::to_string(min) + " and " + std::to_string(max) +
                   ", not " + *text);
    return std::nullopt;
  }
  return value;
}

std::optional<bool> read_bool(const Node& node, std::string_view what, Issues& issues) {
  const std::string* text = scalar(node, what, "true or false", issues);
  if (text == nullptr) return std::nullopt;
  const auto value = node.quoted ? std::nullopt : to_bool(*text);
  if (!value) {
    const auto one_of = [&](std::initializer_list<std::string_view> words) {
      return std::find(words.begin(), words.end(), *text) != words.end();
    };
    std::string hint;
    if (node.quoted && to_bool(*text)) hint = "write it without quotes";
    if (one_of({"yes", "Yes", "YES", "y", "on", "True", "TRUE", "1"})) hint = "did you mean true?";
    if (one_of({"no", "No", "NO", "n", "off", "False", "FALSE", "0"})) hint = "did you mean false?";
    issues.add(node.mark, "bad_bool", std::string(what) + " must be true or false, not " + quoted(*text), hint);
  }
  return value;
}

std::optional<int64_t> read_duration_ms(const Node& node, std::string_view what, int64_t min_ms, int64_t max_ms,
                                        Issues& issues) {
  const std::string* text = scalar(node, what, "a duration", issues);
  if (text == nullptr) return std::nullopt;
  const auto value = to_duration_ms(*text);
  if (!value) {
    issues.add(node.mark, "bad_duration", std::string(what) + " must be a duration, not " + quoted(*text),
               duration_hint(*text));
    return std::nullopt;
  }
  if (*value < min_ms || *value > max_ms) {
    issues.add(node.mark, "out_of_range",
               std::string(what) + " must lie between " + duration_text(min_ms) + " and " + duration_text(max_ms) +
                   ", not " + *text);
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> read_word(const Node& node, std::string_view what, const std::vector<std::string>& words,
                                     Issues& issues) {
  const std::string* text = scalar(node, what, "one word", issues);
  if (text == nullptr) return std::nullopt;
  if (std::find(words.begin(), words.end(), *text) != words.end()) return *text;
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  issues.add(node.mark, "unknown_word", std::string(what) + " must be one of " + list + ", not " + quoted(*text),
             did_you_mean(*text, words));
  return std::nullopt;
}

const std::vector<Node>& read_list(const Node& node, std::string_view what, Issues& issues) {
  static const std::vector<Node> kNone;
  if (node.kind == Kind::kList) return node.items;
  if (node.told) return kNone;
  std::string hint = node.kind == Kind::kScalar ? "[" + node.scalar + "]" : "";
  if (node.kind == Kind::kMap && !node.entries.empty()) {
    const bool glued = node.entries[0].key.starts_with('-');  // `-agent: Nobody is free.`
    hint = glued ? "the dash before an item needs a space" : "each item of a list begins with a dash and a space";
  }
  issues.add(node.mark, "wrong_type", std::string(what) + " must be a list, not " + kind_name(node.kind), hint);
  return kNone;
}

const std::vector<Entry>& read_map(const Node& node, std::string_view what, Issues& issues) {
  static const std::vector<Entry> kNone;
  if (node.kind == Kind::kMap) return node.entries;
  if (node.told) return kNone;
  issues.add(node.mark, "wrong_type", std::string(what) + " must be a map, not " + kind_name(node.kind));
  return kNone;
}

Fields::Fields(const Node& node, std::string what, Issues& issues)
    : node_(&node), what_(std::move(what)), issues_(issues), is_map_(node.kind == Kind::kMap) {
  if (!is_map_) read_map(node, what_, issues);
}

const Node* Fields::optional(std::string_view key) {
  known_.emplace_back(key);
  const Entry* entry = node_->find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

const Node* Fields::required(std::string_view key) {
  const Node* value = optional(key);
  if (value == nullptr && is_map_) {
    issues_.add(node_->mark, "missing_key", what_ + " lacks the key " + std::string(key));
  }
  return value;
}

void Fields::done() {
  for (const Entry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    if (issues_.full()) return;
    std::string hint = did_you_mean(entry.key, known_);
    if (hint.empty() && entry.value.kind == Kind::kNull && entry.value.mark == entry.mark) {
      // `{agent: Nobody is free, please call back}` has a key `please call back` without a value.
      hint = "if it belongs to a text with a comma before it, that text needs quotes";
    } else if (hint.empty()) {
      for (const std::string& key : known_) hint += (hint.empty() ? "it may have " : ", ") + key;
    }
    issues_.add(entry.mark, "unknown_key", what_ + " has no key " + quoted(entry.key), hint);
  }
}

}  // namespace expertline::yaml
