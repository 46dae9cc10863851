#include "cel/compiler.h"

#include <algorithm>

#include "cel/evaluation.h"
#include "cel/time.h"

namespace expertline::cel {
namespace {

// Work that may be done when compiling, for all parts that depend on nothing together and for each of them.
constexpr uint64_t kFoldingBudget = 100'000;
constexpr uint64_t kFoldingBudgetOfPart = 10'000;
// Nobody reads on; and each takes memory for what could have been meant.
constexpr size_t kMostIssues = 1'000;
// Of a constant pattern, and so of its automaton: more is not taken.
constexpr int64_t kPatternMemory = 1 << 20;

Type type_of_literal(Value value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return TypeKind::kBool;
    case Value::Kind::kInt:
      return TypeKind::kInt;
    case Value::Kind::kUint:
      return TypeKind::kUint;
    case Value::Kind::kDouble:
      return TypeKind::kDouble;
    case Value::Kind::kString:
      return TypeKind::kString;
    case Value::Kind::kBytes:
      return TypeKind::kBytes;
    default:
      return TypeKind::kNull;
  }
}

bool is_loop(Op op) { return op >= Op::kAll && op <= Op::kMapIf; }

}  // namespace

Compiler::Compiler(std::string_view text, const Environment& environment, const Options& options)
    : environment_(environment), options_(options), program_(new Program()), folding_{.left = kFoldingBudget} {
  program_->text_ = text;
}

Compiled Compiler::run() {
  const Parsed parsed = parse(program_->text_, !options_.disable_macros, program_->arena_, tree_);
  if (parsed.issue) return {nullptr, {*parsed.issue}};
  const Part root = visit(*parsed.root);
  if (!issues_.empty()) {
    std::stable_sort(issues_.begin(), issues_.end(),
                     [](const Issue& a, const Issue& b) { return a.place.offset < b.place.offset; });
    return {nullptr, std::move(issues_)};
  }
  const auto by_place = [](const auto& a, const auto& b) { return a.place.offset < b.place.offset; };
  std::stable_sort(program_->variable_uses_.begin(), program_->variable_uses_.end(), by_place);
  std::stable_sort(program_->function_uses_.begin(), program_->function_uses_.end(), by_place);
  std::stable_sort(program_->equalities_.begin(), program_->equalities_.end(), by_place);
  std::stable_sort(program_->failures_.begin(), program_->failures_.end(), by_place);
  program_->root_ = root.node;
  program_->result_type_ = types_.resolve(root.type, true);
  if (root.node->op == Op::kConstant) program_->constant_ = root.node->value;
  return {std::move(program_), {}};
}

Issue* Compiler::report(Issue::Kind kind, Place place, std::string message, std::string name,
                        std::vector<std::string> candidates) {
  if (options_.disable_check || issues_.size() >= kMostIssues) return nullptr;
  issues_.push_back({kind, place, std::move(message), std::move(name), std::move(candidates)});
  return &issues_.back();
}

void Compiler::report_mismatch(const Expr& expr, std::span<const Overload* const> overloads,
                               std::span<const Part> args) {
  Issue* const issue =
      report(Issue::Kind::kNoOverload, expr.name_place, mismatch(expr, overloads, args), std::string(expr.name));
  for (size_t i = 0; issue != nullptr && i < args.size(); ++i) {
    issue->given.push_back(types_.resolve(args[i].type, true));
  }
}

Compiler::Part Compiler::visit(const Expr& expr) {
  switch (expr.kind) {
    case Expr::Kind::kLiteral: {
      Part part = make(Op::kConstant, expr, {}, type_of_literal(expr.literal));
      part.node->value = expr.literal;
      return part;
    }
    case Expr::Kind::kName:
    case Expr::Kind::kSelect:
    case Expr::Kind::kPresence:
      return visit_chain(expr);
    case Expr::Kind::kCall:
      return visit_call(expr);
    case Expr::Kind::kOperator:
      return expr.op == Op::kAnd || expr.op == Op::kOr ? visit_logic(expr) : visit_operator(expr);
    case Expr::Kind::kList:
      return visit_list(expr);
    case Expr::Kind::kMap:
      return visit_map(expr);
    case Expr::Kind::kLoop:
      return visit_loop(expr);
    case Expr::Kind::kMessage:
      report(Issue::Kind::kUnknownName, expr.args[0]->place, "there are no message types, so none can be made");
      return failing(expr, EvalError::Code::kNoOverload, "there are no message types");
  }
  return failing(expr, EvalError::Code::kOther, "not part of the language");
}

