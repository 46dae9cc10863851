#include "cel/evaluation.h"

#include <string>

#include "cel/compare.h"

namespace expertline::cel {
namespace {

using Kind = Value::Kind;
using Code = EvalError::Code;

constexpr uint64_t kErrorCost = 8;  // an error takes memory

// Of no environment.
class Nothing final : public Activation {
 public:
  std::optional<Value> variable(size_t, Arena&) const override { return std::nullopt; }
};

bool takes(TypeKind parameter, Kind argument) {
  switch (parameter) {
    case TypeKind::kDyn:
    case TypeKind::kVariable:
      return true;
    case TypeKind::kNull:
      return argument == Kind::kNull;
    case TypeKind::kBool:
      return argument == Kind::kBool;
    case TypeKind::kInt:
      return argument == Kind::kInt;
    case TypeKind::kUint:
      return argument == Kind::kUint;
    case TypeKind::kDouble:
      return argument == Kind::kDouble;
    case TypeKind::kString:
      return argument == Kind::kString;
    case TypeKind::kBytes:
      return argument == Kind::kBytes;
    case TypeKind::kTimestamp:
      return argument == Kind::kTimestamp;
    case TypeKind::kDuration:
      return argument == Kind::kDuration;
    case TypeKind::kList:
      return argument == Kind::kList;
    case TypeKind::kMap:
      return argument == Kind::kMap;
    case TypeKind::kType:
      return argument == Kind::kType;
  }
  return false;
}

class Evaluation {
 public:
  Evaluation(const Activation& activation, Arena& arena, Budget& budget, uint32_t slots)
      : activation_(activation), context_{arena, budget} {
    if (slots > 0) locals_ = arena.array<Value>(slots).data();
  }

  Value eval(const Node& node) {
    if (!context_.budget.spend(1)) return exhausted();
    switch (node.op) {
      case Op::kConstant:
        return node.value;
      case Op::kVariable: {
        const auto value = activation_.variable(node.number, context_.arena);
        return value ? *value : Value::error(node.error);
      }
      case Op::kLocal:
        return locals_[node.number];
      case Op::kAnd:
        return all_of(node);
      case Op::kOr:
        return any_of(node);
      case Op::kConditional: {
        const Value condition = eval(*node.args[0]);
        if (condition.kind() == Kind::kBool) return eval(*node.args[condition.as_bool() ? 1 : 2]);
        return condition.is_error() ? condition : no_overload(context_, node, {&condition, 1});
      }
      case Op::kEqual:
      case Op::kNotEqual: {
        const Value a = eval(*node.args[0]);
        if (a.is_error()) return a;
        const Value b = eval(*node.args[1]);
        if (b.is_error()) return b;
        const bool same = equal_within(a, b, context_.arena, context_.budget);
        return context_.budget.exhausted ? exhausted() : Value::boolean(same == (node.op == Op::kEqual));
      }
      default:
        return node.op < Op::kNot ? structure(node) : function(node);
    }
  }

 private:
  // Operations on the values of their arguments.
  Value function(const Node& node) {
    Value args[3];
    const size_t count = node.args.size();
    if (count > std::size(args)) return no_overload(context_, node, {});
    for (size_t i = 0; i < count; ++i) {
      args[i] = eval(*node.args[i]);
      if (args[i].is_error()) return args[i];
    }
    return apply(context_, node, {args, count});
  }

  Value structure(const Node& node) {
    switch (node.op) {
      case Op::kFail:
        return Value::error(node.error);
      case Op::kHasVariable: {
        const auto value = activation_.variable(node.number, context_.arena);
        return Value::boolean(value.has_value());
      }
      case Op::kSelect:
      case Op::kHasField: {
        const Value operand = eval(*node.args[0]);
        if (operand.is_error()) return operand;
        if (operand.kind() != Kind::kMap) return no_overload(context_, node, {&operand, 1});
        if (node.op == Op::kSelect) return index_into(context_, node, operand, node.value);
        return Value::boolean(operand.as_map().find(node.value, context_.arena).has_value());
      }
      case Op::kList:
        return list(node);
      case Op::kMap:
        return map(node);
      case Op::kCall:
        return call(node);
      default:
        return loop(node);
    }
  }

