#include "presence-ingest/expert_filter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace expertline::presence {
namespace {

using cel::Type;
using cel::TypeKind;
using cel::Value;

// In the order of their numbers.
enum Name : size_t {
  kId,
  kName,
  kSite,
  kLanguages,
  kSkills,
  kGroups,
  kAttributes,
  kMedia,
  kDn,
  kState,
  kNote,
  kRoutable,
  kRetired,
};

cel::Environment environment() {
  const Type text = TypeKind::kString;
  const Type texts = Type::list(text);
  cel::Environment names;
  names.declare_variable("expert.id", text);
  names.declare_variable("expert.name", text);
  names.declare_variable("expert.site", text);
  names.declare_variable("expert.languages", texts);
  names.declare_variable("expert.skills", Type::map(text, TypeKind::kInt));
  names.declare_variable("expert.groups", texts);
  names.declare_variable("expert.attributes", Type::map(text, TypeKind::kDyn));
  names.declare_variable("expert.media", texts);
  names.declare_variable("expert.dn", Type::map(text, text));
  names.declare_variable("expert.state", text);
  names.declare_variable("expert.note", text);
  names.declare_variable("expert.routable", texts);
  names.declare_variable("expert.retired", TypeKind::kBool);
  return names;
}

const char* word_of(v1::PresenceState state) {
  constexpr std::array kWords = {"online", "busy", "away", "on_the_phone", "appear_offline", "offline"};
  const int number = static_cast<int>(state);
  return number >= 1 && number <= static_cast<int>(kWords.size()) ? kWords[static_cast<size_t>(number) - 1] : "offline";
}

Value value_of(const v1::AttributeValue& attribute) {
  switch (attribute.kind_case()) {
    case v1::AttributeValue::kText:
      return Value::string(attribute.text());
    case v1::AttributeValue::kNumber:
      return Value::integer(attribute.number());
    case v1::AttributeValue::kDecimal:
      return Value::number(attribute.decimal());
    case v1::AttributeValue::kFlag:
      return Value::boolean(attribute.flag());
    default:
      return Value::null();
  }
}

template <typename Texts>
Value list_of(const Texts& texts, cel::Arena& arena) {
  std::vector<Value> values;
  for (const std::string& text : texts) values.push_back(Value::string(text));
  return cel::make_list(arena, values);
}

template <typename Map, typename ToValue>
Value map_of(const Map& map, ToValue to_value, cel::Arena& arena) {
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [key, value] : map) entries.emplace_back(Value::string(key), to_value(value));
  return cel::make_map(arena, entries);
}

// A text that is empty is absent.
std::optional<Value> text_or_none(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return Value::string(text);
}

class Names final : public cel::Activation {
 public:
  explicit Names(const state::ExpertView& expert) : expert_(expert) {}

  std::optional<Value> variable(size_t number, cel::Arena& arena) const override {
    const v1::Expert& record = expert_.directory;
    const auto text = [](const std::string& value) { return Value::string(value); };
    switch (number) {
      case kId:
        return Value::string(expert_.id);
      case kName:
        return text_or_none(record.display_name());
      case kSite:
        return text_or_none(record.site());
      case kLanguages:
        return list_of(record.languages(), arena);
      case kSkills:
        return map_of(
            record.skills(), [](int32_t level) { return Value::integer(level); }, arena);
      case kGroups:
        return list_of(record.groups(), arena);
      case kAttributes:
        return map_of(record.attributes(), value_of, arena);
      case kMedia:
        return list_of(record.media_order(), arena);
      case kDn:
        return map_of(record.dns(), text, arena);
      case kState:
        return Value::string(word_of(expert_.state.state));
      case kNote:
        return text_or_none(expert_.state.note);
      case kRoutable: {
        std::vector<Value> media;
        for (const v1::MediumStatus& medium : expert_.state.media) {
          if (medium.routable()) media.push_back(Value::string(medium.medium()));
        }
        return cel::make_list(arena, media);
      }
      case kRetired:
        return Value::boolean(!expert_.state.active);
      default:
        return std::nullopt;
    }
  }

 private:
  const state::ExpertView& expert_;
};

}  // namespace

Result<ExpertFilter> ExpertFilter::read(std::string_view text) {
  static const cel::Environment names = environment();
  auto read = app::Filter::read(text, names);
  if (!read) return read.error();
  ExpertFilter filter;
  filter.filter_ = std::move(*read);
  return filter;
}

bool ExpertFilter::matches(const state::ExpertView& expert) const { return filter_.matches(Names(expert)); }

}  // namespace expertline::presence