Compiler::Part Compiler::visit_operator(const Expr& expr) {
  // Down the left side of a chain first, so that `a + b + c ...` of any length takes one frame.
  std::vector<const Expr*> chain = {&expr};
  const auto left_is_operator = [](const Expr& at) {
    const Expr& left = *at.args[0];
    return left.kind == Expr::Kind::kOperator && left.op != Op::kAnd && left.op != Op::kOr;
  };
  while (left_is_operator(*chain.back())) chain.push_back(chain.back()->args[0]);
  Part part = visit(*chain.back()->args[0]);
  for (; !chain.empty(); chain.pop_back()) {
    const Expr& at = *chain.back();
    std::vector<Part> args = {part};
    for (size_t i = 1; i < at.args.size(); ++i) args.push_back(visit(*at.args[i]));
    const StandardFunction& function = standard_operator(at.op);
    std::vector<const Overload*> overloads;
    for (const Overload& overload : function.overloads) overloads.push_back(&overload);
    note_equality(at, args);
    part = apply(at, function, overloads, std::move(args));
  }
  return part;
}

Compiler::Part Compiler::visit_logic(const Expr& expr) {
  std::vector<Part> args;
  for (const Expr* arg : expr.args) {
    args.push_back(visit(*arg));
    if (may_be(args.back(), TypeKind::kBool)) continue;
    report(Issue::Kind::kType, arg->place,
           "'" + std::string(expr.name) + "' joins conditions (bool), and this is " + text_of(args.back().type));
  }
  return fold(make(expr.op, expr, args, TypeKind::kBool), expr);
}

Compiler::Part Compiler::visit_list(const Expr& expr) {
  std::vector<Part> args;
  std::optional<Type> element;
  for (const Expr* arg : expr.args) {
    args.push_back(visit(*arg));
    element = element ? types_.join(*element, args.back().type) : args.back().type;
  }
  return fold(make(Op::kList, expr, args, Type::list(element ? *element : types_.fresh())), expr);
}

Compiler::Part Compiler::visit_map(const Expr& expr) {
  std::vector<Part> args;
  std::optional<Type> key;
  std::optional<Type> value;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    args.push_back(visit(*expr.args[i]));
    std::optional<Type>& joined = i % 2 == 0 ? key : value;
    Type type = args.back().type;
    if (i % 2 == 0) {
      const Type known = types_.resolve(type, false);
      constexpr TypeKind kKeys[] = {TypeKind::kBool,   TypeKind::kInt, TypeKind::kUint,
                                    TypeKind::kString, TypeKind::kDyn, TypeKind::kVariable};
      if (std::find(std::begin(kKeys), std::end(kKeys), known.kind()) == std::end(kKeys)) {
        report(Issue::Kind::kType, expr.args[i]->place,
               "a map's key is bool, int, uint or string, and this is " + text_of(type));
        type = Type();
      }
    }
    joined = joined ? types_.join(*joined, type) : type;
  }
  const Type type = key ? Type::map(*key, *value) : Type::map(types_.fresh(), types_.fresh());
  return fold(make(Op::kMap, expr, args, type), expr);
}

Compiler::Part Compiler::visit_loop(const Expr& expr) {
  // Likewise down the chain `a.map(...).filter(...)`.
  std::vector<const Expr*> chain = {&expr};
  while (chain.back()->args[0]->kind == Expr::Kind::kLoop) chain.push_back(chain.back()->args[0]);
  Part part = visit(*chain.back()->args[0]);
  for (; !chain.empty(); chain.pop_back()) part = visit_loop_parts(*chain.back(), std::move(part));
  return part;
}