  // An operand that decides the result hides what is wrong with the others, in whatever order they stand.
  Value all_of(const Node& node) {
    Value wrong;
    for (const Node* arg : node.args) {
      const Value value = eval(*arg);
      if (value.is_true()) continue;
      if (value.is_false() || context_.budget.exhausted) return value;
      if (!wrong.is_error()) wrong = value.is_error() ? value : no_overload(context_, node, {&value, 1});
    }
    return wrong.is_error() ? wrong : Value::boolean(true);
  }

  Value any_of(const Node& node) {
    Value wrong;
    for (const Node* arg : node.args) {
      const Value value = eval(*arg);
      if (value.is_false()) continue;
      if (value.is_true() || context_.budget.exhausted) return value;
      if (!wrong.is_error()) wrong = value.is_error() ? value : no_overload(context_, node, {&value, 1});
    }
    return wrong.is_error() ? wrong : Value::boolean(false);
  }

  Value list(const Node& node) {
    const auto elements = context_.arena.array<Value>(node.args.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      elements[i] = eval(*node.args[i]);
      if (elements[i].is_error()) return elements[i];
    }
    return made_list(context_, elements);
  }

  Value map(const Node& node) {
    const auto entries = context_.arena.array<std::pair<Value, Value>>(node.args.size() / 2);
    for (size_t i = 0; i < entries.size(); ++i) {
      const Value key = eval(*node.args[2 * i]);
      if (key.is_error()) return key;
      if (key.kind() != Kind::kString && key.kind() != Kind::kBool && key.kind() != Kind::kInt &&
          key.kind() != Kind::kUint) {
        return fail(context_, node, Code::kNoOverload, std::string(type_name(key)) + " cannot be a map's key");
      }
      const Value value = eval(*node.args[2 * i + 1]);
      if (value.is_error()) return value;
      entries[i] = {key, value};
    }
    Value repeated;
    const auto made = try_make_map(context_.arena, entries, &repeated);
    if (!made) return fail(context_, node, Code::kBadValue, "the key " + to_text(repeated) + " is repeated");
    return context_.budget.spend(made->as_map().weight()) ? *made : exhausted();
  }

  Value call(const Node& node) {
    const auto args = context_.arena.array<Value>(node.args.size());
    for (size_t i = 0; i < args.size(); ++i) {
      args[i] = eval(*node.args[i]);
      if (args[i].is_error()) return args[i];
    }
    for (const CallTarget& target : node.targets) {
      bool fits = target.parameters.size() == args.size();
      for (size_t i = 0; fits && i < args.size(); ++i) fits = takes(target.parameters[i], args[i].kind());
      if (fits) return activation_.call(target.overload, args, context_.arena);
    }
    return no_overload(context_, node, args);
  }

  // The values of the loop's variable: elements of a list, keys of a map.
  struct Range {
    const List* list = nullptr;
    const Map* map = nullptr;

    size_t size() const { return list ? list->size() : map->size(); }
    Value at(size_t i, Arena& arena) const { return list ? list->at(i, arena) : map->key_at(i, arena); }
  };

  Value loop(const Node& node) {
    const Value over = eval(*node.args[0]);
    if (over.is_error()) return over;
    Range range;
    if (over.kind() == Kind::kList) {
      range.list = &over.as_list();
    } else if (over.kind() == Kind::kMap) {
      range.map = &over.as_map();
    } else {
      return no_overload(context_, node, {&over, 1});
    }
    switch (node.op) {
      case Op::kAll:
        return quantify(node, range, false);
      case Op::kExists:
        return quantify(node, range, true);
      case Op::kExistsOne:
        return exists_one(node, range);
      default:
        return collect(node, range);
    }
  }

