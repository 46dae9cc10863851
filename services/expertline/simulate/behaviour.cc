#include "expertline/simulate/behaviour.h"

#include <absl/time/time.h>

#include <algorithm>

#include "yaml/week.h"

namespace expertline::simulate {
namespace {

constexpr int64_t kLongestMs = 12 * 3600 * 1000;
constexpr double kMostSpread = 20;

// `10%` or `0.1`.
void read_share(const yaml::Node* node, std::string_view what, double& share, yaml::Issues& issues) {
  if (node == nullptr) return;
  std::string_view text = node->scalar;
  double scale = 1;
  if (text.ends_with('%')) {
    scale = 100;
    text.remove_suffix(1);
  }
  const auto value = yaml::to_double(text);
  if (node->kind != yaml::Node::Kind::kScalar || !value || *value < 0 || *value > scale) {
    issues.add(node->mark, "bad_share", std::string(what) + " is not a share", "such as 10% or 0.1");
    return;
  }
  share = *value / scale;
}

std::optional<Lognormal> read_lognormal(const yaml::Node& node, const std::string& what, yaml::Issues& issues) {
  const size_t before = issues.size();
  Lognormal read{.median_s = 0, .spread = 1};
  yaml::Fields fields(node, what, issues);
  if (const yaml::Node* median = fields.required("median")) {
    const auto ms = yaml::read_duration_ms(*median, what + ".median", 0, kLongestMs, issues);
    read.median_s = static_cast<double>(ms.value_or(0)) / 1000;
  }
  if (const yaml::Node* spread = fields.optional("spread")) {
    const auto value = yaml::to_double(spread->scalar);
    if (!value || *value < 1 || *value > kMostSpread) {
      issues.add(spread->mark, "bad_spread", what + ".spread is not a number from 1 to 20",
                 "two thirds of all lie between median / spread and median * spread");
    } else {
      read.spread = *value;
    }
  }
  fields.done();
  if (issues.size() > before) return std::nullopt;
  return read;
}

// `fields` may know other keys too.
void read_manner(yaml::Fields& fields, const yaml::Node& node, const std::string& what, Manner& manner,
                 yaml::Issues& issues) {
  read_share(fields.optional("decline"), what + ".decline", manner.decline, issues);
  read_share(fields.optional("overlook"), what + ".overlook", manner.overlook, issues);
  if (manner.decline + manner.overlook > 1) {
    issues.add(node.mark, "bad_share", what + ": decline and overlook are more than 100% together");
  }
  if (const yaml::Node* answer = fields.optional("answer")) {
    if (const auto read = read_lognormal(*answer, what + ".answer", issues)) manner.answer = *read;
  }
  if (const yaml::Node* talk = fields.optional("talk")) {
    if (const auto read = read_lognormal(*talk, what + ".talk", issues)) manner.talk = *read;
  }
}

// One text, or a map of texts to their weights.
Choice read_choice(const yaml::Node& node, const std::string& what, yaml::Issues& issues) {
  if (node.kind != yaml::Node::Kind::kMap) {
    const auto text = yaml::read_text(node, what, issues);
    return {{text.value_or(""), 1.0}};
  }
  Choice choice;
  double all = 0;
  for (const yaml::Entry& entry : node.entries) {
    const auto weight = yaml::to_double(entry.value.scalar);
    if (!weight || *weight < 0) {
      issues.add(entry.value.mark, "bad_weight", what + ": the weight of \"" + entry.key + "\" is not a number from 0",
                 "such as {rates: 70, fraud: 30}");
      continue;
    }
    choice.emplace_back(entry.key, *weight);
    all += *weight;
  }
  if (!(all > 0)) issues.add(node.mark, "bad_weight", what + ": no value has a weight above 0");
  return choice;
}

void read_hours(const yaml::Node* hours, const yaml::Node* zone, v1::GuardRails& rails, yaml::Issues& issues) {
  if (zone != nullptr) {
    const auto name = yaml::read_name(*zone, "experts.zone", issues);
    absl::TimeZone known;
    if (name && !absl::LoadTimeZone(*name, &known)) {
      issues.add(zone->mark, "unknown_zone", "experts.zone: no such time zone: \"" + *name + "\"",
                 "such as Europe/Zurich");
    }
    if (name) rails.set_time_zone(*name);
  }
  if (hours == nullptr) return;
  const yaml::Week week = yaml::read_week(*hours, "experts.hours", issues);
  for (size_t day = 0; day < week.size(); ++day) {
    for (const yaml::OpenTime& open : week[day]) {
      v1::WorkingTime& time = *rails.add_hours();
      time.set_day(static_cast<v1::Weekday>(v1::WEEKDAY_MONDAY + static_cast<int>(day)));
      time.set_start_minute(open.from);
      time.set_end_minute(open.to);
    }
  }
}

std::vector<std::string> read_names(const yaml::Node* node, const std::string& what, yaml::Issues& issues) {
  std::vector<std::string> names;
  if (node == nullptr) return names;
  for (const yaml::Node& item : yaml::read_list(*node, what, issues)) {
    if (auto name = yaml::read_name(item, what, issues)) names.push_back(std::move(*name));
  }
  return names;
}

}  // namespace

const std::string& choose(const Choice& choice, double unit) {
  double all = 0;
  for (const auto& [value, weight] : choice) all += weight;
  double at = unit * all;
  for (const auto& [value, weight] : choice) {
    if (at < weight) return value;
    at -= weight;
  }
  // Rounding: the last one that can be drawn at all.
  return std::find_if(choice.rbegin(), choice.rend(), [](const auto& entry) { return entry.second > 0; })->first;
}

ReadBehaviour read_behaviour(std::string_view text, const std::string& file) {
  ReadBehaviour read;
  Behaviour& behaviour = read.behaviour;
  yaml::Issues issues(file);
  if (const auto root = yaml::parse(text, issues)) {
    yaml::Fields fields(*root, "the behaviour", issues);
    if (const yaml::Node* experts = fields.optional("experts")) {
      yaml::Fields inner(*experts, "experts", issues);
      read_manner(inner, *experts, "experts", behaviour.everybody, issues);
      const yaml::Node* hours = inner.optional("hours");
      const yaml::Node* zone = inner.optional("zone");
      read_hours(hours, zone, behaviour.hours, issues);
      inner.done();
    }
    if (const yaml::Node* named = fields.optional("named")) {
      for (const yaml::Entry& entry : yaml::read_map(*named, "named", issues)) {
        const std::string what = "named." + entry.key;
        Manner manner = behaviour.everybody;
        yaml::Fields inner(entry.value, what, issues);
        read_manner(inner, entry.value, what, manner, issues);
        inner.done();
        behaviour.named[entry.key] = manner;
      }
    }
    if (const yaml::Node* agents = fields.optional("agents")) {
      yaml::Fields inner(*agents, "agents", issues);
      if (const yaml::Node* site = inner.optional("site")) behaviour.site = read_choice(*site, "agents.site", issues);
      behaviour.groups = read_names(inner.optional("groups"), "agents.groups", issues);
      behaviour.languages = read_names(inner.optional("languages"), "agents.languages", issues);
      inner.done();
    }
    if (const yaml::Node* data = fields.optional("user_data")) {
      for (const yaml::Entry& entry : yaml::read_map(*data, "user_data", issues)) {
        behaviour.user_data[entry.key] = read_choice(entry.value, "user_data." + entry.key, issues);
      }
    }
    fields.done();
  }
  read.issues = issues.take();
  return read;
}

}  // namespace expertline::simulate