Compiler::Part Compiler::visit_loop_parts(const Expr& expr, Part range) {
  if (locals_.size() >= kDeepestLoops) {
    issues_.push_back({Issue::Kind::kLimit, expr.name_place, "macros are nested too deep", "", {}});
    return failing(expr, EvalError::Code::kOther, "macros are nested too deep");
  }
  const Type known = types_.resolve(range.type, false);
  Type element;
  if (known.kind() == TypeKind::kList) {
    element = known.element();
  } else if (known.kind() == TypeKind::kMap) {
    element = known.key();
  } else if (known.kind() == TypeKind::kVariable) {
    element = types_.fresh();
    types_.assign(Type::list(element), known);
  } else if (!known.is_dyn()) {
    report(Issue::Kind::kType, expr.args[0]->place, "a list or a map is needed here, and this is " + text_of(known));
  }
  const auto slot = static_cast<uint32_t>(locals_.size());
  locals_.push_back({expr.name, checked(element)});
  program_->slots_ = std::max(program_->slots_, slot + 1);
  std::vector<Part> args = {range};
  for (size_t i = 1; i < expr.args.size(); ++i) {
    args.push_back(visit(*expr.args[i]));
    const bool condition = expr.op != Op::kMapEach && (expr.op != Op::kMapIf || i == 1);
    if (!condition || may_be(args.back(), TypeKind::kBool)) continue;
    report(Issue::Kind::kType, expr.args[i]->place,
           "a condition (bool) is needed here, and this is " + text_of(args.back().type));
  }
  locals_.pop_back();
  const bool maps = expr.op == Op::kMapEach || expr.op == Op::kMapIf;
  const Type type = maps                     ? Type::list(args.back().type)
                    : expr.op == Op::kFilter ? Type::list(element)
                                             : TypeKind::kBool;
  Part part = make(expr.op, expr, args, type);
  part.node->number = slot;
  part.least_slot = range.least_slot;
  for (const Part& arg : args) {
    if (arg.least_slot < slot) part.least_slot = std::min(part.least_slot, arg.least_slot);
  }
  return fold(part, expr);
}

void Compiler::note_equality(const Expr& expr, std::span<const Part> args) {
  if (expr.op != Op::kEqual && expr.op != Op::kNotEqual && expr.op != Op::kIn) return;
  Equality equality;
  equality.op = expr.op == Op::kEqual      ? Equality::Op::kEqual
                : expr.op == Op::kNotEqual ? Equality::Op::kNotEqual
                                           : Equality::Op::kIn;
  equality.place = expr.place;
  const size_t literal = args[0].node->op == Op::kConstant && expr.op != Op::kIn ? 0 : 1;
  const Node& variable = *args[1 - literal].node;
  const Node& constant = *args[literal].node;
  if (variable.op != Op::kVariable || constant.op != Op::kConstant) return;
  equality.variable = variable.number;
  const Expr& written = *expr.args[literal];
  if (expr.op != Op::kIn) {
    equality.literals.push_back({constant.value, written.place});
  } else if (written.kind == Expr::Kind::kList && constant.value.kind() == Value::Kind::kList) {
    for (size_t i = 0; i < written.args.size(); ++i) {
      equality.literals.push_back({constant.value.as_list().at(i, program_->arena_), written.args[i]->place});
    }
  } else {
    return;
  }
  program_->equalities_.push_back(std::move(equality));
}

bool Compiler::may_be(const Part& part, TypeKind kind) { return types_.assign(part.type, kind); }

