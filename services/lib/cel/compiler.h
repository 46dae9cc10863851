// From the syntax tree to a program, in one walk: finds what names stand for, deduces and checks types, makes the nodes
// and evaluates at once what depends on nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/library.h"
#include "cel/node.h"
#include "cel/program.h"
#include "cel/substitution.h"
#include "cel/syntax.h"

namespace expertline::cel {

inline constexpr size_t kDeepestLoops = 16;

class Compiler {
 public:
  Compiler(std::string_view text, const Environment& environment, const Options& options);

  Compiled run();

 private:
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  // A part of the program that has been compiled.
  struct Part {
    Node* node = nullptr;
    Type type;
    bool pure = true;               // reads no variable and calls no function of the environment
    uint32_t least_slot = kNoSlot;  // of the loop variables that it reads
  };

  struct Local {
    std::string_view name;
    Type type;
  };

  struct Chosen {
    Type type;
    bool any = false;
    std::vector<size_t> matching;  // of the overloads
  };

  // compiler.cc: structure.
  Part visit(const Expr& expr);
  Part visit_operator(const Expr& expr);
  Part visit_logic(const Expr& expr);
  Part visit_list(const Expr& expr);
  Part visit_map(const Expr& expr);
  Part visit_loop(const Expr& expr);
  Part visit_loop_parts(const Expr& expr, Part range);
  void note_equality(const Expr& expr, std::span<const Part> args);

  // names.cc: what names stand for.
  Part visit_chain(const Expr& expr);
  Part visit_call(const Expr& expr);
  Part visit_custom_call(const Expr& expr, const std::string& name, std::vector<Part> args);
  std::optional<Part> named(const std::string& name, bool absolute, const Expr& expr);
  std::optional<std::string> custom_function(std::string_view name, bool absolute) const;
  Part unknown_name(const std::string& name, const Expr& root, const Expr& top);
  Part unknown_function(const Expr& expr, std::string name);
  Part select(Part operand, const Expr& expr);
  std::vector<std::string> in_containers(std::string_view name, bool absolute) const;
  const Local* find_local(std::string_view name, uint32_t& slot) const;

  // Types.
  Chosen choose(std::span<const Overload* const> overloads, std::span<const Part> args);
  Part apply(const Expr& expr, const StandardFunction& function, std::span<const Overload* const> overloads,
             std::vector<Part> args);
  std::string mismatch(const Expr& expr, std::span<const Overload* const> overloads, std::span<const Part> args) const;
  std::string text_of(const Type& type) const { return types_.resolve(type, true).text(); }
  Type checked(Type type) const { return options_.disable_check ? Type() : std::move(type); }
  bool may_be(const Part& part, TypeKind kind);

  // Nodes.
  Node* make_node(Op op, const Expr& expr, std::span<const Part> args);
  Part make(Op op, const Expr& expr, std::span<const Part> args, Type type);
  Part failing(const Expr& expr, EvalError::Code code, std::string_view message);
  Part fold(Part part, const Expr& expr);
  bool foldable(const Part& part) const;
  void prepare_pattern(Node& node);
  // A constant argument that fails whatever the others are: a divisor of 0, a time zone that there is not.
  void check_argument(const Node& node);

  // The issue, or null if it is not kept.
  Issue* report(Issue::Kind kind, Place place, std::string message, std::string name = "",
                std::vector<std::string> candidates = {});
  void report_mismatch(const Expr& expr, std::span<const Overload* const> overloads, std::span<const Part> args);

  const Environment& environment_;
  const Options& options_;
  std::shared_ptr<Program> program_;
  Arena tree_;
  Substitution types_;
  std::vector<Local> locals_;  // innermost last; the slot is the place in it
  std::vector<Issue> issues_;
  Budget folding_;
};

}  // namespace expertline::cel
