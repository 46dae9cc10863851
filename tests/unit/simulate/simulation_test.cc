#include "expertline/simulate/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "expertline/simulate/measures.h"
#include "strategy/load.h"

namespace expertline::simulate {
namespace {

constexpr int64_t kSecond = 1'000;
constexpr int64_t kHour = 3'600 * kSecond;
constexpr int64_t kMonday = 1'767'571'200'000;  // 2026-01-05T00:00:00Z

std::shared_ptr<const routing::Strategy> strategy(const std::string& text) {
  auto loaded = strategy::load("test.yaml", text);
  if (!loaded.strategy) ADD_FAILURE() << to_string(loaded.issues.front());
  return loaded.strategy;
}

constexpr const char* kUsual = R"(
strategy: usual
media: im
routing_points: [help]
steps:
  - step: expert
    find: {skills: {help: any}}
    preview: {answer_within: 20s}
    wait: 60s
otherwise:
  - {voicemail: team}
)";

// An M/M/c queue: no previews, and nobody gives up.
constexpr const char* kQueue = R"(
strategy: queue
media: im
routing_points: [help]
user_data: {call_type: {type: string, default: ""}}
priority: 'user_data.call_type == "NE" ? 10 : 0'
steps:
  - step: expert
    find: {skills: {help: any}}
    preview: none
    wait: 1h
otherwise:
  - {voicemail: team}
)";

roster::Member expert(const std::string& id, int capacity = 1) {
  roster::Member member;
  member.id = id;
  member.record.set_display_name(id);
  (*member.record.mutable_skills())["help"] = 3;
  (*member.record.mutable_capacities())["im"] = capacity;
  return member;
}

std::vector<roster::Member> experts(int count, int capacity = 1) {
  std::vector<roster::Member> all;
  for (int i = 0; i < count; ++i) all.push_back(expert("e" + std::to_string(i), capacity));
  return all;
}

// Poisson arrivals and exponential talks, means in seconds.
std::vector<Request> requests(size_t count, double gap_s, double talk_s, uint64_t seed) {
  std::vector<Request> all;
  double at_s = 0;
  for (size_t i = 0; i < count; ++i) {
    Stream stream(seed, Purpose::kTalk, i, 77);
    at_s += stream.exponential(gap_s);
    all.push_back({.id = "r" + std::to_string(i),
                   .agent = "agent" + std::to_string(i % 20),
                   .routing_point = "help",
                   .at_ms = kMonday + static_cast<int64_t>(at_s * 1000),
                   .talk_ms = static_cast<int64_t>(stream.exponential(talk_s) * 1000)});
  }
  return all;
}

Setting setting(const char* text, std::vector<roster::Member> people, std::vector<Request> asked, uint64_t seed = 1) {
  Setting made;
  made.strategies["help"] = strategy(text);
  made.experts = std::move(people);
  made.requests = std::move(asked);
  made.from_ms = kMonday;
  made.to_ms = made.requests.empty() ? kMonday + kHour : made.requests.back().at_ms + kHour;
  made.seed = seed;
  return made;
}

Day play(const Setting& made) {
  cli::FairnessLedger ledger;
  return simulate(made, ledger);
}

// How many of one medium an expert held at most at once.
int most_held(const ExpertDay& day) {
  std::vector<std::pair<int64_t, int>> changes;
  for (const Holding& holding : day.holdings) {
    changes.emplace_back(holding.from_ms, 1);
    changes.emplace_back(holding.to_ms, -1);
  }
  std::sort(changes.begin(), changes.end());  // at one moment ends come first
  int held = 0;
  int most = 0;
  for (const auto& [at, by] : changes) most = std::max(most, held += by);
  return most;
}

// The chance that an arrival finds all `servers` busy, at a load of `load` Erlang. A. K. Erlang, 1917.
double erlang_c(int servers, double load) {
  double blocked = 1;  // Erlang B, by its recursion
  for (int n = 1; n <= servers; ++n) blocked = load * blocked / (n + load * blocked);
  return blocked / (1 - load / servers * (1 - blocked));
}

struct Queue {
  int servers;
  double load;  // Erlang
};

