#include <algorithm>
#include <string>
#include <vector>

#include "cel/lexer.h"
#include "cel/syntax.h"

namespace expertline::cel {
namespace {

using Kind = Expr::Kind;
using Tokens = Token::Kind;

struct Infix {
  Tokens token;
  int rank;  // binds tighter the higher it is
  Op op;
  std::string_view name;
};

constexpr Infix kInfixes[] = {
    {Tokens::kOr, 1, Op::kOr, "||"},          {Tokens::kAnd, 2, Op::kAnd, "&&"},
    {Tokens::kEqual, 3, Op::kEqual, "=="},    {Tokens::kNotEqual, 3, Op::kNotEqual, "!="},
    {Tokens::kLess, 3, Op::kLess, "<"},       {Tokens::kLessEqual, 3, Op::kLessEqual, "<="},
    {Tokens::kGreater, 3, Op::kGreater, ">"}, {Tokens::kGreaterEqual, 3, Op::kGreaterEqual, ">="},
    {Tokens::kIn, 3, Op::kIn, "in"},          {Tokens::kPlus, 4, Op::kAdd, "+"},
    {Tokens::kMinus, 4, Op::kSubtract, "-"},  {Tokens::kTimes, 5, Op::kMultiply, "*"},
    {Tokens::kDivide, 5, Op::kDivide, "/"},   {Tokens::kModulo, 5, Op::kModulo, "%"},
};

const Infix* infix(Tokens token) {
  for (const auto& known : kInfixes) {
    if (known.token == token) return &known;
  }
  return nullptr;
}

// Ends at the first mistake by throwing it, which nobody but run() sees.
class Parser {
 public:
  Parser(std::string_view text, bool macros, Arena& literals, Arena& tree)
      : text_(text), macros_(macros), literals_(literals), tree_(tree) {}

  Parsed run() {
    if (text_.size() > kLongestExpression) {
      return {nullptr, Issue{Issue::Kind::kLimit,
                             {kLongestExpression, text_.size() - kLongestExpression},
                             "the expression is longer than 64 KiB",
                             "",
                             {}}};
    }
    if (auto issue = tokenize(text_, literals_, tokens_)) return {nullptr, std::move(issue)};
    try {
      if (peek().kind == Tokens::kEnd) fail("there is no expression");
      Expr* const root = expression();
      if (peek().kind != Tokens::kEnd) fail(unexpected());
      return {root, std::nullopt};
    } catch (Issue& issue) {
      return {nullptr, std::move(issue)};
    }
  }

 private:
  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& take() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool take_if(Tokens kind) {
    if (peek().kind != kind) return false;
    take();
    return true;
  }

  [[noreturn]] void fail(Place place, std::string message, Issue::Kind kind = Issue::Kind::kSyntax) const {
    throw Issue{kind, place, std::move(message), "", {}};
  }
  [[noreturn]] void fail(std::string message) const { fail(peek().place, std::move(message)); }

  std::string unexpected() const {
    if (peek().kind == Tokens::kEnd) return "the expression ends too early";
    if (peek().kind == Tokens::kReserved) return "'" + std::string(peek().text) + "' is a reserved word";
    return "'" + std::string(text_.substr(peek().place.offset, peek().place.length)) + "' is not expected here";
  }

  void expect(Tokens kind, std::string_view what, const Token& opening) {
    if (take_if(kind)) return;
    if (peek().kind != Tokens::kEnd) fail(unexpected());
    fail(opening.place, "'" + std::string(opening.text) + "' is not closed by '" + std::string(what) + "'");
  }

  // From `begin` to the token last taken.
  Place since(size_t begin) const {
    const Place& last = tokens_[at_ - 1].place;
    return {begin, last.offset + last.length - begin};
  }

  Expr* make(Kind kind, Place place, const std::vector<Expr*>& args = {}) {
    Expr* const made = tree_.make<Expr>();
    made->kind = kind;
    made->place = place;
    made->name_place = place;
    made->args = tree_.array<Expr*>(args.size());
    std::copy(args.begin(), args.end(), made->args.begin());
    for (const Expr* arg : args) made->height = std::max(made->height, arg->height + 1);
    if (made->height > kHighestTree) fail(place, "the expression is nested too deep", Issue::Kind::kLimit);
    return made;
  }

  Expr* make_operator(Op op, std::string_view name, Place name_place, const std::vector<Expr*>& args, Place place) {
    Expr* const made = make(Kind::kOperator, place, args);
    made->op = op;
    made->name = name;
    made->name_place = name_place;
    return made;
  }

