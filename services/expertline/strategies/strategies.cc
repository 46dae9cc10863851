// `expertline strategies`: what runs, its revisions, going back to one, and how a candidate compares.
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "expertline/command.h"
#include "expertline/say.h"
#include "expertline/terminal/table.h"

namespace expertline::cli {
namespace {

using google::protobuf::util::TimeUtil;

struct Options {
  Endpoints endpoints;
  std::string name;
  std::string revision;
};

std::string live_revision(const v1::Strategy& strategy) {
  for (const auto& revision : strategy.revisions()) {
    if (revision.live()) return revision.revision();
  }
  return "";
}

int list(const Options& options) {
  Connection connection(options.endpoints);
  v1::ListStrategiesRequest request;
  request.set_parent(connection.parent());
  const auto answer = call(connection.strategies(), &v1::StrategyService::Stub::ListStrategies, request);
  if (!answer.ok()) return fail("listing strategies", answer.status);
  Table table({"strategy", "medium", "routing points", "live revision", "", "owner"});
  for (const auto& strategy : answer.value.strategies()) {
    table.add({strategy.name(), strategy.medium(), fmt::format("{}", fmt::join(strategy.routing_points(), " ")),
               live_revision(strategy),
               strategy.pinned() ? "pinned" : (strategy.fault().empty() ? "" : "its file has faults"),
               strategy.owner()});
  }
  const Terminal terminal = Terminal::of(stdout);
  fmt::print("{}{} strategies\n", table.text(terminal), table.rows());
  for (const std::string& fault : answer.value.faults()) {
    fmt::print("{}\n", terminal.paint(Style::kRed, printable(fault)));
  }
  return 0;
}

void print(const v1::Strategy& strategy) {
  const Terminal terminal = Terminal::of(stdout);
  fmt::print("{}  {}\n", terminal.paint(Style::kBold, strategy.name()), printable(strategy.description()));
  fmt::print("  {} at {}{}\n", strategy.medium(), fmt::join(strategy.routing_points(), ", "),
             strategy.owner().empty() ? "" : "; owner: " + printable(strategy.owner()));
  if (!strategy.fault().empty()) {
    fmt::print("  {}\n", terminal.paint(Style::kRed, "the file has faults: " + printable(strategy.fault())));
  }
  Table table({"revision", "loaded", "", ""});
  for (const auto& revision : strategy.revisions()) {
    table.add({revision.revision(), revision.has_load_time() ? TimeUtil::ToString(revision.load_time()) : "",
               revision.live() ? (strategy.pinned() ? "live, pinned" : "live") : "",
               revision.in_file() ? "in the file" : ""});
  }
  fmt::print("{}", table.text(terminal));
}

Answer<v1::GetStrategyResponse> get(Connection& connection, const Options& options) {
  v1::GetStrategyRequest request;
  request.set_parent(connection.parent());
  request.set_strategy(options.name);
  request.set_revision(options.revision);
  return call(connection.strategies(), &v1::StrategyService::Stub::GetStrategy, request);
}

int show(const Options& options) {
  Connection connection(options.endpoints);
  const auto answer = get(connection, options);
  if (!answer.ok()) return fail("reading " + options.name, answer.status);
  print(answer.value.strategy());
  return 0;
}

int text(const Options& options) {
  Connection connection(options.endpoints);
  const auto answer = get(connection, options);
  if (!answer.ok()) return fail("reading " + options.name, answer.status);
  fmt::print("{}", answer.value.text());
  return 0;
}

// An empty revision releases.
int activate(const Options& options) {
  Connection connection(options.endpoints);
  v1::ActivateRevisionRequest request;
  request.set_parent(connection.parent());
  request.set_strategy(options.name);
  request.set_revision(options.revision);
  const auto answer = call(connection.strategies(), &v1::StrategyService::Stub::ActivateRevision, request);
  if (!answer.ok())
    return fail((options.revision.empty() ? "releasing " : "activating ") + options.name, answer.status);
  print(answer.value.strategy());
  return 0;
}

int shadow(const Options& options) {
  Connection connection(options.endpoints);
  v1::GetShadowRequest request;
  request.set_parent(connection.parent());
  request.set_strategy(options.name);
  const auto answer = call(connection.strategies(), &v1::StrategyService::Stub::GetShadow, request);
  if (!answer.ok()) return fail("reading the shadow of " + options.name, answer.status);
  const auto& shadow = answer.value;
  if (shadow.revision().empty()) {
    fmt::print("{} has no candidate; put one beside it as {}.shadow.yaml\n", options.name, options.name);
    return 0;
  }
  fmt::print("candidate {}: agreed on {} of {} decisions of this replica", shadow.revision(), shadow.agreed(),
             shadow.decisions());
  if (shadow.decisions() > 0) {
    fmt::print(" ({:.1f}%)", 100.0 * static_cast<double>(shadow.agreed()) / static_cast<double>(shadow.decisions()));
  }
  fmt::print("\n");
  if (shadow.differences().empty()) return 0;
  Table table({"time", "session", "leg", "live", "candidate"});
  for (const auto& difference : shadow.differences()) {
    table.add({TimeUtil::ToString(difference.decision_time()), difference.session(), difference.leg(),
               difference.live(), difference.candidate()});
  }
  fmt::print("{}", table.text(Terminal::of(stdout)));
  return 0;
}

}  // namespace

Run declare_strategies(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("list", "All strategies with their live revisions, and all faults of their files");
  const auto named = [&](const char* name, const char* summary) {
    CLI::App* command = app.add_subcommand(name, summary);
    command->add_option("NAME", options->name, "Strategy")->required();
    return command;
  };
  named("show", "One strategy with its revisions, newest first");
  named("text", "The text of the live revision, or of another")
      ->add_option("--revision", options->revision, "Of this revision");
  named("activate", "Make a known revision the live one until it is released or the file changes")
      ->add_option("REVISION", options->revision, "Revision")
      ->required();
  named("release", "Let the file decide again");
  named("shadow", "How the candidate of a strategy agrees with it");
  return [&app, options] {
    const auto chosen = app.get_subcommands();
    const std::string name = chosen.empty() ? "list" : chosen.front()->get_name();
    if (name == "show") return show(*options);
    if (name == "text") return text(*options);
    if (name == "activate" || name == "release") return activate(*options);
    if (name == "shadow") return shadow(*options);
    return list(*options);
  };
}

}  // namespace expertline::cli
