#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "yaml/lines.h"

namespace expertline::yaml {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_space(char c) { return is_blank(c) || c == '\n'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// Reads a text line by line as far as its traps ask for, without making anything of it.
class Scanner {
 public:
  Scanner(const Lines& lines, Issues& issues) : lines_(lines), text_(lines.text()), issues_(issues) {}

  size_t found() const { return found_; }

  void scan() {
    while (at_ < text_.size()) line();
  }

 private:
  void tell(size_t at, const char* code, std::string message, std::string hint = {}) {
    issues_.add(lines_.mark_at(at), code, std::move(message), std::move(hint));
    ++found_;
  }

  size_t line_end(size_t at) const { return std::min(text_.find('\n', at), text_.size()); }
  void to_next_line(size_t at) { at_ = std::min(line_end(at) + 1, text_.size()); }

  size_t skip_blanks(size_t at) const {
    while (at < text_.size() && is_blank(text_[at])) ++at;
    return at;
  }
  size_t skip_spaces(size_t at) const {
    while (at < text_.size()) {
      if (text_[at] == '#' && (at == 0 || is_space(text_[at - 1]))) {
        at = line_end(at);
      } else if (is_space(text_[at])) {
        ++at;
      } else {
        break;
      }
    }
    return at;
  }

  // A line, or as many as its value takes.
  void line() {
    const size_t begin = at_;
    const size_t end = line_end(begin);
    size_t at = begin;
    while (at < end && text_[at] == ' ') ++at;
    if (skip_blanks(at) == end || text_[skip_blanks(at)] == '#') return to_next_line(at);
    if (text_[at] == '\t') {
      tell(at, "yaml_tab", "a tab in the indentation", "indent with spaces");
      at = skip_blanks(at);
    }
    size_t indent = at - begin;
    while (text_.substr(at, 2) == "- ") {
      at = skip_blanks(at + 1);
      indent = at - begin;
    }
    if (at >= end) return to_next_line(at);
    const size_t colon = colon_of_key(at, end);
    if (colon < end && text_[at] == '-' && is_letter(text_[at + 1])) {
      tell(at, "yaml_dash_space", "the dash before an item of a list needs a space",
           "- " + std::string(plain(at + 1, end)));
      return to_next_line(at);
    }
    if (colon == end) {
      const size_t glued = glued_colon(at, end);
      if (glued != end) {
        tell(glued, "yaml_colon_space", "the colon after a key needs a space",
             std::string(text_.substr(at, glued + 1 - at)) + " " + std::string(plain(glued + 1, end)));
        return to_next_line(at);
      }
      return value(at, end, indent);
    }
    const size_t first = skip_blanks(colon + 1);
    if (first >= end || text_[first] == '#') return to_next_line(first);
    value(first, end, indent);
  }

  // The colon that ends a key beginning here, or `end`.
  size_t colon_of_key(size_t at, size_t end) const {
    if (text_[at] == '"' || text_[at] == '\'') {
      const size_t close = closing_quote(at);
      const size_t next = close < end ? skip_blanks(close + 1) : end;
      return next < end && text_[next] == ':' ? next : end;
    }
    if (text_[at] == '{' || text_[at] == '[') return end;
    for (; at < end; ++at) {
      if (text_[at] == ':' && (at + 1 == end || is_space(text_[at + 1]))) return at;
      if (text_[at] == '#' && is_space(text_[at - 1])) return end;
    }
    return end;
  }

  // `key:value`, which YAML takes for a text; or `end`.
  size_t glued_colon(size_t at, size_t end) const {
    const size_t begin = at;
    while (at < end && (is_letter(text_[at]) || text_[at] == '_')) ++at;
    const bool key = at > begin && at + 1 < end && text_[at] == ':' && text_[at + 1] != '/';
    return key ? at : end;
  }

  // The quote that closes the one here, or the end of the text.
  size_t closing_quote(size_t at) const {
    const char quote = text_[at];
    for (++at; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 == text_.size() || text_[at + 1] != '\'') return at;
        ++at;
      }
    }
    return text_.size();
  }

  // The text of a plain value: without a comment and blanks at its end.
  std::string_view plain(size_t at, size_t end) const {
    std::string_view whole = text_.substr(at, end - at);
    whole = whole.substr(0, std::min(whole.find(" #"), whole.size()));
    while (!whole.empty() && is_blank(whole.back())) whole.remove_suffix(1);
    return whole;
  }

