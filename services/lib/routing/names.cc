#include "routing/names.h"

#include <array>
#include <string>
#include <utility>

namespace expertline::routing {
namespace {

using cel::Type;
using cel::TypeKind;

Type type_of(Declared::Type type) {
  switch (type) {
    case Declared::Type::kString:
      return TypeKind::kString;
    case Declared::Type::kInt:
      return TypeKind::kInt;
    case Declared::Type::kDouble:
      return TypeKind::kDouble;
    case Declared::Type::kBool:
      return TypeKind::kBool;
  }
  return TypeKind::kDyn;
}

}  // namespace

cel::Environment environment(const std::vector<Declared>& user_data) {
  const Type text = TypeKind::kString;
  const Type texts = Type::list(text);
  // In the order of NameNumber.
  const std::array<std::pair<const char*, Type>, static_cast<size_t>(NameNumber::kUserData)> names{{
      {"agent.id", text},
      {"agent.name", text},
      {"agent.site", text},
      {"agent.groups", texts},
      {"agent.languages", texts},
      {"agent.attributes", Type::map(text, text)},
      {"interaction.id", text},
      {"interaction.case_key", text},
      {"interaction.channel", text},
      {"interaction.customer_id", text},
      {"interaction.started", TypeKind::kTimestamp},
      {"interaction.last_expert", text},
      {"interaction.bucket", TypeKind::kInt},
      {"expert.id", text},
      {"expert.name", text},
      {"expert.site", text},
      {"expert.languages", texts},
      {"expert.skills", Type::map(text, TypeKind::kInt)},
      {"expert.groups", texts},
      {"expert.attributes", Type::map(text, TypeKind::kDyn)},
      {"expert.state", text},
      {"expert.note", text},
      {"expert.idle_for", TypeKind::kDuration},
      {"expert.load", TypeKind::kDouble},
      {"expert.offers_today", TypeKind::kInt},
      {"expert.media", texts},
      {"expert.dn", Type::map(text, text)},
      {"queue.waiting", TypeKind::kInt},
      {"queue.longest_wait", TypeKind::kDuration},
      {"hours.open", TypeKind::kBool},
      {"now", TypeKind::kTimestamp},
      {"waited", TypeKind::kDuration},
  }};
  cel::Environment environment;
  for (const auto& [name, type] : names) environment.declare_variable(name, type);
  for (const Declared& declared : user_data) {
    environment.declare_variable("user_data." + declared.key, type_of(declared.type));
  }
  // In the order of FunctionNumber.
  environment.declare_function("ready", {text}, TypeKind::kInt);
  environment.declare_function("ready", {text, TypeKind::kInt}, TypeKind::kInt);
  return environment;
}

}  // namespace expertline::routing
