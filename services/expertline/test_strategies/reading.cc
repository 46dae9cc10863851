#include "expertline/test_strategies/reading.h"

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include <functional>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

using yaml::Entry;
using yaml::Node;

constexpr int64_t kDayMs = 24LL * 3600 * 1000;
constexpr int64_t kMostADay = 1'000'000;

class Reader : Reading {
 public:
  using Reading::Reading;

  void read_given(const Node& node, const std::string& what, Given& given) {
    const std::vector<std::string> states = {"online", "busy", "away", "on_the_phone", "appear_offline", "offline"};
    const auto state = [&](const Node& value) {
      if (const auto word = yaml::read_word(value, what, states, issues_)) {
        given.state = from_word<v1::PresenceState>(*word).value_or(given.state);
      }
    };
    if (node.kind == Node::Kind::kScalar) {
      state(node);
      return;
    }
    yaml::Fields fields(node, what, issues_);
    if (const Node* value = fields.optional("state")) state(*value);
    const auto flag = [&](const char* key, bool& into) {
      if (const Node* value = fields.optional(key))
        into = yaml::read_bool(*value, what + "." + key, issues_).value_or(into);
    };
    flag("there", given.there);
    flag("do_not_disturb", given.do_not_disturb);
    flag("desk", given.desk);
    if (const Node* value = fields.optional("used")) {
      for (const Entry& entry : yaml::read_map(*value, what + ".used", issues_)) {
        given.used[entry.key] =
            static_cast<int>(yaml::read_int(entry.value, what + ".used." + entry.key, 0, 1000, issues_).value_or(0));
      }
    }
    if (const Node* value = fields.optional("blocked")) {
      const auto word = yaml::read_word(*value, what + ".blocked",
                                        {"off_hours", "cool_down", "paused", "hour_limit", "day_limit"}, issues_);
      if (word) given.blocked = from_word<v1::Block>(*word).value_or(v1::BLOCK_UNSPECIFIED);
    }
    if (const Node* value = fields.optional("idle")) given.idle_ms = duration(*value, what + ".idle");
    if (const Node* value = fields.optional("offers_today")) {
      given.offers_today =
          static_cast<int>(yaml::read_int(*value, what + ".offers_today", 0, kMostADay, issues_).value_or(0));
    }
    if (const Node* value = fields.optional("worked_today")) {
      given.worked_today_ms = duration(*value, what + ".worked_today");
    }
    if (const Node* value = fields.optional("note")) given.note = text(*value, what + ".note");
    fields.done();
  }

  void read_request(const Node& node, v1::RoutingFacts& request, yaml::Mark& mark) {
    yaml::Fields fields(node, "request", issues_);
    if (const Node* value = fields.optional("routing_point")) {
      request.set_routing_point(yaml::read_name(*value, "routing_point", issues_).value_or(""));
      mark = value->mark;
    }
    if (const Node* value = fields.optional("agent")) read_agent(*value, *request.mutable_agent());
    if (const Node* value = fields.optional("interaction")) {
      read_interaction(*value, *request.mutable_interaction());
    }
    if (const Node* value = fields.optional("user_data")) {
      for (const Entry& entry : yaml::read_map(*value, "user_data", issues_)) {
        user_data(entry, *request.mutable_user_data()->mutable_values());
      }
    }
    if (const Node* value = fields.optional("held")) {
      request.set_held_expert(yaml::read_id(*value, "held", issues_).value_or(""));
    }
    fields.done();
  }

  // Platforms send texts and whole numbers: `7` is a number, `"7"` a text, and nothing takes the key away.
  void user_data(const Entry& entry, google::protobuf::Map<std::string, v1::UserValue>& values) {
    if (entry.value.kind == Node::Kind::kNull) {
      values.erase(entry.key);
      return;
    }
    const std::string written = text(entry.value, "user_data." + entry.key);
    const auto number = yaml::to_int(written);
    v1::UserValue value;
    if (number && !entry.value.quoted) {
      value.set_number(*number);
    } else {
      value.set_text(written);
    }
    values[entry.key] = std::move(value);
  }