  // An element for which the body is `decisive` hides what is wrong with others.
  Value quantify(const Node& node, const Range& range, bool decisive) {
    Value wrong;
    const size_t size = range.size();
    for (size_t i = 0; i < size; ++i) {
      locals_[node.number] = range.at(i, context_.arena);
      const Value value = eval(*node.args[1]);
      if (context_.budget.exhausted) return exhausted();
      if (value.kind() == Kind::kBool) {
        if (value.as_bool() == decisive) return value;
      } else if (!wrong.is_error()) {
        wrong = value.is_error() ? value : no_overload(context_, node, {&value, 1});
      }
    }
    return wrong.is_error() ? wrong : Value::boolean(!decisive);
  }

  Value exists_one(const Node& node, const Range& range) {
    size_t count = 0;
    const size_t size = range.size();
    for (size_t i = 0; i < size; ++i) {
      locals_[node.number] = range.at(i, context_.arena);
      const Value value = eval(*node.args[1]);
      if (value.kind() != Kind::kBool) return value.is_error() ? value : no_overload(context_, node, {&value, 1});
      count += value.as_bool() ? 1 : 0;
    }
    return Value::boolean(count == 1);
  }

  // map and filter.
  Value collect(const Node& node, const Range& range) {
    const size_t size = range.size();
    if (!context_.budget.spend(size)) return exhausted();
    const auto kept = context_.arena.array<Value>(size);
    size_t count = 0;
    for (size_t i = 0; i < size; ++i) {
      const Value element = range.at(i, context_.arena);
      locals_[node.number] = element;
      const Value value = eval(*node.args[1]);
      if (value.is_error()) return value;
      if (node.op == Op::kMapEach) {
        kept[count++] = value;
        continue;
      }
      if (value.kind() != Kind::kBool) return no_overload(context_, node, {&value, 1});
      if (value.is_false()) continue;
      kept[count] = node.op == Op::kFilter ? element : eval(*node.args[2]);
      if (kept[count].is_error()) return kept[count];
      ++count;
    }
    return made_list(context_, kept.first(count));
  }

  const Activation& activation_;
  Context context_;
  Value* locals_ = nullptr;
};

}  // namespace

Value evaluate_node(const Node& node, const Activation& activation, Arena& arena, Budget& budget, uint32_t slots) {
  const Value value = Evaluation(activation, arena, budget, slots).eval(node);
  return budget.exhausted ? exhausted() : value;
}

Value evaluate_pure(const Node& node, Arena& arena, Budget& budget, uint32_t slots) {
  static const Nothing kNothing;
  return evaluate_node(node, kNothing, arena, budget, slots);
}

Value fail(Context& context, const Node& node, EvalError::Code code, std::string_view message) {
  context.budget.spend(kErrorCost);
  EvalError error;
  error.code = code;
  error.message = context.arena.copy(message);
  error.offset = node.offset;
  error.length = node.length;
  return Value::error(context.arena.make<EvalError>(error));
}

Value no_overload(Context& context, const Node& node, std::span<const Value> args) {
  std::string given;
  for (const Value arg : args) given.append(given.empty() ? "" : ", ").append(type_name(arg));
  const std::string what = node.name.empty() ? "this" : "'" + std::string(node.name) + "'";
  return fail(context, node, Code::kNoOverload, what + " cannot take (" + given + ")");
}

Value made_list(Context& context, std::span<const Value> elements) {
  const Value list = adopt_list(context.arena, elements);
  return context.budget.spend(list.as_list().weight()) ? list : exhausted();
}

Value exhausted() {
  static const EvalError kExhausted = {
      .code = Code::kBudget, .message = "the expression takes too much work", .offset = 0, .length = 0, .variable = 0};
  return Value::error(&kExhausted);
}

}  // namespace expertline::cel
