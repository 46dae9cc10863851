#include "cel/lexer.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "cel/utf8.h"

namespace expertline::cel {
namespace {

using Kind = Token::Kind;

constexpr std::array<std::string_view, 17> kReservedWords = {
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

struct Symbol {
  std::string_view text;
  Kind kind;
};

// Longer ones before those that begin them.
constexpr std::array<Symbol, 24> kSymbols = {{
    {"==", Kind::kEqual},      {"!=", Kind::kNotEqual},    {"<=", Kind::kLessEqual}, {">=", Kind::kGreaterEqual},
    {"&&", Kind::kAnd},        {"||", Kind::kOr},          {"<", Kind::kLess},       {">", Kind::kGreater},
    {"!", Kind::kNot},         {"-", Kind::kMinus},        {"+", Kind::kPlus},       {"*", Kind::kTimes},
    {"/", Kind::kDivide},      {"%", Kind::kModulo},       {".", Kind::kDot},        {",", Kind::kComma},
    {":", Kind::kColon},       {"?", Kind::kQuestion},     {"(", Kind::kOpen},       {")", Kind::kClose},
    {"[", Kind::kOpenBracket}, {"]", Kind::kCloseBracket}, {"{", Kind::kOpenBrace},  {"}", Kind::kCloseBrace},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Lexer {
 public:
  Lexer(std::string_view text, Arena& literals, std::vector<Token>& tokens)
      : text_(text), literals_(literals), tokens_(tokens) {}

  std::optional<Issue> run() {
    if (const size_t valid = utf8_prefix(text_); valid < text_.size()) fail(valid, 1, "the text is not UTF-8");
    for (skip_blank(); !issue_ && at_ < text_.size(); skip_blank()) next();
    push(Kind::kEnd, text_.size(), 0);
    return issue_;
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void fail(size_t offset, size_t length, std::string message) {
    if (issue_) return;
    issue_ = Issue{Issue::Kind::kSyntax, {offset, length}, std::move(message), "", {}};
  }

  Token& push(Kind kind, size_t offset, size_t length) {
    Token token;
    token.kind = kind;
    token.place = {offset, length};
    token.text = text_.substr(offset, length);
    tokens_.push_back(token);
    return tokens_.back();
  }

  void skip_blank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (c == '/' && peek(1) == '/') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  void next() {
    const char c = text_[at_];
    if (text_prefix()) return;
    if (begins_name(c)) return name();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '`') return quoted_name();
    for (const auto& [symbol, kind] : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      push(kind, at_, symbol.size());
      at_ += symbol.size();
      return;
    }
    if (c == '=') return fail(at_, 1, "'=' is no operator; equality is '=='");
    if (c == '&') return fail(at_, 1, "'&' is no operator; 'and' is '&&'");
    if (c == '|') return fail(at_, 1, "'|' is no operator; 'or' is '||'");
    size_t length = 1;
    while (at_ + length < text_.size() && (static_cast<unsigned char>(text_[at_ + length]) & 0xC0) == 0x80) ++length;
    fail(at_, length, "'" + std::string(text_.substr(at_, length)) + "' is not part of the language");
  }

  void name() {
    const size_t begin = at_;
    while (begins_name(peek()) || is_digit(peek())) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "in") {
      push(Kind::kIn, begin, word.size());
    } else if (word == "true" || word == "false") {
      push(Kind::kLiteral, begin, word.size()).value = Value::boolean(word == "true");
    } else if (word == "null") {
      push(Kind::kLiteral, begin, word.size());
    } else {
      const bool reserved = std::find(kReservedWords.begin(), kReservedWords.end(), word) != kReservedWords.end();
      push(reserved ? Kind::kReserved : Kind::kName, begin, word.size());
    }
  }

  void quoted_name() {
    const size_t begin = at_++;
    while (begins_name(peek()) || is_digit(peek()) ||
           (peek() != '\0' && std::string_view("._-/ ").find(peek()) != std::string_view::npos)) {
      ++at_;
    }
    const std::string_view word = text_.substr(begin + 1, at_ - begin - 1);
    if (peek() != '`') return fail(begin, at_ - begin, "a name in backquotes is not closed, or holds what no name may");
    ++at_;
    if (word.empty()) return fail(begin, 2, "a name in backquotes is empty");
    push(Kind::kQuotedName, begin, at_ - begin).text = word;
  }

  void number() {
    const size_t begin = at_;
    const bool hex = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2));
    bool whole = true;
    if (hex) {
      at_ += 2;
      while (is_hex(peek())) ++at_;
    } else {
      while (is_digit(peek())) ++at_;
      if (peek() == '.' && is_digit(peek(1))) {
        whole = false;
        ++at_;
        while (is_digit(peek())) ++at_;
      }
      const size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
        whole = false;
        at_ += 1 + sign;
        while (is_digit(peek())) ++at_;
      }
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (!whole) {
      double value = 0;
      if (!absl::SimpleAtod({digits.data(), digits.size()}, &value) || std::isinf(value)) {
        return fail(begin, at_ - begin, "the number is too large for a double");
      }
      push(Kind::kLiteral, begin, at_ - begin).value = Value::number(value);
      return;
    }
    uint64_t magnitude = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data() + (hex ? 2 : 0), last, magnitude, hex ? 16 : 10);
    const bool is_unsigned = peek() == 'u' || peek() == 'U';
    if (is_unsigned) ++at_;
    if (error != std::errc() || end != last) {
      return fail(begin, at_ - begin,
                  is_unsigned ? "the number is too large for a uint" : "the number is too large for an int");
    }
    if (is_unsigned) {
      push(Kind::kLiteral, begin, at_ - begin).value = Value::unsigned_integer(magnitude);
    } else {
      push(Kind::kInt, begin, at_ - begin).magnitude = magnitude;
    }
  }

