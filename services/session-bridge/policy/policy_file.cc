#include "session-bridge/policy/policy_file.h"

#include <absl/strings/ascii.h>
#include <absl/time/time.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "base/names.h"
#include "yaml/week.h"

namespace expertline::bridge {
namespace {

using yaml::Entry;
using yaml::Fields;
using yaml::Issues;
using yaml::Node;

constexpr int64_t kLeastRetentionMs = 1000;
constexpr int64_t kMostRetentionMs = 400LL * 24 * 3600 * 1000;
constexpr int64_t kMostFileBytes = 1LL << 40;
constexpr size_t kMostTextBytes = 8'000;
constexpr size_t kMostReasonIdBytes = 200;

// `en`, `de-CH`, `zh-Hant-TW`.
bool is_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > 35 || tag.front() == '-' || tag.back() == '-') return false;
  return std::all_of(tag.begin(), tag.end(),
                     [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-'; });
}

class Reader {
 public:
  Reader(const Node& root, Issues& issues) : fields_(root, "the policy", issues), issues_(issues) {}

  Policy read() {
    // All texts are held against the languages.
    if (const Node* node = fields_.optional("languages")) read_languages(*node);
    if (const Node* node = fields_.optional("decline_reasons")) read_reasons(*node);
    if (const Node* node = fields_.optional("preset_texts")) read_presets(*node);
    if (const Node* node = fields_.optional("messages")) read_messages(*node);
    if (const Node* node = fields_.optional("files")) read_files(*node);
    if (const Node* node = fields_.optional("media")) read_media(*node);
    if (const Node* node = fields_.optional("retention")) read_retention(*node);
    if (const Node* node = fields_.optional("access")) read_access(*node);
    fields_.done();
    return std::move(policy_);
  }

 private:
  void bad(const Node& node, const std::string& message, const std::string& hint) {
    if (!node.told) issues_.add(node.mark, "bad_value", message, hint);
  }

  void read_languages(const Node& node) {
    std::vector<std::string> languages;
    for (const Node& item : yaml::read_list(node, "languages", issues_)) {
      const auto tag = yaml::read_name(item, "a language", issues_);
      if (!tag) continue;
      const std::string lower = absl::AsciiStrToLower(*tag);
      if (!is_tag(*tag)) {
        bad(item, yaml::quoted(*tag) + " is no language", "a BCP 47 tag such as en or de-CH");
      } else if (std::find(languages.begin(), languages.end(), lower) != languages.end()) {
        bad(item, "the language " + *tag + " is there twice", "");
      } else {
        languages.push_back(lower);
      }
    }
    if (!languages.empty()) {
      policy_.languages = std::move(languages);
    } else if (node.kind == Node::Kind::kList && node.items.empty()) {
      bad(node, "languages must not be empty", "languages: [en]");
    }
  }

  Words read_words(const Node& node, const std::string& what) {
    Words words;
    for (const Entry& entry : yaml::read_map(node, what, issues_)) {
      const std::string tag = absl::AsciiStrToLower(entry.key);
      if (std::find(policy_.languages.begin(), policy_.languages.end(), tag) == policy_.languages.end()) {
        issues_.add(entry.mark, "unknown_language", yaml::quoted(entry.key) + " is none of `languages`",
                    yaml::did_you_mean(tag, policy_.languages));
      }
      const auto text = yaml::read_name(entry.value, what, issues_);
      if (!text) continue;
      if (text->size() > kMostTextBytes) bad(entry.value, what + " is longer than 8,000 bytes", "");
      if (!words.emplace(tag, *text).second) {
        issues_.add(entry.mark, "duplicate_key", "the language " + entry.key + " is there twice");
      }
    }
    if (node.kind == Node::Kind::kMap && !words.contains(policy_.languages.front())) {
      issues_.add(node.mark, "missing_language",
                  what + " has no text in " + policy_.languages.front() +
                      ", which everybody gets who speaks none of the others",
                  policy_.languages.front() + ": ...");
    }
    return words;
  }

  Patterns read_patterns(const Node& node, const std::string& what) {
    Patterns patterns;
    for (const Node& item : yaml::read_list(node, what, issues_)) {
      const auto text = yaml::read_name(item, what, issues_);
      if (!text) continue;
      if (text->find('*') < text->size() - 1) {
        bad(item, yaml::quoted(*text) + ": a star stands at the end only", "billing*");
      }
      patterns.list.push_back(*text);
    }
    if (node.kind == Node::Kind::kList && node.items.empty()) {
      bad(node, what + ": an empty list fits nobody", "leave it out to mean all");
    }
    return patterns;
  }

  v1::MessageAuthor read_side(const Node& node, const std::string& what) {
    const auto word = yaml::read_word(node, what, {"agent", "expert", "both"}, issues_);
    if (word == "agent") return v1::MESSAGE_AUTHOR_AGENT;
    if (word == "expert") return v1::MESSAGE_AUTHOR_EXPERT;
    return v1::MESSAGE_AUTHOR_UNSPECIFIED;
  }

  void read_reasons(const Node& node) {
    for (const Entry& entry : yaml::read_map(node, "decline_reasons", issues_)) {
      if (entry.key.size() > kMostReasonIdBytes || !valid_id(entry.key)) {
        issues_.add(entry.mark, "bad_value", yaml::quoted(entry.key) + " is no id of a reason",
                    "1 to 128 letters, digits, or . _ @ -");
      }
      policy_.decline_reasons.push_back({entry.key, read_words(entry.value, "the reason " + entry.key)});
    }
  }

  void read_presets(const Node& node) {
    std::set<std::string> ids;
    for (const Node& item : yaml::read_list(node, "preset_texts", issues_)) {
      Preset preset;
      Fields fields(item, "a preset text", issues_);
      if (const Node* id = fields.required("id")) {
        preset.id = yaml::read_id(*id, "id", issues_).value_or("");
        if (!preset.id.empty() && !ids.insert(preset.id).second)
          bad(*id, "the id " + preset.id + " is there twice", "");
      }
      if (const Node* text = fields.required("text")) preset.text = read_words(*text, "the text of " + preset.id);
      if (const Node* points = fields.optional("routing_points")) {
        preset.routing_points = read_patterns(*points, "routing_points");
      }
      if (const Node* side = fields.optional("for")) preset.side = read_side(*side, "for");
      fields.done();
      policy_.preset_texts.push_back(std::move(preset));
    }
  }

  void read_messages(const Node& node) {
    Fields fields(node, "messages", issues_);
    for (const char* name : {"request", "standby", "nobody", "canceled", "paused", "resumed", "nobody_joined",
                             "nobody_took_over", "agent_changed"}) {
      const Node* words = fields.optional(name);
      if (words == nullptr) continue;
      policy_.messages[name] = read_words(*words, std::string("the message ") + name);
      check_places(*words);
    }
    fields.done();
  }

  // `{agent}` and its like; what is none of them would be shown to people as it stands.
  void check_places(const Node& words) {
    for (const Entry& entry : words.entries) {
      const std::string& text = entry.value.scalar;
      for (size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
        const size_t end = text.find('}', at);
        const std::string place = text.substr(at, end == std::string::npos ? 1 : end - at + 1);
        if (place == "{agent}" || place == "{expert}" || place == "{routing_point}") continue;
        issues_.add_inside(entry.value, at, place.size(), "unknown_place", yaml::quoted(place) + " means nothing here",
                           "{agent}, {expert} or {routing_point}");
      }
    }
  }

  void read_files(const Node& node) {
    Fields fields(node, "files", issues_);
    if (const Node* types = fields.optional("types")) {
      policy_.files.types.clear();
      for (const Node& item : yaml::read_list(*types, "types", issues_)) {
        const auto type = yaml::read_name(item, "a type", issues_);
        if (!type) continue;
        const std::string lower = absl::AsciiStrToLower(*type);
        const bool star = lower.ends_with("/*");
        const bool good = lower == "*/*" || valid_media_type(star ? lower.substr(0, lower.size() - 1) + "x" : lower);
        if (!good) bad(item, yaml::quoted(*type) + " is no media type", "application/pdf or image/*");
        policy_.files.types.push_back(lower);
      }
    }
    if (const Node* bytes = fields.optional("inline_bytes")) {
      const auto most = static_cast<int64_t>(kMostInlineBytes);
      policy_.files.inline_bytes =
          static_cast<size_t>(yaml::read_int(*bytes, "inline_bytes", 0, most, issues_).value_or(0));
    }
    if (const Node* bytes = fields.optional("most_bytes")) {
      policy_.files.most_bytes = yaml::read_int(*bytes, "most_bytes", 0, kMostFileBytes, issues_).value_or(0);
    }
    if (const Node* hosts = fields.optional("hosts")) {
      for (const Node& item : yaml::read_list(*hosts, "hosts", issues_)) {
        const auto host = yaml::read_name(item, "a host", issues_);
        if (!host) continue;
        const std::string lower = absl::AsciiStrToLower(*host);
        const std::string name = lower.starts_with("*.") ? lower.substr(2) : lower;
        if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != std::string::npos) {
          bad(item, yaml::quoted(*host) + " is no host", "files.example.com or *.example.com");
        }
        policy_.files.hosts.push_back(lower);
      }
    }
    fields.done();
  }

  void read_media(const Node& node) {
    for (const Entry& entry : yaml::read_map(node, "media", issues_)) {
      if (!valid_id(entry.key)) {
        issues_.add(entry.mark, "bad_value", yaml::quoted(entry.key) + " is no name of a medium",
                    "1 to 128 letters, digits, or . _ @ -");
      }
      const auto kind = yaml::read_word(entry.value, "a medium's kind", {"conversation", "call"}, issues_);
      if (!kind) continue;
      const Kind value = *kind == "call" ? Kind::kCall : Kind::kConversation;
      const auto built_in = policy_.media.find(entry.key);
      if (built_in != policy_.media.end() && built_in->second != value) {
        bad(entry.value, entry.key + " is a " + (value == Kind::kCall ? "conversation" : "call") + " everywhere",
            "another name");
      }
      policy_.media.emplace(entry.key, value);
    }
  }

  void read_retention(const Node& node) {
    Fields fields(node, "retention", issues_);
    const Node* sessions = fields.optional("sessions");
    if (sessions != nullptr) {
      policy_.session_retention_ms =
          yaml::read_duration_ms(*sessions, "sessions", kLeastRetentionMs, kMostRetentionMs, issues_)
              .value_or(kMostRetentionMs);
      policy_.conversation_retention_ms = policy_.session_retention_ms;
    }
    if (const Node* conversations = fields.optional("conversations")) {
      policy_.conversation_retention_ms =
          yaml::read_duration_ms(*conversations, "conversations", 0, kMostRetentionMs, issues_).value_or(0);
      if (policy_.conversation_retention_ms > policy_.session_retention_ms) {
        bad(*conversations, "conversations are not kept longer than their sessions",
            "at most " + yaml::duration_text(policy_.session_retention_ms));
      }
    }
    fields.done();
  }

  Who read_who(const Node& node, const std::string& what) {
    Who who;
    Fields fields(node, what, issues_);
    if (const Node* ids = fields.optional("ids")) who.ids = read_patterns(*ids, "ids");
    if (const Node* sites = fields.optional("sites")) who.sites = read_patterns(*sites, "sites");
    if (const Node* groups = fields.optional("groups")) {
      for (const Node& item : yaml::read_list(*groups, "groups", issues_)) {
        if (const auto group = yaml::read_name(item, "a group", issues_)) who.groups.push_back(*group);
      }
    }
    fields.done();
    return who;
  }

  std::optional<routing::Calendar> read_hours(const Node& node) {
    routing::Calendar calendar;
    Fields fields(node, "hours", issues_);
    if (const Node* zone = fields.required("zone")) {
      const auto name = yaml::read_name(*zone, "zone", issues_);
      // The name goes to the machine's database, which takes paths for names as well.
      if (name && (name->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/-+") !=
                       std::string::npos ||
                   name->front() == '/' || !absl::LoadTimeZone(*name, &calendar.zone))) {
        issues_.add(zone->mark, "unknown_zone", "there is no time zone " + yaml::quoted(*name),
                    "a name such as Europe/Berlin");
      }
    }
    if (const Node* week = fields.required("week")) {
      const yaml::Week read = yaml::read_week(*week, "week", issues_);
      for (size_t day = 0; day < read.size(); ++day) {
        for (const yaml::OpenTime& time : read[day]) calendar.week[day].push_back({time.from, time.to});
      }
    }
    fields.done();
    return calendar;
  }

  void read_access(const Node& node) {
    std::set<std::string> names;
    for (const Node& item : yaml::read_list(node, "access", issues_)) {
      Rule rule;
      Fields fields(item, "a rule", issues_);
      if (const Node* name = fields.required("rule")) {
        rule.name = yaml::read_id(*name, "rule", issues_).value_or("");
        if (!rule.name.empty() && !names.insert(rule.name).second) {
          bad(*name, "the rule " + rule.name + " is there twice", "");
        }
      }
      if (const Node* agents = fields.optional("agents")) rule.agents = read_who(*agents, "agents");
      if (const Node* experts = fields.optional("experts")) rule.experts = read_who(*experts, "experts");
      if (const Node* points = fields.optional("routing_points")) {
        rule.routing_points = read_patterns(*points, "routing_points");
      }
      if (const Node* content = fields.optional("content")) rule.content = read_patterns(*content, "content");
      if (const Node* from = fields.optional("from")) {
        rule.from = read_side(*from, "from");
        if (rule.content.list.empty())
          bad(*from, "`from` is about messages; this rule is about asking", "add `content`");
      }
      if (rule.experts && !rule.content.list.empty()) {
        issues_.add(item.mark, "bad_value", "`experts` is about asking for them by name, `content` about messages",
                    "two rules");
      }
      if (const Node* hours = fields.optional("hours")) rule.hours = read_hours(*hours);
      const Node* why = fields.optional("why");
      if (why != nullptr) rule.why = yaml::read_name(*why, "why", issues_).value_or("");
      if (const Node* then = fields.required("then")) {
        const auto word = yaml::read_word(*then, "then", {"allow", "refuse"}, issues_);
        rule.allow = word != "refuse";
        if (!rule.allow && why == nullptr) {
          issues_.add(then->mark, "missing_key", "a rule that refuses says why", "why: Only at daytime");
        }
      }
      fields.done();
      policy_.access.push_back(std::move(rule));
    }
  }

  Fields fields_;
  Issues& issues_;
  Policy policy_;
};

}  // namespace

ReadPolicy read_policy(std::string_view text, const std::string& file) {
  ReadPolicy read;
  Issues issues(file);
  if (const auto root = yaml::parse(text, issues)) read.policy = Reader(*root, issues).read();
  read.issues = issues.take();
  return read;
}

Result<Policy> read_policy_file(const std::string& path) {
  if (path.empty()) return Policy();
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string faults;
  if (!file.is_open() || file.bad()) {
    faults = path + ": cannot be read";
  } else {
    ReadPolicy read = read_policy(text, path);
    if (read.issues.empty()) return std::move(read.policy);
    for (const yaml::Issue& issue : read.issues) faults += (faults.empty() ? "" : "\n") + yaml::to_string(issue);
  }
  return Error{.reason = v1::ERROR_REASON_INVALID_FIELD, .message = faults, .metadata = {{"file", path}}};
}

}  // namespace expertline::bridge