  // A value in block style, and how the next line is reached.
  void value(size_t at, size_t end, size_t indent) {
    const std::string_view whole = plain(at, end);
    const char c = text_[at];
    if (c == '|' || c == '>') {
      if (whole.find_first_not_of("|>+-123456789") != std::string_view::npos || whole.size() > 3) {
        tell(at, "yaml_reserved", std::string("a value must not begin with ") + c + " unless a block of text follows",
             quoted_hint(whole));
        return to_next_line(at);
      }
      return skip_block(at, indent);
    }
    if (c == '"' || c == '\'') {
      const size_t close = closing_quote(at);
      const std::optional<size_t> other = Reach(*this, at, indent).end_before(close);
      if (other || close == text_.size()) {
        tell(at, "yaml_quote", "the quote that begins here is not closed");
        at_ = other.value_or(close);
        return;
      }
      const size_t next = skip_blanks(close + 1);
      const size_t last = line_end(close);
      if (next < last && !(text_[next] == '#' && next > close + 1)) {
        tell(at, "yaml_after_quote", "the value goes on after its closing quote", after_quote_hint(plain(at, last)));
      }
      return to_next_line(close);
    }
    if (c == '{' || c == '[') {
      const size_t close = flow(at, indent);
      const size_t next = skip_blanks(close);
      const size_t last = line_end(close);
      if (next < last && close < text_.size() && text_[next] != '#') {
        const std::string_view rest = plain(next, last);
        const bool bracket = rest.find_first_not_of("]}") == std::string_view::npos;
        tell(next, "yaml_after_bracket", "the value goes on after its closing bracket",
             bracket ? "there is a bracket too many" : quoted_hint(plain(at, last)));
      }
      return to_next_line(close);
    }
    if (!first_character(at, whole)) {
      const size_t colon = std::min(whole.find(": "), whole.ends_with(':') ? whole.size() - 1 : std::string_view::npos);
      if (colon != std::string_view::npos) {
        tell(at + colon, "yaml_colon", "a colon with a space after it in an unquoted value", quoted_hint(whole));
      }
    }
    to_next_line(at);
  }

  // `'It's urgent'` is meant otherwise than `'a' == 'b'`.
  static std::string after_quote_hint(std::string_view whole) {
    const size_t inner = whole.find('\'', 1);
    const bool apostrophe = whole.starts_with('\'') && whole.ends_with('\'') && inner + 1 < whole.size() &&
                            whole[inner + 1] != ' ' && whole[inner - 1] != ' ';
    if (!apostrophe) return quoted_hint(whole);
    return "in single quotes a quote is written twice, in double quotes once: \"" +
           std::string(whole.substr(1, whole.size() - 2)) + "\"";
  }

  // A character that YAML keeps for itself at the beginning of a value.
  bool first_character(size_t at, std::string_view whole) {
    switch (text_[at]) {
      case '!':
        tell(at, "yaml_tag", "a value that begins with ! is a tag of YAML, which is not allowed", quoted_hint(whole));
        return true;
      case '&':
        tell(at, "yaml_anchor", "a value that begins with & is an anchor of YAML, which is not allowed",
             quoted_hint(whole));
        return true;
      case '*':
        tell(at, "yaml_alias", "a value that begins with * is an alias of YAML, which is not allowed",
             quoted_hint(whole));
        return true;
      case '%':
      case '@':
      case '`':
        tell(at, "yaml_reserved", std::string("a value must not begin with ") + text_[at], quoted_hint(whole));
        return true;
      default:
        return false;
    }
  }

  // Skips the lines of a block of text: those that are indented more than its key.
  void skip_block(size_t at, size_t indent) {
    to_next_line(at);
    while (at_ < text_.size()) {
      size_t first = at_;
      while (first < text_.size() && text_[first] == ' ') ++first;
      const bool blank = skip_blanks(first) == line_end(at_);
      if (!blank && first - at_ <= indent) return;
      to_next_line(at_);
    }
  }

  // Looks at the lines after a value's first one, each once, for a key or an item that is indented no more than the
  // value's key: the value cannot go on there.
  class Reach {
   public:
    Reach(const Scanner& scanner, size_t at, size_t indent)
        : scanner_(scanner), indent_(indent), line_(scanner.line_end(at) + 1) {}

    // Where such a line begins, if one begins at `at` or before it.
    std::optional<size_t> end_before(size_t at) {
      for (; !end_ && line_ <= at && line_ < scanner_.text_.size(); line_ = scanner_.line_end(line_) + 1) {
        if (scanner_.is_entry(line_, indent_)) end_ = line_;
      }
      return end_;
    }

