#include "expertline/explain/of_case.h"

#include <absl/strings/str_join.h>

#include <algorithm>
#include <optional>

#include "expertline/explain/load_strategy.h"
#include "expertline/say.h"
#include "expertline/test_strategies/suite.h"
#include "play/table.h"
#include "routing/explain.h"
#include "routing/record.h"

namespace expertline::cli {
namespace {

Error faults(const std::vector<yaml::Issue>& issues) {
  return Error{.reason = v1::ERROR_REASON_INVALID_FIELD,
               .message = absl::StrJoin(issues, "\n", [](std::string* out, const yaml::Issue& issue) {
                 out->append(yaml::to_string(issue));
               })};
}

Error fault(const std::string& message) { return Error{.reason = v1::ERROR_REASON_INVALID_FIELD, .message = message}; }

// Keeps the record of the first decision.
class FirstDecision : public play::Watcher {
 public:
  void watch(const play::Table& table, std::shared_ptr<const routing::Strategy> strategy) {
    table_ = &table;
    strategy_ = std::move(strategy);
  }
  void decided(size_t, const routing::Decision& decision, const v1::RoutingFacts& facts,
               const v1::Moment& moment) override {
    if (!record) record = routing::record_of(*strategy_, table_->snapshot(), facts, moment, decision);
  }

  std::optional<v1::DecisionRecord> record;

 private:
  const play::Table* table_ = nullptr;
  std::shared_ptr<const routing::Strategy> strategy_;
};

}  // namespace

Result<v1::ExplainedDecision> explain_case(const CaseToExplain& wanted) {
  Suite suite = load_suite(wanted.file);
  if (suite.failed()) return faults(suite.issues);
  const auto& cases = suite.test.cases;
  const auto test = std::find_if(cases.begin(), cases.end(),
                                 [&](const TestCase& one) { return wanted.name.empty() || one.name == wanted.name; });
  if (test == cases.end()) {
    return fault(wanted.file + (cases.empty() ? " has no case" : " has no case \"" + wanted.name + "\""));
  }
  auto strategy = suite.strategy_of(*test);
  if (!wanted.strategy.empty()) {
    auto loaded = load_strategy(wanted.strategy);
    if (!loaded) return loaded.error();
    strategy = std::move(*loaded);
  }
  if (!wanted.roster.empty()) {
    const auto text = read_file(wanted.roster);
    if (!text) return fault("cannot read " + wanted.roster);
    auto roster = roster::read_roster(*text, wanted.roster, {.bytes = size_t{64} * 1024 * 1024});
    if (!roster.issues.empty()) return faults(roster.issues);
    suite.experts = std::move(roster.experts);
  }
  strategy = at_hours(*test, strategy);
  FirstDecision first;
  play::Table table(test->now_ms, &first);
  first.watch(table, strategy);
  seat_experts(*test, suite.experts, table);
  v1::RoutingFacts facts = test->request;
  facts.set_seed(test->seed);
  const size_t leg = table.begin(strategy, std::move(facts));
  if (!first.record) {
    return Error{.reason = v1::ERROR_REASON_NOT_ALLOWED, .message = "not allowed: " + table.leg(leg).refusal};
  }
  return routing::explain(*strategy, *first.record);
}

}  // namespace expertline::cli
