#include "state/session_record.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "state/texts.h"
#include "state/user_data.h"

namespace expertline::state {
namespace {

using nlohmann::json;

std::string text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

int64_t integer(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? static_cast<int64_t>(it->get<double>()) : 0;
}

bool flag(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

Leg read_leg(const std::string& stored) {
  const json from = json::parse(stored, nullptr, false);
  Leg leg;
  if (from.is_discarded()) return leg;
  leg.id = text(from, "id");
  leg.medium = text(from, "medium");
  leg.state = text(from, "state");
  leg.routing_point = text(from, "rp");
  leg.strategy = text(from, "strat");
  leg.revision = text(from, "rev");
  leg.step_name = text(from, "step_name");
  leg.bucket = text(from, "bucket");
  leg.version = integer(from, "v");
  leg.due = integer(from, "due");
  leg.deadline = integer(from, "deadline");
  leg.step = static_cast<int>(integer(from, "step"));
  leg.step_offers = static_cast<int>(integer(from, "step_offers"));
  leg.taken = static_cast<int>(integer(from, "taken"));
  if (!absl::SimpleAtoi(text(from, "seed"), &leg.seed)) leg.seed = 0;
  if (from.contains("wait_left")) leg.wait_left = integer(from, "wait_left");
  leg.wait_from = integer(from, "wait_from");
  leg.waited = integer(from, "waited");
  leg.expert = text(from, "expert");
  leg.name = text(from, "name");
  leg.dn = text(from, "dn");
  leg.outcome = text(from, "outcome");
  leg.call = text(from, "call");
  leg.parent_call = text(from, "parent");
  leg.replaces = text(from, "replaces");
  leg.trace = text(from, "trace");
  leg.by_name = text(from, "by_name");
  leg.began = integer(from, "began");
  leg.left = integer(from, "left");
  leg.joins = flag(from, "joins");
  leg.kind = static_cast<int>(integer(from, "kind"));
  leg.connect = flag(from, "connect");
  leg.routed = flag(from, "routed");
  leg.overdue = flag(from, "overdue");
  leg.asked = parts_of(text(from, "asked"));
  leg.secret_keys = parts_of(text(from, "secret"));
  leg.held = text(from, "held");
  return leg;
}

void read_offer(const std::string& stored, Offer& offer) {
  const json from = json::parse(stored, nullptr, false);
  if (from.is_discarded()) return;
  offer.expert = text(from, "e");
  offer.name = text(from, "name");
  offer.dn = text(from, "dn");
  offer.at = integer(from, "at");
  offer.due = integer(from, "due");
  offer.outcome = text(from, "o");
  offer.why = text(from, "why");
}

// "seen:2:ann" = "5-0 -"
void read_seen(const std::string& field, const std::string& value, SessionRecord& record) {
  const std::vector<std::string> who = absl::StrSplit(field, absl::MaxSplits(':', 2));
  const std::vector<std::string> ids = absl::StrSplit(value, ' ');
  if (who.size() != 3 || ids.size() != 2) return;
  Seen& seen = record.seen[{static_cast<v1::MessageAuthor>(number(who[1])), who[2]}];
  if (ids[0] != "-") seen.delivered = ids[0];
  if (ids[1] != "-") seen.read = ids[1];
}

std::vector<Person> read_people(const std::string& stored) {
  const json from = json::parse(stored, nullptr, false);
  std::vector<Person> people;
  if (!from.is_array()) return people;
  for (const json& one : from) {
    if (text(one, "i").empty()) continue;  // a call of which no agent is known
    people.push_back({.role = static_cast<v1::MessageAuthor>(integer(one, "r")),
                      .id = text(one, "i"),
                      .name = text(one, "n"),
                      .joined = integer(one, "at"),
                      .left = integer(one, "left")});
  }
  return people;
}

// "f:im:3" -> leg im, n 3, the wanted offer of it.
Offer* offer_of(SessionRecord& session, const std::string& field) {
  const std::vector<std::string> parts = absl::StrSplit(field, ':');
  const int n = parts.size() == 3 ? static_cast<int>(number(parts[2])) : 0;
  if (n == 0) return nullptr;
  for (Leg& leg : session.legs) {
    if (leg.id != parts[1]) continue;
    if (leg.offers.size() < static_cast<size_t>(n)) leg.offers.resize(static_cast<size_t>(n));
    Offer& offer = leg.offers[static_cast<size_t>(n) - 1];
    offer.n = n;
    return &offer;
  }
  return nullptr;
}

void set_ms(google::protobuf::Duration& duration, int64_t ms) {
  duration.set_seconds(ms / 1000);
  duration.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
}

Leg* leg_of(SessionRecord& session, std::string_view id) {
  for (Leg& leg : session.legs) {
    if (leg.id == id) return &leg;
  }
  return nullptr;
}

}  // namespace

SessionRecord read_session(const std::string& id, const redis::Reply& session, const redis::Reply& user_data) {
  SessionRecord record;
  record.id = id;
  std::vector<std::pair<std::string, const std::string*>> later;  // what belongs to legs
  std::map<std::string, std::string> legs;
  std::vector<std::string> order;
  for (size_t i = 0; i + 1 < session.elements.size(); i += 2) {
    const std::string& field = session.elements[i].text;
    const std::string& value = session.elements[i + 1].text;
    if (field == "v") {
      record.version = number(value);
    } else if (field == "state") {
      record.open = value == "open";
    } else if (field == "outcome") {
      record.outcome = value;
    } else if (field == "created") {
      record.created = number(value);
    } else if (field == "ended") {
      record.ended = number(value);
    } else if (field == "last") {
      record.last_message = value;
    } else if (field == "facts") {
      record.facts.ParseFromString(value);
    } else if (field == "people") {
      record.people = read_people(value);
    } else if (field.starts_with("seen:")) {
      read_seen(field, value, record);
    } else if (field.starts_with("number:")) {
      record.numbers[field.substr(7)] = value;
    } else if (field == "legs") {
      order = parts_of(value);
    } else if (field.starts_with("l:")) {
      legs[field.substr(2)] = value;
    } else if (field.starts_with("f:") || field.starts_with("d:") || field.starts_with("default:")) {
      later.emplace_back(field, &value);
    }
  }
  for (const std::string& leg : order) record.legs.push_back(read_leg(legs[leg]));
  for (const auto& [field, value] : later) {
    if (field.starts_with("default:")) {
      Leg* leg = leg_of(record, std::string_view(field).substr(8));
      if (leg != nullptr) leg->default_target.emplace().ParseFromString(*value);
    } else if (Offer* offer = offer_of(record, field)) {
      if (field[0] == 'f') {
        read_offer(*value, *offer);
      } else {
        offer->details.ParseFromString(*value);
      }
    } else if (field.ends_with(":0")) {
      Leg* leg = leg_of(record, std::string_view(field).substr(2, field.size() - 4));
      if (leg != nullptr) leg->straight.emplace().ParseFromString(*value);
    }
  }
  for (size_t i = 0; i + 1 < user_data.elements.size(); i += 2) {
    read_user_data_field(user_data.elements[i].text, user_data.elements[i + 1].text, record.user_data);
  }
  return record;
}

const Leg* SessionRecord::leg(const std::string& leg_id) const {
  for (const Leg& leg : legs) {
    if (leg.id == leg_id) return &leg;
  }
  return nullptr;
}

const Leg* SessionRecord::conversation() const {
  for (const Leg& leg : legs) {
    if (leg.state == "active" && !leg.connect) return &leg;
  }
  return nullptr;
}

bool SessionRecord::talks(const std::string& expert) const {
  return std::any_of(legs.begin(), legs.end(),
                     [&](const Leg& leg) { return leg.state == "active" && !leg.connect && leg.expert == expert; });
}

v1::UserData SessionRecord::shown_user_data() const {
  v1::UserData shown = user_data;
  for (const Leg& leg : legs) {
    for (const std::string& key : leg.secret_keys) shown.mutable_values()->erase(key);
  }
  return shown;
}

v1::RoutingFacts routing_facts(const SessionRecord& session, const Leg& leg) {
  v1::RoutingFacts facts;
  facts.set_medium(leg.medium);
  facts.set_routing_point(leg.routing_point);
  *facts.mutable_agent() = session.facts.agent();
  *facts.mutable_interaction() = session.facts.interaction();
  *facts.mutable_user_data() = session.user_data;
  facts.set_strategy_revision(leg.revision);
  facts.set_seed(leg.seed);
  // Past every step: only `otherwise` is left.
  facts.set_step(leg.overdue ? std::numeric_limits<int32_t>::max() : leg.step);
  const int64_t waiting = leg.state == "waiting" ? std::max<int64_t>(0, session.now - leg.wait_from) : 0;
  if (leg.wait_left) set_ms(*facts.mutable_wait_left(), std::max<int64_t>(0, *leg.wait_left - waiting));
  if (leg.waited + waiting > 0) set_ms(*facts.mutable_waited(), leg.waited + waiting);
  std::map<std::string, int> ran_out;  // offers that did, of experts who gave no answer; -1: he did
  for (const Offer& offer : leg.offers) {
    facts.add_asked(offer.expert);
    int& times = ran_out.try_emplace(offer.expert, 0).first->second;
    times = times < 0 || offer.outcome != "timed_out" ? -1 : times + 1;
  }
  for (const std::string& expert : leg.asked) {
    facts.add_asked(expert);
    ran_out[expert] = -1;  // he could not be reached
  }
  // Nor whoever has, or is offered, another leg of the conversation.
  for (const Leg& other : session.legs) {
    if (leg.connect || other.connect || other.ended() || other.id == leg.id) continue;
    const auto is_there = [&](const std::string& expert) {
      facts.add_asked(expert);
      ran_out[expert] = -1;
    };
    if (other.state == "active") is_there(other.expert);
    for (const Offer& offer : other.offers) {
      if (offer.outcome.empty()) is_there(offer.expert);
    }
  }
  for (const auto& [expert, times] : ran_out) {
    if (times == 1) facts.add_timed_out(expert);
  }
  facts.set_step_offers(leg.step_offers);
  facts.set_held_expert(leg.held);
  facts.set_expert(leg.by_name);
  return facts;
}

}  // namespace expertline::state