   private:
    const Scanner& scanner_;
    const size_t indent_;
    size_t line_;
    std::optional<size_t> end_;
  };

  bool is_entry(size_t line, size_t indent) const {
    const size_t end = line_end(line);
    const size_t first = std::min(text_.find_first_not_of(' ', line), end);
    if (first == end || first - line > indent || text_[first] == '#') return false;
    return text_.substr(first, 2) == "- " || colon_of_key(first, end) < end;
  }

  // A value in brackets; gives the place after the bracket that closes it.
  size_t flow(size_t at, size_t indent) {
    Reach reach(*this, at, indent);
    std::string open;
    std::vector<size_t> opened;
    bool after_colon = false;
    while (at < text_.size() && !reach.end_before(at)) {
      const char c = text_[at];
      if (c == '{' || c == '[') {
        opened.push_back(at);
        open += c == '{' ? '}' : ']';
        at = skip_spaces(at + 1);
        after_colon = false;
      } else if (c == '}' || c == ']') {
        if (open.back() != c) {
          tell(at, "yaml_bracket", std::string("a ") + c + " that closes nothing here",
               "in [...] and {...} a text with one of , [ ] { } needs quotes");
          return text_.size();
        }
        open.pop_back();
        opened.pop_back();
        ++at;
        if (open.empty()) return at;
        at = skip_spaces(at);
      } else if (c == ',') {
        at = skip_spaces(at + 1);
        after_colon = false;
      } else if (c == ':') {
        at = skip_spaces(at + 1);
        after_colon = true;
      } else if (c == '"' || c == '\'') {
        const size_t close = closing_quote(at);
        if (close == text_.size() || reach.end_before(close)) {
          tell(at, "yaml_quote", "the quote that begins here is not closed");
          return text_.size();
        }
        const size_t next = skip_spaces(close + 1);
        if (next < text_.size() && std::string_view(",:]}").find(text_[next]) == std::string_view::npos) {
          tell(at, "yaml_after_quote", "the value goes on after its closing quote",
               quoted_hint(text_.substr(at, flow_plain(at) - at)));
          return text_.size();
        }
        at = next;
      } else {
        size_t end = flow_plain(at);
        end = reach.end_before(end).value_or(end);
        const std::string_view whole = text_.substr(at, end - at);
        if (first_character(at, whole)) {
          at = skip_spaces(end);
          continue;
        }
        if (end < text_.size() && (text_[end] == '{' || text_[end] == '[')) {
          tell(end, "yaml_bracket", std::string("an unquoted ") + text_[end] + " in a value in brackets",
               "in [...] and {...} a text with one of , [ ] { } needs quotes");
          return text_.size();
        }
        if (after_colon && end < text_.size() && text_[end] == ':') {
          tell(end, "yaml_colon", "a colon with a space after it in an unquoted value",
               quoted_hint(plain(at, std::min(line_end(at), flow_end(at)))));
          return text_.size();
        }
        at = skip_spaces(end);
      }
    }
    tell(opened.back(), "yaml_bracket", "the bracket that opens here is not closed");
    return text_.size();
  }

  // Where an unquoted text in brackets ends.
  size_t flow_plain(size_t at) const {
    for (; at < text_.size(); ++at) {
      if (std::string_view(",[]{}").find(text_[at]) != std::string_view::npos) return at;
      if (text_[at] == ':' && (at + 1 == text_.size() || is_space(text_[at + 1]))) return at;
      if (text_[at] == '#' && at > 0 && is_space(text_[at - 1])) return at;
    }
    return at;
  }
  // Where the whole value would end if its colons were quoted.
  size_t flow_end(size_t at) const { return std::min(text_.find_first_of(",]}\n", at), text_.size()); }

  const Lines& lines_;
  const std::string_view text_;
  Issues& issues_;
  size_t at_ = 0;
  size_t found_ = 0;
};

}  // namespace

std::string quoted_hint(std::string_view value) {
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  const auto count = [&](char c) { return std::count(value.begin(), value.end(), c); };
  const bool cut = count('{') != count('}') || count('[') != count(']');
  if (cut || value.size() > 100 || value.find('\n') != std::string_view::npos) {
    return "if the text itself is meant, quote it";
  }
  std::string quoted;
  for (const char c : value) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return "if the text itself is meant, quote it: '" + quoted + "'";
}

bool find_traps(const Lines& lines, Issues& issues) {
  Scanner scanner(lines, issues);
  scanner.scan();
  return scanner.found() > 0;
}

}  // namespace expertline::yaml
