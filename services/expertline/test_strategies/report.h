// What came of a run of tests, for people, for programs and for build servers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "expertline/terminal/terminal.h"
#include "expertline/test_strategies/coverage.h"
#include "expertline/test_strategies/player.h"
#include "expertline/test_strategies/suite.h"

namespace expertline::cli {

struct CaseReport {
  std::string name;
  yaml::Mark mark;
  int seeds = 1;
  double seconds = 0;
  Played played = {};
};

struct FileReport {
  std::string file;
  std::string text;
  std::vector<yaml::Issue> issues = {};
  std::vector<Source> sources = {};
  bool broken = false;  // for its issues nothing was run
  std::vector<CaseReport> cases = {};
};

struct TestReport {
  std::vector<FileReport> files;
  Coverage coverage;
  std::optional<double> fail_under;

  int passed() const;
  int failed() const;  // cases, and files that could not be run
  bool too_little_covered() const { return fail_under && coverage.percent() < *fail_under; }
  bool good() const { return failed() == 0 && !too_little_covered(); }
};

// With `verbose` each case and its course.
std::string as_text(const TestReport& report, const Terminal& terminal, bool verbose);
// One object.
std::string as_json(const TestReport& report);
// A `testsuites` document: one suite for each file, one case for each case; a file that could not be run has one case
// `load` with an error.
std::string as_junit(const TestReport& report);

}  // namespace expertline::cli
