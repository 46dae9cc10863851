// `expertline decisions`: the records of past decisions.
#include "expertline/explain/decisions.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "expertline/command.h"
#include "expertline/explain/decision_file.h"
#include "expertline/say.h"

namespace expertline::cli {

grpc::Status each_decision(Connection& connection, const std::string& strategy,
                           const std::function<void(const v1::DecisionRecord&)>& visit) {
  v1::ListDecisionsRequest request;
  request.set_parent(connection.parent());
  request.set_page_size(100);
  request.set_strategy(strategy);
  do {
    const auto page = call(connection.strategies(), &v1::StrategyService::Stub::ListDecisions, request);
    if (!page.ok()) return page.status;
    for (const auto& record : page.value.decisions()) visit(record);
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

Run declare_decisions(CLI::App& app) {
  struct Options {
    Endpoints endpoints;
    std::string strategy;
  };
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.require_subcommand(1);
  app.fallthrough();
  CLI::App* exporting = app.add_subcommand("export", "Print the records that are kept as JSON lines, oldest first");
  exporting->add_option("--name", options->strategy, "Only those of the strategy of this name");
  return [options] {
    Connection connection(options->endpoints);
    const auto status = each_decision(connection, options->strategy,
                                      [](const v1::DecisionRecord& record) { fmt::print("{}\n", json_line(record)); });
    return status.ok() ? 0 : fail("listing decisions", status);
  };
}

}  // namespace expertline::cli
