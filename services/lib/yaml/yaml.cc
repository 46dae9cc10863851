#include "yaml/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <unordered_map>

namespace expertline::yaml {
namespace {

using Kind = Node::Kind;

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

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Length of the UTF-8 character at `text[at]`, 0 if it is malformed.
size_t utf8_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogates
  if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
  return length;
}

// The text by lines, to turn yaml-cpp's places (lines and bytes, from 0) into ours.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  std::string_view line(size_t index) const {
    if (index >= starts_.size()) return {};
    const size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
    std::string_view line = text_.substr(starts_[index], end - starts_[index]);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  Mark mark(size_t line_index, size_t byte_column) const {
    const std::string_view before = line(line_index).substr(0, byte_column);
    const auto characters = std::count_if(before.begin(), before.end(), [](char c) { return !is_continuation(c); });
    return {static_cast<int>(line_index) + 1, static_cast<int>(characters) + 1};
  }

  Mark mark(const YAML::Mark& mark_in) const {
    if (mark_in.is_null()) return {};
    return mark(static_cast<size_t>(mark_in.line), static_cast<size_t>(mark_in.column));
  }

  // The line from the mark on.
  std::string_view rest(const YAML::Mark& mark_in) const {
    if (mark_in.is_null()) return {};
    const std::string_view whole = line(static_cast<size_t>(mark_in.line));
    return whole.substr(std::min(whole.size(), static_cast<size_t>(mark_in.column)));
  }

  // False if the scalar at the mark begins with a quote and runs to the end of the text, which yaml-cpp lets pass.
  bool quote_is_closed(const YAML::Mark& mark_in) const {
    const std::string_view here = rest(mark_in);
    if (!here.starts_with('\'') && !here.starts_with('"')) return true;
    const char quote = here[0];
    for (auto at = static_cast<size_t>(here.data() - text_.data()) + 1; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 == text_.size() || text_[at + 1] != quote) return true;
        ++at;
      }
    }
    return false;
  }

 private:
  std::string_view text_;
  std::vector<size_t> starts_;
};

