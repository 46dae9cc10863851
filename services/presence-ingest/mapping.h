// What the words of other systems mean in the six states. Data: the shipped table is default_mapping.yaml, a mapping
// file of the same form adds to it and overrides it word by word. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/v1/presence.pb.h"
#include "yaml/yaml.h"

namespace expertline::presence {

struct Meaning {
  v1::PresenceState state = v1::PRESENCE_STATE_UNSPECIFIED;
  bool do_not_disturb = false;
  v1::Tristate can_im = v1::TRISTATE_UNSPECIFIED;
  v1::Tristate can_voice = v1::TRISTATE_UNSPECIFIED;

  bool operator==(const Meaning&) const = default;
};

class Mapping {
 public:
  // The shipped table.
  static Mapping shipped();

  // Adds what the text says; its issues, if there are any: then nothing was changed.
  std::vector<yaml::Issue> add(std::string_view text, const std::string& file);

  // What the words mean together: two of them as a pair where the mapping has that pair, otherwise the strongest
  // of those it knows. Nothing if it knows none. Upper and lower case are the same.
  std::optional<Meaning> meaning(const v1::ForeignPresence& said) const;
  bool knows(const std::string& system) const { return systems_.contains(system); }

  // By system, then word in lower case; a pair is "a / b".
  using Words = std::map<std::string, Meaning>;
  const std::map<std::string, Words>& systems() const { return systems_; }

 private:
  std::map<std::string, Words> systems_;
};

}  // namespace expertline::presence
