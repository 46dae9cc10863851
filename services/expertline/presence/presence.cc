// `expertline presence`: a source of presence at the terminal.
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "expertline/command.h"
#include "expertline/presence/presence_lines.h"
#include "expertline/say.h"
#include "expertline/terminal/table.h"
#include "expertline/terminal/terminal.h"
#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  Endpoints endpoints;
  std::string source = "terminal";
  std::string kind = "client";
  std::string expert;
  std::string state;
  std::string note;
  bool do_not_disturb = false;
  int64_t ttl_s = 0;
  std::string file;
  double speed = 1;
  std::string text;
  bool private_note = false;
  std::vector<std::string> experts;
  std::string watcher = "terminal";
};

// Each run is a new epoch of the source.
int64_t new_epoch() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int set(const Options& options) {
  Connection connection(options.endpoints);
  v1::ReportPresenceRequest request;
  request.set_parent(connection.parent());
  v1::PresenceReport& report = *request.add_reports();
  report.set_expert(options.expert);
  report.set_source(options.source);
  report.set_kind(*from_word<v1::SourceKind>(options.kind));
  report.set_state(*from_word<v1::PresenceState>(options.state));
  report.set_note(options.note);
  report.set_do_not_disturb(options.do_not_disturb);
  report.set_epoch(new_epoch());
  report.set_sequence(1);
  if (options.ttl_s > 0) report.mutable_ttl()->set_seconds(options.ttl_s);
  const auto answer = call(connection.presence(), &v1::PresenceService::Stub::ReportPresence, request);
  if (!answer.ok()) return fail("reporting", answer.status);
  if (answer.value.refused_size() > 0) {
    const auto& refused = answer.value.refused(0);
    return fail(fmt::format("the report was refused: {}: {}", word(refused.reason()), refused.detail()));
  }
  v1::GetPresenceRequest ask;
  ask.set_name(connection.expert_name(options.expert));
  const auto now = call(connection.presence(), &v1::PresenceService::Stub::GetPresence, ask);
  if (!now.ok()) return fail("reading presence", now.status);
  fmt::print("{} is {}: {}\n", options.expert, word(now.value.presence().state()),
             printable(now.value.presence().reason()));
  return 0;
}

// Lines of a file that became reports, with the line each came from.
struct Batch {
  v1::ReportPresenceRequest request;
  std::vector<size_t> lines;
};

// Sends what is collected. False if the service did not take the batch at all.
bool flush(Connection& connection, const std::string& file, Batch& batch, size_t& taken, size_t& refused) {
  if (batch.lines.empty()) return true;
  batch.request.set_parent(connection.parent());
  const auto answer = call(connection.presence(), &v1::PresenceService::Stub::ReportPresence, batch.request);
  if (!answer.ok()) {
    fail(fmt::format("{}:{}: reporting", file, batch.lines.front()), answer.status);
    return false;
  }
  for (const auto& one : answer.value.refused()) {
    const auto index = static_cast<size_t>(one.index());
    fmt::print(stderr, "{}:{}: refused: {}: {}\n", file, index < batch.lines.size() ? batch.lines[index] : 0,
               word(one.reason()), one.detail());
  }
  const auto no = static_cast<size_t>(answer.value.refused_size());
  refused += no;
  taken += batch.lines.size() - no;
  batch = {};
  return true;
}

int send(const Options& options) {
  const auto text = read_file(options.file);
  if (!text) return fail("cannot read " + options.file);
  Connection connection(options.endpoints);
  constexpr size_t kMostReports = 256;
  const int64_t epoch = new_epoch();
  const auto start = Clock::now();
  size_t taken = 0;
  size_t refused = 0;
  Batch batch;
  std::istringstream lines(*text);
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto parsed = parse_presence_line(line);
    if (const auto* fault = std::get_if<std::string>(&parsed)) {
      fmt::print(stderr, "{}:{}: {}\n", options.file, number, *fault);
      ++refused;
      continue;
    }
    auto& [report, at_ms] = std::get<PresenceLine>(parsed);
    const auto due =
        start + std::chrono::milliseconds(static_cast<int64_t>(static_cast<double>(at_ms) / options.speed));
    if (batch.lines.size() == kMostReports || due > Clock::now()) {
      if (!flush(connection, options.file, batch, taken, refused)) return 1;
      std::this_thread::sleep_until(due);
    }
    if (report.source().empty()) report.set_source(options.source);
    if (report.kind() == v1::SOURCE_KIND_UNSPECIFIED) report.set_kind(*from_word<v1::SourceKind>(options.kind));
    report.set_epoch(epoch);
    report.set_sequence(static_cast<int64_t>(number));
    *batch.request.add_reports() = std::move(report);
    batch.lines.push_back(number);
  }
  if (!flush(connection, options.file, batch, taken, refused)) return 1;
  fmt::print("{} reports taken, {} refused\n", taken, refused);
  return refused == 0 ? 0 : 1;
}

