#include "expertline/test_strategies/report.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "expertline/terminal/table.h"

namespace expertline::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string what(const Failure& failure) {
  return absl::StrCat("expected ", failure.expected, ", but ", failure.actual);
}

std::string which_seed(const CaseReport& one) {
  if (one.seeds == 1 || one.played.seeds_failed == 0) return "";
  return absl::StrCat(" (with seed ", one.played.failures.front().seed, "; ", one.played.seeds_failed, " of ",
                      one.seeds, " seeds fail)");
}

std::string at(const std::string& file, yaml::Mark mark) {
  return absl::StrCat(file, ":", mark.line, ":", mark.column);
}

std::string issue_text(const FileReport& file, const yaml::Issue& issue) {
  for (const Source& source : file.sources) {
    if (source.name == issue.file) return yaml::with_source(issue, source.text);
  }
  return yaml::to_string(issue);
}

void add_indented(std::string& out, std::string_view text, int spaces) {
  const std::string before(static_cast<size_t>(spaces), ' ');
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    out.append(before).append(text.substr(begin, end - begin)).append("\n");
    begin = end + 1;
  }
}

void add_failures(std::string& out, const FileReport& file, const CaseReport& one) {
  for (const Failure& failure : one.played.failures) {
    add_indented(out, absl::StrCat(at(file.file, failure.mark), ": ", what(failure), which_seed(one)), 8);
    const yaml::Excerpt shown = yaml::excerpt({.file = file.file, .mark = failure.mark}, file.text);
    add_indented(out, absl::StrCat(shown.line, "\n", shown.caret), 10);
    for (const std::string& line : failure.why) add_indented(out, line, 10);
  }
}

std::string shares(const StrategyCoverage& of, std::initializer_list<CoverItem::Kind> kinds) {
  int covered = 0, all = 0;
  for (const CoverItem& item : of.items) {
    if (std::find(kinds.begin(), kinds.end(), item.kind) == kinds.end()) continue;
    ++all;
    covered += item.times > 0 ? 1 : 0;
  }
  return all == 0 ? "-" : absl::StrCat(covered, "/", all);
}

// Rounded down, so that 100 % means everything.
std::string percent(double value) { return fmt::format("{:.1f} %", std::floor(value * 10) / 10); }

std::string coverage_text(const Coverage& coverage, const Terminal& terminal) {
  using Kind = CoverItem::Kind;
  Table table({"STRATEGY", ">OFFERS", ">WAITS", ">RELAX", ">CONDITIONS", ">ENDS", ">COVERED"});
  std::string missing;
  for (const StrategyCoverage& of : coverage.strategies()) {
    const double share =
        of.items.empty() ? 100 : 100.0 * static_cast<double>(of.covered()) / static_cast<double>(of.items.size());
    table.add({of.strategy, shares(of, {Kind::kOffer}), shares(of, {Kind::kWait}), shares(of, {Kind::kRelax}),
               shares(of, {Kind::kCondition}), shares(of, {Kind::kEnd}), percent(share)});
    for (const CoverItem& item : of.items) {
      if (item.times == 0) absl::StrAppend(&missing, "  ", of.file, ":", item.line, ": ", item.missing, "\n");
    }
  }
  std::string out = "\n" + table.text(terminal);
  if (!missing.empty()) absl::StrAppend(&out, "\nNot covered:\n", missing);
  return out;
}

// Text and attributes of XML. What XML 1.0 has no place for becomes `?`.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool bad = byte < 0x20 && c != '\n' && c != '\t';
    out += bad ? '?' : c;
  }
  return absl::StrReplaceAll(
      out, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"\n", "&#10;"}, {"\t", "&#9;"}});
}

std::string content(std::string_view text) { return absl::StrReplaceAll(escaped(text), {{"&#10;", "\n"}}); }

Json issue_json(const yaml::Issue& issue) {
  return {{"file", issue.file},
          {"line", issue.mark.line},
          {"column", issue.mark.column},
          {"code", issue.code},
          {"message", issue.message},
          {"hint", issue.hint},
          {"severity", issue.severity == yaml::Issue::Severity::kError ? "error" : "warning"}};
}

Json coverage_json(const Coverage& coverage) {
  Json strategies = Json::array();
  for (const StrategyCoverage& of : coverage.strategies()) {
    Json missing = Json::array();
    for (const CoverItem& item : of.items) {
      if (item.times == 0) missing.push_back({{"line", item.line}, {"missing", item.missing}});
    }
    strategies.push_back({{"strategy", of.strategy},
                          {"file", of.file},
                          {"covered", of.covered()},
                          {"of", of.items.size()},
                          {"not_covered", std::move(missing)}});
  }
  return {{"percent", coverage.percent()}, {"strategies", std::move(strategies)}};
}

}  // namespace

int TestReport::passed() const {
  int count = 0;
  for (const FileReport& file : files) {
    for (const CaseReport& one : file.cases) count += one.played.failures.empty() ? 1 : 0;
  }
  return count;
}

int TestReport::failed() const {
  int count = 0;
  for (const FileReport& file : files) {
    count += file.broken ? 1 : 0;
    for (const CaseReport& one : file.cases) count += one.played.failures.empty() ? 0 : 1;
  }
  return count;
}

