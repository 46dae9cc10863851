#include "expertline/presence/presence_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

using nlohmann::json;

constexpr int64_t kLatestMs = 31LL * 24 * 3600 * 1000;

v1::Tristate tristate(const json& object, const char* key) {
  if (!object.contains(key) || object[key].is_null()) return v1::TRISTATE_UNSPECIFIED;
  return object[key].get<bool>() ? v1::TRISTATE_YES : v1::TRISTATE_NO;
}

// Throws json::exception where a value has the wrong type.
std::variant<PresenceLine, std::string> read(const json& object) {
  static const std::set<std::string> kKeys = {"expert", "state",  "at_ms",     "source",         "kind",
                                              "note",   "can_im", "can_voice", "do_not_disturb", "ttl_s",
                                              "number", "system", "words",     "withdraw"};
  if (!object.is_object()) return "not a JSON object";
  for (const auto& [key, value] : object.items()) {
    if (!kKeys.contains(key)) return fmt::format("unknown key \"{}\"", key);
  }
  const bool foreign = object.contains("system") && object.contains("words");
  const bool withdraw = object.value("withdraw", false);
  if (!object.contains("expert") || !(object.contains("state") || foreign || withdraw)) {
    return "\"expert\" and \"state\" are required; instead of \"state\" also \"system\" and \"words\", or \"withdraw\"";
  }

  PresenceLine line;
  line.report.set_expert(object["expert"].get<std::string>());
  if (object.contains("state")) {
    const auto state_word = object["state"].get<std::string>();
    const auto state = from_word<v1::PresenceState>(state_word);
    if (!state) {
      return fmt::format("state \"{}\" is none of {}", state_word, all_words(v1::PresenceState_descriptor()));
    }
    line.report.set_state(*state);
  }
  if (foreign) {
    line.report.mutable_foreign()->set_system(object["system"].get<std::string>());
    for (const json& one : object["words"]) line.report.mutable_foreign()->add_words(one.get<std::string>());
  }
  line.report.set_withdraw(withdraw);
  line.report.set_number(object.value("number", ""));
  if (object.contains("kind")) {
    const auto kind_word = object["kind"].get<std::string>();
    const auto kind = from_word<v1::SourceKind>(kind_word);
    if (!kind) return fmt::format("kind \"{}\" is none of {}", kind_word, all_words(v1::SourceKind_descriptor()));
    line.report.set_kind(*kind);
  }
  line.report.set_source(object.value("source", ""));
  line.report.set_note(object.value("note", ""));
  line.report.set_do_not_disturb(object.value("do_not_disturb", false));
  line.report.set_can_im(tristate(object, "can_im"));
  line.report.set_can_voice(tristate(object, "can_voice"));
  if (object.contains("ttl_s")) line.report.mutable_ttl()->set_seconds(object["ttl_s"].get<int64_t>());
  line.at_ms = object.value("at_ms", int64_t{0});
  if (line.at_ms < 0 || line.at_ms > kLatestMs) return "\"at_ms\" is not within 31 days";
  return line;
}

}  // namespace

std::variant<PresenceLine, std::string> parse_presence_line(std::string_view line) {
  try {
    return read(json::parse(line));
  } catch (const json::exception& error) {
    return std::string(error.what());
  }
}

}  // namespace expertline::cli
