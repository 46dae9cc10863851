#include "session-bridge/policy/policy.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_replace.h>

#include <algorithm>

#include "session-bridge/policy/files.h"

namespace expertline::bridge {
namespace {

bool meet(const std::vector<std::string>& wanted, const auto& there) {
  return std::any_of(there.begin(), there.end(), [&](const std::string& one) {
    return std::find(wanted.begin(), wanted.end(), one) != wanted.end();
  });
}

bool is_one_of(const Who& who, const std::string& id, const std::string& site, const auto& groups) {
  return (who.ids.list.empty() || who.ids.match(id)) && (who.sites.list.empty() || who.sites.match(site)) &&
         (who.groups.empty() || meet(who.groups, groups));
}

bool has_content(const Rule& rule, const Saying& saying) {
  if (rule.from != v1::MESSAGE_AUTHOR_UNSPECIFIED && rule.from != saying.from) return false;
  if (saying.text && rule.content.match("text")) return true;
  return saying.file != nullptr && rule.content.match(media_type_of(*saying.file));
}

Error not_allowed(const std::string& routing_point, const Rule& rule) {
  return Error{.reason = v1::ERROR_REASON_NOT_ALLOWED,
               .message = "not allowed by rule " + rule.name + ": " + rule.why,
               .metadata = {{"routing_point", routing_point}, {"rule", rule.name}, {"why", rule.why}}};
}

bool for_side(const Preset& preset, v1::MessageAuthor side) {
  // A supervisor writes beside the agent.
  if (side == v1::MESSAGE_AUTHOR_SUPERVISOR) side = v1::MESSAGE_AUTHOR_AGENT;
  return side == v1::MESSAGE_AUTHOR_UNSPECIFIED || preset.side == v1::MESSAGE_AUTHOR_UNSPECIFIED || preset.side == side;
}

bool for_point(const Preset& preset, const std::string& routing_point) {
  return preset.routing_points.list.empty() || (!routing_point.empty() && preset.routing_points.match(routing_point));
}

}  // namespace

bool Patterns::match(std::string_view name) const {
  return std::any_of(list.begin(), list.end(), [name](const std::string& pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    return name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
  });
}

const Rule* Policy::first(bool of_messages, const v1::Agent& agent, const std::string& routing_point, int64_t now_ms,
                          const std::function<bool(const Rule&)>& fits) const {
  for (const Rule& rule : access) {
    if (rule.content.list.empty() == of_messages) continue;
    if (!is_one_of(rule.agents, agent.id(), agent.site(), agent.groups())) continue;
    if (!rule.routing_points.list.empty() && !rule.routing_points.match(routing_point)) continue;
    if (rule.hours && !rule.hours->open(now_ms)) continue;
    if (fits(rule)) return &rule;
  }
  return nullptr;
}

Result<Done> Policy::may_ask(const Asking& asking, int64_t now_ms) const {
  const Rule* rule = first(false, asking.agent, asking.routing_point, now_ms, [&asking](const Rule& one) {
    if (!one.experts) return true;
    return !asking.expert.empty() && is_one_of(*one.experts, asking.expert, asking.expert_site, asking.expert_groups);
  });
  if (rule == nullptr || rule->allow) return Done{};
  return not_allowed(asking.routing_point, *rule);
}

Result<Done> Policy::may_say(const Saying& saying, int64_t now_ms) const {
  if (saying.file != nullptr) {
    if (auto allowed = check_rules(files, *saying.file); !allowed) return allowed;
  }
  const Rule* rule = first(true, saying.agent, saying.routing_point, now_ms,
                           [&saying](const Rule& one) { return has_content(one, saying); });
  if (rule == nullptr || rule->allow) return Done{};
  Error error{.reason = v1::ERROR_REASON_CONTENT_NOT_ALLOWED,
              .message = "not allowed by rule " + rule->name + ": " + rule->why,
              .metadata = {{"rule", rule->name}, {"why", rule->why}}};
  if (saying.file != nullptr) error.metadata["media_type"] = media_type_of(*saying.file);
  return error;
}

std::pair<std::string, std::string> Policy::said(const Words& words, const std::vector<std::string>& tags) const {
  for (const std::string& tag : tags) {
    // The tag itself, then without its last part, down to the language: `zh-Hant-TW`, `zh-Hant`, `zh`.
    for (std::string at = absl::AsciiStrToLower(tag); !at.empty();) {
      if (const auto found = words.find(at); found != words.end()) return *found;
      const size_t dash = at.rfind('-');
      at.resize(dash == std::string::npos ? 0 : dash);
    }
  }
  const auto first_one = words.find(languages.front());
  if (first_one == words.end()) return {};
  return *first_one;
}

std::string Policy::message(const std::string& name, const std::vector<std::string>& tags, const Places& places) const {
  const auto found = messages.find(name);
  if (found == messages.end()) return "";
  return absl::StrReplaceAll(
      said(found->second, tags).second,
      {{"{agent}", places.agent}, {"{expert}", places.expert}, {"{routing_point}", places.routing_point}});
}

std::vector<v1::PresetText> Policy::presets(const std::string& routing_point, const std::vector<std::string>& tags,
                                            v1::MessageAuthor side) const {
  std::vector<v1::PresetText> list;
  for (const Preset& one : preset_texts) {
    if (for_side(one, side) && for_point(one, routing_point)) list.push_back(shown(one.id, one.text, tags));
  }
  return list;
}

Result<std::string> Policy::preset(const std::string& id, const std::string& routing_point,
                                   const std::vector<std::string>& tags, v1::MessageAuthor side) const {
  for (const Preset& one : preset_texts) {
    if (one.id == id && for_side(one, side) && for_point(one, routing_point)) return said(one.text, tags).second;
  }
  return Error{.reason = v1::ERROR_REASON_UNKNOWN_PRESET,
               .message = "no ready-made text \"" + id + "\" for this side at routing point \"" + routing_point +
                          "\"; ListPresetTexts has those there are",
               .metadata = {{"preset", id}}};
}

std::vector<v1::PresetText> Policy::reasons(const std::vector<std::string>& tags) const {
  std::vector<v1::PresetText> list;
  for (const Reason& one : decline_reasons) list.push_back(shown(one.id, one.text, tags));
  return list;
}

Result<Done> Policy::check_reason(const std::string& field, const std::string& reason) const {
  if (reason.empty() || decline_reasons.empty()) return Done{};
  std::string all;
  for (const Reason& one : decline_reasons) {
    if (one.id == reason) return Done{};
    all += (all.empty() ? "" : ", ") + one.id;
  }
  return invalid_field(field, "one of " + all);
}

v1::PresetText Policy::shown(const std::string& id, const Words& words, const std::vector<std::string>& tags) const {
  const auto [language, text] = said(words, tags);
  v1::PresetText one;
  one.set_id(id);
  one.set_text(text);
  one.set_language(language);
  return one;
}

Kind Policy::kind(const std::string& medium) const {
  const auto found = media.find(medium);
  return found == media.end() ? Kind::kConversation : found->second;
}

}  // namespace expertline::bridge
