#include "expertline/check/check.h"

#include <algorithm>
#include <map>
#include <memory>

#include "presence-ingest/mapping.h"
#include "presence-ingest/sources/source_file.h"
#include "roster/roster.h"

namespace expertline::cli {
namespace {

constexpr yaml::Limits kRosterLimits{.bytes = 64 * 1024 * 1024, .depth = 16};

// Adds the names that a roster knows, and gives its issues.
std::vector<yaml::Issue> read_roster(const strategy::SourceFile& file, strategy::Directory& directory) {
  roster::Roster read = roster::read_roster(file.text, file.name, kRosterLimits);
  for (const roster::Member& member : read.experts) {
    const v1::Expert& record = member.record;
    directory.experts.insert(member.id);
    directory.sites.insert(record.site());
    for (const auto& [skill, level] : record.skills()) directory.skills.insert(skill);
    directory.groups.insert(record.groups().begin(), record.groups().end());
    directory.languages.insert(record.languages().begin(), record.languages().end());
    for (const auto& [name, value] : record.attributes()) directory.attributes.insert(name);
  }
  // Declared attributes are known though nobody has them.
  yaml::Issues unused(file.name);
  const auto root = yaml::parse(file.text, unused, kRosterLimits);
  const yaml::Entry* declared = root ? root->find("attributes") : nullptr;
  if (declared != nullptr) {
    static const std::map<std::string, cel::TypeKind> kTypes = {{"string", cel::TypeKind::kString},
                                                                {"int", cel::TypeKind::kInt},
                                                                {"double", cel::TypeKind::kDouble},
                                                                {"bool", cel::TypeKind::kBool}};
    for (const yaml::Entry& entry : declared->value.entries) {
      directory.attributes.insert(entry.key);
      const auto type = kTypes.find(entry.value.scalar);
      if (type != kTypes.end()) directory.attribute_types.emplace(entry.key, type->second);
    }
  }
  return std::move(read.issues);
}

}  // namespace

Report check(const std::vector<FileSet>& sets, const std::optional<strategy::SourceFile>& roster) {
  Report report;
  strategy::Directory given;
  if (roster) {
    report.files.push_back(*roster);
    report.issues = read_roster(*roster, given);
  }
  for (const FileSet& set : sets) {
    strategy::Directory own = given;
    bool known = roster.has_value();
    std::vector<yaml::Issue> issues;
    for (const strategy::SourceFile& file : set) {
      std::vector<yaml::Issue> read;
      switch (strategy::kind_of(file)) {
        case strategy::FileKind::kRoster:
          known = true;
          read = read_roster(file, own);
          break;
        case strategy::FileKind::kMapping:
          read = presence::Mapping().add(file.text, file.name);
          break;
        case strategy::FileKind::kSources:
          read = presence::read_sources(file.text, file.name).issues;
          break;
        default:
          break;
      }
      issues.insert(issues.end(), read.begin(), read.end());
    }
    auto loaded = strategy::Registry::load(set, nullptr, known ? std::make_shared<strategy::Directory>(own) : nullptr);
    issues.insert(issues.end(), loaded.issues.begin(), loaded.issues.end());
    // In the order of the files again.
    for (const strategy::SourceFile& file : set) {
      for (const yaml::Issue& issue : issues) {
        if (issue.file == file.name) report.issues.push_back(issue);
      }
      report.files.push_back(file);
    }
  }
  report.errors =
      static_cast<size_t>(std::count_if(report.issues.begin(), report.issues.end(), [](const yaml::Issue& issue) {
        return issue.severity == yaml::Issue::Severity::kError;
      }));
  report.warnings = report.issues.size() - report.errors;
  return report;
}

}  // namespace expertline::cli
