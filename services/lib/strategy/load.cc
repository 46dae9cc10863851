#include "strategy/load.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "routing/random.h"
#include "routing/snapshot.h"
#include "strategy/expression.h"

namespace expertline::strategy {
namespace {

using routing::Declared;
using routing::Otherwise;
using routing::Pick;
using routing::Step;
using yaml::Fields;
using yaml::Issues;
using yaml::Node;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr size_t kMaxSteps = 50;

class Loader {
 public:
  explicit Loader(Issues& issues) : issues_(issues) {}

  void read(const Node& root, routing::Strategy& strategy, Loaded& loaded) {
    Fields fields(root, "a strategy", issues_);
    if (const Node* node = fields.required("strategy")) {
      loaded.name_mark = node->mark;
      set(strategy.name, yaml::read_id(*node, "strategy", issues_));
    }
    if (const Node* node = fields.optional("description")) {
      set(strategy.description, yaml::read_text(*node, "description", issues_));
    }
    if (const Node* node = fields.optional("owner")) set(strategy.owner, yaml::read_text(*node, "owner", issues_));
    if (const Node* node = fields.required("media")) set(strategy.medium, yaml::read_id(*node, "media", issues_));
    if (const Node* node = fields.required("routing_points")) read_routing_points(*node, strategy, loaded);
    for (const char* key : {"allow", "hours", "on_bad_data", "priority"}) fields.unsupported(key);
    if (const Node* node = fields.optional("user_data")) read_user_data(*node, strategy.user_data);
    declared_ = &strategy.user_data;
    if (const Node* node = fields.required("steps")) read_steps(*node, strategy.steps);
    if (const Node* node = fields.required("otherwise")) read_otherwise(*node, strategy.otherwise, loaded);
    if (const Node* node = fields.optional("on_accept")) read_on_accept(*node, strategy);
    if (const Node* node = fields.optional("voice")) read_voice(*node, strategy);
    fields.done();
  }

 private:
  template <typename T, typename U>
  static void set(T& target, std::optional<U> value) {
    if (value) target = static_cast<T>(std::move(*value));
  }

  Names names(bool expert) const { return {.declared = *declared_, .expert = expert}; }

  void read_routing_points(const Node& node, routing::Strategy& strategy, Loaded& loaded) {
    const auto& items = yaml::read_list(node, "routing_points", issues_);
    if (node.kind == Node::Kind::kList && items.empty()) {
      issues_.add(node.mark, "empty", "routing_points must name at least one");
    }
    for (const Node& item : items) {
      const auto id = yaml::read_id(item, "a routing point", issues_);
      if (!id) continue;
      if (std::find(strategy.routing_points.begin(), strategy.routing_points.end(), *id) !=
          strategy.routing_points.end()) {
        issues_.add(item.mark, "bound_twice", "the routing point " + *id + " is named twice");
        continue;
      }
      strategy.routing_points.push_back(*id);
      loaded.routing_point_marks.push_back(item.mark);
    }
  }

  void read_user_data(const Node& node, std::vector<Declared>& declared) {
    for (const yaml::Entry& entry : yaml::read_map(node, "user_data", issues_)) {
      Declared one{.key = entry.key};
      if (entry.key.empty() || entry.key.size() > 255) {
        issues_.add(entry.mark, "bad_key", "a key of user_data has 1 to 255 bytes");
      }
      const std::string what = "user_data." + entry.key;
      Fields fields(entry.value, what, issues_);
      if (const Node* type = fields.required("type")) {
        static const std::vector<std::string> kTypes{"string", "int", "double", "bool"};
        if (const auto word = yaml::read_word(*type, what + ".type", kTypes, issues_)) {
          one.type = static_cast<Declared::Type>(std::find(kTypes.begin(), kTypes.end(), *word) - kTypes.begin());
        }
      }
      if (const Node* value = fields.optional("default")) one.default_value = read_default(*value, one, what);
      for (const char* key : {"one_of", "required", "secret"}) fields.unsupported(key);
      fields.done();
      declared.push_back(std::move(one));
    }
  }

