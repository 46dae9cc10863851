#include "strategy-evaluation/strategy_files.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace expertline::evaluation {
namespace fs = std::filesystem;
namespace {

// Sorted, so that issues and routing points come in the same order everywhere.
std::vector<fs::path> list(const std::string& folder, std::error_code& error) {
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    if (path.extension() == ".yaml" && !path.filename().string().ends_with(".test.yaml")) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::string folder_of(const std::string& folder, const std::string& domain) {
  const fs::path own = fs::path(folder) / domain;
  std::error_code error;
  return fs::is_directory(own, error) ? own.string() : folder;
}

Result<std::vector<strategy::SourceFile>> read_files(const std::string& folder) {
  std::error_code error;
  std::vector<strategy::SourceFile> files;
  for (const fs::path& path : list(folder, error)) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return invalid_field("strategies", path.string() + " cannot be read");
    files.push_back({.name = path.string(), .text = text.str()});
  }
  if (error) return invalid_field("strategies", folder + ": " + error.message());
  return files;
}

std::string fingerprint(const std::string& folder) {
  std::error_code error;
  std::string print;
  for (const fs::path& path : list(folder, error)) {
    const auto size = fs::file_size(path, error);
    const auto time = fs::last_write_time(path, error).time_since_epoch().count();
    absl::StrAppend(&print, path.string(), " ", size, " ", time, "\n");
  }
  return print;
}

}  // namespace expertline::evaluation
