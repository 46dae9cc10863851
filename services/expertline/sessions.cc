// `expertline sessions`.
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "expertline/command.h"
#include "expertline/say.h"
#include "expertline/terminal/table.h"
#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

using google::protobuf::util::TimeUtil;

struct Options {
  Endpoints endpoints;
  std::string id;
  std::string state = "all";
  int limit = 50;
  std::string outcome;
};

// An id, or the full name as other output and logs have it.
std::string full_name(const Connection& connection, const std::string& id) {
  return id.starts_with("domains/") ? id : connection.session_name(id);
}

std::string legs_of(const v1::Session& session) {
  std::string out;
  for (const auto& leg : session.legs()) {
    const std::string state = leg.state() == v1::LEG_STATE_ENDED ? word(leg.outcome()) : word(leg.state());
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", leg.id(), state);
    if (!leg.expert().empty()) out += " " + id_of(leg.expert());
  }
  return out;
}

int list(const Options& options) {
  Connection connection(options.endpoints);
  Table table({"session", "began", "agent", "interaction", "state", "outcome", "legs"});
  v1::ListSessionsRequest request;
  request.set_parent(connection.parent());
  request.set_page_size(std::min(options.limit, 1000));
  if (options.state != "all") {
    request.set_state(options.state == "open" ? v1::SESSION_STATE_OPEN : v1::SESSION_STATE_ENDED);
  }
  do {
    const auto page = call(connection.sessions(), &v1::SessionService::Stub::ListSessions, request);
    if (!page.ok()) return fail("listing sessions", page.status);
    for (const auto& session : page.value.sessions()) {
      if (table.rows() == static_cast<size_t>(options.limit)) break;
      table.add({id_of(session.name()), TimeUtil::ToString(session.create_time()).substr(11, 8), session.agent().id(),
                 session.interaction().id(), word(session.state()), word(session.outcome()), legs_of(session)});
    }
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty() && table.rows() < static_cast<size_t>(options.limit));
  fmt::print("{}{} sessions{}\n", table.text(Terminal::of(stdout)), table.rows(),
             request.page_token().empty() ? "" : "; there are more, see --limit");
  return 0;
}

std::string value_text(const v1::UserValue& value) {
  switch (value.kind_case()) {
    case v1::UserValue::kText:
      return value.text();
    case v1::UserValue::kNumber:
      return std::to_string(value.number());
    case v1::UserValue::kBinary:
      return fmt::format("{} bytes", value.binary().size());
    case v1::UserValue::KIND_NOT_SET:
      break;
  }
  return "";
}

void print_leg(const Terminal& terminal, const v1::Leg& leg) {
  fmt::print("  {} {}", terminal.paint(Style::kBold, "leg " + leg.id()), word(leg.state()));
  if (leg.state() == v1::LEG_STATE_ENDED) fmt::print(", {}", word(leg.outcome()));
  fmt::print("\n");
  auto line = [](const char* name, const std::string& value) {
    if (!value.empty()) fmt::print("    {:<10}{}\n", name, printable(value));
  };
  line("asked at", leg.routing_point());
  if (!leg.strategy().empty()) {
    line("strategy",
         fmt::format("{} ({}), step \"{}\"", leg.strategy(), leg.strategy_revision().substr(0, 12), leg.step()));
  }
  if (!leg.expert().empty()) line("expert", id_of(leg.expert()) + "  " + leg.expert_display_name());
  line("default", in_words(leg.default_target()));
  if (!leg.call_id().empty()) line("call", fmt::format("{}, {}", leg.call_id(), word(leg.call_kind())));
  line("routed to", leg.dn());
  for (const auto& offer : leg.offers()) {
    line(fmt::format("offer {}", offer.n()).c_str(),
         fmt::format("{} at {}: {}{}", id_of(offer.expert()), TimeUtil::ToString(offer.offer_time()).substr(11, 12),
                     offer.outcome() == v1::OFFER_OUTCOME_UNSPECIFIED ? "open" : word(offer.outcome()),
                     offer.decline_reason().empty() ? "" : ", \"" + offer.decline_reason() + "\""));
  }
}

