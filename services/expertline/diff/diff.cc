// `expertline diff`: what another revision would have decided on recorded decisions.
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "expertline/command.h"
#include "expertline/diff/compare.h"
#include "expertline/explain/decision_file.h"
#include "expertline/explain/decisions.h"
#include "expertline/explain/load_strategy.h"
#include "expertline/say.h"
#include "expertline/terminal/table.h"
#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

using google::protobuf::util::TimeUtil;

struct Options {
  Endpoints endpoints;
  std::string before, after;
  std::string decisions;
  bool from_service = false;
  std::string strategy;
  bool json = false;
};

std::string as_json(const Comparison& comparison) {
  nlohmann::json out = {{"same", comparison.same},
                        {"different", comparison.differences.size()},
                        {"kinds", comparison.kinds},
                        {"without_step", comparison.without_step},
                        {"partial", comparison.partial},
                        {"redacted", comparison.redacted},
                        {"differences", nlohmann::json::array()}};
  for (const Difference& one : comparison.differences) {
    out["differences"].push_back({{"session", one.session},
                                  {"leg", one.leg},
                                  {"time", TimeUtil::ToString(one.time)},
                                  {"kind", one.kind},
                                  {"before", one.before},
                                  {"after", one.after}});
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print(const Comparison& comparison) {
  fmt::print("{} decisions the same, {} different\n", comparison.same, comparison.differences.size());
  for (const auto& [kind, count] : comparison.kinds) fmt::print("  {:>6}  {}\n", count, kind);
  if (comparison.without_step > 0) {
    fmt::print("{} not compared: the leg stood in a step that the new revision has not\n", comparison.without_step);
  }
  if (comparison.partial > 0) {
    fmt::print("{} records have only the experts whom the steps named then; the new revision may find more\n",
               comparison.partial);
  }
  if (comparison.redacted > 0) {
    fmt::print("{} records lack a secret value that had a part in the decision\n", comparison.redacted);
  }
  if (comparison.differences.empty()) return;
  Table table({"time", "session", "leg", "before", "after"});
  for (const Difference& one : comparison.differences) {
    table.add({TimeUtil::ToString(one.time), id_of(one.session), one.leg, one.before, one.after});
  }
  fmt::print("{}", table.text(Terminal::of(stdout)));
}

int diff(const Options& options) {
  const auto before = load_strategy(options.before);
  if (!before) return fail(before.error().message);
  const auto after = load_strategy(options.after);
  if (!after) return fail(after.error().message);
  const std::string name = options.strategy.empty() ? (*before)->name : options.strategy;
  std::vector<v1::DecisionRecord> records;
  if (options.from_service) {
    Connection connection(options.endpoints);
    const auto status = each_decision(connection, name, [&](const auto& record) { records.push_back(record); });
    if (!status.ok()) return fail("listing decisions", status);
  } else {
    const auto text = read_file(options.decisions);
    if (!text) return fail("cannot read " + options.decisions);
    auto read = read_decisions(options.decisions, *text);
    if (!read) return fail(read.error().message);
    records = std::move(*read);
    std::erase_if(records, [&](const v1::DecisionRecord& record) { return record.strategy() != name; });
  }
  const Comparison comparison = compare(**before, **after, records);
  if (options.json) {
    fmt::print("{}\n", as_json(comparison));
  } else {
    print(comparison);
  }
  return comparison.differences.empty() && comparison.without_step == 0 ? 0 : 1;
}

}  // namespace

Run declare_diff(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.add_option("OLD", options->before, "Strategy file")->required();
  app.add_option("NEW", options->after, "Another version of it")->required();
  auto* file = app.add_option("--decisions", options->decisions,
                              "Decision records as `expertline decisions export` prints them, - for stdin");
  auto* service = app.add_flag("--from-service", options->from_service, "The records that the running system keeps");
  file->excludes(service);
  app.add_option("--name", options->strategy, "Only decisions of the strategy of this name; otherwise of OLD's");
  app.add_flag("--json", options->json, "Print one JSON object");
  return [options] {
    if (options->decisions.empty() && !options->from_service) return fail("say --decisions FILE or --from-service");
    return diff(*options);
  };
}

}  // namespace expertline::cli