  // A string or bytes, with its prefix; false if there is none here.
  bool text_prefix() {
    bool raw = false;
    bool bytes = false;
    size_t length = 0;
    for (; length < 2; ++length) {
      const char c = peek(length);
      if ((c == 'r' || c == 'R') && !raw) {
        raw = true;
      } else if ((c == 'b' || c == 'B') && !bytes && !raw) {
        bytes = true;
      } else {
        break;
      }
    }
    const char quote = peek(length);
    if (quote != '"' && quote != '\'') return false;
    const size_t begin = at_;
    at_ += length;
    string(begin, quote, raw, bytes);
    return true;
  }

  void string(size_t begin, char quote, bool raw, bool bytes) {
    const bool triple = peek(1) == quote && peek(2) == quote;
    const std::string closing(triple ? 3 : 1, quote);
    at_ += closing.size();
    const size_t content = at_;
    std::string made;  // in use from the first escape on
    bool escaped = false;
    while (!text_.substr(at_).starts_with(closing)) {
      const char c = peek();
      if (at_ >= text_.size() || (!triple && (c == '\n' || c == '\r'))) {
        return fail(begin, at_ - begin, bytes ? "bytes are not closed" : "a string is not closed");
      }
      if (c != '\\') {
        if (escaped) made += c;
        ++at_;
        continue;
      }
      if (raw) {  // a backslash stands for itself, also before the closing quote
        ++at_;
        continue;
      }
      if (!escaped) made = text_.substr(content, at_ - content);
      escaped = true;
      if (!escape(made, bytes)) return;
    }
    const std::string_view value = escaped ? literals_.copy(made) : text_.substr(content, at_ - content);
    at_ += closing.size();
    push(Kind::kLiteral, begin, at_ - begin).value = bytes ? Value::bytes(value) : Value::string(value);
  }

  // At a backslash.
  bool escape(std::string& made, bool bytes) {
    const size_t begin = at_;
    const char c = peek(1);
    constexpr std::string_view kCodes = "abfnrtv";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v";
    if (const size_t at = c == '\0' ? std::string_view::npos : kCodes.find(c); at != std::string_view::npos) {
      made += kMeanings[at];
      at_ += 2;
      return true;
    }
    if (c != '\0' && std::string_view("\\?\"'`").find(c) != std::string_view::npos) {
      made += c;
      at_ += 2;
      return true;
    }
    const bool octal = c >= '0' && c <= '3';
    const size_t skip = octal ? 1 : 2;
    const size_t count = octal ? 3 : c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    uint32_t code = 0;
    for (size_t i = 0; i < count; ++i) {
      const char digit = peek(skip + i);
      if (!is_hex(digit) || (octal && (digit < '0' || digit > '7'))) return bad_escape(begin, skip + i);
      code = code * (octal ? 8 : 16) + static_cast<uint32_t>(is_digit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    if (count == 0) return bad_escape(begin, c == '\0' ? 1 : 2);
    at_ += skip + count;
    if (bytes && count < 4) {
      made += static_cast<char>(static_cast<unsigned char>(code));
      return true;
    }
    if (bytes) {
      fail(begin, at_ - begin, "bytes take \\x and octal escapes only");
      return false;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      fail(begin, at_ - begin, "the escape is no Unicode character");
      return false;
    }
    utf8_append(made, code);
    return true;
  }

  bool bad_escape(size_t begin, size_t length) {
    fail(begin, std::min(length, text_.size() - begin), "no such escape; a backslash itself is written \\\\");
    return false;
  }

  std::string_view text_;
  Arena& literals_;
  std::vector<Token>& tokens_;
  size_t at_ = 0;
  std::optional<Issue> issue_;
};

}  // namespace

std::optional<Issue> tokenize(std::string_view text, Arena& literals, std::vector<Token>& tokens) {
  return Lexer(text, literals, tokens).run();
}

}  // namespace expertline::cel