  std::optional<v1::UserValue> read_default(const Node& node, const Declared& declared, const std::string& what) {
    const auto text = yaml::read_text(node, what + ".default", issues_);
    if (!text) return std::nullopt;
    v1::UserValue value;
    value.set_text(*text);
    bool good = true;
    switch (declared.type) {
      case Declared::Type::kString:
        break;
      case Declared::Type::kInt:
        good = yaml::to_int(*text).has_value();
        if (good) value.set_number(*yaml::to_int(*text));
        break;
      case Declared::Type::kDouble:
        good = yaml::to_double(*text).has_value();
        break;
      case Declared::Type::kBool:
        good = yaml::to_bool(*text).has_value();
        break;
    }
    if (good) return value;
    issues_.add(node.mark, "bad_default", what + ".default is not of its type: \"" + *text + "\"");
    return std::nullopt;
  }

  void read_steps(const Node& node, std::vector<Step>& steps) {
    const auto& items = yaml::read_list(node, "steps", issues_);
    if (node.kind == Node::Kind::kList && (items.empty() || items.size() > kMaxSteps)) {
      issues_.add(node.mark, "out_of_range", "a strategy has 1 to " + std::to_string(kMaxSteps) + " steps");
    }
    std::set<std::string> step_names;
    for (const Node& item : items) {
      Step step{.name = ""};
      Fields fields(item, "a step", issues_);
      if (const Node* name = fields.required("step")) {
        set(step.name, yaml::read_name(*name, "step", issues_));
        if (!step.name.empty() && !step_names.insert(step.name).second) {
          issues_.add(name->mark, "duplicate_step", "a step named \"" + step.name + "\" is there already");
        }
      }
      if (const Node* find = fields.required("find")) read_find(*find, step.find);
      if (const Node* pick = fields.optional("pick")) read_pick(*pick, step.pick);
      if (const Node* preview = fields.optional("preview")) read_preview(*preview, step.preview);
      if (const Node* wait = fields.optional("wait")) {
        set(step.wait_ms, yaml::read_duration_ms(*wait, "wait", 0, kHour, issues_));
      }
      for (const char* key : {"only_if", "where", "relax"}) fields.unsupported(key);
      fields.done();
      steps.push_back(std::move(step));
    }
  }

  void read_find(const Node& node, routing::Find& find) {
    Fields fields(node, "find", issues_);
    if (const Node* skills = fields.optional("skills")) {
      for (const yaml::Entry& entry : yaml::read_map(*skills, "skills", issues_)) {
        routing::SkillRange range{.skill = entry.key};
        if (entry.key.empty()) issues_.add(entry.mark, "empty", "a skill must have a name");
        read_levels(entry.value, range);
        find.skills.push_back(std::move(range));
      }
    }
    if (const Node* groups = fields.optional("groups")) {
      for (const Node& item : yaml::read_list(*groups, "groups", issues_)) {
        if (auto group = yaml::read_name(item, "a group", issues_)) find.groups.push_back(std::move(*group));
      }
    }
    if (const Node* expert = fields.optional("expert")) {
      find.expert = parse_value(*expert, "expert", names(false), issues_);
    }
    if (const Node* exclude = fields.optional("exclude")) {
      const bool several = exclude->kind == Node::Kind::kList;
      for (const Node& item : several ? exclude->items : std::vector<Node>{*exclude}) {
        if (auto value = parse_value(item, "exclude", names(false), issues_)) find.exclude.push_back(std::move(*value));
      }
    }
    fields.unsupported("states");
    fields.done();
  }

  // `3` (at least), `"2-4"` or `any`.
  void read_levels(const Node& node, routing::SkillRange& range) {
    const std::string what = "the level of " + range.skill;
    const auto text = yaml::read_text(node, what, issues_);
    if (!text || *text == "any") return;
    const size_t dash = text->find('-');
    const auto min = yaml::to_int(text->substr(0, dash));
    const auto max = dash == std::string::npos ? routing::Snapshot::kLevels : yaml::to_int(text->substr(dash + 1));
    if (!min || !max) {
      issues_.add(node.mark, "bad_level", what + " is not a level: \"" + *text + "\"", "such as 3, \"2-4\" or any");
    } else if (*min < 1 || *max > routing::Snapshot::kLevels || *min > *max) {
      issues_.add(node.mark, "out_of_range", what + " must lie between 1 and 5, not " + *text);
    } else {
      range.min = static_cast<int>(*min);
      range.max = static_cast<int>(*max);
    }
  }