Compiler::Chosen Compiler::choose(std::span<const Overload* const> overloads, std::span<const Part> args) {
  Chosen chosen;
  std::vector<Type> given;
  for (const Part& arg : args) given.push_back(arg.type);
  for (size_t i = 0; i < overloads.size(); ++i) {
    const Overload& overload = *overloads[i];
    const uint32_t first = overload.variables > 0 ? types_.reserve(overload.variables) : 0;
    std::vector<Type> taken;
    for (const Type& parameter : overload.parameters) taken.push_back(Substitution::renumber(parameter, first));
    if (!types_.assign_all(given, taken)) continue;
    chosen.matching.push_back(i);
    const Type result = types_.resolve(Substitution::renumber(overload.result, first), false);
    if (!chosen.any) {
      chosen.type = result;
    } else if (!(chosen.type == result)) {
      chosen.type = Type();
    }
    chosen.any = true;
  }
  return chosen;
}

Compiler::Part Compiler::apply(const Expr& expr, const StandardFunction& function,
                               std::span<const Overload* const> overloads, std::vector<Part> args) {
  const Chosen chosen = choose(overloads, args);
  if (!chosen.any) report_mismatch(expr, overloads, args);
  Part part = make(function.op, expr, args, chosen.type);
  part.node->name = function.name;
  if (function.op == Op::kMatches && args.size() == 2) prepare_pattern(*part.node);
  if (!foldable(part)) check_argument(*part.node);
  return fold(part, expr);
}

std::string Compiler::mismatch(const Expr& expr, std::span<const Overload* const> overloads,
                               std::span<const Part> args) const {
  std::vector<std::string> given;
  for (const Part& arg : args) given.push_back(text_of(arg.type));
  switch (expr.op) {
    case Op::kEqual:
    case Op::kNotEqual:
      return given[0] + " and " + given[1] + " cannot be compared with '" + std::string(expr.name) + "'";
    case Op::kConditional:
      if (given[0] != "bool" && given[0] != "dyn")
        return "the condition before '?' must be bool, and this is " + given[0];
      return "both values of '? :' must be of one type, and these are " + given[1] + " and " + given[2];
    case Op::kIn:
      return "'in' looks for " + given[0] + " in a list or the keys of a map of these, and on its right is " + given[1];
    case Op::kIndex:
      return given[0] + " cannot be indexed with " + given[1];
    case Op::kNot:
    case Op::kNegate:
      return "'" + std::string(expr.name) + "' cannot take " + given[0];
    default:
      break;
  }
  if (expr.kind == Expr::Kind::kOperator) {
    return "'" + std::string(expr.name) + "' cannot take " + given[0] + " and " + given[1];
  }
  const auto listed = [](const std::vector<std::string>& types, bool member) {
    std::string text;
    for (size_t i = member ? 1 : 0; i < types.size(); ++i) text += (text.empty() ? "" : ", ") + types[i];
    return "(" + text + ")" + (member && !types.empty() ? " on " + types[0] : "");
  };
  std::string text = "'" + std::string(expr.name) + "' cannot take " + listed(given, expr.member);
  for (size_t i = 0; i < overloads.size() && overloads.size() <= 5; ++i) {
    std::vector<std::string> taken;
    for (const Type& type : overloads[i]->parameters) taken.push_back(type.text());
    text += (i == 0 ? "; it takes " : " or ") + listed(taken, expr.member);
  }
  return text;
}

Node* Compiler::make_node(Op op, const Expr& expr, std::span<const Part> args) {
  Arena& arena = program_->arena_;
  Node* const node = arena.make<Node>();
  node->op = op;
  node->offset = static_cast<uint32_t>(expr.place.offset);
  node->length = static_cast<uint32_t>(expr.place.length);
  const auto nodes = arena.array<const Node*>(args.size());
  for (size_t i = 0; i < args.size(); ++i) nodes[i] = args[i].node;
  node->args = nodes;
  ++program_->node_count_;
  return node;
}

Compiler::Part Compiler::make(Op op, const Expr& expr, std::span<const Part> args, Type type) {
  Part part{make_node(op, expr, args), checked(std::move(type)), true, kNoSlot};
  for (const Part& arg : args) {
    part.pure = part.pure && arg.pure;
    part.least_slot = std::min(part.least_slot, arg.least_slot);
  }
  return part;
}

