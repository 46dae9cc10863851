// What a decision costs, by how many experts there are. Nothing but the decision: no store, no network.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "expertline/bench/bench.h"
#include "expertline/bench/figures.h"
#include "expertline/terminal/table.h"
#include "routing/decide.h"
#include "strategy/load.h"

namespace expertline::cli {
namespace {

constexpr int kRounds = 9;
constexpr uint64_t kRequests = 1'000;  // in one pass
constexpr int kSites = 20;

// One expert in ten has the skill `bench`, at levels 1 to 5 in turn. All are ready for im and voice, have three skills,
// two attributes, a site, two languages and a group.
v1::ExpertRecord expert_record(int number) {
  v1::ExpertRecord record;
  v1::Expert& expert = *record.mutable_expert();
  expert.set_name("domains/bench/experts/" + bench_expert(number));
  expert.set_display_name(fmt::format("Expert {}", number));
  expert.set_state(v1::EXPERT_STATE_ACTIVE);
  expert.set_site(fmt::format("site-{}", number % kSites));
  expert.add_languages("en");
  expert.add_languages(number % 3 == 0 ? "de" : "fr");
  const int level = 1 + number / 10 % 5;
  (*expert.mutable_skills())[number % 10 == 0 ? "bench" : fmt::format("other-{}", number % 10)] = level;
  (*expert.mutable_skills())[fmt::format("product-{}", number % 40)] = level;
  (*expert.mutable_skills())[fmt::format("language-{}", number % 7)] = level;
  expert.add_groups(fmt::format("team-{}", number % 100));
  (*expert.mutable_attributes())["grade"].set_text("senior");
  (*expert.mutable_attributes())["years"].set_number(number % 30);
  (*expert.mutable_dns())["voice"] = fmt::format("{}", 10'000 + number);
  record.set_state(v1::PRESENCE_STATE_ONLINE);
  record.set_has_desk(true);
  record.set_idle_since_ms(1 + number);
  record.set_revision(1);
  for (const auto& [name, capacity] : {std::pair("im", 3), std::pair("voice", 1)}) {
    v1::MediumStatus& medium = *record.add_media();
    medium.set_medium(name);
    medium.set_routable(true);
    medium.set_capacity(capacity);
  }
  return record;
}

std::unique_ptr<routing::Snapshot> snapshot_of(int experts) {
  auto snapshot = std::make_unique<routing::Snapshot>();
  for (int number = 0; number < experts; ++number) snapshot->apply(expert_record(number));
  return snapshot;
}

// Of this thread: what else the machine does is not counted.
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

int64_t resident_bytes() {
  int64_t total = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::shared_ptr<const routing::Strategy> strategy_of(const std::string& head, const std::string& steps) {
  const auto loaded = strategy::load("bench", "strategy: bench\nmedia: im\nrouting_points: [bench]\n" + head +
                                                  "steps:\n" + steps + "otherwise:\n  - {agent: Nobody is free.}\n");
  if (!loaded.strategy) fmt::print(stderr, "{}\n", yaml::to_string(loaded.issues.front()));
  return loaded.strategy;
}

constexpr const char* kRandom = "  - step: specialist\n    find: {skills: {bench: any}}\n";
constexpr const char* kWhere =
    "  - step: local specialist\n    find: {skills: {bench: any}}\n"
    "    where: expert.site == agent.site && user_data.language in expert.languages\n";

// Twenty steps of which the last but one finds somebody: each narrows by two skills of which nobody has both.
std::string twenty_steps() {
  std::string steps;
  for (int i = 0; i < 20; ++i) {
    const int product = i == 18 ? 20 : 2 * i + 1;  // those with `bench` have even numbers
    steps += fmt::format(
        "  - step: step {}\n    only_if: user_data.language != \"{}\"\n"
        "    find: {{skills: {{bench: any, product-{}: any}}}}\n",
        i, i, product);
  }
  return steps;
}

struct Case {
  std::string name;
  std::shared_ptr<const routing::Strategy> strategy;
  const routing::Snapshot* snapshot;
  std::vector<double> repeated = {};  // nanoseconds per decision by round: requests that were made before
  std::vector<double> fresh = {};     // requests that were never made before
};

// One pass; nanoseconds per decision.
double pass(const Case& one, uint64_t first_seed) {
  v1::RoutingFacts facts;
  facts.set_medium("im");
  facts.set_routing_point("bench");
  facts.mutable_agent()->set_id("agent");
  facts.mutable_agent()->set_site("site-0");
  (*facts.mutable_user_data()->mutable_values())["language"].set_text("en");
  v1::Moment moment;
  moment.mutable_now()->set_seconds(1'700'000'000);
  moment.set_store_now_ms(1'700'000'000'000);
  size_t offered = 0;
  const double begin = cpu_ns();
  for (uint64_t i = 0; i < kRequests; ++i) {
    facts.set_seed(first_seed + i);
    offered += routing::decide(*one.strategy, *one.snapshot, facts, moment).ranked.size();
  }
  const double taken = cpu_ns() - begin;
  if (offered == 0) fmt::print(stderr, "{}: nobody was found\n", one.name);
  return taken / static_cast<double>(kRequests);
}

}  // namespace

int bench_decision(bool json_only) {
  const std::string declared = "user_data: {language: {type: string, default: en}}\n";
  const auto random = strategy_of("", kRandom);
  const auto where = strategy_of(declared, kWhere);
  const auto twenty = strategy_of(declared, twenty_steps());
  if (!random || !where || !twenty) return 1;

  constexpr int kSizes[] = {100, 1'000, 10'000, 100'000, 1'000'000};
  std::vector<std::unique_ptr<routing::Snapshot>> snapshots;
  double bytes_per_expert = 0;
  for (const int size : kSizes) {
    const int64_t before = resident_bytes();
    snapshots.push_back(snapshot_of(size));
    bytes_per_expert = static_cast<double>(resident_bytes() - before) / size;
  }
  std::vector<Case> cases;
  for (size_t i = 0; i < snapshots.size(); ++i) {
    cases.push_back({fmt::format("random, {} experts", kSizes[i]), random, snapshots[i].get()});
  }
  cases.push_back({"20 steps, 10000 experts", twenty, snapshots[2].get()});
  for (const size_t i : {size_t{2}, size_t{3}, size_t{4}}) {
    cases.push_back({fmt::format("where, {} experts", kSizes[i]), where, snapshots[i].get()});
  }

  // All cases take turns, so that what else the machine does meets them alike. Before each measured pass the same
  // requests are made once: every size begins with the same number of requests in its caches.
  uint64_t next_seed = kRequests;
  for (int round = 0; round < kRounds; ++round) {
    for (Case& one : cases) {
      pass(one, 0);
      one.repeated.push_back(pass(one, 0));
      one.fresh.push_back(pass(one, next_seed));
    }
    next_seed += kRequests;
  }

  nlohmann::json by_size;
  nlohmann::json fresh_by_size;
  nlohmann::json others;
  Table table({"DECISION", ">NS", ">NS, NEW REQUESTS"});
  for (size_t i = 0; i < cases.size(); ++i) {
    const double ns = median(cases[i].repeated);
    const double fresh_ns = median(cases[i].fresh);
    table.add({cases[i].name, fmt::format("{:.0f}", ns), fmt::format("{:.0f}", fresh_ns)});
    if (i < snapshots.size()) {
      by_size[std::to_string(kSizes[i])] = std::round(ns);
      fresh_by_size[std::to_string(kSizes[i])] = std::round(fresh_ns);
    } else {
      others[cases[i].name] = std::round(ns);
    }
  }
  if (!json_only) {
    fmt::print("{}\n{:.0f} bytes per expert with 3 skills, 2 attributes and 2 media, of {} experts\n",
               table.text(Terminal::of(stdout)), bytes_per_expert, kSizes[4]);
  }
  fmt::print("{}\n", nlohmann::json({{"ns_per_decision", by_size},
                                     {"ns_per_new_decision", fresh_by_size},
                                     {"ns_of_other_decisions", others},
                                     {"bytes_per_expert", std::round(bytes_per_expert)}})
                         .dump());
  return 0;
}

}  // namespace expertline::cli
