#include "roster/roster.h"

#include <limits>
#include <map>
#include <optional>
#include <set>

#include "roster/guard_rails.h"
#include "roster/rules.h"

namespace expertline::roster {
namespace {

constexpr int64_t kAnyInt = std::numeric_limits<int32_t>::max();
const std::vector<std::string> kTypes = {"string", "int", "double", "bool"};

// The text as a value of a type.
std::optional<v1::AttributeValue> value_of(const std::string& type, const std::string& text) {
  v1::AttributeValue value;
  if (type == "string") {
    value.set_text(text);
  } else if (const auto number = yaml::to_int(text); type == "int" && number) {
    value.set_number(*number);
  } else if (const auto decimal = yaml::to_double(text); type == "double" && decimal) {
    value.set_decimal(*decimal);
  } else if (const auto flag = yaml::to_bool(text); type == "bool" && flag) {
    value.set_flag(*flag);
  } else {
    return std::nullopt;
  }
  return value;
}

class Reader {
 public:
  explicit Reader(yaml::Issues& issues) : issues_(issues) {}

  std::vector<Member> experts(const yaml::Node& root) {
    std::vector<Member> all;
    yaml::Fields fields(root, "the roster", issues_);
    if (const yaml::Node* types = fields.optional("attributes")) attribute_types(*types);
    if (const yaml::Node* rails = fields.optional("guard_rails")) {
      default_rails_ = read_guard_rails(*rails, v1::GuardRails(), issues_);
    }
    if (const yaml::Node* list = fields.required("experts")) {
      for (const yaml::Node& item : yaml::read_list(*list, "experts", issues_)) all.push_back(expert(item));
    }
    fields.done();
    return all;
  }

 private:
  using TextFault = std::optional<std::string> (*)(std::string_view);
  using NumberFault = std::optional<std::string> (*)(int64_t);

  bool good(yaml::Mark mark, const std::string& what, const std::optional<std::string>& rule) {
    if (rule) issues_.add(mark, "bad_value", what + " " + *rule);
    return !rule;
  }

  Member expert(const yaml::Node& node) {
    Member out;
    yaml::Fields fields(node, "an expert", issues_);
    if (const yaml::Node* id = fields.required("id")) {
      out.id = yaml::read_id(*id, "id", issues_).value_or("");
      if (!out.id.empty() && !ids_.insert(out.id).second) {
        issues_.add(id->mark, "duplicate_expert", "the expert " + out.id + " is in the roster twice");
      }
    }
    if (const yaml::Node* name = fields.optional("name")) {
      out.record.set_display_name(text(*name, "name", display_name_fault));
    }
    if (const yaml::Node* site = fields.optional("site")) out.record.set_site(text(*site, "site", text_fault));
    if (const yaml::Node* languages = fields.optional("languages")) {
      list(*languages, "languages", language_fault, *out.record.mutable_languages());
    }
    if (const yaml::Node* skills = fields.optional("skills")) {
      numbers(*skills, "skills", id_fault, level_fault, *out.record.mutable_skills());
    }
    if (const yaml::Node* groups = fields.optional("groups")) {
      list(*groups, "groups", id_fault, *out.record.mutable_groups());
    }
    if (const yaml::Node* attributes = fields.optional("attributes")) {
      this->attributes(*attributes, *out.record.mutable_attributes());
    }
    if (const yaml::Node* capacity = fields.optional("capacity")) {
      numbers(*capacity, "capacity", medium_fault, capacity_fault, *out.record.mutable_capacities());
    }
    if (const yaml::Node* addresses = fields.optional("addresses")) {
      texts(*addresses, "addresses", medium_fault, required_text_fault, *out.record.mutable_addresses());
    }
    if (const yaml::Node* dns = fields.optional("dns")) {
      texts(*dns, "dns", medium_fault, required_text_fault, *out.record.mutable_dns());
    }
    if (const yaml::Node* media = fields.optional("media")) {
      list(*media, "media", medium_fault, *out.record.mutable_media_order());
    }
    const yaml::Node* rails = fields.optional("guard_rails");
    if (rails != nullptr || default_rails_) {
      const v1::GuardRails defaults = default_rails_.value_or(v1::GuardRails());
      *out.record.mutable_guard_rails() = rails != nullptr ? read_guard_rails(*rails, defaults, issues_) : defaults;
    }
    fields.done();
    return out;
  }

  std::string text(const yaml::Node& node, const std::string& what, TextFault fault) {
    const std::optional<std::string> read = yaml::read_text(node, what, issues_);
    if (read) good(node.mark, what, fault(*read));
    return read.value_or("");
  }

