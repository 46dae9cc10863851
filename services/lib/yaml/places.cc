#include <algorithm>

#include "yaml/lines.h"

namespace expertline::yaml {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Length of a double-quoted escape at its backslash, and how many bytes of the value it stands for.
std::pair<size_t, size_t> escape(std::string_view text, size_t at) {
  if (at + 1 >= text.size()) return {1, 0};
  const char kind = text[at + 1];
  const size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits == 0) return {2, kind == 'N' || kind == '_' ? 2 : kind == 'L' || kind == 'P' ? 3 : 1};
  uint32_t code = 0;
  for (size_t i = at + 2; i < std::min(at + 2 + digits, text.size()); ++i) {
    const char c = text[i];
    code = code * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return {2 + digits, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4};
}

}  // namespace

std::vector<size_t> places_of(std::string_view text, size_t begin, std::string_view scalar) {
  std::vector<size_t> places;
  places.reserve(scalar.size() + 1);
  size_t at = std::min(begin, text.size());
  const char style = at < text.size() ? text[at] : '\0';
  const bool block = style == '|' || style == '>';
  const bool quoted = style == '\'' || style == '"';
  size_t indent = 0;
  if (quoted) ++at;
  if (block) {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
    // The first line that is not blank tells the indentation; what it has more than that is part of the value.
    size_t first = at;
    while (first < text.size() && (is_blank(text[first]) || text[first] == '\n')) ++first;
    const size_t line = first == 0 ? 0 : text.rfind('\n', first - 1) + 1;
    const size_t content = std::min(scalar.find_first_not_of('\n'), scalar.size());
    const size_t more = std::min(scalar.find_first_not_of(' ', content), scalar.size()) - content;
    indent = first - line - std::min(first - line, more);
  }
  bool line_start = block;
  for (size_t i = 0; i < scalar.size();) {
    if (line_start) {  // leaves out the indentation
      const size_t from = at;
      while (at < text.size() && is_blank(text[at]) && (!block || at - from < indent)) ++at;
      line_start = false;
    }
    if (at >= text.size()) break;
    size_t end = at;  // of blanks before a line break, which do not count unless in a block
    while (!block && end < text.size() && is_blank(text[end])) ++end;
    if (block && text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') end = at + 1;
    if (end < text.size() && text[end] == '\n') {
      if (scalar[i] == '\n' || scalar[i] == ' ') {
        places.push_back(at);
        ++i;
      }
      at = end + 1;
      line_start = true;
    } else if (style == '"' && text[at] == '\\') {
      const auto [length, bytes] = escape(text, at);
      if (at + 1 < text.size() && text[at + 1] == '\n') {
        line_start = true;
      } else {
        for (size_t k = 0; k < bytes && i < scalar.size(); ++k, ++i) places.push_back(at);
      }
      at += length;
    } else if (text[at] == scalar[i]) {
      places.push_back(at);
      at += style == '\'' && scalar[i] == '\'' ? 2 : 1;
      ++i;
    } else {
      break;
    }
  }
  while (places.size() <= scalar.size()) places.push_back(std::min(at, text.size()));
  return places;
}

}  // namespace expertline::yaml
