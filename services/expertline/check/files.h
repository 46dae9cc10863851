// The files that `expertline check` is given.
#pragma once

#include <string>
#include <vector>

#include "strategy/registry.h"

namespace expertline::cli {

// Files that are loaded together, as a service would load a folder.
using FileSet = std::vector<strategy::SourceFile>;

struct FileSets {
  std::vector<FileSet> sets;
  std::string fault;  // if something could not be read: what, for people
};

// The *.yaml of folders and the files themselves are one set; each subfolder of a folder, which is that of a domain, is
// one of its own. Tests (*.test.yaml) are left out unless named.
FileSets read_files(const std::vector<std::string>& paths);

}  // namespace expertline::cli