class ErlangC : public testing::TestWithParam<Queue> {};

TEST_P(ErlangC, ChanceAndLengthOfWaitingAreAsInTheFormula) {
  const auto [servers, load] = GetParam();
  constexpr double kTalk = 100;
  constexpr size_t kRequests = 6'000;
  std::vector<double> chances, lengths;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const Day day = play(setting(kQueue, experts(servers), requests(kRequests, kTalk / load, kTalk, seed), seed));
    double waited = 0;
    double wait_s = 0;
    constexpr size_t kWarmUp = 500;
    for (size_t i = kWarmUp; i < kRequests; ++i) {
      waited += day.outcomes[i].waited_ms > 0 ? 1 : 0;
      wait_s += static_cast<double>(day.outcomes[i].waited_ms) / 1000;
    }
    chances.push_back(waited / (kRequests - kWarmUp));
    lengths.push_back(wait_s / (kRequests - kWarmUp));
  }
  const double chance = erlang_c(servers, load);
  const double length = chance * kTalk / (servers - load);
  // Four times the standard error of the mean over the days.
  const auto bound = [](const std::vector<double>& values) {
    const Interval interval = interval_of(values);
    return 4 * (interval.high - interval.mean) / student_t95(static_cast<int>(values.size()) - 1);
  };
  EXPECT_NEAR(mean(chances), chance, bound(chances));
  EXPECT_NEAR(mean(lengths), length, bound(lengths));
  EXPECT_LT(bound(chances), 0.12);
}

INSTANTIATE_TEST_SUITE_P(Loads, ErlangC, testing::Values(Queue{1, 0.5}, Queue{2, 1}, Queue{5, 4}, Queue{20, 16}),
                         [](const auto& name) { return "Servers" + std::to_string(name.param.servers); });

TEST(Simulation, TheSameSeedGivesTheSameDayAndAnotherOneAnother) {
  const auto asked = requests(800, 10, 120, 1);
  const auto ends = [](const Day& day) {
    std::vector<std::tuple<End, int64_t, int64_t, int>> all;
    for (const Outcome& one : day.outcomes) all.emplace_back(one.end, one.to_expert_ms, one.waited_ms, one.offers);
    return all;
  };
  const Day first = play(setting(kUsual, experts(12), asked, 1));
  EXPECT_EQ(ends(first), ends(play(setting(kUsual, experts(12), asked, 1))));
  EXPECT_NE(ends(first), ends(play(setting(kUsual, experts(12), asked, 2))));
}

