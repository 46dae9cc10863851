// Strategy files of a folder.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "strategy/registry.h"

namespace expertline::evaluation {

// The folder of a domain: `folder/<domain>` if there is one, else `folder` itself.
std::string folder_of(const std::string& folder, const std::string& domain);

// All *.yaml of the folder but tests (*.test.yaml), in order of name. INVALID_FIELD if it cannot be read.
Result<std::vector<strategy::SourceFile>> read_files(const std::string& folder);

// Names, sizes and times of these files: another text means that something changed.
std::string fingerprint(const std::string& folder);

}  // namespace expertline::evaluation
