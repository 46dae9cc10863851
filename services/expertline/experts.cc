// `expertline experts`: the directory.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "expertline/command.h"
#include "expertline/say.h"
#include "expertline/terminal/table.h"
#include "expertline/terminal/words.h"
#include "roster/roster.h"
#include "yaml/yaml.h"

namespace expertline::cli {
namespace {

struct Options {
  Endpoints endpoints;
  std::string file;
  std::string id;
  std::string filter;
  bool dry_run = false;
  bool remove_others = false;
};

template <typename Map>
std::string pairs(const Map& map) {
  std::string out;
  for (const auto& [key, value] : std::map(map.begin(), map.end())) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", key, value);
  }
  return out;
}

std::string value_text(const v1::AttributeValue& value) {
  switch (value.kind_case()) {
    case v1::AttributeValue::kText:
      return value.text();
    case v1::AttributeValue::kNumber:
      return std::to_string(value.number());
    case v1::AttributeValue::kDecimal:
      return fmt::format("{}", value.decimal());
    case v1::AttributeValue::kFlag:
      return value.flag() ? "true" : "false";
    case v1::AttributeValue::KIND_NOT_SET:
      break;
  }
  return "";
}

std::string attributes(const v1::Expert& expert) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : expert.attributes()) texts[key] = value_text(value);
  return pairs(texts);
}

std::string duration_text(const google::protobuf::Duration& duration) {
  return yaml::duration_text(duration.seconds() * 1000 + duration.nanos() / 1'000'000);
}

std::string time_of_day(int minute) { return fmt::format("{:02}:{:02}", minute / 60, minute % 60); }

std::string hours(const v1::GuardRails& rails) {
  std::string out;
  for (const v1::WorkingTime& part : rails.hours()) {
    out += fmt::format("{}{} {}-{}", out.empty() ? "" : ", ", word(part.day()).substr(0, 3),
                       time_of_day(part.start_minute()), time_of_day(part.end_minute()));
  }
  const std::string& zone = rails.time_zone();
  return out.empty() ? out : out + " " + (zone.empty() ? "UTC" : zone);
}

