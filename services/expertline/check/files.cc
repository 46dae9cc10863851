#include "expertline/check/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace expertline::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 64 * 1024 * 1024;

std::optional<strategy::SourceFile> read(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || size > kMostBytes || !in) return std::nullopt;
  return strategy::SourceFile{path.string(), std::string(std::istreambuf_iterator<char>(in), {})};
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool is_yaml(const fs::path& path) { return path.extension() == ".yaml" && !path.string().ends_with(".test.yaml"); }

}  // namespace

FileSets read_files(const std::vector<std::string>& paths) {
  FileSets out;
  FileSet first;
  std::vector<FileSet> domains;
  const auto add = [&](const fs::path& path, FileSet& set) {
    if (auto file = read(path)) {
      set.push_back(std::move(*file));
    } else if (out.fault.empty()) {
      out.fault = "cannot read " + path.string();
    }
  };
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      add(path, first);
      continue;
    }
    const size_t before = first.size();
    for (const fs::path& entry : entries(path)) {
      if (!fs::is_directory(entry)) {
        if (is_yaml(entry)) add(entry, first);
        continue;
      }
      FileSet domain;
      for (const fs::path& inner : entries(entry)) {
        if (!fs::is_directory(inner) && is_yaml(inner)) add(inner, domain);
      }
      if (!domain.empty()) domains.push_back(std::move(domain));
    }
    if (first.size() == before && domains.empty() && out.fault.empty()) out.fault = "there is no *.yaml in " + path;
  }
  if (!first.empty()) out.sets.push_back(std::move(first));
  for (FileSet& domain : domains) out.sets.push_back(std::move(domain));
  return out;
}

}  // namespace expertline::cli
