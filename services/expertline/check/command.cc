// `expertline check`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "expertline/check/print.h"
#include "expertline/command.h"
#include "strategy/codes.h"

namespace expertline::cli {
namespace {

constexpr int kMisuse = 2;

struct Options {
  std::vector<std::string> paths;
  std::string roster;
  std::string format = "text";
  std::string explain;
  bool werror = false;
};

int misuse(const std::string& why) {
  fmt::print(stderr, "expertline: {}\n", why);
  return kMisuse;
}

int explain(const std::string& name) {
  if (const strategy::Code* code = strategy::find_code(name)) {
    fmt::print("{}", strategy::explained(*code));
    return 0;
  }
  std::vector<std::string> known;
  for (const strategy::Code& code : strategy::codes()) known.emplace_back(code.code);
  const std::string hint = yaml::did_you_mean(name, known);
  return misuse("there is no code " + name + (hint.empty() ? "" : ": " + hint));
}

int run(const Options& options) {
  if (!options.explain.empty()) return explain(options.explain);
  if (options.paths.empty()) return misuse("which files? Name strategies, calendars, or their folder");
  const FileSets files = read_files(options.paths);
  if (!files.fault.empty()) return misuse(files.fault);
  std::optional<strategy::SourceFile> roster;
  if (!options.roster.empty()) {
    FileSets read = read_files({options.roster});
    if (!read.fault.empty()) return misuse(read.fault);
    if (read.sets.size() != 1 || read.sets[0].size() != 1) return misuse("--roster takes one file");
    roster = std::move(read.sets[0][0]);
  }
  const Report report = check(files.sets, roster);
  const std::string out = options.format == "json"    ? as_json(report)
                          : options.format == "sarif" ? as_sarif(report)
                                                      : as_text(report, Terminal::of(stdout));
  std::fwrite(out.data(), 1, out.size(), stdout);
  return report.errors > 0 || (options.werror && report.warnings > 0) ? 1 : 0;
}

}  // namespace

Run declare_check(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("files", options->paths,
                 "Strategies, calendars, candidates, rosters, mappings, sources, or folders of them");
  app.add_option("--roster", options->roster, "Check the names of skills, groups and experts against this roster");
  app.add_option("--format", options->format, "text, json or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  app.add_option("--explain", options->explain, "Say what a code means, and what to do");
  app.add_flag("--werror", options->werror, "Exit with 1 on a warning, too");
  return [options] { return run(*options); };
}

}  // namespace expertline::cli
