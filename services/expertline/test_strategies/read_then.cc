#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <functional>
#include <map>

#include "expertline/terminal/words.h"
#include "expertline/test_strategies/reading.h"
#include "routing/reason.h"

namespace expertline::cli {
namespace {

using yaml::Entry;
using yaml::Node;

std::vector<std::string> reasons() {
  std::vector<std::string> all;
  for (uint8_t i = 0; !routing::reason_name(static_cast<routing::Reason>(i)).empty(); ++i) {
    all.emplace_back(routing::reason_name(static_cast<routing::Reason>(i)));
  }
  return all;
}

const std::vector<std::string>& skips() {
  static const std::vector<std::string> kSkips = {"only_if",      "offers_used_up", "nobody_named",
                                                  "nobody_ready", "wait_over",      "bad_data"};
  return kSkips;
}

class Reader : Reading {
 public:
  using Reading::Reading;

  Moment moment(const Node& node) {
    Moment out;
    if (node.kind == Node::Kind::kScalar) {
      if (node.scalar == "agent_cancels") {
        out.event = Event{.kind = Event::Kind::kAgentCancels, .mark = node.mark, .text = "agent_cancels"};
      } else if (node.scalar == "refused") {
        out.checks.push_back({.kind = Check::Kind::kRefused, .mark = node.mark});
      } else {
        unknown(node.mark, node.scalar);
      }
      return out;
    }
    const std::vector<Entry>& entries = yaml::read_map(node, "an item of then", issues_);
    if (entries.size() > 1) {
      issues_.add(entries[1].mark, "two_at_once", "one thing happens or is expected at a time",
                  "begin a new item with `- " + entries[1].key + ":`");
    }
    if (entries.empty()) return out;
    const Entry& entry = entries.front();
    if (!expectation(entry, out.checks)) out.event = event(entry);
    return out;
  }

  static std::vector<std::string> words() {
    return {"offer",
            "waits",
            "ends",
            "refused",
            "reasons",
            "skipped",
            "priority",
            "attached",
            "voice",
            "accepts",
            "declines",
            "times_out",
            "no_answer",
            "becomes_free",
            "becomes_online",
            "becomes_busy",
            "becomes_away",
            "becomes_on_the_phone",
            "becomes_appear_offline",
            "becomes_offline",
            "wait",
            "agent_cancels"};
  }

  void unknown(yaml::Mark mark, const std::string& word) {
    std::string hint = yaml::did_you_mean(word, words());
    if (hint.empty()) hint = "one of " + absl::StrJoin(words(), ", ");
    issues_.add(mark, "unknown_key", "`then` knows nothing called " + word, hint);
  }

  std::optional<Event> event(const Entry& entry) {
    Event out{.mark = entry.value.mark, .text = entry.key};
    const auto who = [&](Event::Kind kind) {
      out.kind = kind;
      out.experts = ids(entry.value, entry.key);
      absl::StrAppend(&out.text, ": ", absl::StrJoin(out.experts, ", "));
      return out;
    };
    if (entry.key == "accepts") return who(Event::Kind::kAccepts);
    if (entry.key == "declines") return who(Event::Kind::kDeclines);
    if (entry.key == "times_out") return who(Event::Kind::kTimesOut);
    if (entry.key == "no_answer") return who(Event::Kind::kNoAnswer);
    if (entry.key == "becomes_free") return who(Event::Kind::kBecomesFree);
    if (entry.key == "wait") {
      out.kind = Event::Kind::kWait;
      out.ms = duration(entry.value, "wait");
      absl::StrAppend(&out.text, ": ", yaml::duration_text(out.ms));
      return out;
    }
    if (entry.key.starts_with("becomes_")) {
      if (const auto state = from_word<v1::PresenceState>(entry.key.substr(8))) {
        out.state = *state;
        return who(Event::Kind::kBecomes);
      }
    }
    unknown(entry.mark, entry.key);
    return std::nullopt;
  }

  // False if the key names no expectation.
  bool expectation(const Entry& entry, std::vector<Check>& checks) {
    if (entry.key == "offer") {
      offer(entry.value, checks);
    } else if (entry.key == "waits") {
      waits(entry.value, checks);
    } else if (entry.key == "ends") {
      ends(entry.value, checks);
    } else if (entry.key == "refused") {
      checks.push_back({.kind = Check::Kind::kRefused, .mark = entry.value.mark, .text = text(entry.value, "refused")});
    } else {
      return about_decision(entry, checks) || about_accept(entry, checks);
    }
    return true;
  }

