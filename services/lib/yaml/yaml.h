// YAML that people write, without YAML's traps: text becomes a small tree in which every value knows its place, or a
// list of ALL issues with line and column. Pure: no I/O, no clock. Not thread-safe as objects, free of globals.
//
// What plain YAML lets pass and this does not: tags, anchors, aliases, duplicate keys, a second document, control
// characters, bytes that are not UTF-8, more than Limits. Scalars stay the text that was written; numbers, booleans
// and durations are read by the functions below (no octal, no NO for false).
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace expertline::yaml {

// A place in the text. Lines and columns count from 1, columns in Unicode characters.
struct Mark {
  int line = 1;
  int column = 1;

  auto operator<=>(const Mark&) const = default;
};

// One fault of a file, or a doubt about it.
struct Issue {
  enum class Severity { kError, kWarning };

  std::string file;
  Mark mark = {};
  std::string code = {};     // stable, snake_case
  std::string message = {};  // what is wrong
  std::string hint = {};     // what to write instead; may be empty
  Severity severity = Severity::kError;
  int length = 1;  // characters of its line that it is about, from the mark on; at least 1

  bool operator==(const Issue&) const = default;
};

// "file:line:column: message [code] (hint)"; a warning says so before its message.
std::string to_string(const Issue& issue);

// The line of `text` that an issue is about, and what goes below it: `   ^~~~`. Of a long line only the part around.
struct Excerpt {
  std::string line;
  std::string caret;
};
Excerpt excerpt(const Issue& issue, std::string_view text);
// to_string() and the excerpt.
std::string with_source(const Issue& issue, std::string_view text);

struct Node;
class Lines;

// Collects the issues of one file; the first 1000 of them.
class Issues {
 public:
  static constexpr size_t kMaxIssues = 1000;

  explicit Issues(std::string file) : file_(std::move(file)) {}

  // The text that the issues are about, which tells how long they are; it must outlive this object. parse() does it.
  void read(std::string_view text);

  void add(Mark mark, std::string code, std::string message, std::string hint = {},
           Issue::Severity severity = Issue::Severity::kError);
  void warn(Mark mark, std::string code, std::string message, std::string hint = {});
  // About `length` bytes of a scalar's text from byte `offset` on, wherever they stand in the file.
  void add_inside(const Node& node, size_t offset, size_t length, std::string code, std::string message,
                  std::string hint = {}, Issue::Severity severity = Issue::Severity::kError);

  bool empty() const { return list_.empty(); }
  // How many of them are errors.
  size_t errors() const { return errors_; }
  bool failed() const { return errors_ > 0; }
  // No more are kept.
  bool full() const { return list_.size() >= kMaxIssues; }
  size_t size() const { return list_.size(); }
  const std::string& file() const { return file_; }
  // In order of place.
  std::vector<Issue> take();

 private:
  // Counts one; true if it is to be kept.
  bool count(Issue::Severity severity);

  std::string file_;
  std::shared_ptr<const Lines> lines_;
  std::vector<Issue> list_;
  size_t errors_ = 0;
};

struct Entry;

// A value. A missing value, `~` and `null` are kNull.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Mark mark = {};                // of a missing value: the place of its key
  std::string scalar = {};       // kScalar: the text, without quotes
  bool quoted = false;           // kScalar: it was quoted, or a block of text
  bool told = false;             // it cannot be relied on and an issue says so: readers give nothing and stay silent
  size_t at = 0;                 // kScalar: the byte of the file where it begins, with its quote
  std::vector<Node> items = {};  // kList
  std::vector<Entry> entries;    // kMap, in the order written, keys are unique

  // kMap: the entry with that key, or nullptr.
  const Entry* find(std::string_view key) const;
};

// "a list", "a map", "a single value", "nothing".
const char* kind_name(Node::Kind kind);

struct Entry {
  std::string key;
  Mark mark = {};  // of the key
  Node value = {};
};

struct Limits {
  size_t bytes = 256 * 1024;
  int depth = 32;
};

// Reads one document. With any issue added the tree may be incomplete, but what is there is right, so that its
// meaning may be checked too and all issues be told at once. nullopt only if nothing of the tree can be relied on.
std::optional<Node> parse(std::string_view text, Issues& issues, Limits limits = {});

// What a scalar says by our rules; nullopt if it is not of that form.
std::optional<int64_t> to_int(std::string_view text);    // -?(0|[1-9][0-9]*) within 64 bits
std::optional<double> to_double(std::string_view text);  // as in JSON
std::optional<bool> to_bool(std::string_view text);      // true, false
// Milliseconds: whole numbers with units h, m, s, ms, largest first, each at most once: `20s`, `1h30m`, `500ms`.
std::optional<int64_t> to_duration_ms(std::string_view text);
// Of a text that is no duration: what may be meant by it, or examples.
std::string duration_hint(std::string_view text);
// The shortest text that to_duration_ms reads as that.
std::string duration_text(int64_t ms);

// How many letters must be added, left out, changed or swapped with their neighbour to get from one to the other.
size_t distance(std::string_view a, std::string_view b);
// The nearest of `words`, if one is near enough to be meant, or is the beginning of `word` or begins with it.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& words);
// "did you mean x?" or empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& words);

// The quoted form of a text, for messages.
std::string quoted(std::string_view text);

// Readers of one value: the value, or nullopt and an issue at its place. `what` names it in the message.
std::optional<std::string> read_text(const Node& node, std::string_view what, Issues& issues);
// Text that is not empty.
std::optional<std::string> read_name(const Node& node, std::string_view what, Issues& issues);
// An id: [A-Za-z0-9._@-]{1,128}.
std::optional<std::string> read_id(const Node& node, std::string_view what, Issues& issues);
std::optional<int64_t> read_int(const Node& node, std::string_view what, int64_t min, int64_t max, Issues& issues);
std::optional<bool> read_bool(const Node& node, std::string_view what, Issues& issues);
std::optional<int64_t> read_duration_ms(const Node& node, std::string_view what, int64_t min_ms, int64_t max_ms,
                                        Issues& issues);
// One of `words`.
std::optional<std::string> read_word(const Node& node, std::string_view what, const std::vector<std::string>& words,
                                     Issues& issues);
// The items of a list; of anything else none, and an issue.
const std::vector<Node>& read_list(const Node& node, std::string_view what, Issues& issues);
// The entries of a map; of anything else none, and an issue.
const std::vector<Entry>& read_map(const Node& node, std::string_view what, Issues& issues);

// Reads a map whose keys are known. Ask for each key once, then call done(): what was not asked for is an unknown
// key, an issue at the key's place.
class Fields {
 public:
  // An issue if `node` is not a map; then every key is absent.
  Fields(const Node& node, std::string what, Issues& issues);

  // The value, or nullptr if the key is absent.
  const Node* optional(std::string_view key);
  // The same, and an issue if the key is absent.
  const Node* required(std::string_view key);
  void done();

 private:
  const Node* node_;
  std::string what_;
  Issues& issues_;
  std::vector<std::string> known_;
  bool is_map_;
};

}  // namespace expertline::yaml
