#include "session-bridge/session_filter.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace expertline::bridge {
namespace {

using cel::Type;
using cel::TypeKind;
using cel::Value;

// In the order of their numbers.
enum Name : size_t {
  kState,
  kOutcome,
  kAgentId,
  kAgentSite,
  kAgentGroups,
  kInteractionId,
  kCaseKey,
  kCustomerId,
  kChannel,
  kRoutingPoints,
  kExperts,
  kSupervisors,
  kMedia,
  kWaiting,
  kCreateTime,
  kEndTime,
  kNow,
};

cel::Environment environment() {
  const Type text = TypeKind::kString;
  const Type texts = Type::list(text);
  cel::Environment names;
  names.declare_variable("state", text);
  names.declare_variable("outcome", text);
  names.declare_variable("agent.id", text);
  names.declare_variable("agent.site", text);
  names.declare_variable("agent.groups", texts);
  names.declare_variable("interaction.id", text);
  names.declare_variable("interaction.case_key", text);
  names.declare_variable("interaction.customer_id", text);
  names.declare_variable("interaction.channel", text);
  names.declare_variable("routing_points", texts);
  names.declare_variable("experts", texts);
  names.declare_variable("supervisors", texts);
  names.declare_variable("media", texts);
  names.declare_variable("waiting", TypeKind::kBool);
  names.declare_variable("create_time", TypeKind::kTimestamp);
  names.declare_variable("end_time", TypeKind::kTimestamp);
  names.declare_variable("now", TypeKind::kTimestamp);
  return names;
}

template <typename Texts>
Value list_value(const Texts& texts, cel::Arena& arena) {
  std::vector<Value> values;
  for (const std::string& text : texts) values.push_back(Value::string(text));
  return cel::make_list(arena, values);
}

class Names final : public cel::Activation {
 public:
  Names(const state::SessionRecord& record, const StoreTime& time) : record_(record), time_(time) {}

  std::optional<Value> variable(size_t number, cel::Arena& arena) const override {
    const v1::Agent& agent = record_.facts.agent();
    const v1::Interaction& interaction = record_.facts.interaction();
    switch (number) {
      case kState:
        return Value::string(record_.open ? "open" : "ended");
      case kOutcome:
        return Value::string(record_.outcome);
      case kAgentId:
        return Value::string(agent.id());
      case kAgentSite:
        return Value::string(agent.site());
      case kAgentGroups:
        return list_value(agent.groups(), arena);
      case kInteractionId:
        return Value::string(interaction.id());
      case kCaseKey:
        return Value::string(interaction.case_key());
      case kCustomerId:
        return Value::string(interaction.customer_id());
      case kChannel:
        return Value::string(interaction.channel());
      case kRoutingPoints:
        return of_legs([](const state::Leg& leg, auto& texts) { texts.insert(leg.routing_point); }, arena);
      case kExperts:
        return of_legs(
            [](const state::Leg& leg, auto& texts) {
              texts.insert(leg.expert);
              for (const state::Offer& offer : leg.offers) texts.insert(offer.expert);
            },
            arena);
      case kSupervisors:
        return supervisors(arena);
      case kMedia:
        return of_legs([](const state::Leg& leg, auto& texts) { texts.insert(leg.medium); }, arena);
      case kWaiting:
        return Value::boolean(std::any_of(record_.legs.begin(), record_.legs.end(),
                                          [](const state::Leg& leg) { return leg.state == "waiting"; }));
      case kCreateTime:
        return moment(record_.created);
      case kEndTime:
        return record_.open ? Value::timestamp({}) : moment(record_.ended);
      case kNow:
        return moment(time_.now);
      default:
        return std::nullopt;
    }
  }

 private:
  Value moment(int64_t store_ms) const;
  Value supervisors(cel::Arena& arena) const;

  // Texts of the legs, each once, in order; empty ones left out.
  template <typename Collect>
  Value of_legs(Collect&& collect, cel::Arena& arena) const {
    std::set<std::string_view> texts;
    for (const state::Leg& leg : record_.legs) collect(leg, texts);
    texts.erase("");
    std::vector<Value> values;
    for (const std::string_view text : texts) values.push_back(Value::string(text));
    return cel::make_list(arena, values);
  }

  const state::SessionRecord& record_;
  const StoreTime& time_;
};

Value Names::moment(int64_t store_ms) const {
  const int64_t wall_ms = std::max<int64_t>(store_ms + time_.offset, 0);
  return Value::timestamp({.seconds = wall_ms / 1000, .nanos = static_cast<int32_t>(wall_ms % 1000) * 1'000'000});
}

Value Names::supervisors(cel::Arena& arena) const {
  std::vector<Value> values;
  for (const auto& one : record_.people) {
    if (one.role == v1::MESSAGE_AUTHOR_SUPERVISOR) values.push_back(Value::string(one.id));
  }
  return cel::make_list(arena, values);
}

}  // namespace

Result<SessionFilter> SessionFilter::read(std::string_view text) {
  static const cel::Environment names = environment();
  auto read = app::Filter::read(text, names);
  if (!read) return read.error();
  SessionFilter filter;
  filter.filter_ = std::move(*read);
  return filter;
}

bool SessionFilter::matches(const state::SessionRecord& record, const StoreTime& time) const {
  return filter_.matches(Names(record, time));
}

}  // namespace expertline::bridge
