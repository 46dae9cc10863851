// What the checker has found out about type parameters so far. A parameter stands for the most general of the types
// that it met; dyn goes with everything.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cel/type.h"

namespace expertline::cel {

class Substitution {
 public:
  // A parameter about which nothing is known.
  Type fresh();
  // The type with its parameters 0 to count - 1 replaced by fresh ones, which begin at the number given by reserve().
  uint32_t reserve(uint32_t count);
  static Type renumber(const Type& type, uint32_t first);

  // Whether values of `from` may stand where `to` is asked for. What had to be assumed for that is kept if they may,
  // and forgotten if not.
  bool assign(const Type& from, const Type& to);
  bool assign_all(std::span<const Type> from, std::span<const Type> to);

  // The type of a list that holds both: the more general of them, dyn if they do not go together.
  Type join(const Type& a, const Type& b);

  // With what is known put in place of parameters. `final`: those about which nothing is known become dyn.
  Type resolve(const Type& type, bool final) const;

 private:
  bool assignable(const Type& from, const Type& to);
  std::optional<bool> bind(const Type& type, uint32_t variable);
  bool occurs(uint32_t variable, const Type& in) const;
  void set(uint32_t variable, const Type& type);
  void roll_back(size_t mark);

  std::vector<std::optional<Type>> known_;                         // by number of the parameter
  std::vector<std::pair<uint32_t, std::optional<Type>>> changes_;  // what was there before, for roll_back()
};

}  // namespace expertline::cel
