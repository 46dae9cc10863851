// Printing and failing, the same in all commands.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "expertline/client/connection.h"

namespace expertline::cli {

// Says on stderr why the command ends, and is its exit code.
inline int fail(const std::string& why) {
  fmt::print(stderr, "expertline: {}\n", why);
  return 1;
}
inline int fail(const std::string& doing, const grpc::Status& status) { return fail(doing + ": " + describe(status)); }

// A whole file, or stdin for "-".
inline std::optional<std::string> read_file(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace expertline::cli
