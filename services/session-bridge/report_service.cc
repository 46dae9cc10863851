#include "session-bridge/report_service.h"

#include <algorithm>

#include "base/names.h"
#include "session-bridge/requests.h"

namespace expertline::bridge {
namespace {

constexpr int kHoursAtOnce = 24;
constexpr int kInteractionsAtOnce = 500;
constexpr int kSessionsAtOnce = 200;
constexpr int kMostSessions = 1'000;   // of a person's day
constexpr int kMostLookedAt = 20'000;  // to find them

v1::InteractionRecord view_interaction(const Domain& domain, const state::InteractionState& state) {
  const StoreTime time = domain.time();
  v1::InteractionRecord record;
  record.set_id(state.id);
  record.set_case_key(state.case_key);
  *record.mutable_time() = time.timestamp(state.time);
  for (const std::string& session : state.sessions) record.add_sessions(session_name(domain.name(), session));
  for (const std::string& expert : state.experts) record.add_experts(expert);
  if (state.disposed) {
    v1::Disposition& disposition = *record.mutable_disposition();
    disposition.set_code(state.disposed->code);
    disposition.set_resolved(state.disposed->resolved);
    disposition.set_notes(state.disposed->notes);
    disposition.set_by(state.disposed->by);
    *disposition.mutable_time() = time.timestamp(state.disposed->time);
  }
  record.set_mailbox_open(state.mailbox_open);
  record.set_first_contact(first_contact(state, time.now));
  return record;
}

}  // namespace

grpc::ServerUnaryReactor* ReportService::SetDisposition(grpc::CallbackServerContext*,
                                                        const v1::SetDispositionRequest* request,
                                                        v1::SetDispositionResponse* response) {
  return app::unary(context_, request, response, this, &ReportService::set_disposition);
}
grpc::ServerUnaryReactor* ReportService::GetInteraction(grpc::CallbackServerContext*,
                                                        const v1::GetInteractionRequest* request,
                                                        v1::GetInteractionResponse* response) {
  return app::unary(context_, request, response, this, &ReportService::get_interaction);
}
grpc::ServerUnaryReactor* ReportService::GetReport(grpc::CallbackServerContext*, const v1::GetReportRequest* request,
                                                   v1::GetReportResponse* response) {
  return app::unary(context_, request, response, this, &ReportService::get_report);
}
grpc::ServerUnaryReactor* ReportService::GetPersonDay(grpc::CallbackServerContext*,
                                                      const v1::GetPersonDayRequest* request,
                                                      v1::GetPersonDayResponse* response) {
  return app::unary(context_, request, response, this, &ReportService::get_person_day);
}
grpc::ServerUnaryReactor* ReportService::ListAudit(grpc::CallbackServerContext*, const v1::ListAuditRequest* request,
                                                   v1::ListAuditResponse* response) {
  return app::unary(context_, request, response, this, &ReportService::list_audit);
}

Task<Result<Domain*>> ReportService::ready_domain(std::string parent) {
  const auto name = parse_domain("parent", parent);
  if (!name) co_return name.error();
  const auto found = find_domain(domains_, *name);
  if (!found) co_return found.error();
  if (!(*found)->time_known()) {
    co_return Error{.reason = v1::ERROR_REASON_NOT_READY,
                    .message = "the store's time is not known yet; ask again",
                    .metadata = {{"service", "session-bridge"}}};
  }
  co_return *found;
}

Task<Result<v1::SetDispositionResponse>> ReportService::set_disposition(v1::SetDispositionRequest request) {
  const auto at = co_await ready_domain(request.parent());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto state =
      co_await (*at)->reports().dispose(request.interaction(), request.case_key(), request.disposition());
  if (!state) co_return state.error();
  v1::SetDispositionResponse response;
  *response.mutable_interaction() = view_interaction(**at, *state);
  co_return response;
}

Task<Result<v1::GetInteractionResponse>> ReportService::get_interaction(v1::GetInteractionRequest request) {
  const auto at = co_await ready_domain(request.parent());
  if (!at) co_return at.error();
  if (const auto id = check_id("interaction", request.interaction()); !id) co_return id.error();
  const auto state = co_await (*at)->reports().interaction(request.interaction());
  if (!state) co_return state.error();
  v1::GetInteractionResponse response;
  *response.mutable_interaction() = view_interaction(**at, *state);
  co_return response;
}

Task<Result<Done>> ReportService::fill(Domain* domain, Report* report, std::string expert) {
  const int64_t first = report->days().first_hour();
  const int64_t end = report->days().end_hour();
  for (int64_t hour = first; hour < end; hour += kHoursAtOnce) {
    const int count = static_cast<int>(std::min<int64_t>(kHoursAtOnce, end - hour));
    const auto sums = co_await domain->reports().hours(hour, count);
    if (!sums) co_return sums.error();
    for (size_t i = 0; i < sums->size(); ++i) report->add_sums(hour + static_cast<int64_t>(i), (*sums)[i]);
  }
  if (report->wants_eligible()) {
    for (int64_t day = first / 24; day <= (end - 1) / 24; ++day) {
      const auto hours = co_await domain->reports().eligible(day, expert);
      if (!hours) co_return hours.error();
      for (const auto& [who, seconds] : *hours) report->add_eligible(day, who, seconds);
    }
  }
  if (!report->wants_interactions()) co_return Done{};
  const StoreTime time = domain->time();
  for (int skip = 0;; skip += kInteractionsAtOnce) {
    const auto page = co_await domain->reports().interactions(first * kHourMs - time.offset,
                                                              end * kHourMs - time.offset, skip, kInteractionsAtOnce);
    if (!page) co_return page.error();
    for (const state::InteractionState& one : *page) {
      report->add_interaction(one, one.time + time.offset, first_contact(one, time.now));
    }
    if (page->size() < kInteractionsAtOnce) co_return Done{};
  }
}

Task<Result<v1::GetReportResponse>> ReportService::get_report(v1::GetReportRequest request) {
  const auto at = co_await ready_domain(request.parent());
  if (!at) co_return at.error();
  Report::By by = Report::By::day;
  switch (request.by()) {
    case v1::REPORT_BY_DAY:
      break;
    case v1::REPORT_BY_EXPERT:
      by = Report::By::expert;
      break;
    case v1::REPORT_BY_ROUTING_POINT:
      by = Report::By::routing_point;
      break;
    default:
      co_return invalid_field("by", "DAY, EXPERT or ROUTING_POINT");
  }
  const auto days = days_of(request.first_day(), request.last_day(), request.time_zone());
  if (!days) co_return days.error();
  Report report(by, *days);
  const std::string everybody;
  const auto filled = co_await fill(*at, &report, everybody);
  if (!filled) co_return filled.error();
  co_return report.response();
}

Task<Result<v1::GetPersonDayResponse>> ReportService::get_person_day(v1::GetPersonDayRequest request) {
  const auto at = co_await ready_domain(request.parent());
  if (!at) co_return at.error();
  const bool agent = request.who_case() == v1::GetPersonDayRequest::kAgent;
  const std::string who = agent ? request.agent() : request.expert();
  if (const auto id = check_id(agent ? "agent" : "expert", who); !id) co_return id.error();
  const auto days = days_of(request.day(), "", request.time_zone());
  if (!days && days.error().metadata.at("field") == "first_day") co_return invalid_field("day", "YYYY-MM-DD");
  if (!days) co_return days.error();
  Report report(agent ? Report::By::agent : Report::By::expert, *days);
  const std::string only = agent ? "" : who;
  const auto filled = co_await fill(*at, &report, only);
  if (!filled) co_return filled.error();
  v1::GetPersonDayResponse response;
  *response.mutable_row() = report.row(who);

  const StoreTime time = (*at)->time();
  const int64_t from = days->first_hour() * kHourMs - time.offset;
  const int64_t end = days->end_hour() * kHourMs - time.offset;
  const std::string list = agent ? "agent" : "expert";
  for (int skip = 0; skip < kMostLookedAt; skip += kSessionsAtOnce) {
    const auto page = co_await (*at)->reports().sessions_of(list, who, skip, kSessionsAtOnce);
    if (!page) co_return page.error();
    for (const auto& [session, created] : *page) {
      if (created < from || created >= end) continue;
      if (response.sessions_size() == kMostSessions) co_return response;
      const auto record = co_await (*at)->store().read(session);
      if (!record && record.error().reason == v1::ERROR_REASON_UNKNOWN_SESSION) continue;  // gone meanwhile
      if (!record) co_return record.error();
      v1::Session* shown = response.add_sessions();
      *shown = view_session((*at)->name(), *record, time);
      shown->clear_user_data();
    }
    if (page->size() < kSessionsAtOnce) break;
  }
  co_return response;
}

Task<Result<v1::ListAuditResponse>> ReportService::list_audit(v1::ListAuditRequest request) {
  const auto at = co_await ready_domain(request.parent());
  if (!at) co_return at.error();
  if (request.page_size() < 0 || request.page_size() > kMostPageSize) {
    co_return invalid_field("page_size", "0 to 1000");
  }
  const std::string& token = request.page_token();
  if (token.find_first_not_of("0123456789-") != std::string::npos || token.size() > 40) {
    co_return Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                    .message = "page_token: not one of ours; begin without it",
                    .metadata = {{"field", "page_token"}}};
  }
  const int most = request.page_size() == 0 ? 100 : request.page_size();
  const auto lines = co_await (*at)->audit().list(token, most);
  if (!lines) co_return lines.error();
  v1::ListAuditResponse response;
  for (const v1::AuditEntry& line : *lines) *response.add_entries() = line;
  if (lines->size() == static_cast<size_t>(most)) response.set_next_page_token(lines->back().id());
  co_return response;
}

}  // namespace expertline::bridge
