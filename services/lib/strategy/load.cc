#include "strategy/load.h"

#include <algorithm>
#include <set>

#include "routing/names.h"
#include "routing/random.h"
#include "strategy/expression.h"
#include "strategy/reading.h"

namespace expertline::strategy {
namespace {

using yaml::Fields;
using yaml::Node;

constexpr size_t kMaxRoutingPoints = 100;

void read_medium(Reading& in, const Node& node) {
  set(in.strategy.medium, yaml::read_id(node, "media", in.issues));
  const std::string& medium = in.strategy.medium;
  if (medium.empty() || medium == "im" || medium == "voice") return;
  if (const std::string hint = yaml::did_you_mean(medium, {"im", "voice"}); !hint.empty()) {
    in.issues.warn(node.mark, "unusual_medium", yaml::quoted(medium) + " is none of the usual media", hint);
  }
}

void read_routing_points(Reading& in, const Node& node) {
  const auto& items = yaml::read_list(node, "routing_points", in.issues);
  if (node.kind == Node::Kind::kList && (items.empty() || items.size() > kMaxRoutingPoints)) {
    in.issues.add(node.mark, items.empty() ? "empty" : "out_of_range",
                  "routing_points must name 1 to " + std::to_string(kMaxRoutingPoints));
    return;
  }
  auto& points = in.strategy.routing_points;
  for (const Node& item : items) {
    const auto id = yaml::read_id(item, "a routing point", in.issues);
    if (!id) continue;
    if (std::find(points.begin(), points.end(), *id) != points.end()) {
      in.issues.add(item.mark, "bound_twice", "the routing point " + *id + " is named twice");
      continue;
    }
    points.push_back(*id);
    in.loaded.routing_points.emplace_back(*id, item.mark);
  }
}

void read_hours(Reading& in, const Node& node) {
  const auto name = yaml::read_id(node, "hours", in.issues);
  if (!name) return;
  in.hours = node.mark;
  const auto calendar = in.world.calendars.find(*name);
  if (calendar != in.world.calendars.end()) {
    in.strategy.hours = calendar->second.calendar;
    in.strategy.revision = revision_of(in.strategy.revision + calendar->second.revision);
    return;
  }
  const std::string hint = yaml::did_you_mean(*name, words(in.world.calendars));
  in.issues.add(node.mark, "unknown_calendar", "there is no calendar " + yaml::quoted(*name),
                hint.empty() ? "a file that begins with calendar: " + *name : hint);
}

void read_priority(Reading& in, const Node& node) {
  in.strategy.priority = read_expression(in, node, Result::kInt, {"priority"});
  if (!in.strategy.priority) return;
  const auto& constant = in.strategy.priority->program->constant();
  if (constant && constant->kind() == cel::Value::Kind::kInt &&
      (constant->as_int() < -1000 || constant->as_int() > 1000)) {
    in.issues.add(node.mark, "out_of_range", "priority must lie between -1000 and 1000");
  }
}

void read_all(Reading& in, const Node& root) {
  routing::Strategy& strategy = in.strategy;
  Fields fields(root, "a strategy", in.issues);
  if (const Node* node = fields.required("strategy")) {
    in.loaded.name_mark = node->mark;
    set(strategy.name, yaml::read_id(*node, "strategy", in.issues));
    in.loaded.name = strategy.name;
  }
  if (const Node* node = fields.optional("description")) {
    set(strategy.description, yaml::read_text(*node, "description", in.issues));
  }
  if (const Node* node = fields.optional("owner")) set(strategy.owner, yaml::read_text(*node, "owner", in.issues));
  if (const Node* node = fields.required("media")) read_medium(in, *node);
  if (const Node* node = fields.required("routing_points")) read_routing_points(in, *node);
  // Expressions, wherever they stand, need these two.
  if (const Node* node = fields.optional("user_data")) read_user_data(in, *node);
  in.environment = routing::environment(strategy.user_data);
  for (const std::string& key : in.untyped) in.environment.declare_variable("user_data." + key, cel::TypeKind::kDyn);
  if (in.world.directory && !in.world.directory->attribute_types.empty()) {
    in.typed = in.environment;
    for (const auto& [name, type] : in.world.directory->attribute_types) {
      in.typed->declare_variable("expert.attributes." + name, type);
    }
  }
  if (const Node* node = fields.optional("hours")) read_hours(in, *node);
  if (const Node* node = fields.optional("allow")) {
    strategy.allow = read_expression(in, *node, Result::kCondition, {"allow"});
  }
  if (const Node* node = fields.optional("on_bad_data")) {
    const auto word = yaml::read_word(*node, "on_bad_data", {"otherwise", "default"}, in.issues);
    if (word == "otherwise") strategy.on_bad_data = routing::OnBadData::kOtherwise;
  }
  if (const Node* node = fields.optional("priority")) read_priority(in, *node);
  if (const Node* node = fields.required("steps")) read_steps(in, *node);
  if (const Node* node = fields.required("otherwise")) read_otherwise(in, *node);
  if (const Node* node = fields.optional("on_accept")) read_on_accept(in, *node);
  if (const Node* node = fields.optional("voice")) read_voice(in, *node);
  fields.done();
}

}  // namespace

Loaded load(const std::string& file, std::string_view text, const World& world) {
  yaml::Issues issues(file);
  Loaded loaded;
  auto strategy = std::make_shared<routing::Strategy>();
  strategy->revision = revision_of(text);
  if (const auto root = yaml::parse(text, issues)) {
    Reading in{.text = text, .issues = issues, .world = world, .strategy = *strategy, .loaded = loaded};
    read_all(in, *root);
    if (!issues.failed()) check_whole(in, *root);
  }
  if (!issues.failed()) loaded.strategy = std::move(strategy);
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
