#include "cel/substitution.h"

namespace expertline::cel {
namespace {

bool parametrised(const Type& type) {
  return type.kind() == TypeKind::kList || type.kind() == TypeKind::kMap || type.kind() == TypeKind::kType;
}

// Whether everything of type b is of type a.
bool as_general(const Type& a, const Type& b) {
  if (a.is_dyn() || a.kind() == TypeKind::kVariable) return true;
  if (b.is_dyn() || b.kind() == TypeKind::kVariable || a.kind() != b.kind()) return false;
  return !parametrised(a) || a == b || (as_general(a.key(), b.key()) && as_general(a.element(), b.element()));
}

}  // namespace

Type Substitution::fresh() { return Type::variable(reserve(1)); }

uint32_t Substitution::reserve(uint32_t count) {
  const auto first = static_cast<uint32_t>(known_.size());
  known_.resize(known_.size() + count);
  return first;
}

Type Substitution::renumber(const Type& type, uint32_t first) {
  switch (type.kind()) {
    case TypeKind::kVariable:
      return Type::variable(first + type.number());
    case TypeKind::kList:
      return Type::list(renumber(type.element(), first));
    case TypeKind::kMap:
      return Type::map(renumber(type.key(), first), renumber(type.element(), first));
    case TypeKind::kType:
      return Type::type(renumber(type.element(), first));
    default:
      return type;
  }
}

bool Substitution::assign(const Type& from, const Type& to) { return assign_all({&from, 1}, {&to, 1}); }

bool Substitution::assign_all(std::span<const Type> from, std::span<const Type> to) {
  if (from.size() != to.size()) return false;
  const size_t mark = changes_.size();
  for (size_t i = 0; i < from.size(); ++i) {
    if (assignable(from[i], to[i])) continue;
    roll_back(mark);
    return false;
  }
  changes_.clear();
  return true;
}

Type Substitution::join(const Type& a, const Type& b) {
  if (!assign(a, b)) return Type();
  return as_general(a, b) ? a : b;
}

Type Substitution::resolve(const Type& type, bool final) const {
  switch (type.kind()) {
    case TypeKind::kVariable: {
      const auto& known = known_[type.number()];
      if (known) return resolve(*known, final);
      return final ? Type() : type;
    }
    case TypeKind::kList:
      return Type::list(resolve(type.element(), final));
    case TypeKind::kMap:
      return Type::map(resolve(type.key(), final), resolve(type.element(), final));
    case TypeKind::kType:
      // `type` alone is the type of types of which nothing is known.
      return type == Type(TypeKind::kType) ? type : Type::type(resolve(type.element(), final));
    default:
      return type;
  }
}

bool Substitution::assignable(const Type& from, const Type& to) {
  if (to.kind() == TypeKind::kVariable) {
    const auto bound = bind(from, to.number());
    if (bound) return *bound;
  }
  if (from.kind() == TypeKind::kVariable) return bind(to, from.number()).value_or(false);
  if (from.is_dyn() || to.is_dyn()) return true;
  if (from.kind() != to.kind()) return false;
  if (!parametrised(from) || from.kind() == TypeKind::kType || from == to) return true;
  return assignable(from.key(), to.key()) && assignable(from.element(), to.element());
}

// Whether the parameter may stand for the type too. Nothing if it cannot be said from this side, because the type has
// the parameter in it.
std::optional<bool> Substitution::bind(const Type& type, uint32_t variable) {
  if (type.kind() == TypeKind::kVariable && type.number() == variable) return true;
  if (const auto known = known_[variable]) {
    if (type == *known) return true;
    if (!assignable(type, *known)) return false;
    const Type general = as_general(type, *known) ? type : *known;
    if (!occurs(variable, general)) set(variable, general);
    return true;
  }
  if (occurs(variable, type)) return std::nullopt;
  set(variable, type);
  return true;
}

bool Substitution::occurs(uint32_t variable, const Type& in) const {
  switch (in.kind()) {
    case TypeKind::kVariable: {
      if (in.number() == variable) return true;
      const auto& known = known_[in.number()];
      return known && occurs(variable, *known);
    }
    case TypeKind::kList:
    case TypeKind::kType:
      return occurs(variable, in.element());
    case TypeKind::kMap:
      return occurs(variable, in.key()) || occurs(variable, in.element());
    default:
      return false;
  }
}

void Substitution::set(uint32_t variable, const Type& type) {
  changes_.emplace_back(variable, known_[variable]);
  known_[variable] = type;
}

void Substitution::roll_back(size_t mark) {
  for (; changes_.size() > mark; changes_.pop_back()) known_[changes_.back().first] = changes_.back().second;
}

}  // namespace expertline::cel
