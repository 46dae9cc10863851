#include "presence-ingest/sources/source_file.h"

#include <algorithm>

#include "base/names.h"

namespace expertline::presence {
namespace {

constexpr int64_t kMostRate = 1'000'000;
constexpr std::string_view kGroup = "group:";
const std::vector<std::string> kKinds = {"manual", "phone", "calendar", "client", "desktop"};

void read_expert(const yaml::Node& item, Scope& scope, yaml::Issues& issues) {
  const auto text = yaml::read_name(item, "an expert", issues);
  if (!text) return;
  const bool group = text->starts_with(kGroup);
  const bool prefix = !group && text->ends_with('*');
  const std::string id = group ? text->substr(kGroup.size()) : prefix ? text->substr(0, text->size() - 1) : *text;
  if (!valid_id(id)) {
    issues.add(item.mark, "bad_value", "\"" + *text + "\" names no expert", "an id, `retail-*`, or `group:sales`");
    return;
  }
  (group ? scope.groups : prefix ? scope.prefixes : scope.ids).push_back(id);
}

Scope read_experts(const yaml::Node& node, yaml::Issues& issues) {
  Scope scope;
  if (node.kind == yaml::Node::Kind::kScalar && node.scalar == "all") return scope;
  scope.all = false;
  if (node.kind != yaml::Node::Kind::kList) {
    issues.add(node.mark, "bad_value", "experts must be `all` or a list", "experts: all");
    return scope;
  }
  for (const yaml::Node& item : node.items) read_expert(item, scope, issues);
  std::sort(scope.ids.begin(), scope.ids.end());
  return scope;
}

SourceRules read_rules(const yaml::Node& node, const std::string& what, yaml::Issues& issues) {
  SourceRules rules;
  yaml::Fields fields(node, what, issues);
  if (const auto* kind = fields.optional("kind")) {
    if (const auto word = yaml::read_word(*kind, "kind", kKinds, issues)) {
      const auto place = std::find(kKinds.begin(), kKinds.end(), *word) - kKinds.begin();
      rules.kind = static_cast<v1::SourceKind>(place + 1);
    }
  }
  if (const auto* experts = fields.optional("experts")) rules.experts = read_experts(*experts, issues);
  const auto duration = [&](const char* key, int64_t least, int64_t most, int64_t& value) {
    if (const auto* given = fields.optional(key)) {
      value = yaml::read_duration_ms(*given, key, least, most, issues).value_or(value);
    }
  };
  duration("heartbeat", kLeastHeartbeatMs, kMostHeartbeatMs, rules.heartbeat_ms);
  duration("grace", 0, kMostGraceMs, rules.grace_ms);
  duration("clock", 0, kMostGraceMs, rules.clock_ms);
  if (const auto* rate = fields.optional("reports_per_second")) {
    rules.reports_per_second =
        static_cast<int>(yaml::read_int(*rate, "reports_per_second", 1, kMostRate, issues).value_or(0));
  }
  if (const auto* write_back = fields.optional("write_back")) {
    rules.write_back = yaml::read_bool(*write_back, "write_back", issues).value_or(false);
  }
  fields.done();
  return rules;
}

}  // namespace

bool Scope::covers(const std::string& expert, const std::function<bool(const std::string&)>& in_group) const {
  if (all || std::binary_search(ids.begin(), ids.end(), expert)) return true;
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const auto& prefix) { return expert.starts_with(prefix); }) ||
         std::any_of(groups.begin(), groups.end(), in_group);
}

const SourceRules* SourceFile::rules(const std::string& source) const {
  const auto found = sources.find(source);
  if (found != sources.end()) return &found->second;
  return others ? &*others : nullptr;
}

ReadSources read_sources(std::string_view text, const std::string& file) {
  ReadSources read;
  read.file.others.reset();
  yaml::Issues issues(file);
  if (const auto root = yaml::parse(text, issues)) {
    yaml::Fields fields(*root, "the file of sources", issues);
    if (const auto* policy = fields.optional("busy_takes_im")) {
      read.file.busy_takes_im = yaml::read_bool(*policy, "busy_takes_im", issues).value_or(false);
    }
    if (const auto* sources = fields.required("sources")) {
      for (const yaml::Entry& source : yaml::read_map(*sources, "sources", issues)) {
        if (!valid_id(source.key)) {
          issues.add(source.mark, "bad_value", "\"" + source.key + "\" is no id of a source",
                     "1 to 128 letters, digits, or . _ @ -");
        }
        read.file.sources.emplace(source.key, read_rules(source.value, "the source " + source.key, issues));
      }
    }
    if (const auto* others = fields.optional("others")) {
      if (others->kind != yaml::Node::Kind::kScalar) {
        read.file.others = read_rules(*others, "others", issues);
      } else {
        (void)yaml::read_word(*others, "others without keys", {"refuse"}, issues);
      }
    }
    fields.done();
  }
  read.issues = issues.take();
  return read;
}

}  // namespace expertline::presence
