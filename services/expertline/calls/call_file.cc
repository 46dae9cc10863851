#include "expertline/calls/call_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "expertline/say.h"
#include "expertline/terminal/terminal.h"

namespace expertline::cli {

int read_call_file(const std::string& path, CallFile& file) {
  std::ifstream in(path);
  if (!in) return fail("cannot read " + path);
  file = read_calls(in);
  if (!file.header_fault.empty()) return fail(fmt::format("{}:1: {}", path, file.header_fault));
  constexpr size_t kMostIssues = 20;
  for (size_t i = 0; i < std::min(file.issues.size(), kMostIssues); ++i) {
    fmt::print(stderr, "{}:{}: {}\n", path, file.issues[i].line, printable(file.issues[i].what));
  }
  if (file.issues.size() > kMostIssues) {
    fmt::print(stderr, "{}: {} more rows with faults\n", path, file.issues.size() - kMostIssues);
  }
  return 0;
}

}  // namespace expertline::cli
