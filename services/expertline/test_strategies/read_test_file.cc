#include <absl/strings/str_cat.h>

#include <algorithm>
#include <limits>

#include "expertline/test_strategies/reading.h"

namespace expertline::cli {
namespace {

using yaml::Entry;
using yaml::Node;

constexpr int kMostSeeds = 10'000;
constexpr int kLeastFairSeeds = 100;
constexpr size_t kMostInRange = 1'000'000;

// What everything of a case begins with.
struct Defaults {
  int64_t now_ms = 1767787200000;  // 2026-01-07T12:00:00Z, a Wednesday
  uint64_t seed = 1;
  std::map<std::string, Given> given = {};
  Request request = {};
};

class Reader : Reading {
 public:
  using Reading::Reading;

  void read(const Node& root, TestFile& test) {
    yaml::Fields fields(root, "a test file", issues_);
    if (const Node* node = fields.optional("strategies")) test.strategies = paths(*node, "strategies");
    if (const Node* node = fields.optional("calendars")) test.calendars = paths(*node, "calendars");
    if (const Node* node = fields.optional("roster")) {
      if (const auto path = yaml::read_name(*node, "roster", issues_)) test.roster = {*path, node->mark};
    }
    roster(root, fields, test);
    Defaults defaults;
    request_of_nobody(defaults.request.facts);
    begin(fields, defaults);
    if (const Node* node = fields.required("cases")) {
      for (const Node& item : yaml::read_list(*node, "cases", issues_)) test.cases.push_back(one_case(item, defaults));
      if (node->kind == Node::Kind::kList && node->items.empty())
        issues_.add(node->mark, "no_cases", "there are no cases");
    }
    fields.done();
    std::map<std::string, int> names;
    for (const TestCase& one : test.cases) {
      if (++names[one.name] == 2) issues_.add(one.mark, "duplicate_case", "two cases are called \"" + one.name + "\"");
    }
  }

 private:
  // A request that a test says nothing about.
  static void request_of_nobody(v1::RoutingFacts& request) {
    request.mutable_agent()->set_id("agent");
    request.mutable_interaction()->set_id("interaction");
  }

  // The experts that are written in the file, by the rules of a roster.
  void roster(const Node& root, yaml::Fields& fields, TestFile& test) {
    const Node* experts = fields.optional("experts");
    const Node* attributes = fields.optional("attributes");
    const Node* guard_rails = fields.optional("guard_rails");
    if (test.roster && experts != nullptr) {
      issues_.add(experts->mark, "roster_twice", "a test has either `roster` or `experts`");
    }
    if (!test.roster && experts == nullptr) {
      issues_.add(root.mark, "missing_key", "a test file needs experts",
                  "name a file by `roster:`, or write them under `experts:`");
    }
    if (experts == nullptr) return;
    Node part{.kind = Node::Kind::kMap, .mark = root.mark, .entries = {}};
    part.entries.push_back({.key = "experts", .mark = experts->mark, .value = *experts});
    if (attributes != nullptr)
      part.entries.push_back({.key = "attributes", .mark = attributes->mark, .value = *attributes});
    if (guard_rails != nullptr) {
      part.entries.push_back({.key = "guard_rails", .mark = guard_rails->mark, .value = *guard_rails});
    }
    test.experts = roster::read_members(part, issues_);
  }

  std::vector<TestFile::Named> paths(const Node& node, const char* what) {
    std::vector<TestFile::Named> out;
    const auto one = [&](const Node& item) {
      if (const auto path = yaml::read_name(item, what, issues_)) out.push_back({*path, item.mark});
    };
    if (node.kind == Node::Kind::kList) {
      for (const Node& item : node.items) one(item);
    } else {
      one(node);
    }
    return out;
  }

  // What a file says for all its cases and a case for itself.
  void begin(yaml::Fields& fields, Defaults& defaults) {
    if (const Node* node = fields.optional("now")) {
      if (const auto now = time(*node, "now")) defaults.now_ms = *now;
    }
    if (const Node* node = fields.optional("seed")) {
      const auto seed = yaml::read_int(*node, "seed", 0, std::numeric_limits<int64_t>::max(), issues_);
      defaults.seed = static_cast<uint64_t>(seed.value_or(1));
    }
    if (const Node* node = fields.optional("given")) read_given(*node, issues_, defaults.given);
    if (const Node* node = fields.optional("request")) read_request(*node, issues_, defaults.request);
  }

