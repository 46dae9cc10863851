// Values in strategies: literals, names such as `user_data.topic`, and texts with `${name}` in them. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "expertline/v1/expert.pb.h"
#include "expertline/v1/strategy.pb.h"

namespace expertline::routing {

struct Strategy;

// What a name stands for.
struct Name {
  enum class Root { kUserData, kInteraction, kAgent, kExpert };

  Root root = Root::kUserData;
  // user_data: the key. interaction: id, case_key, channel, customer_id, last_expert. agent, expert: id, name, site,
  // attributes; expert also dn.
  std::string field;
  // The medium of `dn`, the key of `attributes`.
  std::string key = {};
};

// A value: a name, or what is written there.
using Value = std::variant<Name, v1::UserValue>;

// Text, and names in between.
using Text = std::vector<std::variant<std::string, Name>>;

// What names are looked up in.
struct Scope {
  const Strategy& strategy;
  const v1::RoutingFacts& facts;
  const v1::Expert* expert = nullptr;  // for `expert`, where there is one
};

// The value, or nullopt if there is none: an absent key without default, an unset field, a value that is not of its
// declared type.
std::optional<v1::UserValue> resolve(const Name& name, const Scope& scope);
std::optional<v1::UserValue> resolve(const Value& value, const Scope& scope);

// As text: numbers in decimal, binary not at all.
std::string text_of(const v1::UserValue& value);
// Names without a value leave nothing.
std::string fill(const Text& text, const Scope& scope);

}  // namespace expertline::routing