std::string as_text(const TestReport& report, const Terminal& terminal, bool verbose) {
  std::string out;
  for (const FileReport& file : report.files) {
    const auto failed = std::count_if(file.cases.begin(), file.cases.end(),
                                      [](const CaseReport& one) { return !one.played.failures.empty(); });
    const bool good = failed == 0 && !file.broken;
    absl::StrAppend(&out, good ? terminal.paint(Style::kGreen, "ok    ") : terminal.paint(Style::kRed, "FAIL  "),
                    file.file);
    if (!file.broken)
      absl::StrAppend(&out, ": ", file.cases.size() - static_cast<size_t>(failed), " of ", file.cases.size(),
                      " passed");
    out += "\n";
    for (const yaml::Issue& issue : file.issues) add_indented(out, issue_text(file, issue), 4);
    for (const CaseReport& one : file.cases) {
      const bool passed = one.played.failures.empty();
      if (passed && !verbose) continue;
      absl::StrAppend(&out, "    ",
                      passed ? terminal.paint(Style::kGreen, "ok    ") : terminal.paint(Style::kRed, "FAIL  "),
                      one.name, "\n");
      add_failures(out, file, one);
      if (!verbose) continue;
      for (const std::string& line : one.played.course) add_indented(out, line, 10);
    }
  }
  out += coverage_text(report.coverage, terminal);
  absl::StrAppend(&out, "\n", report.passed(), " passed, ", report.failed(), " failed; ",
                  percent(report.coverage.percent()), " covered");
  if (report.too_little_covered()) absl::StrAppend(&out, ", at least ", percent(*report.fail_under), " wanted");
  return out + "\n";
}

std::string as_json(const TestReport& report) {
  Json files = Json::array();
  for (const FileReport& file : report.files) {
    Json issues = Json::array(), cases = Json::array();
    for (const yaml::Issue& issue : file.issues) issues.push_back(issue_json(issue));
    for (const CaseReport& one : file.cases) {
      Json failures = Json::array();
      for (const Failure& failure : one.played.failures) {
        failures.push_back({{"file", file.file},
                            {"line", failure.mark.line},
                            {"column", failure.mark.column},
                            {"expected", failure.expected},
                            {"actual", failure.actual},
                            {"seed", failure.seed},
                            {"why", failure.why}});
      }
      cases.push_back({{"case", one.name},
                       {"line", one.mark.line},
                       {"passed", one.played.failures.empty()},
                       {"seeds", one.seeds},
                       {"seeds_failed", one.played.seeds_failed},
                       {"failures", std::move(failures)},
                       {"course", one.played.course}});
    }
    files.push_back({{"file", file.file}, {"issues", std::move(issues)}, {"cases", std::move(cases)}});
  }
  const Json all = {{"good", report.good()},
                    {"passed", report.passed()},
                    {"failed", report.failed()},
                    {"files", std::move(files)},
                    {"coverage", coverage_json(report.coverage)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_junit(const TestReport& report) {
  std::string suites;
  double all_seconds = 0;
  int all_tests = 0, all_failures = 0, all_errors = 0;
  for (const FileReport& file : report.files) {
    std::string cases;
    double seconds = 0;
    int failures = 0;
    for (const CaseReport& one : file.cases) {
      seconds += one.seconds;
      cases += fmt::format("    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6f}\"",
                           escaped(one.name), escaped(file.file), escaped(file.file), one.mark.line, one.seconds);
      if (one.played.failures.empty()) {
        cases += "/>\n";
        continue;
      }
      ++failures;
      std::string text;
      for (const Failure& failure : one.played.failures) {
        absl::StrAppend(&text, at(file.file, failure.mark), ": ", what(failure), which_seed(one), "\n");
        for (const std::string& line : failure.why) absl::StrAppend(&text, "  ", line, "\n");
      }
      cases += fmt::format(">\n      <failure type=\"expectation\" message=\"{}\">{}</failure>\n    </testcase>\n",
                           escaped(what(one.played.failures.front())), content(text));
    }
    int tests = static_cast<int>(file.cases.size());
    if (file.broken) {
      ++tests;
      std::string text;
      for (const yaml::Issue& issue : file.issues) absl::StrAppend(&text, yaml::to_string(issue), "\n");
      cases += fmt::format(
          "    <testcase name=\"load\" classname=\"{}\" file=\"{}\" time=\"0\">\n      <error type=\"issues\" "
          "message=\"{}\">{}</error>\n    </testcase>\n",
          escaped(file.file), escaped(file.file), escaped(yaml::to_string(file.issues.front())), content(text));
    }
    suites += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{:.6f}\">\n{}  "
        "</testsuite>\n",
        escaped(file.file), tests, failures, file.broken ? 1 : 0, seconds, cases);
    all_seconds += seconds;
    all_tests += tests;
    all_failures += failures;
    all_errors += file.broken ? 1 : 0;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"expertline test\" tests=\"{}\" failures=\"{}\" "
      "errors=\"{}\" time=\"{:.6f}\">\n{}</testsuites>\n",
      all_tests, all_failures, all_errors, all_seconds, suites);
}

}  // namespace expertline::cli