  void list(const yaml::Node& node, const std::string& what, TextFault fault,
            google::protobuf::RepeatedPtrField<std::string>& into) {
    const std::vector<yaml::Node>& items = yaml::read_list(node, what, issues_);
    count(node, what, items.size());
    std::set<std::string> seen;
    for (const yaml::Node& item : items) {
      const std::string value = text(item, what, fault);
      if (!seen.insert(value).second) issues_.add(item.mark, "duplicate_value", what + " has " + value + " twice");
      *into.Add() = value;
    }
  }

  void numbers(const yaml::Node& node, const std::string& what, TextFault key_fault, NumberFault fault,
               google::protobuf::Map<std::string, int32_t>& into) {
    const std::vector<yaml::Entry>& entries = yaml::read_map(node, what, issues_);
    count(node, what, entries.size());
    for (const yaml::Entry& entry : entries) {
      const std::string place = what + "." + entry.key;
      good(entry.mark, "a key of " + what, key_fault(entry.key));
      const std::optional<int64_t> value = yaml::read_int(entry.value, place, -kAnyInt, kAnyInt, issues_);
      if (value && good(entry.value.mark, place, fault(*value))) into[entry.key] = static_cast<int32_t>(*value);
    }
  }

  void texts(const yaml::Node& node, const std::string& what, TextFault key_fault, TextFault fault,
             google::protobuf::Map<std::string, std::string>& into) {
    const std::vector<yaml::Entry>& entries = yaml::read_map(node, what, issues_);
    count(node, what, entries.size());
    for (const yaml::Entry& entry : entries) {
      good(entry.mark, "a key of " + what, key_fault(entry.key));
      into[entry.key] = text(entry.value, what + "." + entry.key, fault);
    }
  }

  void attribute_types(const yaml::Node& node) {
    for (const yaml::Entry& entry : yaml::read_map(node, "attributes", issues_)) {
      good(entry.mark, "a key of attributes", id_fault(entry.key));
      const auto type = yaml::read_word(entry.value, "attributes." + entry.key, kTypes, issues_);
      if (type) types_[entry.key] = *type;
    }
  }

  // Of the type that is declared. Otherwise `7`, `0.5` and `true` are what they look like; anything else, and all that
  // is quoted, is text.
  void attributes(const yaml::Node& node, google::protobuf::Map<std::string, v1::AttributeValue>& into) {
    const std::vector<yaml::Entry>& entries = yaml::read_map(node, "attributes", issues_);
    count(node, "attributes", entries.size());
    for (const yaml::Entry& entry : entries) {
      good(entry.mark, "a key of attributes", id_fault(entry.key));
      v1::AttributeValue& value = into[entry.key];
      const std::string what = "attributes." + entry.key;
      const std::optional<std::string> read = yaml::read_text(entry.value, what, issues_);
      if (!read) continue;
      if (const auto type = types_.find(entry.key); type != types_.end()) {
        const auto typed = value_of(type->second, *read);
        if (typed) {
          value = *typed;
          good(entry.value.mark, what, attribute_fault(value));
        } else {
          issues_.add(entry.value.mark, "wrong_type", what + " is declared " + type->second + ", unlike " + *read);
        }
        continue;
      }
      const bool plain = !entry.value.quoted;
      if (const auto number = yaml::to_int(*read); plain && number) {
        value.set_number(*number);
      } else if (const auto decimal = yaml::to_double(*read); plain && decimal) {
        value.set_decimal(*decimal);
      } else if (const auto flag = yaml::to_bool(*read); plain && flag) {
        value.set_flag(*flag);
      } else {
        value.set_text(*read);
      }
      good(entry.value.mark, what, attribute_fault(value));
    }
  }

  void count(const yaml::Node& node, const std::string& what, size_t entries) {
    if (entries > static_cast<size_t>(kMostEntries)) {
      issues_.add(node.mark, "too_many", what + " must have at most " + std::to_string(kMostEntries) + " entries");
    }
  }

  yaml::Issues& issues_;
  std::set<std::string> ids_;
  std::map<std::string, std::string> types_;  // of attributes that are declared
  std::optional<v1::GuardRails> default_rails_;
};

}  // namespace

std::vector<Member> read_members(const yaml::Node& root, yaml::Issues& issues) { return Reader(issues).experts(root); }

Roster read_roster(std::string_view text, const std::string& file, yaml::Limits limits) {
  Roster roster;
  yaml::Issues issues(file);
  if (const std::optional<yaml::Node> root = yaml::parse(text, issues, limits)) {
    roster.experts = read_members(*root, issues);
  }
  roster.issues = issues.take();
  if (!roster.issues.empty()) roster.experts.clear();
  return roster;
}

}  // namespace expertline::roster
