// Where it goes when no step takes it, and what follows when one does.
#include <algorithm>

#include "strategy/expression.h"
#include "strategy/reading.h"

namespace expertline::strategy {
namespace {

using routing::Otherwise;
using yaml::Fields;
using yaml::Node;

constexpr int64_t kMinute = 60'000;
constexpr size_t kMaxEntries = 20;
constexpr size_t kMaxAttached = 100;

void read_entry(Reading& in, const Node& node, size_t index, bool last) {
  static const std::vector<std::pair<std::string, Otherwise::Kind>> kKinds{
      {"voicemail", Otherwise::Kind::kVoicemail},
      {"agent", Otherwise::Kind::kAgentText},
      {"routing_point", Otherwise::Kind::kRoutingPoint},
      {"dn", Otherwise::Kind::kDn}};
  const std::string place = "otherwise[" + std::to_string(index + 1) + "]";
  Otherwise entry{.line = node.mark.line};
  Fields fields(node, "an entry of otherwise", in.issues);
  if (const Node* condition = fields.optional("only_if")) {
    entry.only_if = read_expression(in, *condition, Result::kCondition, {place + ".only_if"});
    if (last) {
      in.issues.add(node.find("only_if")->mark, "otherwise_open", "the last entry of otherwise must have no condition",
                    "add one without only_if, so that every request ends somewhere");
    }
  } else if (!last && node.kind == Node::Kind::kMap) {
    in.issues.add(node.mark, "unreachable", "what follows this entry is never reached: it has no condition",
                  "give it an only_if, or move it to the end");
  }
  int targets = 0;
  for (const auto& [key, kind] : kKinds) {
    const Node* value = fields.optional(key);
    if (value == nullptr) continue;
    ++targets;
    entry.kind = kind;
    if (kind == Otherwise::Kind::kRoutingPoint) {
      if (auto id = yaml::read_id(*value, key, in.issues)) {
        in.loaded.sends.push_back({*id, value->mark});
        entry.text = {std::move(*id)};
      }
      continue;
    }
    auto text = read_template(in, *value, {place + "." + key});
    if (text && text->empty()) in.issues.add(value->mark, "empty", key + " must not be empty");
    set(entry.text, std::move(text));
  }
  fields.done();
  if (node.kind == Node::Kind::kMap && targets != 1) {
    in.issues.add(node.mark, "one_target",
                  "an entry of otherwise has exactly one of voicemail, agent, routing_point, dn");
  }
  in.strategy.otherwise.push_back(std::move(entry));
}

void read_kinds(Reading& in, const Node& node, v1::VoicePolicy& policy) {
  static const std::vector<std::string> kKinds{"transfer", "consult", "conference"};
  const auto& items = yaml::read_list(node, "kinds", in.issues);
  if (node.kind == Node::Kind::kList && items.empty()) {
    in.issues.add(node.mark, "empty", "kinds must name at least one");
  }
  for (const Node& item : items) {
    const auto word = yaml::read_word(item, "a kind", kKinds, in.issues);
    if (!word) continue;
    const auto kind = *word == "transfer"  ? v1::CALL_KIND_TRANSFER
                      : *word == "consult" ? v1::CALL_KIND_CONSULT
                                           : v1::CALL_KIND_CONFERENCE;
    if (std::find(policy.kinds().begin(), policy.kinds().end(), kind) != policy.kinds().end()) {
      in.issues.warn(item.mark, "duplicate", *word + " is in kinds twice");
      continue;
    }
    policy.add_kinds(kind);
  }
}

void read_target(Reading& in, const Node& node) {
  v1::VoicePolicy policy;
  Fields fields(node, "a target", in.issues);
  std::optional<std::string> via;
  if (const Node* value = fields.required("via")) {
    via = yaml::read_word(*value, "via", {"routing_point", "direct"}, in.issues);
  }
  policy.set_via(via == "direct" ? v1::VOICE_VIA_DIRECT : v1::VOICE_VIA_ROUTING_POINT);
  if (via == "routing_point") {
    if (const Node* value = fields.required("routing_point")) {
      if (auto id = yaml::read_id(*value, "routing_point", in.issues)) {
        in.loaded.sends.push_back({*id, value->mark, true});
        policy.set_routing_point(std::move(*id));
      }
    }
  } else if (const Node* value = fields.optional("routing_point"); value != nullptr && via) {
    in.issues.add(value->mark, "not_with_direct", "a direct target has no routing_point");
  }
  if (const Node* value = fields.required("kinds")) read_kinds(in, *value, policy);
  fields.done();
  in.strategy.voice.push_back(std::move(policy));
}

}  // namespace

void read_otherwise(Reading& in, const Node& node) {
  const auto& items = yaml::read_list(node, "otherwise", in.issues);
  if (node.kind == Node::Kind::kList && (items.empty() || items.size() > kMaxEntries)) {
    in.issues.add(node.mark, items.empty() ? "empty" : "out_of_range",
                  "otherwise must say where it goes, in 1 to " + std::to_string(kMaxEntries) + " entries");
    return;
  }
  for (size_t i = 0; i < items.size(); ++i) read_entry(in, items[i], i, i + 1 == items.size());
}

void read_on_accept(Reading& in, const Node& node) {
  Fields fields(node, "on_accept", in.issues);
  const Node* const attach = fields.required("attach");
  if (attach != nullptr && attach->entries.size() > kMaxAttached) {
    in.issues.add(attach->mark, "out_of_range", "attach has at most " + std::to_string(kMaxAttached) + " keys");
  } else if (attach != nullptr) {
    for (const yaml::Entry& entry : yaml::read_map(*attach, "attach", in.issues)) {
      if (entry.key.empty() || entry.key.size() > 255) {
        in.issues.add(entry.mark, "bad_key", "a key of user data has 1 to 255 bytes");
      }
      const Position position{"on_accept.attach." + entry.key, true};
      if (auto value = read_expression(in, entry.value, Result::kScalar, position)) {
        in.strategy.attach.emplace_back(entry.key, std::move(*value));
      }
    }
  }
  fields.done();
}

void read_voice(Reading& in, const Node& node) {
  Fields fields(node, "voice", in.issues);
  if (const Node* hold = fields.optional("hold_expert")) {
    set(in.strategy.hold_expert_ms, yaml::read_duration_ms(*hold, "hold_expert", 1000, 10 * kMinute, in.issues));
  }
  const Node* const targets = fields.required("targets");
  if (targets != nullptr && targets->items.size() > kMaxEntries) {
    in.issues.add(targets->mark, "out_of_range", "targets has at most " + std::to_string(kMaxEntries) + " entries");
  } else if (targets != nullptr) {
    for (const Node& item : yaml::read_list(*targets, "targets", in.issues)) read_target(in, item);
  }
  fields.done();
}

}  // namespace expertline::strategy
