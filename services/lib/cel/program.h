// Compiling and evaluating expressions of the Common Expression Language, without its protobuf messages:
// https://github.com/google/cel-spec/blob/master/doc/langdef.md. Pure: no clock, no I/O; the only thing read from the
// machine is its time zone database.
//
//   Environment environment;
//   const size_t site = environment.declare_variable("expert.site", TypeKind::kString);
//   Compiled compiled = compile("expert.site == 'Leeds'", environment);
//   ...
//   Arena arena;
//   Budget budget{10'000};
//   Value value = compiled.program->evaluate(activation, arena, budget);
//
// Beyond the definition: names of variables may be qualified (`user_data.topic` is one variable, not a field of one),
// and has(user_data.topic) asks whether that variable is there. An absent variable is an error when read, which `&&`,
// `||` and the macros absorb as any other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/arena.h"
#include "cel/type.h"
#include "cel/value.h"

namespace expertline::cel {

// What expressions may name.
class Environment {
 public:
  // Number of the variable, from 0 in the order of declaration. The name is an identifier or several with dots between
  // them. A name that is declared again takes the new type and keeps its number.
  size_t declare_variable(std::string name, Type type);

  // Number of the overload, from 0 in the order of declaration: overloads of one name differ in their parameters. The
  // name may be qualified, and must not be one of the language's own. Called as name(arguments).
  size_t declare_function(std::string name, std::vector<Type> parameters, Type result);

  struct Variable {
    std::string name;
    Type type;
  };
  struct Function {
    std::string name;
    std::vector<Type> parameters;
    Type result;
  };

  const std::vector<Variable>& variables() const { return variables_; }
  const std::vector<Function>& functions() const { return functions_; }
  std::optional<size_t> find_variable(std::string_view name) const;

 private:
  std::vector<Variable> variables_;
  std::vector<Function> functions_;
  std::map<std::string, size_t, std::less<>> numbers_;  // of variables
};

// What an expression is evaluated against: the environment's variables and functions by number.
class Activation {
 public:
  // Nothing: the variable is absent. What has to be made for it is made in `arena`. Asked only for what is read.
  virtual std::optional<Value> variable(size_t number, Arena& arena) const = 0;

  // The overload's result; an error by make_error(). The arguments are of the overload's types, and no errors.
  virtual Value call(size_t overload, std::span<const Value> arguments, Arena& arena) const {
    (void)overload, (void)arguments;
    return make_error(arena, EvalError::Code::kOther, "no such function");
  }

 protected:
  ~Activation() = default;
};

// Work that may still be done, in units: one for each node visited, element looked at, and 16 bytes compared, joined
// or searched. Several evaluations may share one.
struct Budget {
  uint64_t left = 1'000'000;
  bool exhausted = false;  // an evaluation ended for it

  bool spend(uint64_t units) {
    if (units > left) {
      left = 0;
      exhausted = true;
      return false;
    }
    left -= units;
    return true;
  }
};

// A place in the text, in bytes.
struct Place {
  size_t offset = 0;
  size_t length = 0;
};

struct Issue {
  enum class Kind {
    kSyntax,           // not the language (phase parse)
    kLimit,            // too long or nested too deep (phase parse)
    kUnknownName,      // `name` is not declared
    kUnknownFunction,  // `name` is no function, or none that takes this form of call
    kNoOverload,       // the function or operator `name` does not take these types
    kType,             // any other mismatch of types
  };

  Kind kind = Kind::kSyntax;
  Place place;
  std::string message;                  // without the place: "undeclared name 'user_data.tpic'"
  std::string name;                     // as written, for kUnknownName, kUnknownFunction, kNoOverload
  std::vector<std::string> candidates;  // what could have stood there, if known
  std::vector<Type> given = {};         // for kNoOverload: the types of its arguments

  bool is_parse() const { return kind == Kind::kSyntax || kind == Kind::kLimit; }
};

struct Options {
  std::string container = "";  // names are looked up in it and in those around it: `a.b` for a.b.x, a.x, x
  bool disable_check = false;  // types are met when evaluated; the result is dyn
  bool disable_macros = false;
};

// Reads of a variable.
struct VariableUse {
  size_t variable = 0;
  Place place;
  bool presence_only = false;  // in has()
};

struct FunctionUse {
  std::vector<size_t> overloads;  // those that may be called; more than one if types are dyn
  Place place;
};

// `variable == literal`, `variable != literal` in either order, `variable in [literals]`.
struct Equality {
  enum class Op { kEqual, kNotEqual, kIn };
  struct Literal {
    Value value;  // belongs to the program
    Place place;
  };

  Op op = Op::kEqual;
  size_t variable = 0;
  Place place;
  std::vector<Literal> literals;
};

// A part that fails whatever the variables are: `1 / 0`, `duration("5 minutes")`, a pattern that is none. The rest of
// the expression may hide that, as in `false && 1 / 0 == 1`.
struct Failure {
  Place place;
  std::string_view message;  // belongs to the program
};

struct Node;

// An expression ready to be evaluated. Immutable: any number of threads may evaluate it, each with its own arena.
class Program {
 public:
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::string& text() const { return text_; }
  const Type& result_type() const { return result_type_; }
  // In the order of the text. A variable may occur several times.
  const std::vector<VariableUse>& variable_uses() const { return variable_uses_; }
  const std::vector<FunctionUse>& function_uses() const { return function_uses_; }
  const std::vector<Equality>& equalities() const { return equalities_; }
  const std::vector<Failure>& failures() const { return failures_; }

  // Set if the value is the same whatever the variables are: `1 < 2`, and also `false && user_data.vip`. It belongs to
  // the program. Not set if the expression always fails.
  const std::optional<Value>& constant() const { return constant_; }

  // Nodes of the tree: the least budget that an evaluation without loops and long texts can need.
  size_t node_count() const { return node_count_; }

  // The value, or one of Kind::kError. It may refer to the program's constants, the activation's data and the arena,
  // which are to outlive it. The arena is not reset.
  Value evaluate(const Activation& activation, Arena& arena, Budget& budget) const;

 private:
  friend class Compiler;
  Program() = default;

  std::string text_;
  Type result_type_;
  std::vector<VariableUse> variable_uses_;
  std::vector<FunctionUse> function_uses_;
  std::vector<Equality> equalities_;
  std::vector<Failure> failures_;
  std::optional<Value> constant_;
  size_t node_count_ = 0;
  uint32_t slots_ = 0;  // loop variables alive at once
  Arena arena_;
  const Node* root_ = nullptr;
  std::vector<std::shared_ptr<void>> held_;  // compiled regular expressions
};

struct Compiled {
  std::shared_ptr<const Program> program;  // null if there are issues
  std::vector<Issue> issues;               // all that were found, in the order of the text
};

// Limits: 64 KiB of text; 250 levels of brackets and of `? :`, 1,000 of the tree, to which each further operator of a
// chain adds one (but not `&&` and `||`); macros in macros 16 deep. With a syntax error, which is the only issue then,
// the types are not looked at.
Compiled compile(std::string_view text, const Environment& environment, const Options& options = {});

}  // namespace expertline::cel
