// The syntax tree of an expression, and its parser.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cel/arena.h"
#include "cel/node.h"
#include "cel/program.h"
#include "cel/value.h"

namespace expertline::cel {

inline constexpr size_t kLongestExpression = 64 * 1024;  // bytes
inline constexpr int kDeepestNesting = 250;              // of brackets and of `?:`
inline constexpr uint32_t kHighestTree = 1'000;          // which a chain of operators of one rank can make, too

struct Expr {
  enum class Kind : uint8_t {
    kLiteral,   // literal
    kName,      // name; absolute: written with a dot before it
    kSelect,    // args[0].name
    kPresence,  // has(args[0].name)
    kCall,      // name(args), absolute likewise; member: args[0].name(the rest)
    kOperator,  // op on args; kAnd and kOr on two or more
    kList,      // [args]
    kMap,       // {args[0]: args[1], ...}
    kLoop,      // op over args[0] with the variable `name`: args[1], and args[2] if it is map with a condition before
    kMessage,   // args[0]{...}, which the language without messages cannot mean
  };

  Kind kind = Kind::kLiteral;
  Op op = Op::kConstant;
  bool absolute = false;
  bool member = false;
  uint32_t height = 1;
  Place place;       // all of it
  Place name_place;  // the name, or the operator
  std::string_view name;
  Value literal;
  std::span<Expr*> args;
};

struct Parsed {
  Expr* root = nullptr;  // null: see issue
  std::optional<Issue> issue;
};

// The text and `literals` must outlive the tree, which is made in `tree`, and the literals of the tree.
Parsed parse(std::string_view text, bool macros, Arena& literals, Arena& tree);

}  // namespace expertline::cel