// Refuses what yaml-cpp would replace or misread, which also keeps its byte positions equal to ours.
bool check_bytes(std::string_view text, Issues& issues) {
  size_t line = 0;
  size_t line_start = 0;
  const auto complain = [&](size_t at, const char* code, const char* message) {
    issues.add(Lines(text).mark(line, at - line_start), code, message);
    return false;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8_length(text, at);
    if (length == 0) return complain(at, "yaml_not_utf8", "the file is not UTF-8 here");
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool line_break = byte == '\n' || (byte == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
    if ((byte < 0x20 && byte != '\t' && !line_break) || byte == 0x7F) {
      return complain(at, "yaml_control_character", "a control character");
    }
    at += length;
    if (byte == '\n') {
      ++line;
      line_start = at;
    }
  }
  return true;
}

struct TooDeep {
  Mark mark;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const Lines& lines, Issues& issues, int max_depth) : lines_(lines), issues_(issues), max_depth_(max_depth) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    check_properties(mark);
    put(Node{.kind = Kind::kNull, .mark = lines_.mark(mark), .entries = {}});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    alias_issue(lines_, mark, issues_);
    put(Node{.kind = Kind::kNull, .mark = lines_.mark(mark), .entries = {}});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    check_properties(mark);
    if (!lines_.quote_is_closed(mark)) {
      issues_.add(lines_.mark(mark), "yaml_syntax", "the quote that begins here is not closed");
    }
    put(Node{.kind = Kind::kScalar, .mark = lines_.mark(mark), .scalar = value, .quoted = tag == "!", .entries = {}});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(Kind::kList, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(Kind::kMap, mark);
  }
  void OnMapEnd() override { close(); }

  static void alias_issue(const Lines& lines, const YAML::Mark& mark, Issues& issues) {
    issues.add(lines.mark(mark), "yaml_alias", "a value that begins with * is an alias of YAML, which is not allowed",
               quoted_hint(lines.rest(mark)));
  }

 private:
  struct Open {
    Node node;
    bool have_key = false;
    Entry entry = {};  // of a map: the key that waits for its value
    std::unordered_map<std::string, Mark> keys = {};
  };

  static std::string quoted_hint(std::string_view rest) {
    const size_t end = std::min({rest.find(" #"), rest.find_first_of(",]}"), rest.size()});
    std::string value(rest.substr(0, end));
    while (!value.empty() && value.back() == ' ') value.pop_back();
    std::string quoted = "'";
    for (const char c : value) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return "if the text itself is meant, quote it: " + quoted + "'";
  }

  // A value's mark is that of its tag or anchor, if it has one. A map in block style begins where its first key does.
  void check_properties(const YAML::Mark& mark) {
    const std::string_view rest = lines_.rest(mark);
    if ((rest.starts_with('!') || rest.starts_with('&')) && mark.pos == last_property_) return;
    last_property_ = mark.pos;
    if (rest.starts_with('!')) {
      issues_.add(lines_.mark(mark), "yaml_tag", "a value that begins with ! is a tag of YAML, which is not allowed",
                  quoted_hint(rest));
    } else if (rest.starts_with('&')) {
      issues_.add(lines_.mark(mark), "yaml_anchor",
                  "a value that begins with & is an anchor of YAML, which is not allowed", quoted_hint(rest));
    }
  }

  void open(Kind kind, const YAML::Mark& mark) {
    check_properties(mark);
    if (static_cast<int>(open_.size()) >= max_depth_) throw TooDeep{lines_.mark(mark)};
    open_.push_back(Open{.node = Node{.kind = kind, .mark = lines_.mark(mark), .entries = {}}});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    put(std::move(node));
  }

  void put(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& top = open_.back();
    if (top.node.kind == Kind::kList) {
      top.node.items.push_back(std::move(node));
    } else if (!top.have_key) {
      top.have_key = true;
      top.entry = Entry{.key = node.scalar, .mark = node.mark};
      if (node.kind != Kind::kScalar) {
        issues_.add(node.mark, "yaml_key", std::string("a key must be text, not ") + kind_name(node.kind));
        top.entry.key.clear();
      }
    } else {
      top.have_key = false;
      if (node.kind == Kind::kNull) node.mark = top.entry.mark;
      const auto [first, inserted] = top.keys.try_emplace(top.entry.key, top.entry.mark);
      if (!inserted) {
        issues_.add(top.entry.mark, "yaml_duplicate_key", "the key " + top.entry.key + " is here a second time",
                    "it was first on line " + std::to_string(first->second.line));
        return;
      }
      top.entry.value = std::move(node);
      top.node.entries.push_back(std::move(top.entry));
    }
  }

  const Lines& lines_;
  Issues& issues_;
  const int max_depth_;
  int last_property_ = -1;
  std::vector<Open> open_;
  Node root_;
};