// What an expert says of himself.
int say(const Options& options) {
  Connection connection(options.endpoints);
  v1::SetStatusRequest request;
  request.set_name(connection.expert_name(options.expert));
  request.set_text(options.text);
  request.set_private_note(options.private_note);
  const auto answer = call(connection.presence(), &v1::PresenceService::Stub::SetStatus, request);
  if (!answer.ok()) return fail("setting the status of " + options.expert, answer.status);
  const v1::Presence& now = answer.value.presence();
  std::string until;
  if (answer.value.has_until_time()) {
    until = ", until " + google::protobuf::util::TimeUtil::ToString(answer.value.until_time());
  }
  fmt::print("{} is {}{}{}: {}\n", options.expert, word(now.state()), now.do_not_disturb() ? ", do not disturb" : "",
             until, printable(now.reason()));
  return 0;
}

int sources(const Options& options) {
  Connection connection(options.endpoints);
  v1::ListSourcesRequest request;
  request.set_parent(connection.parent());
  const auto answer = call(connection.presence(), &v1::PresenceService::Stub::ListSources, request);
  if (!answer.ok()) return fail("listing sources", answer.status);
  Table table({"source", "kind", "state", "epoch", "limit/s", "taken", "overtaken", "refused"});
  for (const v1::Source& source : answer.value.sources()) {
    std::string refused;
    for (const v1::RefusalCount& one : source.refused()) {
      refused += fmt::format("{}{} {}", refused.empty() ? "" : ", ", word(one.reason()), one.count());
    }
    table.add({source.id().empty() ? "(others)" : source.id(),
               source.kind() == v1::SOURCE_KIND_UNSPECIFIED ? "any" : word(source.kind()), word(source.state()),
               std::to_string(source.epoch()),
               source.reports_per_second() == 0 ? "-" : std::to_string(source.reports_per_second()),
               std::to_string(source.taken()), std::to_string(source.overtaken()), refused});
  }
  fmt::print("{}", table.text(Terminal::of(stdout)));
  return 0;
}

// As a supervisor's desktop sees them, a line for each change, until interrupted or the service ends it.
int watch(const Options& options) {
  Connection connection(options.endpoints);
  v1::WatchPresenceRequest request;
  request.set_parent(connection.parent());
  request.set_watcher(options.watcher);
  for (const std::string& expert : options.experts) request.add_experts(expert);
  grpc::ClientContext context;
  const auto stream = connection.presence().WatchPresence(&context, request);
  v1::WatchPresenceResponse response;
  while (stream->Read(&response)) {
    for (const v1::WatchedPresence& one : response.contacts()) {
      if (one.unknown()) {
        fmt::print("{}  is not in the directory\n", id_of(one.name()));
        continue;
      }
      fmt::print("{}  {}{}{}\n", id_of(one.name()), word(one.state()), one.do_not_disturb() ? ", do not disturb" : "",
                 one.note().empty() ? "" : "  " + printable(one.note()));
    }
    std::fflush(stdout);
  }
  return fail("watching", stream->Finish());
}

// "online, busy, ..." as the set that CLI11 checks against.
std::vector<std::string> words_of(const google::protobuf::EnumDescriptor* type) {
  std::vector<std::string> words;
  std::istringstream all(all_words(type));
  for (std::string one; all >> one;) {
    if (one.back() == ',') one.pop_back();
    words.push_back(one);
  }
  return words;
}

}  // namespace

Run declare_presence(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--source", options->source, "Id of the source that reports")->capture_default_str();
  app.add_option("--kind", options->kind, "What kind of source it is")
      ->check(CLI::IsMember(words_of(v1::SourceKind_descriptor())))
      ->capture_default_str();
  CLI::App* setting = app.add_subcommand("set", "Report the state of one expert");
  setting->add_option("EXPERT", options->expert, "Id of the expert")->required();
  setting->add_option("STATE", options->state, "His state")
      ->required()
      ->check(CLI::IsMember(words_of(v1::PresenceState_descriptor())));
  setting->add_option("--note", options->note, "A short text");
  setting->add_flag("--dnd", options->do_not_disturb, "He must not be disturbed by anything");
  setting->add_option("--ttl", options->ttl_s, "Seconds for which it holds; otherwise until the next report");
  CLI::App* sending = app.add_subcommand("send", "Report what a JSON-lines file says, each line at its `at_ms`");
  sending->add_option("FILE", options->file, "One report a line, - for stdin")->required();
  sending->add_option("--speed", options->speed, "How many times as fast as it was recorded")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  CLI::App* saying = app.add_subcommand("say", "What an expert says of himself: \"in a meeting until 15:00\"");
  saying->add_option("EXPERT", options->expert, "Id of the expert")->required();
  saying->add_option("TEXT", options->text, "What he says; see docs/presence.md")->required();
  saying->add_flag("--private", options->private_note, "The text itself is shown to nobody");
  app.add_subcommand("sources", "The sources, how they are doing, what was refused");
  CLI::App* watching = app.add_subcommand("watch", "Some experts as a supervisor sees them, a line for each change");
  watching->add_option("EXPERT", options->experts, "Ids of experts")->required();
  watching->add_option("--watcher", options->watcher, "Who watches")->capture_default_str();
  return [&app, options] {
    const std::string chosen = app.get_subcommands().front()->get_name();
    if (chosen == "set") return set(*options);
    if (chosen == "say") return say(*options);
    if (chosen == "sources") return sources(*options);
    if (chosen == "watch") return watch(*options);
    return send(*options);
  };
}

}  // namespace expertline::cli