  Expr* expression() {
    if (++nesting_ > kDeepestNesting) fail(peek().place, "the expression is nested too deep", Issue::Kind::kLimit);
    const size_t begin = peek().place.offset;
    Expr* result = binary(1);
    if (peek().kind == Tokens::kQuestion) {
      const Place question = take().place;
      Expr* const yes = binary(1);
      if (!take_if(Tokens::kColon)) {
        fail(peek().kind == Tokens::kEnd ? "'?' has no ':' with what holds otherwise" : unexpected());
      }
      Expr* const no = expression();
      result = make_operator(Op::kConditional, "? :", question, {result, yes, no}, since(begin));
    }
    --nesting_;
    return result;
  }

  // A chain of operators of at least this rank.
  Expr* binary(int rank) {
    const size_t begin = peek().place.offset;
    Expr* left = unary();
    for (const Infix* found = infix(peek().kind); found && found->rank >= rank; found = infix(peek().kind)) {
      const Place place = take().place;
      std::vector<Expr*> args = {left, binary(found->rank + 1)};
      const bool logical = found->op == Op::kAnd || found->op == Op::kOr;
      while (logical && take_if(found->token)) args.push_back(binary(found->rank + 1));
      left = make_operator(found->op, found->name, place, args, since(begin));
    }
    return left;
  }

  Expr* unary() {
    const size_t first = at_;
    while (peek().kind == Tokens::kNot || peek().kind == Tokens::kMinus) take();
    size_t signs = at_ - first;
    // The minus before a number belongs to it, so that the least int can be written.
    const bool number =
        peek().kind == Tokens::kInt || (peek().kind == Tokens::kLiteral && peek().value.kind() == Value::Kind::kDouble);
    const bool negative = number && signs > 0 && tokens_[at_ - 1].kind == Tokens::kMinus;
    if (negative) --signs;
    Expr* result = member(negative);
    for (; signs > 0; --signs) {
      const Token& sign = tokens_[first + signs - 1];
      const bool minus = sign.kind == Tokens::kMinus;
      result = make_operator(minus ? Op::kNegate : Op::kNot, minus ? "-" : "!", sign.place, {result},
                             since(sign.place.offset));
    }
    return result;
  }

  Expr* member(bool negative) {
    const size_t begin = negative ? tokens_[at_ - 1].place.offset : peek().place.offset;
    Expr* result = primary(negative);
    while (true) {
      const Token& token = peek();
      if (token.kind == Tokens::kDot) {
        take();
        result = select(result, begin);
      } else if (token.kind == Tokens::kOpenBracket) {
        take();
        Expr* const index = expression();
        expect(Tokens::kCloseBracket, "]", token);
        result = make_operator(Op::kIndex, "[]", token.place, {result, index}, since(begin));
      } else if (token.kind == Tokens::kOpenBrace && is_qualified_name(*result)) {
        take();
        message_fields(token);
        result = make(Kind::kMessage, since(begin), {result});
      } else {
        return result;
      }
    }
  }

  static bool is_qualified_name(const Expr& expr) {
    const Expr* at = &expr;
    while (at->kind == Kind::kSelect) at = at->args[0];
    return at->kind == Kind::kName;
  }

  // What follows a dot.
  Expr* select(Expr* operand, size_t begin) {
    const Token& name = peek();
    const bool plain = name.kind == Tokens::kName || name.kind == Tokens::kReserved;
    if (!plain && name.kind != Tokens::kQuotedName) {
      fail(name.kind == Tokens::kEnd ? "a name is missing after '.'" : unexpected());
    }
    take();
    if (plain && peek().kind == Tokens::kOpen) return call(operand, name, begin, false);
    Expr* const made = make(Kind::kSelect, since(begin), {operand});
    made->name = name.text;
    made->name_place = name.place;
    return made;
  }

  Expr* primary(bool negative) {
    const Token& token = peek();
    switch (token.kind) {
      case Tokens::kName:
        take();
        return name(token, token.place.offset, false);
      case Tokens::kDot: {
        take();
        const Token& after = peek();
        if (after.kind != Tokens::kName) fail(unexpected());
        take();
        return name(after, token.place.offset, true);
      }
      case Tokens::kLiteral: {
        take();
        Expr* const made = make(Kind::kLiteral, negative ? since(tokens_[at_ - 2].place.offset) : token.place);
        made->literal = negative ? Value::number(-token.value.as_double()) : token.value;
        return made;
      }
      case Tokens::kInt:
        take();
        return integer(token, negative);
      case Tokens::kOpen: {
        take();
        Expr* const inner = expression();
        expect(Tokens::kClose, ")", token);
        return inner;
      }
      case Tokens::kOpenBracket: {
        take();
        const auto elements = list(Tokens::kCloseBracket, "]", token);
        return make(Kind::kList, since(token.place.offset), elements);
      }
      case Tokens::kOpenBrace:
        take();
        return map(token);
      default:
        fail(unexpected());
    }
  }