// Stands for any document after the first.
struct SecondDocument {
  YAML::Mark mark;
};
class Refuser : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { throw SecondDocument{mark}; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// The text of a scalar, or nullptr and an issue.
const std::string* scalar(const Node& node, std::string_view what, std::string_view wanted, Issues& issues) {
  if (node.kind == Kind::kScalar) return &node.scalar;
  issues.add(node.mark, "wrong_type",
             std::string(what) + " must be " + std::string(wanted) + ", not " + kind_name(node.kind));
  return nullptr;
}

size_t edit_distance(std::string_view a, std::string_view b) {
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

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr Unit kUnits[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

}  // namespace

std::string to_string(const Issue& issue) {
  std::string text = issue.file + ":" + std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) +
                     ": " + issue.message + " [" + issue.code + "]";
  if (!issue.hint.empty()) text += " (" + issue.hint + ")";
  return text;
}

std::string with_source(const Issue& issue, std::string_view text) {
  const Lines lines(text);
  const std::string_view line = lines.line(static_cast<size_t>(issue.mark.line) - 1);
  // Tabs are kept so that the caret stands below its character however wide they are shown.
  std::string below;
  int column = 1;
  for (const char c : line) {
    if (column >= issue.mark.column) break;
    if (is_continuation(c)) continue;
    below += c == '\t' ? '\t' : ' ';
    ++column;
  }
  return to_string(issue) + "\n  " + std::string(line) + "\n  " + below + "^";
}

void Issues::add(Mark mark, std::string code, std::string message, std::string hint) {
  list_.push_back({file_, mark, std::move(code), std::move(message), std::move(hint)});
}

std::vector<Issue> Issues::take() {
  std::stable_sort(list_.begin(), list_.end(), [](const Issue& a, const Issue& b) { return a.mark < b.mark; });
  return std::move(list_);
}

const Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::optional<Node> parse(std::string_view text, Issues& issues, Limits limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > limits.bytes) {
    issues.add({}, "yaml_too_large",
               "the file has " + std::to_string(text.size()) + " bytes, the limit is " + std::to_string(limits.bytes));
    return std::nullopt;
  }
  if (!check_bytes(text, issues)) return std::nullopt;
  const Lines lines(text);
  std::istringstream in{std::string(text)};
  Builder builder(lines, issues, limits.depth);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) {
      issues.add({}, "yaml_empty", "the file is empty");
      return std::nullopt;
    }
    Refuser refuser;
    parser.HandleNextDocument(refuser);
  } catch (const TooDeep& deep) {
    issues.add(deep.mark, "yaml_too_deep", "nested more than " + std::to_string(limits.depth) + " deep");
    return std::nullopt;
  } catch (const SecondDocument& second) {
    issues.add(lines.mark(second.mark), "yaml_second_document",
               "a second document begins here; one file is one document");
  } catch (const YAML::Exception& error) {
    if (lines.rest(error.mark).starts_with('*')) {
      Builder::alias_issue(lines, error.mark, issues);
    } else {
      issues.add(lines.mark(error.mark), "yaml_syntax", "not YAML: " + error.msg,
                 "a text that holds ': ' or ' #', or begins with one of ! & * ' \" [ { % @ `, needs quotes");
    }
    return std::nullopt;
  }
  return builder.take();
}

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

std::string duration_text(int64_t ms) {
  std::string text;
  for (const Unit& unit : kUnits) {
    if (ms >= unit.ms) text += std::to_string(ms / unit.ms) + std::string(unit.name);
    ms %= unit.ms;
  }
  return text.empty() ? "0s" : text;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& words) {
  if (word.size() > 64) return std::nullopt;
  std::optional<std::string> best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : words) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
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
    issues.add(node.mark, "bad_bool", std::string(what) + " must be true or false, not " + quoted(*text));
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
               to_int(*text) ? "with its unit: " + *text + "s" : "such as 20s, 500ms, 2m or 1h30m");
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
  issues.add(node.mark, "wrong_type", std::string(what) + " must be a list, not " + kind_name(node.kind),
             node.kind == Kind::kScalar ? "[" + node.scalar + "]" : "");
  return kNone;
}

const std::vector<Entry>& read_map(const Node& node, std::string_view what, Issues& issues) {
  static const std::vector<Entry> kNone;
  if (node.kind == Kind::kMap) return node.entries;
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

void Fields::unsupported(std::string_view key) {
  known_.emplace_back(key);
  if (const Entry* entry = node_->find(key)) {
    issues_.add(entry->mark, "not_supported", "the key " + std::string(key) + " of " + what_ + " is not supported yet");
  }
}

void Fields::done() {
  for (const Entry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    issues_.add(entry.mark, "unknown_key", what_ + " has no key " + quoted(entry.key), did_you_mean(entry.key, known_));
  }
}

}  // namespace expertline::yaml
