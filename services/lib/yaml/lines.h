// The text of a file by lines: turns bytes into places that people count. Internal to this folder.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "yaml/yaml.h"

namespace expertline::yaml {

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Length of the UTF-8 character at `text[at]`, 0 if it is malformed.
size_t utf8_length(std::string_view text, size_t at);

// A view: the text must outlive it.
class Lines {
 public:
  explicit Lines(std::string_view text);

  std::string_view text() const { return text_; }
  size_t count() const { return starts_.size(); }
  // Without its line break; empty beyond the end.
  std::string_view line(size_t index) const;
  // Where a line begins; the end of the text for one beyond the end.
  size_t start(size_t index) const;
  // The byte in a line, from 0.
  Mark mark(size_t line_index, size_t byte_column) const;
  // The byte of the text.
  Mark mark_at(size_t offset) const;
  // Back to the byte of the text.
  size_t offset_of(Mark mark) const;

 private:
  std::string_view text_;
  std::vector<size_t> starts_;
  // The last place that was asked for: the next one is mostly behind it on the same line, which may be a long one.
  mutable size_t last_line_ = 0;
  mutable size_t last_byte_ = 0;
  mutable size_t last_characters_ = 0;
};

// Where the bytes of a scalar's text stand in the file. `begin` is where the scalar begins there, its quote or | or >
// included. One place more than bytes: that of its end. What cannot be followed stands where the last byte did.
std::vector<size_t> places_of(std::string_view text, size_t begin, std::string_view scalar);

// Adds an issue for each of YAML's traps in a text that YAML refuses: an unquoted `: `, a value that begins with one of
// ! & * % @ ` or goes on after its quotes, a tab in the indentation and the like. True if it found any.
bool find_traps(const Lines& lines, Issues& issues);

// The text in quotes as YAML wants it, as a hint; without the text if that is long.
std::string quoted_hint(std::string_view value);

}  // namespace expertline::yaml
