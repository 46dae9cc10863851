#include "yaml/lines.h"

#include <algorithm>

namespace expertline::yaml {

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

Lines::Lines(std::string_view text) : text_(text) {
  starts_.push_back(0);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view Lines::line(size_t index) const {
  if (index >= starts_.size()) return {};
  const size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
  std::string_view line = text_.substr(starts_[index], end - starts_[index]);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

size_t Lines::start(size_t index) const { return index < starts_.size() ? starts_[index] : text_.size(); }

Mark Lines::mark(size_t line_index, size_t byte_column) const {
  const std::string_view before = line(line_index).substr(0, byte_column);
  if (line_index != last_line_ || before.size() < last_byte_) last_byte_ = last_characters_ = 0;
  last_characters_ += static_cast<size_t>(std::count_if(before.begin() + static_cast<ptrdiff_t>(last_byte_),
                                                        before.end(), [](char c) { return !is_continuation(c); }));
  last_line_ = line_index;
  last_byte_ = before.size();
  return {static_cast<int>(line_index) + 1, static_cast<int>(last_characters_) + 1};
}

Mark Lines::mark_at(size_t offset) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto index = static_cast<size_t>(next - starts_.begin()) - 1;
  return mark(index, offset - starts_[index]);
}

size_t Lines::offset_of(Mark mark_in) const {
  const auto index = static_cast<size_t>(std::max(mark_in.line, 1)) - 1;
  const std::string_view here = line(index);
  size_t byte = 0;
  for (int column = 1; column < mark_in.column && byte < here.size(); ++column) {
    ++byte;
    while (byte < here.size() && is_continuation(here[byte])) ++byte;
  }
  return start(index) + byte;
}

}  // namespace expertline::yaml
