// `expertline simulate`: a day of call records through strategies on a virtual clock.
#include <absl/time/time.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "expertline/calls/call_file.h"
#include "expertline/command.h"
#include "expertline/replay/plan.h"
#include "expertline/replay/sim_experts.h"
#include "expertline/say.h"
#include "expertline/simulate/report.h"
#include "strategy/registry.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr yaml::Limits kRosterLimits{.bytes = 64U * 1024 * 1024};

struct Options {
  std::string calls;
  std::vector<std::string> strategy;
  std::vector<std::string> versus;
  std::string roster;
  int experts = 40;
  std::string behaviour;
  std::string routing_point;
  std::string share = "10%";
  std::string within = "30s";
  std::string date = "2026-01-05";
  std::string zone;
  uint64_t seed = 1;
  int seeds = 1;
  std::string svg;
  bool json = false;
};

// Says the errors on stderr; false if there is one. Warnings are `check`'s affair.
bool without_errors(const std::vector<yaml::Issue>& issues) {
  bool good = true;
  for (const yaml::Issue& issue : issues) {
    if (issue.severity != yaml::Issue::Severity::kError) continue;
    good = false;
    fmt::print(stderr, "{}\n", printable(yaml::to_string(issue)));
  }
  return good;
}

// The strategies of files and folders by routing point, of a folder without its candidates; the calendars of a file are
// looked for beside it. Nothing, and said why, if there is a fault.
std::optional<simulate::Strategies> load_strategies(const std::vector<std::string>& paths) {
  std::vector<strategy::SourceFile> sources;
  std::vector<std::filesystem::path> taken;
  const auto take = [&](const std::filesystem::path& path, auto&& wanted) {
    std::error_code error;
    const auto same = std::filesystem::weakly_canonical(path, error);
    if (std::find(taken.begin(), taken.end(), same) != taken.end()) return true;
    auto text = read_file(path.string());
    if (!text) return false;
    strategy::SourceFile source{.name = path.string(), .text = std::move(*text)};
    if (!wanted(strategy::kind_of(source))) return true;
    taken.push_back(same);
    sources.push_back(std::move(source));
    return true;
  };
  for (const std::string& given : paths) {
    const std::filesystem::path path(given);
    std::error_code error;
    const bool folder = std::filesystem::is_directory(path, error);
    if (!folder && !take(path, [](strategy::FileKind) { return true; })) {
      fail("cannot read " + given);
      return std::nullopt;
    }
    std::vector<std::filesystem::path> beside;
    const auto where = folder ? path : path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    for (const auto& entry : std::filesystem::directory_iterator(where, error)) {
      if (entry.is_regular_file(error) && entry.path().extension() == ".yaml") beside.push_back(entry.path());
    }
    std::sort(beside.begin(), beside.end());
    for (const auto& one : beside) {
      take(one, [&](strategy::FileKind kind) {
        return kind == strategy::FileKind::kCalendar || (folder && kind == strategy::FileKind::kStrategy);
      });
    }
  }
  const auto [registry, issues] = strategy::Registry::load(sources, nullptr);
  if (!without_errors(issues) || !registry) return std::nullopt;
  simulate::Strategies strategies;
  for (const auto* loaded : {&registry->strategies(), &registry->candidates()}) {
    for (const auto& [name, strategy] : *loaded) {
      for (const std::string& point : strategy->routing_points) strategies[point] = strategy;
    }
  }
  if (strategies.empty()) {
    fail(fmt::format("there is no strategy in {}", fmt::join(paths, ", ")));
    return std::nullopt;
  }
  return strategies;
}

// A with the strategies of B in place of those that have a routing point or the name in common with one of them.
simulate::Strategies replaced(const simulate::Strategies& a, const simulate::Strategies& b) {
  simulate::Strategies made = b;
  for (const auto& [point, strategy] : a) {
    const bool gone = std::any_of(b.begin(), b.end(), [&](const auto& other) {
      const auto& points = strategy->routing_points;
      return other.second->name == strategy->name ||
             std::find(points.begin(), points.end(), other.first) != points.end();
    });
    if (!gone) made[point] = strategy;
  }
  return made;
}

std::string list_of(const simulate::Strategies& strategies) {
  std::string list;
  for (const auto& [point, strategy] : strategies) list += (list.empty() ? "" : ", ") + point;
  return list;
}