// A part that has no value. The message must live as long as the program.
Compiler::Part Compiler::failing(const Expr& expr, EvalError::Code code, std::string_view message) {
  Part part = make(Op::kFail, expr, {}, Type());
  EvalError error;
  error.code = code;
  error.message = message;
  error.offset = expr.place.offset;
  error.length = static_cast<uint32_t>(expr.place.length);
  part.node->error = program_->arena_.make<EvalError>(error);
  return part;
}

bool Compiler::foldable(const Part& part) const {
  const Node& node = *part.node;
  if (!part.pure || part.least_slot != kNoSlot) return false;
  if (node.op == Op::kConstant || node.op == Op::kFail) return false;
  if (is_loop(node.op)) return node.args[0]->op == Op::kConstant;
  return std::all_of(node.args.begin(), node.args.end(), [](const Node* arg) { return arg->op == Op::kConstant; });
}

// The part's value in place of the part, if it depends on nothing.
Compiler::Part Compiler::fold(Part part, const Expr& expr) {
  const auto constant = [&](Value value) {
    Part folded = make(Op::kConstant, expr, {}, part.type);
    folded.node->value = value;
    return folded;
  };
  const Node& node = *part.node;
  if (node.op == Op::kAnd || node.op == Op::kOr) {
    const bool decisive = node.op == Op::kOr;
    for (const Node* arg : node.args) {
      if (arg->op != Op::kConstant) continue;
      if (decisive ? arg->value.is_true() : arg->value.is_false()) return constant(Value::boolean(decisive));
    }
  }
  if (!foldable(part)) return part;
  Budget budget{.left = std::min(folding_.left, kFoldingBudgetOfPart)};
  folding_.spend(budget.left);
  const Value value = evaluate_pure(node, program_->arena_, budget, program_->slots_);
  folding_.left += budget.left;
  if (!value.is_error()) return constant(value);
  if (value.as_error().code != EvalError::Code::kBudget) {
    const EvalError& error = value.as_error();
    const bool own = error.offset == node.offset && error.length == node.length;
    const bool converts = node.op >= Op::kToBool && node.op <= Op::kToUint;
    const bool zoned = node.op >= Op::kGetDate && node.args.size() == 2;
    const Node& at = *node.args.back();  // what cannot be converted, the time zone
    const Place place = own && (converts || zoned) ? Place{at.offset, at.length} : Place{error.offset, error.length};
    program_->failures_.push_back({place, error.message});
  }
  return part;
}

void Compiler::check_argument(const Node& node) {
  if (node.args.size() != 2 || node.args[1]->op != Op::kConstant) return;
  const Node& argument = *node.args[1];
  const Value value = argument.value;
  const bool zero = (value.kind() == Value::Kind::kInt && value.as_int() == 0) ||
                    (value.kind() == Value::Kind::kUint && value.as_uint() == 0);
  if (zero && (node.op == Op::kDivide || node.op == Op::kModulo)) {
    program_->failures_.push_back(
        {{node.offset, node.length}, node.op == Op::kDivide ? "division by zero" : "remainder by zero"});
  }
  if (node.op >= Op::kGetDate && value.kind() == Value::Kind::kString && !civil_time(Timestamp{}, value.as_string())) {
    program_->failures_.push_back(
        {{argument.offset, argument.length}, program_->arena_.copy("no such time zone: " + to_text(value))});
  }
}

void Compiler::prepare_pattern(Node& node) {
  const Node& pattern = *node.args[1];
  if (pattern.op != Op::kConstant || pattern.value.kind() != Value::Kind::kString) return;
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kPatternMemory);
  auto compiled = std::make_shared<re2::RE2>(
      re2::StringPiece(pattern.value.as_string().data(), pattern.value.as_string().size()), options);
  if (!compiled->ok()) {
    program_->failures_.push_back(
        {{pattern.offset, pattern.length}, program_->arena_.copy("not a regular expression: " + compiled->error())});
    return;
  }
  node.regex = compiled.get();
  program_->held_.push_back(std::move(compiled));
}

Compiled compile(std::string_view text, const Environment& environment, const Options& options) {
  return Compiler(text, environment, options).run();
}

}  // namespace expertline::cel