  void read_pick(const Node& node, Pick& pick) {
    static const std::vector<std::string> kLater{"least_load_today", "best_skill", "weighted"};
    static const std::vector<std::string> kPicks{pick_name(Pick::kRandom), pick_name(Pick::kLongestIdle),
                                                 pick_name(Pick::kLeastBusy)};
    const bool later =
        node.kind == Node::Kind::kMap || std::find(kLater.begin(), kLater.end(), node.scalar) != kLater.end();
    if (later) {
      issues_.add(node.mark, "not_supported", "this pick is not supported yet", "random, longest_idle or least_busy");
    } else if (const auto word = yaml::read_word(node, "pick", kPicks, issues_)) {
      pick = static_cast<Pick>(std::find(kPicks.begin(), kPicks.end(), *word) - kPicks.begin());
    }
  }

  void read_preview(const Node& node, routing::Preview& preview) {
    if (node.kind == Node::Kind::kScalar) {
      preview.none = yaml::read_word(node, "preview", {"none"}, issues_).has_value();
      return;
    }
    Fields fields(node, "preview", issues_);
    if (const Node* value = fields.optional("answer_within")) {
      set(preview.answer_within_ms, yaml::read_duration_ms(*value, "answer_within", 100, 10 * kMinute, issues_));
    }
    if (const Node* value = fields.optional("to")) {
      set(preview.to, yaml::read_int(*value, "to", 1, static_cast<int64_t>(16), issues_));
      preview.offers = std::max(preview.offers, preview.to);
    }
    if (const Node* value = fields.optional("offers")) {
      set(preview.offers, yaml::read_int(*value, "offers", 1, 100, issues_));
    }
    if (const Node* value = fields.optional("show")) {
      for (const Node& item : yaml::read_list(*value, "show", issues_)) read_shown(item, preview);
    }
    if (const Node* value = fields.optional("message")) {
      set(preview.message, parse_text(*value, "message", names(true), issues_));
    }
    fields.unsupported("ask_again");
    fields.done();
  }

  void read_shown(const Node& node, routing::Preview& preview) {
    auto key = yaml::read_name(node, "show", issues_);
    if (!key) return;
    std::vector<std::string> keys;
    for (const Declared& one : *declared_) keys.push_back(one.key);
    if (std::find(keys.begin(), keys.end(), *key) == keys.end()) {
      issues_.add(node.mark, "undeclared", "user_data." + *key + " is not declared", yaml::did_you_mean(*key, keys));
    }
    preview.show.push_back(std::move(*key));
  }

  void read_otherwise(const Node& node, Otherwise& otherwise, Loaded& loaded) {
    static const std::vector<std::pair<std::string, Otherwise::Kind>> kKinds{
        {"voicemail", Otherwise::Kind::kVoicemail},
        {"agent", Otherwise::Kind::kAgentText},
        {"routing_point", Otherwise::Kind::kRoutingPoint},
        {"dn", Otherwise::Kind::kDn}};
    const auto& items = yaml::read_list(node, "otherwise", issues_);
    if (node.kind == Node::Kind::kList && items.empty()) {
      issues_.add(node.mark, "empty", "otherwise must say where it goes");
    }
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) {
        issues_.add(items[i].mark, "unreachable", "this is never reached: the one before it has no condition");
      }
      Fields fields(items[i], "an entry of otherwise", issues_);
      int targets = 0;
      for (const auto& [key, kind] : kKinds) {
        const Node* value = fields.optional(key);
        if (value == nullptr) continue;
        ++targets;
        auto text = kind == Otherwise::Kind::kRoutingPoint ? read_id_text(*value, key)
                                                           : parse_text(*value, key, names(false), issues_);
        if (i > 0 || !text) continue;
        if (text->empty()) issues_.add(value->mark, "empty", key + " must not be empty");
        otherwise = {.kind = kind, .text = std::move(*text)};
        loaded.otherwise_mark = value->mark;
      }
      fields.unsupported("only_if");
      fields.done();
      if (items[i].kind == Node::Kind::kMap && targets != 1) {
        issues_.add(items[i].mark, "one_target",
                    "an entry of otherwise has exactly one of voicemail, agent, "
                    "routing_point, dn");
      }
    }
  }

