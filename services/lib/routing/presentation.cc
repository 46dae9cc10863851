#include "routing/presentation.h"

namespace expertline::routing {

PreviewContent preview_content(const Strategy& strategy, const Step& step, const v1::RoutingFacts& facts,
                               const v1::Expert& expert) {
  const Scope scope{.strategy = strategy, .facts = facts, .expert = &expert};
  PreviewContent content{.message = fill(step.preview.message, scope), .show = {}};
  for (const std::string& key : step.preview.show) {
    if (auto value = resolve(Name{.root = Name::Root::kUserData, .field = key}, scope)) {
      (*content.show.mutable_values())[key] = std::move(*value);
    }
  }
  return content;
}

v1::UserData attached(const Strategy& strategy, const v1::RoutingFacts& facts, const v1::Expert& expert) {
  const Scope scope{.strategy = strategy, .facts = facts, .expert = &expert};
  v1::UserData data;
  for (const auto& [key, value] : strategy.attach) {
    if (auto resolved = resolve(value, scope)) (*data.mutable_values())[key] = std::move(*resolved);
  }
  return data;
}

std::vector<v1::VoiceTarget> voice_targets(const Strategy& strategy, const v1::Expert& expert) {
  std::vector<v1::VoiceTarget> targets;
  for (const v1::VoicePolicy& policy : strategy.voice) {
    v1::VoiceTarget target;
    target.set_via(policy.via());
    *target.mutable_kinds() = policy.kinds();
    if (policy.via() == v1::VOICE_VIA_ROUTING_POINT) {
      target.set_dn(policy.routing_point());
    } else {
      const auto dn = expert.dns().find("voice");
      if (dn == expert.dns().end()) continue;
      target.set_dn(dn->second);
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace expertline::routing
