// `expertline test`.
#include <CLI/CLI.hpp>

#include <chrono>
#include <fstream>
#include <memory>

#include "expertline/command.h"
#include "expertline/say.h"
#include "expertline/test_strategies/report.h"

namespace expertline::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  double fail_under = -1;
  std::string junit;
  std::string format = "text";
  std::string filter;
  bool verbose = false;
};

FileReport run_file(const std::string& path, const std::string& filter, Coverage& coverage) {
  Suite suite = load_suite(path);
  FileReport report{.file = path, .text = suite.test.text};
  report.broken = suite.failed();
  report.issues = std::move(suite.issues);
  report.sources = std::move(suite.sources);
  if (report.broken) return report;
  for (const Suite::Tested& tested : suite.strategies) coverage.add(*tested.strategy, tested.file);
  for (const TestCase& one : suite.test.cases) {
    if (one.name.find(filter) == std::string::npos) continue;
    const auto began = std::chrono::steady_clock::now();
    CaseReport of{.name = one.name, .mark = one.mark, .seeds = one.seeds};
    of.played = play_case(one, suite.strategy_of(one), suite.experts, coverage);
    of.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    report.cases.push_back(std::move(of));
  }
  return report;
}

int run(const Options& options) {
  std::vector<std::string> missing;
  const std::vector<std::string> files = find_tests(options.paths, missing);
  for (const std::string& path : missing) fail(path + ": there is no such file or folder");
  if (!missing.empty()) return 1;
  if (files.empty()) return fail("there is no *.test.yaml in what was named");
  TestReport report;
  if (options.fail_under >= 0) report.fail_under = options.fail_under;
  for (const std::string& file : files) {
    FileReport of = run_file(file, options.filter, report.coverage);
    if (of.broken || !of.cases.empty()) report.files.push_back(std::move(of));
  }
  if (report.files.empty()) return fail("no case has \"" + options.filter + "\" in its name");
  if (!options.junit.empty()) {
    std::ofstream junit(options.junit, std::ios::binary);
    junit << as_junit(report);
    junit.close();
    if (!junit) return fail("cannot write " + options.junit);
  }
  const Terminal terminal = Terminal::of(stdout);
  fmt::print("{}", options.format == "json" ? as_json(report) : as_text(report, terminal, options.verbose));
  return report.good() ? 0 : 1;
}

}  // namespace

Run declare_test(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("files", options->paths, "Test files, and folders with `*.test.yaml` in them or below")
      ->required()
      ->type_name("FILE|FOLDER");
  app.add_option("--fail-under", options->fail_under, "Fail if less than this much of the strategies is covered")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("PERCENT");
  app.add_option("--junit", options->junit, "Write the outcome as JUnit XML too")->type_name("FILE");
  app.add_option("--format", options->format, "How to print it")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--filter", options->filter, "Run only cases with this in their name")->type_name("NAME");
  app.add_flag("--verbose", options->verbose, "Print each case and what happened in it");
  return [options] { return run(*options); };
}

}  // namespace expertline::cli