// All but the hours, in one line.
std::string limits(const v1::GuardRails& rails) {
  std::vector<std::string> out;
  if (rails.offers_per_hour() > 0) out.push_back(fmt::format("{} offers an hour", rails.offers_per_hour()));
  if (rails.offers_per_day() > 0) out.push_back(fmt::format("{} offers a day", rails.offers_per_day()));
  if (rails.has_decline_cool_down()) out.push_back(duration_text(rails.decline_cool_down()) + " after he declines");
  if (rails.pause_after_timeouts() > 0) {
    out.push_back(fmt::format("paused after {} time-outs", rails.pause_after_timeouts()));
  }
  for (const auto& [medium, time] : std::map(rails.wrap_up().begin(), rails.wrap_up().end())) {
    out.push_back(fmt::format("{} after {}", duration_text(time), medium));
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

int list(const Options& options) {
  Connection connection(options.endpoints);
  Table table({"id", "name", "site", "languages", "skills", "capacity", "state"});
  v1::ListExpertsRequest request;
  request.set_parent(connection.parent());
  request.set_page_size(1000);
  request.set_filter(options.filter);
  do {
    const auto page = call(connection.experts(), &v1::ExpertService::Stub::ListExperts, request);
    if (!page.ok()) return fail("listing experts", page.status);
    for (const auto& expert : page.value.experts()) {
      table.add({id_of(expert.name()), expert.display_name(), expert.site(),
                 fmt::format("{}", fmt::join(expert.languages(), " ")), pairs(expert.skills()),
                 pairs(expert.capacities()), word(expert.state())});
    }
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty());
  fmt::print("{}{} experts\n", table.text(Terminal::of(stdout)), table.rows());
  return 0;
}

void print_differences(const v1::ImportRosterResponse& answer) {
  const Terminal terminal = Terminal::of(stdout);
  for (const auto& difference : answer.differences()) {
    fmt::print("{} {}\n",
               difference.created() ? terminal.paint(Style::kGreen, "+") : terminal.paint(Style::kYellow, "~"),
               difference.expert());
    for (const auto& field : difference.fields()) {
      const auto shown = [](const std::string& text) { return text.empty() ? "(none)" : printable(text); };
      fmt::print("    {}: {} -> {}\n", printable(field.field()), shown(field.before()), shown(field.after()));
    }
  }
  const int more = answer.created_size() + answer.updated_size() - answer.differences_size();
  if (more > 0) fmt::print("... and {} more\n", more);
}

// Those of the directory, retired ones not among them, whom a roster without faults does not name; says why if they
// cannot be read.
std::optional<std::vector<std::string>> others(Connection& connection, const std::string& roster) {
  std::set<std::string> named;
  for (const roster::Member& member : roster::read_roster(roster, "roster", {}).experts) named.insert(member.id);
  std::vector<std::string> out;
  v1::ListExpertsRequest request;
  request.set_parent(connection.parent());
  request.set_page_size(1000);
  request.set_filter("!expert.retired");
  do {
    const auto page = call(connection.experts(), &v1::ExpertService::Stub::ListExperts, request);
    if (!page.ok()) {
      fail("listing experts", page.status);
      return std::nullopt;
    }
    for (const auto& expert : page.value.experts()) {
      if (!named.contains(id_of(expert.name()))) out.push_back(id_of(expert.name()));
    }
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty());
  return out;
}

// How many of them hold a leg and were retired; nothing if one could not be deleted.
std::optional<int> remove_all(Connection& connection, const std::vector<std::string>& ids) {
  int retired = 0;
  for (const std::string& id : ids) {
    v1::DeleteExpertRequest request;
    request.set_name(connection.expert_name(id));
    const auto answer = call(connection.experts(), &v1::ExpertService::Stub::DeleteExpert, request);
    if (!answer.ok()) {
      fail("deleting " + id, answer.status);
      return std::nullopt;
    }
    retired += answer.value.retired() ? 1 : 0;
  }
  return retired;
}

// What would change is printed first, then it is applied.
int import(const Options& options) {
  const auto roster = read_file(options.file);
  if (!roster) return fail("cannot read " + options.file);
  Connection connection(options.endpoints);
  v1::ImportRosterRequest request;
  request.set_parent(connection.parent());
  request.set_roster(*roster);
  request.set_file_name(options.file);
  request.set_validate_only(true);
  auto answer = call(connection.experts(), &v1::ExpertService::Stub::ImportRoster, request);
  if (!answer.ok()) return fail("importing " + options.file, answer.status);
  print_differences(answer.value);
  std::vector<std::string> gone;
  if (options.remove_others) {
    auto found = others(connection, *roster);
    if (!found) return 1;
    gone = std::move(*found);
    for (const std::string& id : gone) fmt::print("{} {}\n", Terminal::of(stdout).paint(Style::kRed, "-"), id);
  }
  int retired = 0;
  if (!options.dry_run) {
    request.set_validate_only(false);
    answer = call(connection.experts(), &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) return fail("importing " + options.file, answer.status);
    const auto removed = remove_all(connection, gone);
    if (!removed) return 1;
    retired = *removed;
  }
  fmt::print("{}{} new, {} changed, {} as before", options.dry_run ? "not applied: " : "", answer.value.created_size(),
             answer.value.updated_size(), answer.value.unchanged());
  if (options.remove_others) fmt::print(", {} removed", gone.size());
  if (retired > 0) fmt::print(", {} of them retired until the legs they hold have ended", retired);
  fmt::print("\n");
  return 0;
}

int show(const Options& options) {
  Connection connection(options.endpoints);
  v1::GetExpertRequest request;
  request.set_name(connection.expert_name(options.id));
  const auto found = call(connection.experts(), &v1::ExpertService::Stub::GetExpert, request);
  if (!found.ok()) return fail("reading " + options.id, found.status);
  v1::GetPresenceRequest ask;
  ask.set_name(request.name());
  const auto presence = call(connection.presence(), &v1::PresenceService::Stub::GetPresence, ask);
  if (!presence.ok()) return fail("reading the presence of " + options.id, presence.status);

  const v1::Expert& expert = found.value.expert();
  const v1::Presence& now = presence.value.presence();
  const Terminal terminal = Terminal::of(stdout);
  auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) fmt::print("  {:<12}{}\n", name, printable(value));
  };
  fmt::print("{}\n", terminal.paint(Style::kBold, id_of(expert.name()) + "  " + printable(expert.display_name())));
  line("directory", fmt::format("{}, revision {}", word(expert.state()), expert.revision()));
  line("site", expert.site());
  line("languages", fmt::format("{}", fmt::join(expert.languages(), " ")));
  line("skills", pairs(expert.skills()));
  line("groups", fmt::format("{}", fmt::join(expert.groups(), " ")));
  line("attributes", attributes(expert));
  line("addresses", pairs(expert.addresses()));
  line("numbers", pairs(expert.dns()));
  line("likes", fmt::format("{}", fmt::join(expert.media_order(), " ")));
  line("hours", hours(expert.guard_rails()));
  line("guard rails", limits(expert.guard_rails()));
  if (now.block() != v1::BLOCK_UNSPECIFIED) line("no offers", word(now.block()));
  line("presence", word(now.state()) + (now.do_not_disturb() ? ", do not disturb" : ""));
  line("reason", now.reason());
  line("note", now.note());
  line("takes calls", now.number().empty() ? "" : "at " + now.number());
  line("said by", now.winner());
  line("overruled", fmt::format("{}", fmt::join(now.losers(), " ")));
  line("desk", now.has_desk() ? "connected" : "none: he cannot be offered anything");
  for (const auto& medium : now.media()) {
    line(medium.medium().c_str(),
         fmt::format("{}, {} of {} in use{}", medium.routable() ? "routable" : "not routable", medium.used(),
                     medium.capacity(),
                     medium.wrapping_up() > 0 ? fmt::format(", {} of them wrapped up", medium.wrapping_up()) : ""));
  }
  return 0;
}