  std::optional<routing::Text> read_id_text(const Node& node, const std::string& what) {
    auto id = yaml::read_id(node, what, issues_);
    if (!id) return std::nullopt;
    return routing::Text{std::move(*id)};
  }

  void read_on_accept(const Node& node, routing::Strategy& strategy) {
    Fields fields(node, "on_accept", issues_);
    if (const Node* attach = fields.required("attach")) {
      for (const yaml::Entry& entry : yaml::read_map(*attach, "attach", issues_)) {
        if (entry.key.empty() || entry.key.size() > 255) {
          issues_.add(entry.mark, "bad_key", "a key of user data has 1 to 255 bytes");
        }
        if (auto value = parse_value(entry.value, "attach." + entry.key, names(true), issues_)) {
          strategy.attach.emplace_back(entry.key, std::move(*value));
        }
      }
    }
    fields.done();
  }

  void read_voice(const Node& node, routing::Strategy& strategy) {
    Fields fields(node, "voice", issues_);
    if (const Node* hold = fields.optional("hold_expert")) {
      set(strategy.hold_expert_ms, yaml::read_duration_ms(*hold, "hold_expert", 1000, 10 * kMinute, issues_));
    }
    if (const Node* targets = fields.required("targets")) {
      for (const Node& item : yaml::read_list(*targets, "targets", issues_)) {
        v1::VoicePolicy policy;
        Fields target(item, "a target", issues_);
        std::optional<std::string> via;
        if (const Node* value = target.required("via")) {
          via = yaml::read_word(*value, "via", {"routing_point", "direct"}, issues_);
        }
        policy.set_via(via == "direct" ? v1::VOICE_VIA_DIRECT : v1::VOICE_VIA_ROUTING_POINT);
        if (via == "routing_point") {
          if (const Node* value = target.required("routing_point")) {
            if (auto id = yaml::read_id(*value, "routing_point", issues_)) policy.set_routing_point(std::move(*id));
          }
        } else if (const Node* value = target.optional("routing_point"); value != nullptr && via) {
          issues_.add(value->mark, "not_with_direct", "a direct target has no routing_point");
        }
        if (const Node* value = target.required("kinds")) read_kinds(*value, policy);
        target.done();
        strategy.voice.push_back(std::move(policy));
      }
    }
    fields.done();
  }

  void read_kinds(const Node& node, v1::VoicePolicy& policy) {
    const auto& items = yaml::read_list(node, "kinds", issues_);
    if (node.kind == Node::Kind::kList && items.empty())
      issues_.add(node.mark, "empty", "kinds must name at least one");
    for (const Node& item : items) {
      const auto kind = yaml::read_word(item, "a kind", {"transfer", "consult", "conference"}, issues_);
      if (!kind) continue;
      policy.add_kinds(*kind == "transfer"  ? v1::CALL_KIND_TRANSFER
                       : *kind == "consult" ? v1::CALL_KIND_CONSULT
                                            : v1::CALL_KIND_CONFERENCE);
    }
  }

  Issues& issues_;
  const std::vector<Declared>* declared_ = nullptr;
};

}  // namespace

Loaded load(const std::string& file, std::string_view text) {
  Issues issues(file);
  Loaded loaded;
  auto strategy = std::make_shared<routing::Strategy>();
  if (const auto root = yaml::parse(text, issues)) Loader(issues).read(*root, *strategy, loaded);
  strategy->revision = revision_of(text);
  if (issues.empty()) loaded.strategy = std::move(strategy);
  loaded.issues = issues.take();
  return loaded;
}

std::string revision_of(std::string_view text) {
  constexpr const char* kDigits = "0123456789abcdef";
  const uint64_t hash = routing::hash_of(text);
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(hash >> static_cast<unsigned>(shift)) & 15U];
  return out;
}

}  // namespace expertline::strategy
