// What names stand for: variables, types, functions; and what to say if for nothing.
#include <algorithm>

#include "cel/compiler.h"

namespace expertline::cel {
namespace {

// a.b.c, from the name at the root to the outermost selection.
std::vector<const Expr*> chain_of(const Expr& top) {
  std::vector<const Expr*> chain = {&top};
  while (chain.back()->kind == Expr::Kind::kSelect || chain.back()->kind == Expr::Kind::kPresence) {
    chain.push_back(chain.back()->args[0]);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

std::string joined(std::span<const Expr* const> chain) {
  std::string name;
  for (const Expr* part : chain) name.append(name.empty() ? "" : ".").append(part->name);
  return name;
}

std::optional<Type> type_named(std::string_view name) {
  if (name.find('(') != std::string_view::npos || name == "timestamp" || name == "duration") return std::nullopt;
  const auto type = Type::parse(name);
  return type && !type->is_dyn() ? type : std::nullopt;
}

void add_once(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

}  // namespace

const Compiler::Local* Compiler::find_local(std::string_view name, uint32_t& slot) const {
  for (size_t i = locals_.size(); i > 0; --i) {
    if (locals_[i - 1].name != name) continue;
    slot = static_cast<uint32_t>(i - 1);
    return &locals_[i - 1];
  }
  return nullptr;
}

// The names to try one after the other.
std::vector<std::string> Compiler::in_containers(std::string_view name, bool absolute) const {
  std::vector<std::string> names;
  std::string_view container = absolute ? std::string_view() : std::string_view(options_.container);
  while (!container.empty()) {
    names.push_back(std::string(container) + "." + std::string(name));
    container = container.substr(0, container.rfind('.') == std::string_view::npos ? 0 : container.rfind('.'));
  }
  names.emplace_back(name);
  return names;
}

// A variable or a type of the whole name.
std::optional<Compiler::Part> Compiler::named(const std::string& name, bool absolute, const Expr& expr) {
  for (const std::string& tried : in_containers(name, absolute)) {
    if (const auto number = environment_.find_variable(tried)) {
      const bool presence = expr.kind == Expr::Kind::kPresence;
      const Type type = presence ? Type(TypeKind::kBool) : environment_.variables()[*number].type;
      Part part = make(presence ? Op::kHasVariable : Op::kVariable, expr, {}, type);
      part.pure = false;
      part.node->number = static_cast<uint32_t>(*number);
      EvalError missing;
      missing.code = EvalError::Code::kMissing;
      missing.message = program_->arena_.copy("'" + tried + "' is not there");
      missing.offset = expr.place.offset;
      missing.length = static_cast<uint32_t>(expr.place.length);
      missing.variable = *number;
      part.node->error = program_->arena_.make<EvalError>(missing);
      program_->variable_uses_.push_back({*number, expr.place, presence});
      return part;
    }
    const auto type = expr.kind == Expr::Kind::kPresence ? std::nullopt : type_named(tried);
    if (!type) continue;
    Part part = make(Op::kConstant, expr, {}, Type::type(*type));
    part.node->value = Value::type(name_of(type->kind()));
    return part;
  }
  return std::nullopt;
}

Compiler::Part Compiler::visit_chain(const Expr& expr) {
  const std::vector<const Expr*> chain = chain_of(expr);
  const Expr& root = *chain[0];
  size_t resolved = 1;
  std::optional<Part> part;
  if (root.kind != Expr::Kind::kName) {
    part = visit(root);
  } else {
    uint32_t slot = 0;
    const Local* const local = root.absolute ? nullptr : find_local(root.name, slot);
    if (local) {
      part = make(Op::kLocal, root, {}, local->type);
      part->node->number = slot;
      part->least_slot = slot;
    }
    // The longest name that is known; what follows are fields of it.
    size_t longest = 0;
    for (const auto& variable : environment_.variables()) longest = std::max(longest, variable.name.size());
    constexpr size_t kLongestTypeName = 32;
    longest = std::max(longest, kLongestTypeName);
    std::vector<std::string> prefixes;
    for (size_t i = 0; !part && i < chain.size(); ++i) {
      prefixes.push_back(i == 0 ? std::string(root.name) : prefixes.back() + "." + std::string(chain[i]->name));
      if (prefixes.back().size() > longest) break;
    }
    for (size_t i = prefixes.size(); !part && i > 0; --i) {
      part = named(prefixes[i - 1], root.absolute, *chain[i - 1]);
      resolved = i;
    }
    if (!part) return unknown_name(joined(chain), root, expr);
  }
  for (size_t i = resolved; i < chain.size(); ++i) part = select(std::move(*part), *chain[i]);
  return *part;
}

// A field of a map, or whether it is there.
Compiler::Part Compiler::select(Part operand, const Expr& expr) {
  const bool presence = expr.kind == Expr::Kind::kPresence;
  const Type known = types_.resolve(operand.type, false);
  Type type;
  if (known.kind() == TypeKind::kMap) {
    if (types_.assign(TypeKind::kString, known.key())) {
      type = known.element();
    } else {
      report(Issue::Kind::kType, expr.name_place,
             "the keys of " + text_of(known) + " are no names; write [...] with a key");
    }
  } else if (!known.is_dyn() && known.kind() != TypeKind::kVariable) {
    report(Issue::Kind::kType, expr.name_place,
           text_of(known) + " has no fields, so no '" + std::string(expr.name) + "'");
  }
  Part part = make(presence ? Op::kHasField : Op::kSelect, expr, {&operand, 1}, presence ? TypeKind::kBool : type);
  part.node->value = Value::string(program_->arena_.copy(expr.name));
  return fold(part, expr);
}

Compiler::Part Compiler::unknown_name(const std::string& name, const Expr& root, const Expr& top) {
  // The offending name ends with the first part under which nothing is declared: of user_data.tpic.x it is
  // user_data.tpic.
  std::string begin;
  std::string offending;
  std::vector<std::string> candidates;
  const std::vector<const Expr*> chain = chain_of(top);
  const Expr* last = chain.back();
  for (const Expr* part : chain) {
    offending += (offending.empty() ? "" : ".") + std::string(part->name);
    const auto under = [&](const Environment::Variable& variable) {
      return variable.name.starts_with(offending + ".");
    };
    last = part;
    const auto& variables = environment_.variables();
    if (std::none_of(variables.begin(), variables.end(), under)) break;
    begin = offending + ".";
  }
  for (const auto& variable : environment_.variables()) {
    if (variable.name.starts_with(begin)) candidates.push_back(variable.name);
  }
  const bool group = begin == offending + ".";
  std::string message = "undeclared name '" + offending + "'";
  if (group)
    message = "'" + offending + "' is not a value itself; name one of its parts, such as " + candidates.front();
  const Place place = {root.place.offset, last->name_place.offset + last->name_place.length - root.place.offset};
  report(Issue::Kind::kUnknownName, place, std::move(message), std::move(offending), std::move(candidates));
  return failing(top, EvalError::Code::kOther, program_->arena_.copy("undeclared name '" + name + "'"));
}

std::optional<std::string> Compiler::custom_function(std::string_view name, bool absolute) const {
  for (std::string& tried : in_containers(name, absolute)) {
    for (const auto& function : environment_.functions()) {
      if (function.name == tried) return std::move(tried);
    }
  }
  return std::nullopt;
}

Compiler::Part Compiler::visit_call(const Expr& expr) {
  // a.f(x) may be a call of the function a.f.
  if (expr.member && !environment_.functions().empty()) {
    const auto chain = chain_of(*expr.args[0]);
    uint32_t slot = 0;
    if (chain[0]->kind == Expr::Kind::kName && (chain[0]->absolute || !find_local(chain[0]->name, slot))) {
      if (const auto name = custom_function(joined(chain) + "." + std::string(expr.name), chain[0]->absolute)) {
        std::vector<Part> args;
        for (const Expr* arg : expr.args.subspan(1)) args.push_back(visit(*arg));
        return visit_custom_call(expr, *name, std::move(args));
      }
    }
  }
  std::vector<Part> args;
  for (const Expr* arg : expr.args) args.push_back(visit(*arg));
  if (!expr.member) {
    if (const auto name = custom_function(expr.name, expr.absolute))
      return visit_custom_call(expr, *name, std::move(args));
  }
  const StandardFunction* const function = find_standard_function(expr.name);
  std::vector<const Overload*> overloads;
  for (size_t i = 0; function && i < function->overloads.size(); ++i) {
    if (function->overloads[i].member == expr.member) overloads.push_back(&function->overloads[i]);
  }
  if (overloads.empty()) return unknown_function(expr, std::string(expr.name));
  const bool fits = std::any_of(overloads.begin(), overloads.end(),
                                [&](const Overload* overload) { return overload->parameters.size() == args.size(); });
  if (!fits) {
    report_mismatch(expr, overloads, args);
    return failing(expr, EvalError::Code::kNoOverload, "the function does not take so many arguments");
  }
  return apply(expr, *function, overloads, std::move(args));
}

Compiler::Part Compiler::visit_custom_call(const Expr& expr, const std::string& name, std::vector<Part> args) {
  std::vector<Overload> overloads;
  std::vector<uint32_t> numbers;
  for (size_t i = 0; i < environment_.functions().size(); ++i) {
    const auto& function = environment_.functions()[i];
    if (function.name != name) continue;
    overloads.push_back({false, function.parameters, function.result, 0});
    numbers.push_back(static_cast<uint32_t>(i));
  }
  std::vector<const Overload*> all;
  all.reserve(overloads.size());
  for (const Overload& overload : overloads) all.push_back(&overload);
  const Chosen chosen = choose(all, args);
  if (!chosen.any) {
    Expr shown = expr;
    shown.member = false;
    shown.name = name;
    report_mismatch(shown, all, args);
    return failing(expr, EvalError::Code::kNoOverload, "the function does not take these arguments");
  }
  Arena& arena = program_->arena_;
  FunctionUse use{{}, expr.place};
  const auto targets = arena.array<CallTarget>(chosen.matching.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    const Overload& overload = overloads[chosen.matching[i]];
    const auto kinds = arena.array<TypeKind>(overload.parameters.size());
    for (size_t j = 0; j < kinds.size(); ++j) kinds[j] = overload.parameters[j].kind();
    targets[i] = {numbers[chosen.matching[i]], kinds};
    use.overloads.push_back(targets[i].overload);
  }
  program_->function_uses_.push_back(std::move(use));
  Part part = make(Op::kCall, expr, args, chosen.type);
  part.pure = false;
  part.node->targets = targets;
  part.node->name = arena.copy(name);
  return part;
}

Compiler::Part Compiler::unknown_function(const Expr& expr, std::string name) {
  std::vector<std::string> candidates;
  bool other_form = false;
  for (const auto& function : standard_functions()) {
    for (const Overload& overload : function.overloads) {
      if (overload.member == expr.member) add_once(candidates, std::string(function.name));
      other_form = other_form || (function.name == name && overload.member != expr.member);
    }
  }
  if (expr.member) {
    for (const char* macro : {"all", "exists", "exists_one", "filter", "map"}) candidates.emplace_back(macro);
  } else {
    candidates.emplace_back("has");
    for (const auto& function : environment_.functions()) add_once(candidates, function.name);
  }
  std::string message = "no function '" + name + "'";
  if (other_form && expr.member) message = "'" + name + "' is called as " + name + "(...), not after a dot";
  if (other_form && !expr.member) message = "'" + name + "' is called after a dot: text." + name + "(...)";
  report(Issue::Kind::kUnknownFunction, expr.name_place, std::move(message), name, std::move(candidates));
  return failing(expr, EvalError::Code::kNoOverload, program_->arena_.copy("no function '" + name + "'"));
}

}  // namespace expertline::cel