int remove(const Options& options) {
  Connection connection(options.endpoints);
  v1::DeleteExpertRequest request;
  request.set_name(connection.expert_name(options.id));
  const auto answer = call(connection.experts(), &v1::ExpertService::Stub::DeleteExpert, request);
  if (!answer.ok()) return fail("deleting " + options.id, answer.status);
  fmt::print("{} {}\n", options.id,
             answer.value.retired() ? "is retired; he goes when the legs he holds have ended" : "is deleted");
  return 0;
}

}  // namespace

Run declare_experts(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.require_subcommand(1);
  app.fallthrough();
  CLI::App* listing = app.add_subcommand("list", "All experts of the directory");
  listing->add_option(
      "--filter", options->filter,
      "Only those of whom this is true, such as 'expert.site == \"Leeds\" && \"voice\" in expert.routable'");
  CLI::App* importing = app.add_subcommand("import", "Bring the directory to what a roster file says");
  importing->add_option("FILE", options->file, "Roster (YAML), - for stdin")->required();
  importing->add_flag("--dry-run", options->dry_run, "Only print the difference");
  importing->add_flag("--remove-others", options->remove_others,
                      "Also take everybody out of the directory whom the file does not name; without it nobody is");
  CLI::App* showing = app.add_subcommand("show", "One expert, his presence, and why it is so");
  showing->add_option("ID", options->id, "Expert")->required();
  CLI::App* deleting = app.add_subcommand("delete", "Take one expert out of the directory");
  deleting->add_option("ID", options->id, "Expert")->required();
  return [&app, options] {
    const std::string chosen = app.get_subcommands().front()->get_name();
    if (chosen == "import") return import(*options);
    if (chosen == "show") return show(*options);
    if (chosen == "delete") return remove(*options);
    return list(*options);
  };
}

}  // namespace expertline::cli
