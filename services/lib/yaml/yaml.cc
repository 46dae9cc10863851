#include "yaml/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "yaml/lines.h"

namespace expertline::yaml {
namespace {

using Kind = Node::Kind;

size_t offset_of(const Lines& lines, const YAML::Mark& mark) {
  if (mark.is_null()) return 0;
  return lines.start(static_cast<size_t>(mark.line)) + static_cast<size_t>(mark.column);
}

Mark mark_of(const Lines& lines, const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return lines.mark(static_cast<size_t>(mark.line), static_cast<size_t>(mark.column));
}

// The line from the mark on.
std::string_view rest_of(const Lines& lines, const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  const std::string_view whole = lines.line(static_cast<size_t>(mark.line));
  return whole.substr(std::min(whole.size(), static_cast<size_t>(mark.column)));
}

// False if a quoted scalar that begins here runs to the end of the text, which yaml-cpp lets pass.
bool quote_is_closed(std::string_view text, size_t at) {
  if (at >= text.size() || (text[at] != '\'' && text[at] != '"')) return true;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 == text.size() || text[at + 1] != quote) return true;
      ++at;
    }
  }
  return false;
}

// Refuses what yaml-cpp would replace or misread, which also keeps its byte positions equal to ours.
bool check_bytes(const Lines& lines, Issues& issues) {
  const std::string_view text = lines.text();
  size_t line = 0;
  size_t line_start = 0;
  const auto complain = [&](size_t at, const char* code, const char* message) {
    issues.add(lines.mark(line, at - line_start), code, message);
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

// A value with a tag or the like at its beginning, up to where it ends.
std::string_view value_of(std::string_view rest) {
  rest = rest.substr(0, std::min({rest.find(" #"), rest.find_first_of(",]}"), rest.size()}));
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  return rest;
}

class Builder : public YAML::EventHandler {
 public:
  Builder(const Lines& lines, Issues& issues, int max_depth) : lines_(lines), issues_(issues), max_depth_(max_depth) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    const bool told = check_properties(mark);
    put(Node{.kind = Kind::kNull, .mark = mark_of(lines_, mark), .told = told, .entries = {}});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    alias_issue(lines_, mark, issues_);
    put(Node{.kind = Kind::kNull, .mark = mark_of(lines_, mark), .told = true, .entries = {}});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    bool told = check_properties(mark);
    const size_t at = offset_of(lines_, mark);
    if (!quote_is_closed(lines_.text(), at)) {
      issues_.add(mark_of(lines_, mark), "yaml_quote", "the quote that begins here is not closed");
      told = true;
    }
    if (!told) check_comment(at, value);
    put(Node{.kind = Kind::kScalar,
             .mark = mark_of(lines_, mark),
             .scalar = value,
             .quoted = tag == "!",
             .told = told,
             .at = at,
             .entries = {}});
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
    issues.add(mark_of(lines, mark), "yaml_alias",
               "a value that begins with * is an alias of YAML, which is not allowed",
               quoted_hint(value_of(rest_of(lines, mark))));
  }

 private:
  struct Open {
    Node node;
    bool have_key = false;
    Entry entry = {};  // of a map: the key that waits for its value
    size_t key_at = 0;
    bool key_quoted = false;
    std::unordered_map<std::string, Mark> keys = {};
  };

  // A value's mark is that of its tag or anchor, if it has one. A map in block style begins where its first key does.
  bool check_properties(const YAML::Mark& mark) {
    const std::string_view rest = rest_of(lines_, mark);
    if (!rest.starts_with('!') && !rest.starts_with('&')) {
      last_property_ = mark.pos;
      return false;
    }
    if (mark.pos == last_property_) return true;
    last_property_ = mark.pos;
    if (rest.starts_with('!')) {
      issues_.add(mark_of(lines_, mark), "yaml_tag",
                  "a value that begins with ! is a tag of YAML, which is not allowed", quoted_hint(value_of(rest)));
    } else {
      issues_.add(mark_of(lines_, mark), "yaml_anchor",
                  "a value that begins with & is an anchor of YAML, which is not allowed", quoted_hint(value_of(rest)));
    }
    return true;
  }

  // `message: call #5 now` is the text `call` to YAML. Whoever comments puts a space after the #.
  void check_comment(size_t at, const std::string& value) {
    std::string_view rest = lines_.text().substr(at);
    if (value.empty() || !rest.starts_with(value)) return;
    rest = rest.substr(value.size());
    const size_t hash = rest.find_first_not_of(" \t");
    if (hash == 0 || hash == std::string_view::npos || rest[hash] != '#') return;
    rest = rest.substr(0, rest.find('\n'));
    if (hash + 1 >= rest.size() || rest[hash + 1] == ' ' || rest[hash + 1] == '#') return;
    issues_.warn(lines_.mark_at(at + value.size() + hash), "yaml_comment", "from # on this is a comment of YAML",
                 quoted_hint(lines_.text().substr(at, value.size() + rest.size())));
  }

  // `{skills:3}` has the key `skills:3` without a value. It is told here, and read as what is meant.
  void check_glued(Open& top, Node& value) {
    const std::string key = top.entry.key;
    const size_t colon = key.find(':');
    if (top.key_quoted || colon == 0 || colon == std::string::npos || colon + 1 == key.size()) return;
    issues_.add(lines_.mark_at(top.key_at + colon), "yaml_colon_space", "the colon after a key needs a space",
                key.substr(0, colon) + ": " + key.substr(colon + 1));
    top.entry.key = key.substr(0, colon);
    value.told = true;
  }

  void open(Kind kind, const YAML::Mark& mark) {
    const bool told = check_properties(mark);
    if (static_cast<int>(open_.size()) >= max_depth_) throw TooDeep{mark_of(lines_, mark)};
    open_.push_back(Open{.node = Node{.kind = kind, .mark = mark_of(lines_, mark), .told = told, .entries = {}}});
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
      top.key_at = node.at;
      top.key_quoted = node.quoted;
      if (node.kind != Kind::kScalar) {
        issues_.add(node.mark, "yaml_key", std::string("a key must be text, not ") + kind_name(node.kind));
        top.entry.key.clear();
      }
    } else {
      top.have_key = false;
      if (node.kind == Kind::kNull && !node.told) check_glued(top, node);
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

// What yaml-cpp could not read and no trap explains: most often a line that begins in the wrong column.
void add_syntax(const Lines& lines, const YAML::Exception& error, Issues& issues) {
  const bool in_brackets = error.msg.find("flow") != std::string::npos;
  const bool indentation = error.msg.starts_with("illegal ") || (error.msg.starts_with("end of ") && !in_brackets);
  Mark mark = mark_of(lines, error.mark);
  if (error.msg == "illegal map value") {  // told at its colon
    const std::string_view line = lines.line(static_cast<size_t>(error.mark.line));
    mark = lines.mark(static_cast<size_t>(error.mark.line), std::min(line.find_first_not_of(" -"), line.size()));
  }
  issues.add(mark, "yaml_syntax", "not YAML: " + error.msg,
             indentation
                 ? "what belongs together begins in the same column; is this line indented like its neighbours?"
                 : "a text that holds ': ' or ' #', or begins with one of ! & * ' \" [ { % @ ` > |, needs quotes");
}

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

}  // namespace

const Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::optional<Node> parse(std::string_view text, Issues& issues, Limits limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  issues.read(text);
  if (text.size() > limits.bytes) {
    issues.add({}, "yaml_too_large",
               "the file has " + std::to_string(text.size()) + " bytes, the limit is " + std::to_string(limits.bytes));
    return std::nullopt;
  }
  const Lines lines(text);
  if (!check_bytes(lines, issues)) return std::nullopt;
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
    issues.add(mark_of(lines, second.mark), "yaml_second_document",
               "a second document begins here; one file is one document");
  } catch (const YAML::Exception& error) {
    if (!find_traps(lines, issues)) add_syntax(lines, error, issues);
    return std::nullopt;
  }
  return builder.take();
}

}  // namespace expertline::yaml
