// Any bytes as a strategy, a calendar, a roster, and, cut at lines of `#====`, as the files of a folder.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzz.h"
#include "roster/roster.h"
#include "strategy/calendar.h"
#include "strategy/codes.h"
#include "strategy/registry.h"

namespace expertline::strategy {
namespace {

using fuzz::require;
using yaml::Issue;

bool failed(const std::vector<Issue>& issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const Issue& issue) { return issue.severity == Issue::Severity::kError; });
}

void check_issues(const std::vector<Issue>& issues, std::string_view text) {
  for (const Issue& issue : issues) {
    require(issue.mark.line >= 1 && issue.mark.column >= 1 && issue.length >= 1, "an issue has a place");
    const Code* code = find_code(issue.code);
    require(code != nullptr, "every code is explained");
    require(code->severity == issue.severity, "a code is always an error or always a warning");
    require(!issue.message.empty(), "an issue has a message");
  }
  if (!issues.empty()) require(!yaml::with_source(issues.front(), text).empty(), "an issue can be shown");
}

const World& world() {
  static const World kWorld = [] {
    World out;
    out.calendars["retail"] = {std::make_shared<routing::Calendar>(), "r"};
    auto directory = std::make_shared<Directory>();
    directory->experts = {"ann"};
    directory->skills = {"mortgage"};
    directory->attributes = {"desk"};
    directory->attribute_types = {{"desk", cel::TypeKind::kString}};
    out.directory = directory;
    return out;
  }();
  return kWorld;
}

std::vector<SourceFile> files_of(std::string_view text) {
  constexpr std::string_view kCut = "#====\n";
  std::vector<SourceFile> files;
  while (files.size() < 8) {
    const size_t cut = text.find(kCut);
    const std::string number = std::to_string(files.size());
    files.push_back({number + (files.size() == 3 ? ".shadow.yaml" : ".yaml"), std::string(text.substr(0, cut))});
    if (cut == std::string_view::npos) break;
    text.remove_prefix(cut + kCut.size());
  }
  return files;
}

}  // namespace

void run(std::string_view text) {
  for (const World* one : {&world(), static_cast<const World*>(nullptr)}) {
    const Loaded loaded = load("f.yaml", text, one == nullptr ? World() : *one);
    require((loaded.strategy == nullptr) == failed(loaded.issues), "there is a strategy unless there is an error");
    check_issues(loaded.issues, text);
    if (!loaded.strategy) continue;
    require(!loaded.strategy->steps.empty() && !loaded.strategy->otherwise.empty(), "a strategy has steps and an end");
    require(!loaded.strategy->otherwise.back().only_if, "the end has no condition");
  }
  const LoadedCalendar calendar = load_calendar("c.yaml", text);
  require((calendar.calendar == nullptr) == failed(calendar.issues), "there is a calendar unless there is an error");
  check_issues(calendar.issues, text);

  check_issues(roster::read_roster(text, "r.yaml", {}).issues, text);

  const std::vector<SourceFile> files = files_of(text);
  const Registry::Result result = Registry::load(files, nullptr);
  require((result.registry == nullptr) == failed(result.issues), "there is a registry unless there is an error");
  check_issues(result.issues, text);
  if (result.registry) (void)result.registry->routing_points();
}

}  // namespace expertline::strategy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  expertline::strategy::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