  void read_agent(const Node& node, v1::Agent& agent) {
    yaml::Fields fields(node, "agent", issues_);
    if (const Node* value = fields.optional("id")) agent.set_id(text(*value, "agent.id"));
    if (const Node* value = fields.optional("name")) agent.set_display_name(text(*value, "agent.name"));
    if (const Node* value = fields.optional("site")) agent.set_site(text(*value, "agent.site"));
    if (const Node* value = fields.optional("groups")) {
      agent.clear_groups();
      for (const Node& item : yaml::read_list(*value, "agent.groups", issues_)) agent.add_groups(text(item, "a group"));
    }
    if (const Node* value = fields.optional("languages")) {
      agent.clear_languages();
      for (const Node& item : yaml::read_list(*value, "agent.languages", issues_)) {
        agent.add_languages(text(item, "a language"));
      }
    }
    if (const Node* value = fields.optional("attributes")) {
      for (const Entry& entry : yaml::read_map(*value, "agent.attributes", issues_)) {
        (*agent.mutable_attributes())[entry.key] = text(entry.value, "agent.attributes." + entry.key);
      }
    }
    fields.done();
  }

  void read_interaction(const Node& node, v1::Interaction& interaction) {
    yaml::Fields fields(node, "interaction", issues_);
    const auto read = [&](const char* key, const std::function<void(std::string)>& set) {
      if (const Node* value = fields.optional(key)) set(text(*value, std::string("interaction.") + key));
    };
    read("id", [&](std::string value) { interaction.set_id(std::move(value)); });
    read("case_key", [&](std::string value) { interaction.set_case_key(std::move(value)); });
    read("channel", [&](std::string value) { interaction.set_channel(std::move(value)); });
    read("customer_id", [&](std::string value) { interaction.set_customer_id(std::move(value)); });
    read("last_expert", [&](std::string value) { interaction.set_last_expert(std::move(value)); });
    if (const Node* value = fields.optional("started")) {
      if (const auto ms = time(*value, "interaction.started"))
        interaction.mutable_start_time()->set_seconds(*ms / 1000);
    }
    fields.done();
  }
};

}  // namespace

std::string Reading::text(const Node& node, std::string_view what) {
  return yaml::read_text(node, what, issues_).value_or("");
}

int64_t Reading::duration(const Node& node, std::string_view what) {
  return yaml::read_duration_ms(node, what, 0, 7 * kDayMs, issues_).value_or(0);
}

std::vector<std::string> Reading::ids(const Node& node, std::string_view what) {
  std::vector<std::string> out;
  const auto one = [&](const Node& item) {
    if (const auto id = yaml::read_id(item, what, issues_)) out.push_back(*id);
  };
  if (node.kind == Node::Kind::kList) {
    for (const Node& item : node.items) one(item);
  } else {
    one(node);
  }
  return out;
}

std::optional<int64_t> Reading::time(const Node& node, const std::string& what) {
  const auto written = yaml::read_name(node, what, issues_);
  if (!written) return std::nullopt;
  absl::Time at;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, *written, &at, &error)) return absl::ToUnixMillis(at);
  const size_t space = written->rfind(' ');
  absl::TimeZone zone;
  if (space != std::string::npos && absl::LoadTimeZone(written->substr(space + 1), &zone)) {
    const std::string clock = written->substr(0, space);
    for (const char* format : {"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"}) {
      if (absl::ParseTime(format, clock, zone, &at, &error)) return absl::ToUnixMillis(at);
    }
  }
  issues_.add(node.mark, "bad_time", absl::StrCat(what, " is a moment with its zone, not ", *written),
              "such as `2026-11-23 10:00 Europe/Zurich` or `2026-11-23T10:00:00+01:00`");
  return std::nullopt;
}

void read_given(const Node& node, yaml::Issues& issues, std::map<std::string, Given>& given) {
  for (const Entry& entry : yaml::read_map(node, "given", issues)) {
    Given& his = given[entry.key];
    his.mark = entry.mark;
    Reader(issues).read_given(entry.value, "given." + entry.key, his);
  }
}

void read_request(const Node& node, yaml::Issues& issues, Request& request) {
  Reader(issues).read_request(node, request.facts, request.routing_point_mark);
}

}  // namespace expertline::cli
