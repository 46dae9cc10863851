// `expertline explain`: why an expert was chosen, and why not each other one.
#include "routing/explain.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>

#include "expertline/command.h"
#include "expertline/explain/decision_file.h"
#include "expertline/explain/load_strategy.h"
#include "expertline/explain/of_case.h"
#include "expertline/explain/print.h"
#include "expertline/say.h"

namespace expertline::cli {
namespace {

struct Options {
  Endpoints endpoints;
  std::string session, leg;
  std::string record;
  std::string strategy;
  CaseToExplain request;
  bool json = false;
};

void print(const v1::ExplainLegResponse& explained, bool json) {
  if (json) {
    fmt::print("{}\n", json_line(explained));
    return;
  }
  const Terminal terminal = Terminal::of(stdout);
  bool first = true;
  for (const auto& decision : explained.decisions()) {
    fmt::print("{}{}", first ? "" : "\n", explained_text(decision, terminal));
    first = false;
  }
}

int explain_session(const Options& options) {
  Connection connection(options.endpoints);
  v1::ExplainLegRequest request;
  const bool full = options.session.starts_with("domains/");
  request.set_session(full ? options.session : connection.session_name(options.session));
  request.set_leg(options.leg);
  const auto answer = call(connection.strategies(), &v1::StrategyService::Stub::ExplainLeg, request);
  if (!answer.ok()) return fail("explaining " + options.session, answer.status);
  print(answer.value, options.json);
  if (!answer.value.decisions().empty() || options.json) return 0;
  fmt::print("no decision of this leg is kept: none was made yet, or it was longer ago than decisions are kept\n");
  return 1;
}

int explain_record(const Options& options) {
  const auto text = read_file(options.record);
  if (!text) return fail("cannot read " + options.record);
  const auto records = read_decisions(options.record, *text);
  if (!records) return fail(records.error().message);
  if (records->empty()) return fail(options.record + " has no record");
  Connection connection(options.endpoints);
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const routing::Strategy>> strategies;
  v1::ExplainLegResponse all;
  for (const v1::DecisionRecord& record : *records) {
    auto& strategy = strategies[{record.strategy(), record.revision()}];
    if (!strategy) {
      const auto loaded = options.strategy.empty() ? fetch_strategy(connection, record.strategy(), record.revision())
                                                   : load_strategy(options.strategy);
      if (!loaded) return fail(loaded.error().message);
      strategy = *loaded;
    }
    *all.add_decisions() = routing::explain(*strategy, record);
  }
  print(all, options.json);
  return 0;
}

int explain_request(Options options) {
  options.request.strategy = options.strategy;
  const auto explained = explain_case(options.request);
  if (!explained) return fail(explained.error().message);
  if (options.json) {
    fmt::print("{}\n", json_line(*explained));
  } else {
    fmt::print("{}", explained_text(*explained, Terminal::of(stdout)));
  }
  return 0;
}

}  // namespace

Run declare_explain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  auto* session = app.add_option("SESSION", options->session, "Id or full name of a past or present session");
  app.add_option("LEG", options->leg, "Its leg; otherwise the only or first one")->needs(session);
  auto* record = app.add_option("--record", options->record,
                                "Explain the records of this file, as `expertline decisions export` prints them")
                     ->excludes(session);
  auto* request = app.add_option("--request", options->request.file,
                                 "Explain the first decision of a case of this test file (NAME.test.yaml)")
                      ->excludes(session)
                      ->excludes(record);
  app.add_option("--case", options->request.name, "With --request: the case; otherwise the first")->needs(request);
  app.add_option("--roster", options->request.roster, "With --request: other experts than those of the test")
      ->needs(request);
  app.add_option("--strategy-file", options->strategy,
                 "The strategy; otherwise the one that the test names, or the revision from the running system");
  app.add_flag("--json", options->json, "Print an ExplainLegResponse (with --request an ExplainedDecision) as JSON");
  return [options] {
    if (!options->record.empty()) return explain_record(*options);
    if (!options->request.file.empty()) return explain_request(*options);
    if (!options->session.empty()) return explain_session(*options);
    return fail("say which SESSION, or a file with --record or --request");
  };
}

}  // namespace expertline::cli
