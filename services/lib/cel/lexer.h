// Splits the text of an expression into tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cel/arena.h"
#include "cel/program.h"
#include "cel/value.h"

namespace expertline::cel {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kName,        // text
    kReserved,    // a word that is no name, but may follow a dot: text
    kQuotedName,  // `...`: text without the quotes
    kLiteral,     // value: bool, null, uint, double, string, bytes
    kInt,         // magnitude, to be negated if a minus comes before it
    kIn,
    kDot,
    kComma,
    kColon,
    kQuestion,
    kOpen,          // (
    kClose,         // )
    kOpenBracket,   // [
    kCloseBracket,  // ]
    kOpenBrace,     // {
    kCloseBrace,    // }
    kNot,
    kMinus,
    kPlus,
    kTimes,
    kDivide,
    kModulo,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kAnd,
    kOr,
  };

  Kind kind = Kind::kEnd;
  Place place;
  std::string_view text;
  uint64_t magnitude = 0;
  Value value;
};

// The last token is kEnd. Texts of literals that have escapes are made in `literals`; others lie in `text`.
std::optional<Issue> tokenize(std::string_view text, Arena& literals, std::vector<Token>& tokens);

}  // namespace expertline::cel
