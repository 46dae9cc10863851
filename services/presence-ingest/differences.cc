#include "presence-ingest/differences.h"

#include <google/protobuf/text_format.h>

#include <map>
#include <string>
#include <utility>

namespace expertline::presence {
namespace {

using google::protobuf::FieldDescriptor;

// On one line, as the contract's text form has it.
std::string text_of(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(message, &text);
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

// "kind: value" of an attribute or a duration without what it is called there.
std::string value_text(const v1::AttributeValue& value) {
  const std::string text = text_of(value);
  const size_t colon = text.find(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}
std::string value_text(const std::string& value) { return value; }
std::string value_text(int32_t value) { return std::to_string(value); }

class Differences {
 public:
  void value(const std::string& field, const std::string& before, const std::string& after) {
    if (before == after) return;
    v1::FieldDifference& one = list.emplace_back();
    one.set_field(field);
    one.set_before(before);
    one.set_after(after);
  }
  template <typename Texts>
  void texts(const std::string& field, const Texts& before, const Texts& after) {
    const auto joined = [](const Texts& all) {
      std::string text;
      for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
      return text;
    };
    value(field, joined(before), joined(after));
  }
  template <typename Map>
  void map(const std::string& field, const Map& before, const Map& after) {
    std::map<std::string, std::pair<std::string, std::string>> entries;
    for (const auto& [key, is] : before) entries[key].first = value_text(is);
    for (const auto& [key, is] : after) entries[key].second = value_text(is);
    for (const auto& [key, values] : entries) value(field + "[" + key + "]", values.first, values.second);
  }

  std::vector<v1::FieldDifference> list;
};

}  // namespace

std::vector<v1::FieldDifference> differences(const v1::Expert& before, const v1::Expert& after) {
  Differences found;
  found.value("display_name", before.display_name(), after.display_name());
  found.value("site", before.site(), after.site());
  found.texts("languages", before.languages(), after.languages());
  found.map("skills", before.skills(), after.skills());
  found.texts("groups", before.groups(), after.groups());
  found.map("attributes", before.attributes(), after.attributes());
  found.map("capacities", before.capacities(), after.capacities());
  found.map("addresses", before.addresses(), after.addresses());
  found.map("dns", before.dns(), after.dns());
  found.value("guard_rails", text_of(before.guard_rails()), text_of(after.guard_rails()));
  found.texts("media_order", before.media_order(), after.media_order());
  return std::move(found.list);
}

}  // namespace expertline::presence