  TestCase one_case(const Node& node, Defaults defaults) {
    TestCase out;
    out.mark = node.mark;
    yaml::Fields fields(node, "a case", issues_);
    if (const Node* name = fields.required("case")) {
      out.name = yaml::read_name(*name, "case", issues_).value_or("");
      out.mark = name->mark;
    }
    begin(fields, defaults);
    out.now_ms = defaults.now_ms;
    out.seed = defaults.seed;
    out.given = std::move(defaults.given);
    out.request = std::move(defaults.request.facts);
    out.routing_point_mark = defaults.request.routing_point_mark;
    if (const Node* strategy = fields.optional("strategy")) {
      out.strategy = yaml::read_name(*strategy, "strategy", issues_).value_or("");
      out.strategy_mark = strategy->mark;
    }
    if (const Node* seeds = fields.optional("seeds")) {
      out.seeds = static_cast<int>(yaml::read_int(*seeds, "seeds", 1, kMostSeeds, issues_).value_or(1));
    }
    if (const Node* hours = fields.optional("hours")) {
      if (const auto word = yaml::read_word(*hours, "hours", {"open", "closed"}, issues_)) out.open = *word == "open";
    }
    if (const Node* queue = fields.optional("queue")) {
      yaml::Fields of(*queue, "queue", issues_);
      if (const Node* waiting = of.optional("waiting")) {
        out.waiting = static_cast<int>(yaml::read_int(*waiting, "queue.waiting", 0, kMostInRange, issues_).value_or(0));
      }
      if (const Node* longest = of.optional("longest_wait")) {
        out.longest_wait_ms = duration(*longest, "queue.longest_wait");
      }
      of.done();
    }
    if (const Node* then = fields.optional("then")) {
      for (const Node& item : yaml::read_list(*then, "then", issues_)) out.then.push_back(read_moment(item, issues_));
    }
    whole(fields, out);
    fields.done();
    if (out.then.empty() && out.whole.empty() && !out.fair) {
      issues_.add(out.mark, "nothing_expected", "the case \"" + out.name + "\" expects nothing",
                  "say under `then:` what happens, such as `- offer: ann`");
    }
    return out;
  }

  void whole(yaml::Fields& fields, TestCase& out) {
    if (const Node* node = fields.optional("offers")) {
      if (node->kind == Node::Kind::kList) {
        out.whole.push_back({.kind = Check::Kind::kWhoWasAsked, .mark = node->mark, .names = ids(*node, "offers")});
      } else {
        out.whole.push_back({.kind = Check::Kind::kOffersInAll,
                             .mark = node->mark,
                             .number = yaml::read_int(*node, "offers", 0, kMostInRange, issues_).value_or(0)});
      }
    }
    if (const Node* node = fields.optional("never")) {
      out.whole.push_back({.kind = Check::Kind::kNever, .mark = node->mark, .names = ids(*node, "never")});
    }
    if (const Node* node = fields.optional("asked_any_of")) {
      out.whole.push_back({.kind = Check::Kind::kAskedAnyOf, .mark = node->mark, .names = ids(*node, "asked_any_of")});
    }
    const Node* node = fields.optional("fair");
    if (node == nullptr) return;
    Fair fair{.mark = node->mark};
    if (node->kind == Node::Kind::kMap) {
      yaml::Fields of(*node, "fair", issues_);
      if (const Node* experts = of.required("experts")) fair.experts = ids(*experts, "fair.experts");
      if (const Node* p = of.optional("p_value")) {
        const auto read = yaml::to_double(yaml::read_text(*p, "fair.p_value", issues_).value_or("0.001"));
        if (read && *read > 0 && *read < 1) {
          fair.p_value = *read;
        } else {
          issues_.add(p->mark, "bad_value", "fair.p_value must be a number between 0 and 1");
        }
      }
      of.done();
    } else {
      fair.experts = ids(*node, "fair");
    }
    if (fair.experts.size() < 2) issues_.add(node->mark, "bad_value", "fair needs two experts or more");
    if (out.seeds < kLeastFairSeeds) {
      issues_.add(node->mark, "too_few_seeds", absl::StrCat("fairness shows with many draws: seeds is ", out.seeds),
                  absl::StrCat("write `seeds: 500`; at least ", kLeastFairSeeds));
    }
    out.fair = std::move(fair);
  }
};

}  // namespace

TestFile read_test_file(const std::string& file, std::string_view text, std::vector<yaml::Issue>& issues) {
  TestFile test{.file = file, .text = std::string(text)};
  yaml::Issues found(file);
  if (const auto root = yaml::parse(text, found)) Reader(found).read(*root, test);
  for (yaml::Issue& issue : found.take()) issues.push_back(std::move(issue));
  return test;
}

void check_names(const TestFile& test, const Known& known, std::vector<yaml::Issue>& issues) {
  yaml::Issues found(test.file);
  const auto check = [&](yaml::Mark mark, const char* what, const std::string& name,
                         const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    found.add(mark, absl::StrCat("unknown_", what), absl::StrCat("there is no ", what, " \"", name, "\""),
              yaml::did_you_mean(name, names));
  };
  const auto check_one = [&](const Check& one) {
    for (const std::string& name : one.names) {
      if (one.kind != Check::Kind::kRelaxed && name != "any") check(one.mark, "expert", name, known.experts);
    }
    if (!one.expert.empty()) check(one.mark, "expert", one.expert, known.experts);
    if (!one.step.empty()) check(one.mark, "step", one.step, known.steps);
  };
  for (const TestCase& one : test.cases) {
    if (!one.strategy.empty()) check(one.strategy_mark, "strategy", one.strategy, known.strategies);
    for (const auto& [expert, given] : one.given) check(given.mark, "expert", expert, known.experts);
    for (const Moment& moment : one.then) {
      for (const Check& expected : moment.checks) check_one(expected);
      if (!moment.event) continue;
      for (const std::string& expert : moment.event->experts) {
        if (expert != "any") check(moment.event->mark, "expert", expert, known.experts);
      }
    }
    for (const Check& expected : one.whole) check_one(expected);
    if (one.fair) {
      for (const std::string& expert : one.fair->experts) check(one.fair->mark, "expert", expert, known.experts);
    }
  }
  std::vector<yaml::Issue> list = found.take();
  // A file-level `given` is in every case.
  list.erase(std::unique(list.begin(), list.end()), list.end());
  for (yaml::Issue& issue : list) issues.push_back(std::move(issue));
}

}  // namespace expertline::cli
