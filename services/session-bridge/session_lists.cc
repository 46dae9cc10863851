// SessionService: which sessions there are, and what an agent may expect before there is one.
#include <chrono>

#include "base/names.h"
#include "session-bridge/requests.h"
#include "session-bridge/session_filter.h"
#include "session-bridge/session_service.h"

namespace expertline::bridge {
namespace {

constexpr int kAtOnce = 128;         // sessions of one call of the store, which does nothing else meanwhile
constexpr int kFilteredAtOnce = 32;  // the same with a filter: what may be looked at in vain before the time is up
constexpr int kMostLooked = 512;     // sessions that a filter is put to for one page,
constexpr std::chrono::milliseconds kMostLooking{25};  // or as many as in that time, however large they are

// Which of the store's lists a request asks for.
Result<std::string> list_of(const v1::ListSessionsRequest& request) {
  if (!request.agent().empty() && !request.expert().empty()) return invalid_field("expert", "not together with agent");
  for (const auto& [field, id] : {std::pair("agent", request.agent()), std::pair("expert", request.expert())}) {
    if (id.empty()) continue;
    if (const auto checked = check_id(field, id); !checked) return checked.error();
    return std::string(field) + ":" + id;
  }
  switch (request.state()) {
    case v1::SESSION_STATE_UNSPECIFIED:
      return std::string("all");
    case v1::SESSION_STATE_OPEN:
      return std::string("open");
    case v1::SESSION_STATE_ENDED:
      return std::string("ended");
    default:
      return invalid_field("state", "one of SessionState");
  }
}

bool in_state(const state::SessionRecord& record, v1::SessionState state) {
  return state == v1::SESSION_STATE_UNSPECIFIED || record.open == (state == v1::SESSION_STATE_OPEN);
}

}  // namespace

Task<Result<v1::ListSessionsResponse>> SessionService::list_sessions(v1::ListSessionsRequest request) {
  const auto at = domain("parent", request.parent());
  if (!at) co_return at.error();
  if (request.page_size() < 0 || request.page_size() > kMostPageSize) {
    co_return invalid_field("page_size", "0 to 1000");
  }
  if (request.page_token().find_first_not_of("0123456789") != std::string::npos || request.page_token().size() > 18) {
    co_return Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                    .message = "page_token: not one of ours; begin without it",
                    .metadata = {{"field", "page_token"}}};
  }
  if (!v1::SessionState_IsValid(request.state())) co_return invalid_field("state", "one of SessionState");
  const auto list = list_of(request);
  if (!list) co_return list.error();
  const auto filter = SessionFilter::read(request.filter());
  if (!filter) co_return filter.error();

  const int most = request.page_size() == 0 ? 100 : request.page_size();
  v1::ListSessionsResponse response;
  response.set_next_page_token(request.page_token());
  int looked = 0;
  const auto began = std::chrono::steady_clock::now();
  do {
    const int left = most - response.sessions_size();
    const int some = filter->everything() ? std::min(left, kAtOnce) : kFilteredAtOnce;
    const auto page = co_await (*at)->store().list(*list, response.next_page_token(), some);
    if (!page) co_return page.error();
    looked += some;
    response.set_next_page_token(page->next);
    for (const auto& [record, place] : page->sessions) {
      if (!in_state(record, request.state()) || !filter->matches(record, (*at)->time())) continue;
      v1::Session* session = response.add_sessions();
      *session = (*at)->view(record);
      session->clear_participants();
      if (response.sessions_size() == most) {
        if (&record != &page->sessions.back().record) response.set_next_page_token(place);
        break;
      }
    }
  } while (!response.next_page_token().empty() && response.sessions_size() < most &&
           (filter->everything() || (looked < kMostLooked && std::chrono::steady_clock::now() - began < kMostLooking)));
  co_return response;
}

Task<Result<v1::GetAvailabilityResponse>> SessionService::get_availability(v1::GetAvailabilityRequest request) {
  const auto at = domain("parent", request.parent());
  if (!at) co_return at.error();
  const auto point = (*at)->routing_point(request.routing_point());
  if (!point) co_return point.error();
  v1::RoutingFacts facts;
  facts.set_routing_point(point->id());
  const v1::Agent agent = request.agent();
  *facts.mutable_agent() = agent;
  *facts.mutable_interaction() = std::move(*request.mutable_interaction());
  *facts.mutable_user_data() = std::move(*request.mutable_user_data());
  auto assessed = co_await (*at)->assess(std::move(facts));
  if (!assessed) co_return assessed.error();
  v1::GetAvailabilityResponse response;
  *response.mutable_availability() = std::move(*assessed);
  const Asking asking{.agent = agent, .routing_point = point->id(), .expert = ""};
  const auto may = (*at)->policy().may_ask(asking, (*at)->wall_now());
  if (!may) {
    response.mutable_availability()->set_allowed(false);
    response.mutable_availability()->set_detail(may.error().message);
  }
  co_return response;
}

}  // namespace expertline::bridge
