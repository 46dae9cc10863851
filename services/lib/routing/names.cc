#include "routing/names.h"

#include <algorithm>
#include <charconv>

#include "routing/strategy.h"

namespace expertline::routing {
namespace {

std::optional<v1::UserValue> text_value(const std::string& text) {
  if (text.empty()) return std::nullopt;
  v1::UserValue value;
  value.set_text(text);
  return value;
}

template <typename Map>
std::optional<v1::UserValue> entry(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : text_value(found->second);
}

// Platforms send numbers as text and text as numbers: the declared type decides.
std::optional<v1::UserValue> as_declared(const v1::UserValue& value, Declared::Type type) {
  if (type == Declared::Type::kInt && value.has_text()) {
    int64_t number = 0;
    const std::string& text = value.text();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    v1::UserValue out;
    out.set_number(number);
    return out;
  }
  if (type == Declared::Type::kString && value.has_number()) {
    v1::UserValue out;
    out.set_text(std::to_string(value.number()));
    return out;
  }
  return value;
}

std::optional<v1::UserValue> user_data(const std::string& key, const Scope& scope) {
  const auto& declared = scope.strategy.user_data;
  const auto declaration =
      std::find_if(declared.begin(), declared.end(), [&](const Declared& one) { return one.key == key; });
  const auto& values = scope.facts.user_data().values();
  const auto given = values.find(key);
  std::optional<v1::UserValue> value;
  if (given != values.end()) value = given->second;
  if (declaration == declared.end()) return value;
  if (value) value = as_declared(*value, declaration->type);
  return value ? value : declaration->default_value;
}

std::optional<v1::UserValue> interaction(const std::string& field, const v1::Interaction& from) {
  if (field == "id") return text_value(from.id());
  if (field == "case_key") return text_value(from.case_key());
  if (field == "channel") return text_value(from.channel());
  if (field == "customer_id") return text_value(from.customer_id());
  if (field == "last_expert") return text_value(from.last_expert());
  return std::nullopt;
}

std::optional<v1::UserValue> agent(const Name& name, const v1::Agent& from) {
  if (name.field == "id") return text_value(from.id());
  if (name.field == "name") return text_value(from.display_name());
  if (name.field == "site") return text_value(from.site());
  if (name.field == "attributes") return entry(from.attributes(), name.key);
  return std::nullopt;
}

std::optional<v1::UserValue> expert(const Name& name, const v1::Expert& from) {
  if (name.field == "id") return text_value(from.name().substr(from.name().rfind('/') + 1));
  if (name.field == "name") return text_value(from.display_name());
  if (name.field == "site") return text_value(from.site());
  if (name.field == "dn") return entry(from.dns(), name.key);
  return std::nullopt;
}

}  // namespace

const char* pick_name(Pick pick) {
  switch (pick) {
    case Pick::kRandom:
      return "random";
    case Pick::kLongestIdle:
      return "longest_idle";
    case Pick::kLeastBusy:
      return "least_busy";
  }
  return "";
}

std::optional<v1::UserValue> resolve(const Name& name, const Scope& scope) {
  switch (name.root) {
    case Name::Root::kUserData:
      return user_data(name.field, scope);
    case Name::Root::kInteraction:
      return interaction(name.field, scope.facts.interaction());
    case Name::Root::kAgent:
      return agent(name, scope.facts.agent());
    case Name::Root::kExpert:
      return scope.expert == nullptr ? std::nullopt : expert(name, *scope.expert);
  }
  return std::nullopt;
}

std::optional<v1::UserValue> resolve(const Value& value, const Scope& scope) {
  if (const auto* name = std::get_if<Name>(&value)) return resolve(*name, scope);
  return std::get<v1::UserValue>(value);
}

std::string text_of(const v1::UserValue& value) {
  return value.has_number() ? std::to_string(value.number()) : value.text();
}

std::string fill(const Text& text, const Scope& scope) {
  std::string out;
  for (const auto& part : text) {
    if (const auto* words = std::get_if<std::string>(&part)) {
      out += *words;
    } else if (const auto value = resolve(std::get<Name>(part), scope)) {
      out += text_of(*value);
    }
  }
  return out;
}

}  // namespace expertline::routing
