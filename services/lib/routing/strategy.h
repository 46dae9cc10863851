// A strategy as the decision sees it. strategy/load.h makes it from YAML; nothing changes it afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cel/program.h"
#include "expertline/v1/presence.pb.h"
#include "expertline/v1/strategy.pb.h"
#include "routing/calendar.h"

namespace expertline::routing {

// An expression of the strategy, compiled against names.h's environment.
struct Expression {
  std::shared_ptr<const cel::Program> program;
  std::string place;  // where it stands, for people: `steps[local specialist].where`
  int line = 0;       // in the file, from 1
};

// Text, and expressions whose values are put in between.
using Text = std::vector<std::variant<std::string, Expression>>;

// A value that is written in a strategy.
using Literal = std::variant<std::string, int64_t, double, bool>;

// What the platform attaches under a key.
struct Declared {
  enum class Type { kString, kInt, kDouble, kBool };

  std::string key;
  Type type = Type::kString;
  std::optional<Literal> default_value = {};  // of that type
  std::vector<Literal> one_of = {};           // of that type; empty: anything
  bool required = false;
  bool secret = false;  // never shown: not in logs, previews, texts, records or explanations
};

// What a value that is required and missing, not of its type, or none of `one_of` leads to.
enum class OnBadData {
  kDefault,    // it counts as absent: the default, if there is one
  kOtherwise,  // no step is tried
};

// A skill with a level between `min` and `max`, 1 to 5 each.
struct SkillRange {
  std::string skill;
  int min = 1;
  int max = 5;
};

// Whom a step looks for: all that is given must hold. Nothing given: everybody.
struct Find {
  std::vector<SkillRange> skills = {};         // all of them
  std::vector<std::string> groups = {};        // any of them
  std::optional<Expression> expert = {};       // this one: a string; absent or empty names nobody
  std::vector<Expression> exclude = {};        // nobody named here: ids between commas or spaces, or lists of ids
  std::vector<v1::PresenceState> states = {};  // in one of these, and able to receive; none: whom presence lets through
};

// In which order the ones found are preferred; ties are broken uniformly at random.
enum class Pick {
  kRandom,
  kLongestIdle,
  kLeastBusy,       // least of his capacity for the medium in use
  kLeastLoadToday,  // least time on legs today per hour of his that has passed today
  kBestSkill,       // highest sum of levels in the find's skills
  kWeighted,        // with chances in proportion to Step::weight
};

struct Preview {
  bool none = false;  // straight through; the rest means nothing then
  int64_t answer_within_ms = 20'000;
  int offers = 5;                      // most offers this step makes
  int to = 1;                          // how many at once
  std::vector<std::string> show = {};  // keys of user data
  Text message = {};
  bool ask_again = false;  // whoever let it run out may be asked once more, after all who were not asked
};

// What a step no longer asks for after it has waited for a time.
struct Relax {
  int64_t after_ms = 0;                        // of waiting in this step
  std::vector<SkillRange> skills = {};         // instead of the find's range for the same skill
  std::vector<std::string> groups = {};        // instead of the find's groups, if any
  std::vector<v1::PresenceState> states = {};  // instead of the find's states, if any
  bool drop_where = false;
  bool drop_groups = false;
  std::vector<std::string> drop_skills = {};
  std::string text = {};  // as an explanation names it: `skills.mortgage: 2`
  int line = 0;
};

struct Step {
  std::string name;
  int line = 0;
  std::optional<Expression> only_if = {};
  Find find = {};
  std::optional<Expression> where = {};
  Pick pick = Pick::kRandom;
  std::optional<Expression> weight = {};  // kWeighted: a number; not more than 0 means never
  Preview preview = {};
  int64_t wait_ms = 0;            // how long it waits when nobody is free
  std::vector<Relax> relax = {};  // in order of after_ms; they add up
};

// Where it goes when no step takes it: the first whose condition holds.
struct Otherwise {
  enum class Kind { kVoicemail, kAgentText, kRoutingPoint, kDn };

  std::optional<Expression> only_if = {};  // the last has none
  Kind kind = Kind::kAgentText;
  Text text = {};
  int line = 0;
};

struct Strategy {
  std::string name;
  std::string description = {};
  std::string owner = {};
  std::string revision = {};  // hash of the content, 16 hexadecimal digits; its calendar is part of it
  std::string medium = {};
  std::vector<std::string> routing_points = {};
  std::optional<Expression> allow = {};
  std::shared_ptr<const Calendar> hours = {};  // may be null
  std::vector<Declared> user_data = {};
  OnBadData on_bad_data = OnBadData::kDefault;
  std::optional<Expression> priority = {};  // an int; higher is served first, -1000 to 1000
  std::vector<Step> steps = {};             // at least one
  std::vector<Otherwise> otherwise = {};    // at least one
  std::vector<std::pair<std::string, Expression>> attach = {};
  int64_t hold_expert_ms = 30'000;
  std::vector<v1::VoicePolicy> voice = {};
};

// The names that explanations, metrics and docs use: random, longest_idle, least_busy, least_load_today, best_skill,
// weighted.
const char* pick_name(Pick pick);

}  // namespace expertline::routing
