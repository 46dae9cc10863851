#include "expertline/check/print.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "strategy/codes.h"

namespace expertline::cli {
namespace {

using Json = nlohmann::ordered_json;
using Severity = yaml::Issue::Severity;

const char* severity_name(const yaml::Issue& issue) { return issue.severity == Severity::kError ? "error" : "warning"; }

std::string_view text_of(const Report& report, const std::string& name) {
  for (const strategy::SourceFile& file : report.files) {
    if (file.name == name) return file.text;
  }
  return {};
}

// What others wrote cannot drive the terminal; tabs stay, so that carets stand where they should.
std::string shown(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F || c1) {
      out += '?';
      if (c1) ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string count(size_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

// Bytes that are not UTF-8 are replaced.
std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

// A path as part of a URI.
std::string uri(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '-' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string as_text(const Report& report, const Terminal& terminal) {
  std::string out;
  for (const yaml::Issue& issue : report.issues) {
    const bool error = issue.severity == Severity::kError;
    const Style style = error ? Style::kRed : Style::kYellow;
    const yaml::Excerpt excerpt = yaml::excerpt(issue, text_of(report, issue.file));
    const std::string number = std::to_string(issue.mark.line);
    const std::string margin(number.size(), ' ');
    const std::string place = fmt::format("{}:{}:{}:", shown(issue.file), issue.mark.line, issue.mark.column);
    out += fmt::format("{} {} {} {}\n", terminal.paint(Style::kBold, place),
                       terminal.paint(style, std::string(severity_name(issue)) + ":"), shown(issue.message),
                       terminal.paint(Style::kDim, "[" + issue.code + "]"));
    out += fmt::format("  {} {}\n", terminal.paint(Style::kDim, number + " |"), shown(excerpt.line));
    out += fmt::format("  {} {}\n", terminal.paint(Style::kDim, margin + " |"), terminal.paint(style, excerpt.caret));
    if (!issue.hint.empty()) {
      out += fmt::format("  {} {}\n", terminal.paint(Style::kDim, margin + " ="),
                         terminal.paint(Style::kCyan, shown(issue.hint)));
    }
    out += "\n";
  }
  const std::string files = count(report.files.size(), "file");
  if (report.issues.empty()) return out + terminal.paint(Style::kGreen, files + ", no issues") + "\n";
  const std::string counts = count(report.errors, "error") + ", " + count(report.warnings, "warning");
  return out + terminal.paint(report.errors > 0 ? Style::kRed : Style::kYellow, files + ", " + counts) + "\n";
}

std::string as_json(const Report& report) {
  Json issues = Json::array();
  for (const yaml::Issue& issue : report.issues) {
    Json one = {{"file", issue.file},      {"line", issue.mark.line},          {"column", issue.mark.column},
                {"length", issue.length},  {"severity", severity_name(issue)}, {"code", issue.code},
                {"message", issue.message}};
    if (!issue.hint.empty()) one["hint"] = issue.hint;
    one["source"] = yaml::excerpt(issue, text_of(report, issue.file)).line;
    issues.push_back(std::move(one));
  }
  return dumped({{"version", 1},
                 {"files", report.files.size()},
                 {"errors", report.errors},
                 {"warnings", report.warnings},
                 {"issues", std::move(issues)}});
}

std::string as_sarif(const Report& report) {
  Json rules = Json::array();
  std::map<std::string, size_t> index;
  Json results = Json::array();
  for (const yaml::Issue& issue : report.issues) {
    const auto [rule, is_new] = index.try_emplace(issue.code, rules.size());
    if (is_new) {
      Json one = {{"id", issue.code}};
      if (const strategy::Code* code = strategy::find_code(issue.code)) {
        one["shortDescription"] = {{"text", code->title}};
        one["fullDescription"] = {{"text", code->meaning}};
        one["help"] = {{"text", strategy::explained(*code)}};
        one["defaultConfiguration"] = {{"level", code->severity == Severity::kError ? "error" : "warning"}};
      }
      rules.push_back(std::move(one));
    }
    const std::string text = issue.hint.empty() ? issue.message : issue.message + " (" + issue.hint + ")";
    const Json region = {{"startLine", issue.mark.line},
                         {"startColumn", issue.mark.column},
                         {"endColumn", issue.mark.column + issue.length}};
    results.push_back(
        {{"ruleId", issue.code},
         {"ruleIndex", rule->second},
         {"level", severity_name(issue)},
         {"message", {{"text", text}}},
         {"locations", Json::array({{{"physicalLocation",
                                      {{"artifactLocation", {{"uri", uri(issue.file)}}}, {"region", region}}}}})}});
  }
  const Json driver = {{"name", "expertline check"}, {"rules", std::move(rules)}};
  const Json run = {
      {"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", std::move(results)}};
  return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({run})}});
}

}  // namespace expertline::cli
