// Checks sets of files: strategies, calendars, candidates and rosters.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "expertline/check/files.h"
#include "yaml/yaml.h"

namespace expertline::cli {

struct Report {
  FileSet files;                    // all, in their order
  std::vector<yaml::Issue> issues;  // by file, in order of place
  size_t errors = 0;
  size_t warnings = 0;
};

// With a roster, or with rosters among the files of a set, the names of skills, groups and experts are checked, too.
Report check(const std::vector<FileSet>& sets, const std::optional<strategy::SourceFile>& roster);

}  // namespace expertline::cli