std::optional<std::vector<roster::Member>> load_experts(const Options& options) {
  std::vector<std::string> texts;
  if (options.roster.empty()) {
    texts = SimExperts(options.experts, {}, options.seed).rosters(100'000);
  } else if (auto text = read_file(options.roster)) {
    texts.push_back(std::move(*text));
  } else {
    fail("cannot read " + options.roster);
    return std::nullopt;
  }
  std::vector<roster::Member> members;
  for (const std::string& text : texts) {
    roster::Roster roster = roster::read_roster(text, options.roster, kRosterLimits);
    if (!without_errors(roster.issues)) return std::nullopt;
    std::move(roster.experts.begin(), roster.experts.end(), std::back_inserter(members));
  }
  return members;
}

std::optional<simulate::Behaviour> load_behaviour(const std::string& path) {
  if (path.empty()) return simulate::Behaviour{};
  const auto text = read_file(path);
  if (!text) {
    fail("cannot read " + path);
    return std::nullopt;
  }
  auto read = simulate::read_behaviour(*text, path);
  if (!without_errors(read.issues)) return std::nullopt;
  return std::move(read.behaviour);
}

// The zone that is asked for, else that of the strategies' calendar, else UTC.
absl::TimeZone zone_of(const simulate::Strategies& strategies) {
  for (const auto& [point, strategy] : strategies) {
    if (strategy->hours) return strategy->hours->zone;
  }
  return absl::UTCTimeZone();
}

const char* weekday_name(absl::CivilDay day) {
  switch (absl::GetWeekday(day)) {
    case absl::Weekday::monday:
      return "Monday";
    case absl::Weekday::tuesday:
      return "Tuesday";
    case absl::Weekday::wednesday:
      return "Wednesday";
    case absl::Weekday::thursday:
      return "Thursday";
    case absl::Weekday::friday:
      return "Friday";
    case absl::Weekday::saturday:
      return "Saturday";
    case absl::Weekday::sunday:
      return "Sunday";
  }
  return "";
}

int wrong(const std::string& why) {
  fail(why);
  return 2;
}

int simulate_days(const Options& options) {
  const auto began = Clock::now();
  const auto share = parse_share(options.share);
  if (!share) return wrong("--ask is a share such as 10% or 0.1");
  const auto within_ms = yaml::to_duration_ms(options.within);
  if (!within_ms) return wrong("--within is a duration such as 30s");
  absl::CivilDay date;
  if (!absl::ParseCivilTime(options.date, &date)) return wrong("--date is a day such as 2026-01-05");
  absl::TimeZone zone;
  if (!options.zone.empty() && !absl::LoadTimeZone(options.zone, &zone)) {
    return wrong("--zone is a time zone such as Europe/Zurich");
  }

  CallFile file;
  if (const int code = read_call_file(options.calls, file); code != 0) return code;
  const auto a = load_strategies(options.strategy);
  if (!a) return 1;
  std::optional<simulate::Strategies> b;
  if (!options.versus.empty()) {
    b = load_strategies(options.versus);
    if (!b) return 1;
    const bool meet = std::any_of(b->begin(), b->end(), [&](const auto& one) { return a->contains(one.first); });
    if (!meet) {
      return fail(
          fmt::format("nothing to compare: --versus is bound to {}, --strategy to {}", list_of(*b), list_of(*a)));
    }
    b = replaced(*a, *b);
  }
  if (!options.routing_point.empty() && !a->contains(options.routing_point)) {
    return fail(fmt::format("no strategy is bound to {}, only to {}", options.routing_point, list_of(*a)));
  }
  const auto behaviour = load_behaviour(options.behaviour);
  if (!behaviour) return 1;
  auto experts = load_experts(options);
  if (!experts) return 1;
  if (options.zone.empty()) zone = zone_of(*a);

  simulate::Report report;
  report.calls = options.calls;
  report.bad_rows = file.issues.size();
  report.share = options.share;
  report.experts_from = options.roster.empty()
                            ? "generated: a main skillset at level 3 to 5 and a second one at 1 or 2 each"
                            : options.roster;
  for (const roster::Member& member : *experts) report.experts.push_back(member.id);
  report.date = fmt::format("{} ({})", absl::FormatCivilTime(date), weekday_name(date));
  report.zone = zone.name();
  report.seed = options.seed;
  report.within_ms = *within_ms;
  report.a.name = fmt::format("{}", fmt::join(options.strategy, " "));
  if (b) report.b.emplace().name = fmt::format("{}", fmt::join(options.versus, " "));

  simulate::Setting setting;
  setting.experts = std::move(*experts);
  setting.behaviour = *behaviour;
  const int64_t midnight_ms = absl::ToUnixMillis(absl::FromCivil(absl::CivilSecond(date), zone));
  for (int day = 0; day < options.seeds; ++day) {
    setting.seed = options.seed + static_cast<uint64_t>(day);
    const ReplayPlan plan = make_plan(file.calls, *share, setting.seed);
    report.interactions = plan.interactions;
    report.first_hour = static_cast<int>(plan.first_s / 3600);
    const int end_hour = static_cast<int>(std::ceil((plan.first_s + plan.span_s) / 3600));
    setting.from_ms = midnight_ms + report.first_hour * int64_t{3'600'000};
    setting.to_ms = midnight_ms + std::max(end_hour, report.first_hour + 1) * int64_t{3'600'000};
    setting.requests.clear();
    for (const Ask& ask : plan.asks) {
      simulate::Request request{.id = ask.interaction,
                                .agent = ask.agent,
                                .routing_point = options.routing_point.empty() ? ask.skillset : options.routing_point,
                                .call_type = ask.call_type,
                                .at_ms = midnight_ms + static_cast<int64_t>((plan.first_s + ask.at_s) * 1000),
                                .talk_ms = static_cast<int64_t>(ask.talk_s * 1000)};
      // The same requests for both.
      if (a->contains(request.routing_point) && (!b || b->contains(request.routing_point))) {
        setting.requests.push_back(std::move(request));
      } else {
        ++report.left_out;
      }
    }
    report.asked += static_cast<int64_t>(setting.requests.size());
    const auto play = [&](const simulate::Strategies& strategies, simulate::Side& side) {
      setting.strategies = strategies;
      const simulate::Day played = simulate::simulate(setting, side.fairness);
      side.figures.add(simulate::figures_of(setting, played, *within_ms));
    };
    play(*a, report.a);
    if (b) play(*b, *report.b);
  }
  if (report.asked == 0) {
    return fail(
        fmt::format("nobody asks: {} interactions, {} of them ask, {} requests at routing points other than {}; "
                    "--routing-point makes all of them ask at one",
                    report.interactions, options.share, report.left_out, list_of(*a)));
  }
  report.wall_s = std::chrono::duration<double>(Clock::now() - began).count();
  if (!options.svg.empty()) {
    std::ofstream out(options.svg, std::ios::binary);
    out << simulate::svg_of(simulate::plot_of(report));
    out.close();
    if (!out) return fail("cannot write " + options.svg);
  }
  fmt::print("{}\n", options.json ? simulate::json_of(report) : simulate::text_of(Terminal::of(stdout), report));
  return 0;
}

}  // namespace

