#include "presence-ingest/mapping.h"

#include <algorithm>
#include <stdexcept>

#include "presence-ingest/default_mapping.h"

namespace expertline::presence {
namespace {

constexpr size_t kMostWord = 64;

const std::vector<std::string> kStateWords = {"online", "busy", "away", "on_the_phone", "appear_offline", "offline"};

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string pair_of(std::string_view first, std::string_view second) {
  return std::string(first) + " / " + std::string(second);
}

// A word, or a pair with exactly one blank on each side of the slash; nullopt if it is neither.
std::optional<std::string> read_key(std::string_view key) {
  const size_t slash = key.find('/');
  const auto good = [](std::string_view word) { return !word.empty() && word.size() <= kMostWord; };
  const std::string first = lower_case(trimmed(key.substr(0, slash)));
  if (slash == std::string_view::npos) return good(first) && first != "*" ? std::optional(first) : std::nullopt;
  const std::string second = lower_case(trimmed(key.substr(slash + 1)));
  if (!good(first) || !good(second) || first == "*" || second.find('/') != std::string::npos) return std::nullopt;
  return pair_of(first, second);
}

std::optional<v1::PresenceState> read_state(const yaml::Node& node, yaml::Issues& issues) {
  const auto word = yaml::read_word(node, "a state", kStateWords, issues);
  if (!word) return std::nullopt;
  const auto found = std::find(kStateWords.begin(), kStateWords.end(), *word);
  return static_cast<v1::PresenceState>(found - kStateWords.begin() + 1);
}

v1::Tristate read_tristate(const yaml::Node& node, std::string_view what, yaml::Issues& issues) {
  const auto value = yaml::read_bool(node, what, issues);
  if (!value) return v1::TRISTATE_UNSPECIFIED;
  return *value ? v1::TRISTATE_YES : v1::TRISTATE_NO;
}

Meaning read_meaning(const yaml::Node& node, yaml::Issues& issues) {
  Meaning meaning;
  if (node.kind != yaml::Node::Kind::kMap) {
    meaning.state = read_state(node, issues).value_or(meaning.state);
    return meaning;
  }
  yaml::Fields fields(node, "a meaning", issues);
  if (const auto* state = fields.required("state")) meaning.state = read_state(*state, issues).value_or(meaning.state);
  if (const auto* dnd = fields.optional("dnd")) {
    meaning.do_not_disturb = yaml::read_bool(*dnd, "dnd", issues).value_or(false);
  }
  if (const auto* im = fields.optional("im")) meaning.can_im = read_tristate(*im, "im", issues);
  if (const auto* voice = fields.optional("voice")) meaning.can_voice = read_tristate(*voice, "voice", issues);
  fields.done();
  return meaning;
}

int strength(const Meaning& meaning) {
  if (meaning.state == v1::PRESENCE_STATE_OFFLINE) return 7;
  if (meaning.do_not_disturb) return 6;
  switch (meaning.state) {
    case v1::PRESENCE_STATE_ON_THE_PHONE:
      return 5;
    case v1::PRESENCE_STATE_BUSY:
      return 4;
    case v1::PRESENCE_STATE_APPEAR_OFFLINE:
      return 3;
    case v1::PRESENCE_STATE_AWAY:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

Mapping Mapping::shipped() {
  Mapping mapping;
  if (!mapping.add(kDefaultMapping, "default_mapping.yaml").empty()) {
    throw std::logic_error("default_mapping.yaml has faults");
  }
  return mapping;
}

std::vector<yaml::Issue> Mapping::add(std::string_view text, const std::string& file) {
  yaml::Issues issues(file);
  const auto root = yaml::parse(text, issues);
  std::map<std::string, Words> added;
  if (root) {
    yaml::Fields fields(*root, "the mapping", issues);
    if (const auto* systems = fields.required("systems")) {
      for (const yaml::Entry& system : yaml::read_map(*systems, "systems", issues)) {
        const std::string name = lower_case(system.key);
        if (name.empty() || name.size() > kMostWord) {
          issues.add(system.mark, "bad_value", "a system must have a name of at most 64 bytes");
        }
        for (const yaml::Entry& word : yaml::read_map(system.value, "the words of " + system.key, issues)) {
          const auto key = read_key(word.key);
          const Meaning meaning = read_meaning(word.value, issues);
          if (!key) {
            issues.add(word.mark, "bad_word", "\"" + word.key + "\" is no word of at most 64 bytes and no pair of such",
                       "such as `Busy`, `Offline / OffWork` or `NotReady / *`");
          } else if (!added[name].emplace(*key, meaning).second) {
            issues.add(word.mark, "word_twice",
                       "\"" + word.key + "\" is there already; upper and lower case are the same");
          }
        }
      }
    }
    fields.done();
  }
  std::vector<yaml::Issue> all = issues.take();
  if (!all.empty()) return all;
  for (const auto& [name, words] : added) {
    for (const auto& [word, meaning] : words) systems_[name].insert_or_assign(word, meaning);
  }
  return {};
}

std::optional<Meaning> Mapping::meaning(const v1::ForeignPresence& said) const {
  const auto system = systems_.find(lower_case(said.system()));
  if (system == systems_.end()) return std::nullopt;
  const Words& words = system->second;
  std::vector<std::string> all;
  for (const std::string& word : said.words()) all.push_back(lower_case(trimmed(word)));

  std::optional<Meaning> best;
  const auto consider = [&](const std::string& word) {
    const auto found = words.find(word);
    if (found == words.end()) return;
    if (!best || strength(found->second) > strength(*best)) best = found->second;
  };
  // A named pair before one with any other word, and both before single words.
  for (const std::string& first : all) {
    for (const std::string& second : all) {
      if (&first != &second) consider(pair_of(first, second));
    }
  }
  if (best) return best;
  if (all.size() > 1) {
    for (const std::string& first : all) consider(pair_of(first, "*"));
  }
  if (best) return best;
  for (const std::string& word : all) consider(word);
  return best;
}

}  // namespace expertline::presence
