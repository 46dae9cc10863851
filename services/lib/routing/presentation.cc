#include "routing/presentation.h"

#include <algorithm>

#include "routing/expressions.h"

namespace expertline::routing {
namespace {

// Nothing for what has no value.
std::optional<v1::UserValue> user_value(cel::Value value) {
  v1::UserValue out;
  switch (value.kind()) {
    case cel::Value::Kind::kError:
    case cel::Value::Kind::kNull:
      return std::nullopt;
    case cel::Value::Kind::kInt:
      out.set_number(value.as_int());
      break;
    case cel::Value::Kind::kBytes:
      out.set_binary(std::string(value.as_string()));
      break;
    default:
      out.set_text(text_of(value));
      break;
  }
  return out;
}

}  // namespace

PreviewContent preview_content(const Strategy& strategy, const Step& step, const Snapshot& snapshot,
                               const v1::RoutingFacts& facts, const v1::Moment& moment, std::string_view expert) {
  Expressions expressions(strategy, snapshot, facts, moment);
  expressions.set_expert(snapshot.find(expert));
  PreviewContent content{.message = expressions.fill(step.preview.message), .show = {}};
  auto& show = *content.show.mutable_values();
  for (const std::string& key : step.preview.show) {
    const auto declared = std::find_if(strategy.user_data.begin(), strategy.user_data.end(),
                                       [&](const Declared& one) { return one.key == key; });
    if (declared == strategy.user_data.end() || declared->secret) continue;
    const auto& value = expressions.user_data(static_cast<size_t>(declared - strategy.user_data.begin()));
    if (value) show[key] = *user_value(*value);
  }
  return content;
}

v1::UserData attached(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                      const v1::Moment& moment, std::string_view expert) {
  Expressions expressions(strategy, snapshot, facts, moment);
  expressions.set_expert(snapshot.find(expert));
  v1::UserData data;
  for (const auto& [key, expression] : strategy.attach) {
    if (auto value = user_value(expressions.value(expression))) (*data.mutable_values())[key] = std::move(*value);
  }
  return data;
}

std::vector<v1::VoiceTarget> voice_targets(const Strategy& strategy, const Snapshot& snapshot,
                                           std::string_view expert) {
  const auto number = snapshot.find(expert);
  const auto voice = snapshot.medium("voice");
  std::string_view dn;
  if (number && voice) {
    for (const DirectoryNumber& one : snapshot.row(*number).dns()) {
      if (one.medium == *voice) dn = snapshot.row(*number).text(one.text);
    }
  }
  std::vector<v1::VoiceTarget> targets;
  for (const v1::VoicePolicy& policy : strategy.voice) {
    const bool by_point = policy.via() == v1::VOICE_VIA_ROUTING_POINT;
    if (!by_point && dn.empty()) continue;
    v1::VoiceTarget& target = targets.emplace_back();
    target.set_via(policy.via());
    *target.mutable_kinds() = policy.kinds();
    target.set_dn(by_point ? policy.routing_point() : std::string(dn));
  }
  return targets;
}

}  // namespace expertline::routing
