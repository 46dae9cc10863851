// A test file with all that it names: strategies, calendars, experts; and what came of running it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "expertline/test_strategies/player.h"
#include "expertline/test_strategies/test_file.h"
#include "routing/strategy.h"

namespace expertline::cli {

// A file that issues are about, for showing its lines.
struct Source {
  std::string name;
  std::string text;
};

struct Suite {
  TestFile test;
  struct Tested {
    std::shared_ptr<const routing::Strategy> strategy;
    std::string file;
  };
  std::vector<Tested> strategies;
  std::vector<roster::Member> experts;
  std::vector<yaml::Issue> issues;  // with an error among them nothing is to be run
  std::vector<Source> sources;      // of the issues

  bool failed() const;
  // The strategy of a case. Not null if there is no issue.
  std::shared_ptr<const routing::Strategy> strategy_of(const TestCase& test) const;
};

// Reads the file and those it names, relative to its folder.
Suite load_suite(const std::string& path);

// All `*.test.yaml` of the folders and below, and the files themselves, in order; `missing` gets those that are not
// there.
std::vector<std::string> find_tests(const std::vector<std::string>& paths, std::vector<std::string>& missing);

}  // namespace expertline::cli