  void offer(const Node& node, std::vector<Check>& checks) {
    if (node.kind != Node::Kind::kMap) {
      exactly(node, "offer", checks);
      if (checks.empty()) checks.push_back({.kind = Check::Kind::kOffer, .mark = node.mark});  // any
      return;
    }
    checks.push_back({.kind = Check::Kind::kOffer, .mark = node.mark});
    parts(node, "offer", checks,
          [&](const Entry& entry) {
            const Node& value = entry.value;
            if (entry.key == "expert" || entry.key == "experts") {
              exactly(value, entry.key, checks);
            } else if (entry.key == "one_of") {
              checks.push_back({.kind = Check::Kind::kOneOf, .mark = value.mark, .names = ids(value, "one_of")});
            } else if (entry.key == "count") {
              checks.push_back({.kind = Check::Kind::kCount,
                                .mark = value.mark,
                                .number = yaml::read_int(value, "count", 1, 16, issues_).value_or(1)});
            } else if (entry.key == "step") {
              step(value, checks);
            } else if (entry.key == "message") {
              checks.push_back({.kind = Check::Kind::kMessage, .mark = value.mark, .text = text(value, "message")});
            } else if (entry.key == "show") {
              pairs(Check::Kind::kShown, value, "show", checks);
            } else {
              return about_decision(entry, checks);
            }
            return true;
          },
          {"expert", "experts", "one_of", "count", "step", "message", "show"});
  }

  void waits(const Node& node, std::vector<Check>& checks) {
    checks.push_back({.kind = Check::Kind::kWaits, .mark = node.mark});
    if (node.kind != Node::Kind::kMap) {
      step(node, checks);
      return;
    }
    parts(node, "waits", checks,
          [&](const Entry& entry) {
            if (entry.key == "step") {
              step(entry.value, checks);
            } else if (entry.key == "up_to") {
              checks.push_back(
                  {.kind = Check::Kind::kUpTo, .mark = entry.value.mark, .number = duration(entry.value, "up_to")});
            } else {
              return about_decision(entry, checks);
            }
            return true;
          },
          {"step", "up_to"});
  }

  void ends(const Node& node, std::vector<Check>& checks) {
    static const std::map<std::string, Check::Kind> kTargets = {{"voicemail", Check::Kind::kVoicemail},
                                                                {"agent", Check::Kind::kAgentText},
                                                                {"routing_point", Check::Kind::kRoutingPoint},
                                                                {"dn", Check::Kind::kDn}};
    if (node.kind == Node::Kind::kScalar) {
      if (yaml::read_word(node, "ends", {"canceled"}, issues_)) {
        checks.push_back({.kind = Check::Kind::kCanceled, .mark = node.mark});
      }
      return;
    }
    bool how = false;
    parts(node, "ends", checks,
          [&](const Entry& entry) {
            const Node& value = entry.value;
            const auto target = kTargets.find(entry.key);
            if (entry.key == "accepted_by" || entry.key == "straight_to") {
              how = true;
              const bool straight = entry.key == "straight_to";
              checks.push_back({.kind = straight ? Check::Kind::kStraight : Check::Kind::kAcceptedBy,
                                .mark = value.mark,
                                .names = ids(value, entry.key)});
            } else if (target != kTargets.end()) {
              how = true;
              checks.push_back({.kind = target->second, .mark = value.mark, .text = text(value, entry.key)});
            } else if (entry.key == "step") {
              step(value, checks);
            } else {
              return about_decision(entry, checks) || about_accept(entry, checks);
            }
            return true;
          },
          {"accepted_by", "straight_to", "voicemail", "agent", "routing_point", "dn", "step", "attached", "voice"});
    if (!how && node.kind == Node::Kind::kMap) {
      issues_.add(node.mark, "missing_key", "ends needs to say how",
                  "one of accepted_by, straight_to, voicemail, agent, routing_point, dn; or `ends: canceled`");
    }
  }

  // The parts of an expectation; each key is read by `read`, or unknown.
  void parts(const Node& node, const std::string& what, std::vector<Check>&,
             const std::function<bool(const Entry&)>& read, std::vector<std::string> keys) {
    keys.insert(keys.end(), {"reasons", "skipped", "relaxed", "priority"});
    for (const Entry& entry : yaml::read_map(node, what, issues_)) {
      if (read(entry)) continue;
      issues_.add(entry.mark, "unknown_key", what + " has no key " + entry.key, yaml::did_you_mean(entry.key, keys));
    }
  }

