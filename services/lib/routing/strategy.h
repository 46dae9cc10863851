// A strategy as the decision sees it. strategy/load.h makes it from YAML; nothing changes it afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expertline/v1/strategy.pb.h"
#include "routing/names.h"

namespace expertline::routing {

// What the platform attaches under a key.
struct Declared {
  enum class Type { kString, kInt, kDouble, kBool };

  std::string key;
  Type type = Type::kString;
  std::optional<v1::UserValue> default_value = {};
};

// A skill with a level between `min` and `max`, 1 to 5 each.
struct SkillRange {
  std::string skill;
  int min = 1;
  int max = 5;
};

// Whom a step looks for: all that is given must hold. Nothing given: everybody.
struct Find {
  std::vector<SkillRange> skills = {};   // all of them
  std::vector<std::string> groups = {};  // any of them
  std::optional<Value> expert = {};      // this one
  std::vector<Value> exclude = {};       // nobody named here; a value may name several, between commas or spaces
};

// In which order the ones found are preferred.
enum class Pick { kRandom, kLongestIdle, kLeastBusy };

struct Preview {
  bool none = false;  // straight through; the rest means nothing then
  int64_t answer_within_ms = 20'000;
  int offers = 5;                      // most offers this step makes
  int to = 1;                          // how many at once
  std::vector<std::string> show = {};  // keys of user data
  Text message = {};
};

struct Step {
  std::string name;
  Find find = {};
  Pick pick = Pick::kRandom;
  Preview preview = {};
  int64_t wait_ms = 0;  // how long it waits when nobody is free
};

// Where it goes when no step takes it.
struct Otherwise {
  enum class Kind { kVoicemail, kAgentText, kRoutingPoint, kDn };

  Kind kind = Kind::kAgentText;
  Text text = {};
};

struct Strategy {
  std::string name;
  std::string description = {};
  std::string owner = {};
  std::string revision = {};  // hash of the content, 16 hexadecimal digits
  std::string medium = {};
  std::vector<std::string> routing_points = {};
  std::vector<Declared> user_data = {};
  std::vector<Step> steps = {};  // at least one
  Otherwise otherwise = {};
  std::vector<std::pair<std::string, Value>> attach = {};
  int64_t hold_expert_ms = 30'000;
  std::vector<v1::VoicePolicy> voice = {};
};

// The names that explanations, metrics and docs use: random, longest_idle, least_busy.
const char* pick_name(Pick pick);

}  // namespace expertline::routing