Run declare_simulate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--calls", options->calls, "Call records (CSV)")->required();
  app.add_option("--strategy", options->strategy, "Strategies: files or folders; a file's calendars are beside it")
      ->required();
  app.add_option("--versus", options->versus,
                 "Strategies to compare with them: each takes the place of those at its routing points");
  app.add_option("--roster", options->roster, "The experts (YAML)");
  app.add_option("--experts", options->experts, "Without a roster: how many to make up")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--behaviour", options->behaviour, "How experts and agents behave (YAML, docs/simulate.md)");
  app.add_option("--routing-point", options->routing_point, "Where everybody asks, whatever the type of his call");
  app.add_option("--ask", options->share, "Share of the served calls whose agent asks an expert")
      ->capture_default_str();
  app.add_option("--within", options->within, "The service level's time to an expert")->capture_default_str();
  app.add_option("--date", options->date, "The day, for calendars and hours")->capture_default_str();
  app.add_option("--zone", options->zone,
                 "The time zone of the call records; that of the strategies' calendar if not given, or UTC");
  app.add_option("--seed", options->seed, "The same seed gives the same day")->capture_default_str();
  app.add_option("--seeds", options->seeds, "How many days, each with the next seed, for intervals")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--svg", options->svg, "Write a plot to this file");
  app.add_flag("--json", options->json, "Print the result as one JSON object");
  return [options] { return simulate_days(*options); };
}

}  // namespace expertline::cli