  bool about_decision(const Entry& entry, std::vector<Check>& checks) {
    const Node& value = entry.value;
    if (entry.key == "reasons") {
      for (const Entry& one : yaml::read_map(value, "reasons", issues_)) {
        if (one.value.kind != Node::Kind::kMap) {
          reason(one, "", checks);
          continue;
        }
        for (const Entry& of_step : one.value.entries) reason(of_step, one.key, checks);
      }
    } else if (entry.key == "skipped") {
      for (const Entry& one : yaml::read_map(value, "skipped", issues_)) {
        checks.push_back({.kind = Check::Kind::kSkipped,
                          .mark = one.mark,
                          .step = one.key,
                          .text = yaml::read_word(one.value, "skipped." + one.key, skips(), issues_)});
      }
    } else if (entry.key == "relaxed") {
      Check check{.kind = Check::Kind::kRelaxed, .mark = value.mark};
      for (const Node& item : yaml::read_list(value, "relaxed", issues_)) check.names.push_back(text(item, "relaxed"));
      checks.push_back(std::move(check));
    } else if (entry.key == "priority") {
      checks.push_back({.kind = Check::Kind::kPriority,
                        .mark = value.mark,
                        .number = yaml::read_int(value, "priority", -1000, 1000, issues_).value_or(0)});
    } else {
      return false;
    }
    return true;
  }

  void reason(const Entry& entry, const std::string& of_step, std::vector<Check>& checks) {
    checks.push_back({.kind = Check::Kind::kReason,
                      .mark = entry.mark,
                      .step = of_step,
                      .expert = entry.key,
                      .text = yaml::read_word(entry.value, "the reason of " + entry.key, reasons(), issues_)});
  }

  bool about_accept(const Entry& entry, std::vector<Check>& checks) {
    if (entry.key == "attached") {
      pairs(Check::Kind::kAttached, entry.value, "attached", checks);
    } else if (entry.key == "voice") {
      voice(entry.value, checks);
    } else {
      return false;
    }
    return true;
  }

  void voice(const Node& node, std::vector<Check>& checks) {
    const std::vector<Node>& items = yaml::read_list(node, "voice", issues_);
    checks.push_back(
        {.kind = Check::Kind::kVoiceCount, .mark = node.mark, .number = static_cast<int64_t>(items.size())});
    for (const Node& item : items) {
      yaml::Fields fields(item, "a way of voice", issues_);
      std::string via, dn;
      std::vector<std::string> kinds;
      if (const Node* node_of = fields.required("via")) {
        via = yaml::read_word(*node_of, "via", {"routing_point", "direct"}, issues_).value_or("");
      }
      if (const Node* node_of = fields.required("dn")) dn = text(*node_of, "dn");
      if (const Node* node_of = fields.required("kinds")) {
        for (const Node& kind : yaml::read_list(*node_of, "kinds", issues_)) {
          kinds.push_back(
              yaml::read_word(kind, "a kind of call", {"transfer", "consult", "conference"}, issues_).value_or(""));
        }
      }
      fields.done();
      checks.push_back({.kind = Check::Kind::kVoice,
                        .mark = item.mark,
                        .text = absl::StrCat(via, " ", dn, ": ", absl::StrJoin(kinds, ", "))});
    }
  }

  void exactly(const Node& node, std::string_view what, std::vector<Check>& checks) {
    std::vector<std::string> names = ids(node, what);
    if (names == std::vector<std::string>{"any"}) return;
    checks.push_back({.kind = Check::Kind::kExactly, .mark = node.mark, .names = std::move(names)});
  }

  void step(const Node& node, std::vector<Check>& checks) {
    if (const auto name = yaml::read_name(node, "step", issues_)) {
      checks.push_back({.kind = Check::Kind::kStep, .mark = node.mark, .step = *name});
    }
  }

  void pairs(Check::Kind kind, const Node& node, const char* what, std::vector<Check>& checks) {
    for (const Entry& entry : yaml::read_map(node, what, issues_)) {
      Check check{.kind = kind, .mark = entry.mark, .key = entry.key};
      if (entry.value.kind != Node::Kind::kNull) check.text = text(entry.value, what);
      checks.push_back(std::move(check));
    }
  }
};

}  // namespace

Moment read_moment(const Node& node, yaml::Issues& issues) { return Reader(issues).moment(node); }

}  // namespace expertline::cli