int show(const Options& options) {
  Connection connection(options.endpoints);
  v1::GetSessionRequest request;
  request.set_name(full_name(connection, options.id));
  const auto answer = call(connection.sessions(), &v1::SessionService::Stub::GetSession, request);
  if (!answer.ok()) return fail("reading " + options.id, answer.status);
  const v1::Session& session = answer.value.session();
  const Terminal terminal = Terminal::of(stdout);
  fmt::print("{} {}", terminal.paint(Style::kBold, session.name()), word(session.state()));
  if (session.state() == v1::SESSION_STATE_ENDED) {
    fmt::print(", {}, at {}", word(session.outcome()), TimeUtil::ToString(session.end_time()));
  }
  fmt::print("\n  agent {} about {}, began {}\n", printable(session.agent().id()),
             printable(session.interaction().id()), TimeUtil::ToString(session.create_time()));
  for (const auto& one : session.participants()) {
    fmt::print("  {} {} from {}", word(one.role()), printable(one.id()),
               TimeUtil::ToString(one.join_time()).substr(11, 8));
    if (one.has_leave_time()) fmt::print(" to {}", TimeUtil::ToString(one.leave_time()).substr(11, 8));
    fmt::print("\n");
  }
  for (const auto& leg : session.legs()) print_leg(terminal, leg);
  for (const auto& target : session.voice_targets()) {
    std::string kinds;
    for (const int kind : target.kinds()) {
      kinds += (kinds.empty() ? "" : ", ") + word(static_cast<v1::CallKind>(kind));
    }
    fmt::print("  voice by {} to {}: {}\n", word(target.via()), printable(target.dn()), kinds);
  }
  const auto& values = session.user_data().values();
  for (const auto& [key, value] : std::map(values.begin(), values.end())) {
    fmt::print("  {} = {}\n", printable(key), printable(value_text(value)));
  }
  return 0;
}

int end(const Options& options) {
  Connection connection(options.endpoints);
  v1::EndSessionRequest request;
  request.set_name(full_name(connection, options.id));
  if (!options.outcome.empty()) request.set_outcome(*from_word<v1::SessionOutcome>(options.outcome));
  const auto answer = call(connection.sessions(), &v1::SessionService::Stub::EndSession, request);
  if (!answer.ok()) return fail("ending " + options.id, answer.status);
  fmt::print("{} is {}: {}\n", answer.value.session().name(), word(answer.value.session().state()),
             word(answer.value.session().outcome()));
  return 0;
}

}  // namespace

Run declare_sessions(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.require_subcommand(1);
  app.fallthrough();
  CLI::App* listing = app.add_subcommand("list", "Sessions, newest first");
  listing->add_option("--state", options->state, "Which of them")
      ->check(CLI::IsMember({"open", "ended", "all"}))
      ->capture_default_str();
  listing->add_option("--limit", options->limit, "How many at most")->check(CLI::PositiveNumber)->capture_default_str();
  CLI::App* showing = app.add_subcommand("show", "One session with its legs, offers and outcomes");
  showing->add_option("NAME", options->id, "Id or full name")->required();
  CLI::App* ending = app.add_subcommand("end", "End all legs of a session, and the session");
  ending->add_option("NAME", options->id, "Id or full name")->required();
  ending->add_option("--outcome", options->outcome, "How it ended; otherwise it follows from the legs")
      ->check(CLI::IsMember({"helped", "default_routed", "canceled", "failed"}));
  return [&app, options] {
    const std::string chosen = app.get_subcommands().front()->get_name();
    if (chosen == "show") return show(*options);
    if (chosen == "end") return end(*options);
    return list(*options);
  };
}

}  // namespace expertline::cli
