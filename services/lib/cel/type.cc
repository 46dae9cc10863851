#include "cel/type.h"

#include <array>
#include <utility>

namespace expertline::cel {
namespace {

constexpr int kDeepest = 32;

constexpr std::array<std::pair<TypeKind, std::string_view>, 13> kNames = {{
    {TypeKind::kDyn, "dyn"},
    {TypeKind::kNull, "null_type"},
    {TypeKind::kBool, "bool"},
    {TypeKind::kInt, "int"},
    {TypeKind::kUint, "uint"},
    {TypeKind::kDouble, "double"},
    {TypeKind::kString, "string"},
    {TypeKind::kBytes, "bytes"},
    {TypeKind::kTimestamp, "google.protobuf.Timestamp"},
    {TypeKind::kDuration, "google.protobuf.Duration"},
    {TypeKind::kList, "list"},
    {TypeKind::kMap, "map"},
    {TypeKind::kType, "type"},
}};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<Type> whole() {
    auto type = one(0);
    skip_spaces();
    if (!rest_.empty()) return std::nullopt;
    return type;
  }

 private:
  void skip_spaces() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }

  bool take(char c) {
    skip_spaces();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<TypeKind> kind() {
    skip_spaces();
    const size_t end = std::min(rest_.find_first_of(" \t(),"), rest_.size());
    const std::string_view name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (name == "timestamp") return TypeKind::kTimestamp;
    if (name == "duration") return TypeKind::kDuration;
    for (const auto& [kind, known] : kNames) {
      if (name == known) return kind;
    }
    return std::nullopt;
  }

  std::optional<Type> one(int depth) {
    if (depth > kDeepest) return std::nullopt;
    const auto known = kind();
    if (!known) return std::nullopt;
    const bool parametrised = *known == TypeKind::kList || *known == TypeKind::kMap || *known == TypeKind::kType;
    if (!parametrised || !take('(')) return Type(*known);
    const auto first = one(depth + 1);
    if (!first) return std::nullopt;
    Type made = *known == TypeKind::kList ? Type::list(*first) : Type::type(*first);
    if (*known == TypeKind::kMap) {
      if (!take(',')) return std::nullopt;
      const auto second = one(depth + 1);
      if (!second) return std::nullopt;
      made = Type::map(*first, *second);
    }
    if (!take(')')) return std::nullopt;
    return made;
  }

  std::string_view rest_;
};

}  // namespace

struct Type::Parameters {
  Type key;
  Type element;
};

Type Type::list(Type element) {
  Type made(TypeKind::kList);
  made.parameters_ = std::make_shared<const Parameters>(Parameters{Type(), std::move(element)});
  return made;
}

Type Type::map(Type key, Type value) {
  Type made(TypeKind::kMap);
  made.parameters_ = std::make_shared<const Parameters>(Parameters{std::move(key), std::move(value)});
  return made;
}

Type Type::type(Type of) {
  Type made(TypeKind::kType);
  made.parameters_ = std::make_shared<const Parameters>(Parameters{Type(), std::move(of)});
  return made;
}

Type Type::variable(uint32_t number) {
  Type made(TypeKind::kVariable);
  made.variable_ = number;
  return made;
}

Type Type::element() const { return parameters_ ? parameters_->element : Type(); }
Type Type::key() const { return parameters_ ? parameters_->key : Type(); }

std::optional<Type> Type::parse(std::string_view text) { return Reader(text).whole(); }

std::string Type::text() const {
  switch (kind_) {
    case TypeKind::kList:
      return "list(" + element().text() + ")";
    case TypeKind::kMap:
      return "map(" + key().text() + ", " + element().text() + ")";
    case TypeKind::kType:
      return parameters_ ? "type(" + element().text() + ")" : "type";
    case TypeKind::kVariable:
      return "dyn";
    default:
      return std::string(name_of(kind_));
  }
}

bool Type::operator==(const Type& other) const {
  if (kind_ != other.kind_ || variable_ != other.variable_) return false;
  if (parameters_ == other.parameters_) return true;
  return key() == other.key() && element() == other.element();
}

std::string_view name_of(TypeKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "dyn";
}

}  // namespace expertline::cel
