// Types of the expression language, and their text form, which is the language's own: `int`, `list(string)`,
// `map(string, dyn)`, `google.protobuf.Timestamp`, `null_type`, `type(int)`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace expertline::cel {

enum class TypeKind : uint8_t {
  kDyn,  // known only when evaluated
  kNull,
  kBool,
  kInt,   // 64 bits
  kUint,  // 64 bits
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kList,      // of element()
  kMap,       // from key() to element()
  kType,      // the type of types; of element(), dyn if not known
  kVariable,  // a type parameter: of a function's declaration, or one the checker has still to find
};

// Small and cheap to copy; immutable, so copies may be used by several threads.
class Type {
 public:
  // kList, kMap, kType: of dyn.
  Type(TypeKind kind = TypeKind::kDyn) : kind_(kind) {}  // NOLINT(google-explicit-constructor)
  static Type list(Type element);
  static Type map(Type key, Type value);
  static Type type(Type of);
  static Type variable(uint32_t number);

  // Reads the text form. Also `timestamp` and `duration` for the two long names, `list`, `map` and `type` for those of
  // dyn. Nothing if it is no type, or nested deeper than 32.
  static std::optional<Type> parse(std::string_view text);
  std::string text() const;

  TypeKind kind() const { return kind_; }
  bool is_dyn() const { return kind_ == TypeKind::kDyn; }
  Type element() const;                          // kList, kMap (its values), kType; else dyn
  Type key() const;                              // kMap; else dyn
  uint32_t number() const { return variable_; }  // kVariable

  bool operator==(const Type& other) const;

 private:
  struct Parameters;

  TypeKind kind_;
  uint32_t variable_ = 0;
  std::shared_ptr<const Parameters> parameters_;  // none: of dyn
};

// The name by which the type of a value is known in expressions: `int`, `list`, `google.protobuf.Timestamp`.
std::string_view name_of(TypeKind kind);

}  // namespace expertline::cel
