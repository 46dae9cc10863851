#include "expertline/test_strategies/suite.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "strategy/calendar.h"
#include "strategy/load.h"
#include "strategy/registry.h"

namespace expertline::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".test.yaml";

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad() || !file.is_open() || fs::is_directory(path)) return std::nullopt;
  return text;
}

std::string beside(const std::string& file, const std::string& name) {
  return (fs::path(file).parent_path() / name).string();
}

class Loader {
 public:
  explicit Loader(Suite& suite) : suite_(suite) {}

  void load() {
    calendars();
    experts();
    strategies();
    if (suite_.failed()) return;
    cases();
    check_names(suite_.test, known(), suite_.issues);
  }

 private:
  void issue(yaml::Mark mark, std::string code, std::string message, std::string hint = {}) {
    suite_.issues.push_back({.file = suite_.test.file,
                             .mark = mark,
                             .code = std::move(code),
                             .message = std::move(message),
                             .hint = std::move(hint)});
  }

  void add(std::vector<yaml::Issue> issues) {
    suite_.issues.insert(suite_.issues.end(), std::make_move_iterator(issues.begin()),
                         std::make_move_iterator(issues.end()));
  }

  std::optional<std::string> read(const std::string& path, yaml::Mark mark) {
    const auto text = read_file(path);
    if (!text) {
      issue(mark, "no_file", "cannot read " + path, "paths are relative to the folder of the test");
      return std::nullopt;
    }
    suite_.sources.push_back({path, *text});
    return text;
  }

  // All of the folder, unless the test names them.
  void calendars() {
    std::vector<TestFile::Named> files;
    if (suite_.test.calendars) {
      files = *suite_.test.calendars;
      for (TestFile::Named& file : files) file.path = beside(suite_.test.file, file.path);
    } else {
      std::error_code error;
      const fs::path folder = fs::path(suite_.test.file).parent_path();
      for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
        if (entry.path().extension() != ".yaml" || entry.path().string().ends_with(kEnding)) continue;
        const auto text = read_file(entry.path().string());
        if (text && strategy::kind_of({entry.path().string(), *text}) == strategy::FileKind::kCalendar)
          files.push_back({beside(suite_.test.file, entry.path().filename()), {}});
      }
      std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    }
    for (const TestFile::Named& file : files) {
      const auto text = read(file.path, file.mark);
      if (!text) continue;
      strategy::LoadedCalendar loaded = strategy::load_calendar(file.path, *text);
      add(std::move(loaded.issues));
      if (!loaded.calendar) continue;
      world_.calendars[loaded.calendar->name] = {.calendar = loaded.calendar, .revision = strategy::revision_of(*text)};
    }
  }

  void experts() {
    suite_.experts = suite_.test.experts;
    if (!suite_.test.roster) return;
    const std::string path = beside(suite_.test.file, suite_.test.roster->path);
    const auto text = read(path, suite_.test.roster->mark);
    if (!text) return;
    roster::Roster roster = roster::read_roster(*text, path, {});
    add(std::move(roster.issues));
    suite_.experts = std::move(roster.experts);
  }

  void strategies() {
    std::vector<TestFile::Named> files = suite_.test.strategies;
    if (files.empty()) {
      const std::string name = fs::path(suite_.test.file).filename().string();
      files.push_back({name.substr(0, name.size() - std::min(name.size(), kEnding.size())) + ".yaml", {}});
    }
    for (const TestFile::Named& file : files) {
      const std::string path = beside(suite_.test.file, file.path);
      const auto text = read(path, file.mark);
      if (!text) continue;
      strategy::Loaded loaded = strategy::load(path, *text, world_);
      add(std::move(loaded.issues));
      if (loaded.strategy) suite_.strategies.push_back({loaded.strategy, path});
    }
  }

  // Each case has a strategy.
  void cases() {
    std::vector<std::string> points;
    for (const Suite::Tested& tested : suite_.strategies) {
      const auto& own = tested.strategy->routing_points;
      points.insert(points.end(), own.begin(), own.end());
    }
    for (const TestCase& one : suite_.test.cases) {
      const std::string& point = one.request.routing_point();
      if (one.strategy.empty() && !point.empty() && std::find(points.begin(), points.end(), point) == points.end()) {
        issue(one.routing_point_mark, "unknown_routing_point", "no strategy of this test is bound to " + point,
              yaml::did_you_mean(point, points));
      }
      if (one.open && suite_.strategy_of(one) && !suite_.strategy_of(one)->hours) {
        issue(one.mark, "no_hours", "the case \"" + one.name + "\" says `hours`, but the strategy has none");
      }
    }
  }

  Known known() const {
    Known names;
    for (const roster::Member& member : suite_.experts) names.experts.push_back(member.id);
    for (const Suite::Tested& tested : suite_.strategies) {
      names.strategies.push_back(tested.strategy->name);
      for (const routing::Step& step : tested.strategy->steps) names.steps.push_back(step.name);
    }
    return names;
  }

  Suite& suite_;
  strategy::World world_;
};

}  // namespace

bool Suite::failed() const {
  return std::any_of(issues.begin(), issues.end(),
                     [](const yaml::Issue& issue) { return issue.severity == yaml::Issue::Severity::kError; });
}

std::shared_ptr<const routing::Strategy> Suite::strategy_of(const TestCase& one) const {
  for (const Tested& tested : strategies) {
    const auto& points = tested.strategy->routing_points;
    const std::string& point = one.request.routing_point();
    const bool his = one.strategy.empty()
                         ? point.empty() || std::find(points.begin(), points.end(), point) != points.end()
                         : tested.strategy->name == one.strategy;
    if (his) return tested.strategy;
  }
  return nullptr;
}

Suite load_suite(const std::string& path) {
  Suite suite;
  const auto text = read_file(path);
  if (!text) {
    suite.test.file = path;
    suite.issues.push_back({.file = path, .code = "no_file", .message = "cannot be read"});
    return suite;
  }
  suite.test = read_test_file(path, *text, suite.issues);
  suite.sources.push_back({path, *text});
  if (!suite.failed()) Loader(suite).load();
  return suite;
}

std::vector<std::string> find_tests(const std::vector<std::string>& paths, std::vector<std::string>& missing) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      (fs::is_regular_file(path, error) ? found : missing).push_back(path);
      continue;
    }
    std::vector<std::string> here;
    for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
      if (entry.path().string().ends_with(kEnding)) here.push_back(entry.path().lexically_normal().string());
    }
    std::sort(here.begin(), here.end());
    found.insert(found.end(), here.begin(), here.end());
  }
  return found;
}

}  // namespace expertline::cli
