// `expertline report` and `expertline dispose`: what came of it.
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "expertline/command.h"
#include "expertline/report/layout.h"
#include "expertline/say.h"
#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

struct Options {
  Endpoints endpoints;
  std::string from, to, zone = "UTC", format = "table";
};

int report(const Options& options, v1::ReportBy by) {
  Connection connection(options.endpoints);
  v1::GetReportRequest request;
  request.set_parent(connection.parent());
  request.set_by(by);
  request.set_time_zone(options.zone);
  request.set_first_day(options.from);
  request.set_last_day(options.to);
  if (options.from.empty()) {
    absl::TimeZone zone;
    if (!absl::LoadTimeZone(options.zone, &zone)) return fail("--time-zone: no time zone " + options.zone);
    request.set_first_day(absl::FormatCivilTime(absl::ToCivilDay(absl::Now(), zone)));
  }
  const auto answer = call(connection.reports(), &v1::ReportService::Stub::GetReport, request);
  if (!answer.ok()) return fail("reading the report", answer.status);
  const std::string text = options.format == "csv"    ? report_csv(request, answer.value)
                           : options.format == "json" ? report_json(request, answer.value)
                                                      : report_table(request, answer.value, Terminal::of(stdout));
  fmt::print("{}", text);
  return 0;
}

struct Disposing {
  Endpoints endpoints;
  std::string interaction, code, notes, by, case_key;
  bool resolved = false;
};

int dispose(const Disposing& options) {
  Connection connection(options.endpoints);
  v1::SetDispositionRequest request;
  request.set_parent(connection.parent());
  request.set_interaction(options.interaction);
  request.set_case_key(options.case_key);
  request.mutable_disposition()->set_code(options.code);
  request.mutable_disposition()->set_resolved(options.resolved);
  request.mutable_disposition()->set_notes(options.notes);
  request.mutable_disposition()->set_by(options.by);
  const auto answer = call(connection.reports(), &v1::ReportService::Stub::SetDisposition, request);
  if (!answer.ok()) return fail("disposing of " + options.interaction, answer.status);
  const v1::InteractionRecord& now = answer.value.interaction();
  fmt::print("{}: {}, {}; at the first contact: {}\n", now.id(), now.disposition().code(),
             now.disposition().resolved() ? "resolved" : "not resolved",
             now.first_contact() == v1::FIRST_CONTACT_UNSPECIFIED ? "not known yet" : word(now.first_contact()));
  return 0;
}

}  // namespace

Run declare_report(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--from", options->from, "First day, YYYY-MM-DD; by default today");
  app.add_option("--to", options->to, "Last day; by default the first")->needs("--from");
  app.add_option("--time-zone", options->zone, "In which days begin and end")->capture_default_str();
  app.add_option("--format", options->format, "How it is written")
      ->check(CLI::IsMember({"table", "csv", "json"}))
      ->capture_default_str();
  app.add_subcommand("day", "Each day");
  app.add_subcommand("experts", "Each expert, also per hour in which he could be asked");
  app.add_subcommand("routing-points", "Each routing point");
  return [&app, options] {
    const std::string by = app.get_subcommands().front()->get_name();
    return report(*options, by == "day"       ? v1::REPORT_BY_DAY
                            : by == "experts" ? v1::REPORT_BY_EXPERT
                                              : v1::REPORT_BY_ROUTING_POINT);
  };
}

Run declare_dispose(CLI::App& app) {
  auto options = std::make_shared<Disposing>();
  add_connection_options(app, options->endpoints);
  app.add_option("INTERACTION", options->interaction, "The platform's id of it")->required();
  app.add_option("CODE", options->code, "The platform's code, such as solved")->required();
  app.add_flag("--resolved", options->resolved, "The customer's matter is resolved");
  app.add_option("--notes", options->notes, "For people");
  app.add_option("--by", options->by, "Who says so, such as agent:ann");
  app.add_option("--case", options->case_key, "What joins several contacts about one matter, if no session said it");
  return [options] { return dispose(*options); };
}

}  // namespace expertline::cli