TEST(Simulation, EveryRequestEndsInExactlyOneWayAndEveryOfferHasOneOutcome) {
  const Day day = play(setting(kUsual, experts(10), requests(2'000, 10, 120, 1)));
  int offers = 0;
  int accepted = 0;
  for (const ExpertDay& one : day.experts) {
    EXPECT_EQ(one.offers, one.accepted + one.declined + one.timed_out + one.rescinded);
    EXPECT_EQ(static_cast<size_t>(one.offers), one.holdings.size());
    offers += one.offers;
    accepted += one.accepted;
  }
  int asked = 0;
  int helped = 0;
  for (const Outcome& one : day.outcomes) {
    EXPECT_EQ(one.end == End::kExpert, one.to_expert_ms >= 0);
    EXPECT_TRUE(one.end == End::kExpert || one.end == End::kVoicemail);
    asked += one.offers;
    helped += one.end == End::kExpert ? 1 : 0;
  }
  EXPECT_EQ(asked, offers);
  EXPECT_EQ(helped, accepted);
  EXPECT_GT(helped, 1'000);
  EXPECT_LT(helped, 2'000);
}

TEST(Simulation, NobodyIsEverAboveHisCapacity) {
  auto people = experts(3, 2);
  people.push_back(expert("wrapping", 1));
  (*people.back().record.mutable_guard_rails()->mutable_wrap_up())["im"].set_seconds(45);
  const Day day = play(setting(kUsual, people, requests(2'000, 15, 120, 3)));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(most_held(day.experts[i]), 2);
  EXPECT_EQ(most_held(day.experts[3]), 1);  // his wrap-up is part of each holding
}

TEST(Simulation, ThoseWhoWaitAreServedByPriorityAndThenByArrival) {
  std::vector<Request> asked;
  const char* const types[] = {"PS", "PS", "NE", "PS", "NE", "PS"};
  for (size_t i = 0; i < std::size(types); ++i) {
    asked.push_back({.id = std::to_string(i),
                     .agent = "a",
                     .routing_point = "help",
                     .call_type = types[i],
                     .at_ms = kMonday + static_cast<int64_t>(i) * kSecond,
                     .talk_ms = 60 * kSecond});
  }
  const Day day = play(setting(kQueue, experts(1), asked));
  std::vector<size_t> order(asked.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t x, size_t y) {
    return asked[x].at_ms + day.outcomes[x].to_expert_ms < asked[y].at_ms + day.outcomes[y].to_expert_ms;
  });
  EXPECT_EQ(order, (std::vector<size_t>{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(day.outcomes[2].waited_ms, 58 * kSecond);
}

TEST(Simulation, GuardRailsHold) {
  auto people = experts(1);
  v1::GuardRails& rails = *people[0].record.mutable_guard_rails();
  rails.set_offers_per_hour(3);
  rails.mutable_decline_cool_down()->set_seconds(300);
  auto& hours = *rails.add_hours();
  hours.set_day(v1::WEEKDAY_MONDAY);
  hours.set_start_minute(60);
  hours.set_end_minute(300);
  Setting made = setting(kUsual, people, requests(1'500, 12, 20, 4));
  made.behaviour.everybody.decline = 0.3;
  const Day day = play(made);
  const auto& holdings = day.experts[0].holdings;
  ASSERT_GT(holdings.size(), 9U);
  EXPECT_EQ(day.experts[0].hours_ms, 4 * kHour);
  for (size_t i = 0; i < holdings.size(); ++i) {
    EXPECT_GE(holdings[i].from_ms, kMonday + kHour);
    EXPECT_LT(holdings[i].from_ms, kMonday + 5 * kHour);
    if (i >= 3) {
      EXPECT_GE(holdings[i].from_ms - holdings[i - 3].from_ms, kHour);
    }
  }
}

TEST(Simulation, WhoLetsTooManyRunOutIsPausedForTheDay) {
  auto people = experts(1);
  people[0].record.mutable_guard_rails()->set_pause_after_timeouts(2);
  Setting made = setting(kUsual, people, requests(200, 100, 20, 4));
  made.behaviour.everybody = {.decline = 0, .overlook = 1};
  const Day day = play(made);
  EXPECT_EQ(day.experts[0].offers, 2);
  EXPECT_EQ(day.experts[0].timed_out, 2);
}

TEST(Simulation, AnAnswerAfterTheDeadlineNeverComes) {
  Setting made = setting(kUsual, experts(1), requests(50, 200, 20, 4));
  made.behaviour.everybody = {.decline = 0, .overlook = 0, .answer = {.median_s = 21, .spread = 1}};
  const Day day = play(made);
  EXPECT_EQ(day.experts[0].accepted, 0);
  EXPECT_EQ(day.experts[0].timed_out, day.experts[0].offers);
}

TEST(Simulation, TheFirstAcceptRescindsTheOthers) {
  Setting made = setting(R"(
strategy: broadcast
media: im
routing_points: [help]
steps:
  - step: all
    find: {skills: {help: any}}
    preview: {answer_within: 20s, to: 3}
otherwise:
  - {agent: "Nobody."}
)",
                         experts(3), requests(1, 10, 20, 4));
  made.behaviour.everybody = {.decline = 0, .overlook = 0};
  const Day day = play(made);
  int rescinded = 0;
  for (const ExpertDay& one : day.experts) rescinded += one.rescinded;
  EXPECT_EQ(rescinded, 2);
  EXPECT_EQ(day.outcomes[0].offers, 3);
}

TEST(Simulation, DefaultRoutingToARoutingPointThatIsKnownGoesOnThere) {
  Setting made = setting(R"(
strategy: first
media: im
routing_points: [help]
steps:
  - step: nobody
    find: {skills: {nothing: any}}
otherwise:
  - {routing_point: second}
)",
                         experts(1), requests(1, 10, 20, 4));
  EXPECT_EQ(play(made).outcomes[0].end, End::kRoutingPoint);
  std::string second = kQueue;
  second.replace(second.find("[help]"), 6, "[second]");
  made.strategies["second"] = strategy(second);
  EXPECT_EQ(play(made).outcomes[0].end, End::kExpert);
}

TEST(Simulation, WhoMayNotAskIsRefused) {
  const std::string text =
      std::string(kUsual).replace(std::string(kUsual).find("steps:"), 0, "allow: '\"retail\" in agent.groups'\n");
  Setting made = setting(text.c_str(), experts(2), requests(1, 10, 20, 4));
  EXPECT_EQ(play(made).outcomes[0].end, End::kRefused);
  made.behaviour.groups = {"retail"};
  made.behaviour.everybody = {.decline = 0, .overlook = 0};
  EXPECT_EQ(play(made).outcomes[0].end, End::kExpert);
}

TEST(Simulation, ADrawOfRandomIsFairAndTheLedgerSeesIt) {
  const Setting made = setting(kUsual, experts(10), requests(3'000, 60, 60, 5));
  cli::FairnessLedger ledger;
  simulate(made, ledger);
  const auto report = ledger.report();
  ASSERT_EQ(report.size(), 1U);
  EXPECT_EQ(report[0].by_expert.size(), 10U);
  EXPECT_GT(report[0].tested, 2'500);
  EXPECT_GT(report[0].p_value, 0.001);
}

struct Compared {
  Figures a;
  Figures b;
};

// Ten days through both.
Compared ten_days(const char* a, const char* b) {
  Compared compared;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const auto asked = requests(400, 30, 180, seed);
    for (const auto& [text, figures] : {std::pair{a, &compared.a}, std::pair{b, &compared.b}}) {
      const Setting made = setting(text, experts(8), asked, seed);
      figures->add(figures_of(made, play(made), 30'000));
    }
  }
  return compared;
}

TEST(Simulation, AStrategyDoesNotDifferFromItself) {
  const Compared days = ten_days(kUsual, kUsual);
  for (size_t i = 0; i < kMeasures.size(); ++i) {
    const auto compared = compare(days.a, days.b, i);
    ASSERT_TRUE(compared) << kMeasures[i].key;
    EXPECT_FALSE(compared->differs) << kMeasures[i].key;
    EXPECT_LE(compared->difference.low, 0) << kMeasures[i].key;
    EXPECT_GE(compared->difference.high, 0) << kMeasures[i].key;
  }
}

TEST(Simulation, AClearlyWorseStrategyIsFound) {
  const std::string impatient = [] {
    std::string text = kUsual;
    text.replace(text.find("    wait: 60s\n"), 14, "");
    return text;
  }();
  const Compared days = ten_days(kUsual, impatient.c_str());
  for (size_t i = 0; i < kMeasures.size(); ++i) {
    const std::string key = kMeasures[i].key;
    const auto compared = compare(days.a, days.b, i);
    if (key == "helped_percent" || key == "mailbox_percent" || key == "default_percent") {
      EXPECT_EQ(compared->verdict, Verdict::kWorse) << key;
    }
    if (key == "wait_mean_s") {
      EXPECT_EQ(compared->verdict, Verdict::kBetter);
    }
  }
}

// The same callers, answers and talks for both: their difference varies less than if each had days of its own.
TEST(Simulation, PairedDaysTellMoreThanDaysOfTheirOwn) {
  const std::string other = std::string(kUsual).replace(std::string(kUsual).find("wait: 60s"), 9, "wait: 50s");
  const Compared days = ten_days(kUsual, other.c_str());
  const auto compared = compare(days.a, days.b, 3);
  const double paired = compared->difference.high - compared->difference.low;
  const double apart = std::hypot(compared->a.high - compared->a.low, compared->b.high - compared->b.low);
  EXPECT_LT(paired, apart / 2);
}

}  // namespace
}  // namespace expertline::simulate
