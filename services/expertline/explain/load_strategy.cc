#include "expertline/explain/load_strategy.h"

#include <algorithm>
#include <filesystem>

#include "expertline/say.h"
#include "strategy/calendar.h"
#include "strategy/registry.h"

namespace expertline::cli {
namespace {

namespace fs = std::filesystem;

void add_calendar(const std::string& file, const std::string& text, strategy::World& world) {
  const auto loaded = strategy::load_calendar(file, text);
  if (!loaded.calendar) return;
  world.calendars[loaded.name] = {.calendar = loaded.calendar, .revision = strategy::revision_of(text)};
}

Result<std::shared_ptr<const routing::Strategy>> load(const std::string& file, const std::string& text,
                                                      const strategy::World& world) {
  auto loaded = strategy::load(file, text, world);
  if (loaded.strategy) return loaded.strategy;
  std::string faults;
  for (const yaml::Issue& issue : loaded.issues) {
    if (issue.severity == yaml::Issue::Severity::kError)
      faults += (faults.empty() ? "" : "\n") + yaml::to_string(issue);
  }
  return Error{.reason = v1::ERROR_REASON_INVALID_FIELD, .message = faults};
}

}  // namespace

Result<std::shared_ptr<const routing::Strategy>> load_strategy(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return Error{.reason = v1::ERROR_REASON_INVALID_FIELD, .message = "cannot read " + path};
  strategy::World world;
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
    if (entry.path().extension() != ".yaml") continue;
    const auto other = read_file(entry.path().string());
    if (!other) continue;
    const strategy::SourceFile file{.name = entry.path().string(), .text = *other};
    if (strategy::kind_of(file) == strategy::FileKind::kCalendar) add_calendar(file.name, file.text, world);
  }
  return load(path, *text, world);
}

Result<std::shared_ptr<const routing::Strategy>> fetch_strategy(Connection& connection, const std::string& name,
                                                                const std::string& revision) {
  v1::GetStrategyRequest request;
  request.set_parent(connection.parent());
  request.set_strategy(name);
  request.set_revision(revision);
  const auto answer = call(connection.strategies(), &v1::StrategyService::Stub::GetStrategy, request);
  if (!answer.ok()) {
    return Error{.reason = v1::ERROR_REASON_UNKNOWN_REVISION,
                 .message = "strategy " + name + " " + revision + ": " + describe(answer.status)};
  }
  strategy::World world;
  if (!answer.value.calendar().empty()) add_calendar("calendar", answer.value.calendar(), world);
  return load(name, answer.value.text(), world);
}

}  // namespace expertline::cli
