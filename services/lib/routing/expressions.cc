#include "routing/expressions.h"

#include <algorithm>

#include "routing/names.h"
#include "routing/views.h"

namespace expertline::routing {
namespace {

using cel::Value;

std::optional<Value> text_or_absent(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return Value::string(text);
}

template <typename View, typename... Args>
Value list_of(cel::Arena& arena, const Args&... args) {
  return Value::list(arena.make<View>(args...));
}
template <typename View, typename... Args>
Value map_of(cel::Arena& arena, const Args&... args) {
  return Value::map(arena.make<View>(args...));
}

Value duration_of_ms(int64_t ms) {
  const int64_t seconds = ms / 1000;
  return Value::duration({.seconds = seconds, .nanos = static_cast<int32_t>((ms - seconds * 1000) * 1'000'000)});
}

template <typename Message>
cel::Duration duration_of(const Message& message) {
  return {.seconds = message.seconds(), .nanos = message.nanos()};
}
template <typename Message>
cel::Timestamp timestamp_of(const Message& message) {
  return {.seconds = message.seconds(), .nanos = message.nanos()};
}

// Skills come first.
std::span<const Trait> skills_of(const Row& row) {
  const auto traits = row.traits();
  return traits.first(static_cast<size_t>(std::lower_bound(traits.begin(), traits.end(), kGroupBit) - traits.begin()));
}

// The same number, 0 to 99, for every decision of one interaction.
int64_t bucket_of_interaction(const v1::Interaction& interaction) {
  return static_cast<int64_t>(hash_of(interaction.id()) % 100);
}

}  // namespace

Expressions::Expressions(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                         const v1::Moment& moment, Asked* asked)
    : strategy_(strategy),
      snapshot_(snapshot),
      facts_(facts),
      moment_(moment),
      asked_(asked),
      medium_(snapshot.medium(facts.medium())),
      data_(strategy, facts, request_arena_) {}

Value Expressions::value(const Expression& expression) {
  arena_.reset();
  problem_.clear();
  const uint64_t most = std::min(cost_left_, kExpressionCost);
  cel::Budget budget{most};
  const Value value = expression.program->evaluate(*this, arena_, budget);
  cost_left_ -= most - budget.left;
  if (!value.is_error()) return value;
  if (budget.exhausted) {
    problem_ = cost_left_ == 0 ? "the expressions of the decision cost too much" : "it costs too much";
  } else if (reads_secret(*expression.program)) {
    problem_ = "it has no value";  // the message may show what it worked on
  } else {
    problem_ = value.as_error().message;
  }
  return value;
}

bool Expressions::holds(const Expression& condition) {
  const bool held = value(condition).is_true();
  if (asked_ != nullptr) {
    Asked::Outcomes& outcomes = asked_->conditions[&condition];
    (held ? outcomes.held : outcomes.held_not) = true;
  }
  return held;
}

std::string Expressions::fill(const Text& text) {
  std::string out;
  for (const auto& part : text) {
    if (const auto* words = std::get_if<std::string>(&part)) {
      out += *words;
    } else {
      out += text_of(value(std::get<Expression>(part)));
    }
  }
  return out;
}

bool Expressions::reads_secret(const cel::Program& program) const {
  const auto& uses = program.variable_uses();
  return std::any_of(uses.begin(), uses.end(), [&](const cel::VariableUse& use) {
    const size_t first = static_cast<size_t>(NameNumber::kUserData);
    return use.variable >= first && strategy_.user_data[use.variable - first].secret;
  });
}

std::optional<Value> Expressions::variable(size_t number, cel::Arena& arena) const {
  if (number >= static_cast<size_t>(NameNumber::kUserData)) {
    return data_.value(number - static_cast<size_t>(NameNumber::kUserData));
  }
  if (is_expert_name(number)) return of_expert(number, arena);
  switch (static_cast<NameNumber>(number)) {
    case NameNumber::kQueueWaiting:
      return Value::integer(moment_.waiting());
    case NameNumber::kQueueLongestWait:
      return Value::duration(duration_of(moment_.longest_wait()));
    case NameNumber::kHoursOpen:
      if (strategy_.hours == nullptr) return std::nullopt;
      return Value::boolean(strategy_.hours->open(milliseconds(moment_.now())));
    case NameNumber::kNow:
      return Value::timestamp(timestamp_of(moment_.now()));
    case NameNumber::kWaited:
      return Value::duration(duration_of(facts_.waited()));
    default:
      return number < static_cast<size_t>(NameNumber::kInteractionId) ? of_agent(number, arena)
                                                                      : of_interaction(number);
  }
}

std::optional<Value> Expressions::of_agent(size_t number, cel::Arena& arena) const {
  const v1::Agent& agent = facts_.agent();
  switch (static_cast<NameNumber>(number)) {
    case NameNumber::kAgentId:
      return text_or_absent(agent.id());
    case NameNumber::kAgentName:
      return text_or_absent(agent.display_name());
    case NameNumber::kAgentSite:
      return text_or_absent(agent.site());
    case NameNumber::kAgentGroups:
      return list_of<TextsView>(arena, agent.groups());
    case NameNumber::kAgentLanguages:
      return list_of<TextsView>(arena, agent.languages());
    case NameNumber::kAgentAttributes:
      return map_of<TextMapView>(arena, agent.attributes());
    default:
      return std::nullopt;
  }
}

std::optional<Value> Expressions::of_interaction(size_t number) const {
  const v1::Interaction& interaction = facts_.interaction();
  switch (static_cast<NameNumber>(number)) {
    case NameNumber::kInteractionId:
      return text_or_absent(interaction.id());
    case NameNumber::kInteractionCaseKey:
      return text_or_absent(interaction.case_key());
    case NameNumber::kInteractionChannel:
      return text_or_absent(interaction.channel());
    case NameNumber::kInteractionCustomerId:
      return text_or_absent(interaction.customer_id());
    case NameNumber::kInteractionStarted:
      if (!interaction.has_start_time()) return std::nullopt;
      return Value::timestamp(timestamp_of(interaction.start_time()));
    case NameNumber::kInteractionLastExpert:
      return text_or_absent(interaction.last_expert());
    case NameNumber::kInteractionBucket:
      return Value::integer(bucket_of_interaction(interaction));
    default:
      return std::nullopt;
  }
}

std::optional<Value> Expressions::of_expert(size_t number, cel::Arena& arena) const {
  if (!expert_) return std::nullopt;
  const Row& row = snapshot_.row(*expert_);
  const Vocabulary& vocabulary = snapshot_.vocabulary();
  switch (static_cast<NameNumber>(number)) {
    case NameNumber::kExpertId:
      return Value::string(snapshot_.id(*expert_));
    case NameNumber::kExpertName:
      return text_or_absent(row.display_name());
    case NameNumber::kExpertSite:
      return text_or_absent(vocabulary.words.word(row.site()));
    case NameNumber::kExpertLanguages:
      return list_of<WordsView>(arena, row.languages(), vocabulary.words);
    case NameNumber::kExpertSkills:
      return map_of<SkillsView>(arena, skills_of(row), vocabulary.skills);
    case NameNumber::kExpertGroups:
      return list_of<WordsView>(arena, row.traits().subspan(skills_of(row).size()), vocabulary.groups, kGroupBit);
    case NameNumber::kExpertAttributes:
      return map_of<AttributesView>(arena, row, vocabulary.words);
    case NameNumber::kExpertState:
      return Value::string(state_name(row.state()));
    case NameNumber::kExpertNote:
      return text_or_absent(row.note());
    case NameNumber::kExpertIdleFor:
      if (row.holds_anything()) return duration_of_ms(0);
      return duration_of_ms(std::max<int64_t>(moment_.store_now_ms() - row.idle_since_ms(), 0));
    case NameNumber::kExpertLoad: {
      const Load* load = medium_ ? row.load(*medium_) : nullptr;
      if (load == nullptr) return std::nullopt;
      return Value::number(static_cast<double>(load->used) / static_cast<double>(load->capacity));
    }
    case NameNumber::kExpertOffersToday: {
      const Guard& guard = vocabulary.guards.guard(row.guard());
      const bool today = row.today() == day_of(guard, milliseconds(moment_.now()));
      return Value::integer(today ? row.offers_today() : 0);
    }
    case NameNumber::kExpertMedia:
      if (!row.media_order().empty()) return list_of<WordsView>(arena, row.media_order(), vocabulary.media);
      return list_of<MediaView>(arena, row.loads(), vocabulary.media);
    case NameNumber::kExpertDn:
      return map_of<NumbersView>(arena, row, vocabulary.media);
    default:
      return std::nullopt;
  }
}

Value Expressions::call(size_t overload, std::span<const Value> arguments, cel::Arena&) const {
  const auto skill = snapshot_.skill(arguments[0].as_string());
  if (!skill) return Value::integer(0);
  counted_skills_.push_back(*skill);
  int64_t level = 1;
  if (static_cast<FunctionNumber>(overload) == FunctionNumber::kReadyAtLevel) {
    level = std::clamp<int64_t>(arguments[1].as_int(), 1, Snapshot::kLevels + 1);
  }
  int64_t ready = 0;
  for (; level <= Snapshot::kLevels; ++level) {
    const Pool& pool = snapshot_.with_skill(*skill, static_cast<int>(level));
    if (medium_ && *medium_ < pool.media.size()) ready += static_cast<int64_t>(pool.media[*medium_].ready.size());
  }
  return Value::integer(ready);
}

std::string text_of(Value value) {
  switch (value.kind()) {
    case Value::Kind::kError:
    case Value::Kind::kNull:
      return {};
    case Value::Kind::kString:
      return std::string(value.as_string());
    case Value::Kind::kList: {
      std::string text;
      cel::Arena arena;
      for (size_t i = 0; i < value.as_list().size(); ++i) {
        text += (i == 0 ? "" : ", ") + text_of(value.as_list().at(i, arena));
      }
      return text;
    }
    case Value::Kind::kTimestamp: {
      const auto [seconds, nanos] = value.as_timestamp();
      return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos),
                              absl::UTCTimeZone());
    }
    case Value::Kind::kDuration: {
      const auto [seconds, nanos] = value.as_duration();
      return absl::FormatDuration(absl::Seconds(seconds) + absl::Nanoseconds(nanos));
    }
    default:
      return cel::to_text(value);
  }
}

}  // namespace expertline::routing