  Expr* integer(const Token& token, bool negative) {
    constexpr uint64_t kLargest = INT64_MAX;
    if (token.magnitude > kLargest + (negative ? 1 : 0)) fail(token.place, "the number is too large for an int");
    Expr* const made = make(Kind::kLiteral, negative ? since(tokens_[at_ - 2].place.offset) : token.place);
    made->literal = Value::integer(static_cast<int64_t>(negative ? 0 - token.magnitude : token.magnitude));
    return made;
  }

  Expr* name(const Token& token, size_t begin, bool absolute) {
    if (peek().kind == Tokens::kOpen) return call(nullptr, token, begin, absolute);
    Expr* const made = make(Kind::kName, since(begin));
    made->name = token.text;
    made->absolute = absolute;
    return made;
  }

  // Elements up to the closing token, which is taken. In brackets a comma may stand after the last one.
  std::vector<Expr*> list(Tokens close, std::string_view close_text, const Token& opening) {
    std::vector<Expr*> elements;
    while (peek().kind != close || (!elements.empty() && close == Tokens::kClose)) {
      elements.push_back(expression());
      if (!take_if(Tokens::kComma)) break;
    }
    expect(close, close_text, opening);
    return elements;
  }

  Expr* map(const Token& opening) {
    std::vector<Expr*> entries;
    while (peek().kind != Tokens::kCloseBrace) {
      entries.push_back(expression());
      if (!take_if(Tokens::kColon))
        fail(peek().kind == Tokens::kEnd ? "a map's key has no ':' and value" : unexpected());
      entries.push_back(expression());
      if (!take_if(Tokens::kComma)) break;
    }
    expect(Tokens::kCloseBrace, "}", opening);
    return make(Kind::kMap, since(opening.place.offset), entries);
  }

  void message_fields(const Token& opening) {
    while (peek().kind != Tokens::kCloseBrace) {
      const Tokens kind = peek().kind;
      if (kind != Tokens::kName && kind != Tokens::kReserved && kind != Tokens::kQuotedName) fail(unexpected());
      take();
      if (!take_if(Tokens::kColon)) fail(unexpected());
      expression();
      if (!take_if(Tokens::kComma)) break;
    }
    expect(Tokens::kCloseBrace, "}", opening);
  }

  // At the opening parenthesis.
  Expr* call(Expr* target, const Token& name, size_t begin, bool absolute) {
    const Token& opening = take();
    std::vector<Expr*> args = list(Tokens::kClose, ")", opening);
    if (macros_ && !absolute) {
      if (Expr* const expanded = macro(target, name, args, begin)) return expanded;
    }
    if (target) args.insert(args.begin(), target);
    Expr* const made = make(Kind::kCall, since(begin), args);
    made->name = name.text;
    made->name_place = name.place;
    made->absolute = absolute;
    made->member = target != nullptr;
    return made;
  }

  // Null if this is no macro.
  Expr* macro(Expr* target, const Token& name, const std::vector<Expr*>& args, size_t begin) {
    if (!target) {
      if (name.text != "has" || args.size() != 1) return nullptr;
      if (args[0]->kind != Kind::kSelect) fail(args[0]->place, "has() takes a field, such as has(a.b)");
      Expr* const made = make(Kind::kPresence, since(begin), {args[0]->args[0]});
      made->name = args[0]->name;
      made->name_place = args[0]->name_place;
      return made;
    }
    std::optional<Op> op;
    if (args.size() == 2) {
      if (name.text == "all") op = Op::kAll;
      if (name.text == "exists") op = Op::kExists;
      if (name.text == "exists_one" || name.text == "existsOne") op = Op::kExistsOne;
      if (name.text == "filter") op = Op::kFilter;
      if (name.text == "map") op = Op::kMapEach;
    } else if (args.size() == 3 && name.text == "map") {
      op = Op::kMapIf;
    }
    if (!op) return nullptr;
    const Expr& variable = *args[0];
    if (variable.kind != Kind::kName || variable.absolute) {
      fail(variable.place, std::string(name.text) + "() takes a name for the element first");
    }
    std::vector<Expr*> parts = args;
    parts[0] = target;
    Expr* const made = make(Kind::kLoop, since(begin), parts);
    made->op = *op;
    made->name = variable.name;
    made->name_place = name.place;
    return made;
  }

  std::string_view text_;
  bool macros_;
  Arena& literals_;
  Arena& tree_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

Parsed parse(std::string_view text, bool macros, Arena& literals, Arena& tree) {
  return Parser(text, macros, literals, tree).run();
}

}  // namespace expertline::cel
