// SessionService: what is said and attached in a session.
#include "session-bridge/requests.h"
#include "session-bridge/session_service.h"

namespace expertline::bridge {

Task<Result<v1::SendMessageResponse>> SessionService::send_message(v1::SendMessageRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  const bool agent = request.supervisor().empty();
  const v1::MessageAuthor author = agent ? v1::MESSAGE_AUTHOR_AGENT : v1::MESSAGE_AUTHOR_SUPERVISOR;
  const std::string author_id = agent ? record->facts.agent().id() : request.supervisor();
  const auto id = co_await at->domain->store().say(at->session, author, author_id, request.text(), request_of(request));
  if (!id) co_return id.error();
  v1::SendMessageResponse response;
  response.set_message_id(*id);
  co_return response;
}

Task<Result<v1::UpdateUserDataResponse>> SessionService::update_user_data(v1::UpdateUserDataRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto revision =
      co_await at->domain->store().update_user_data(request, at->session, user_data_limit_, request_of(request));
  if (!revision) co_return revision.error();
  v1::UpdateUserDataResponse response;
  response.set_revision(*revision);
  co_return response;
}

}  // namespace expertline::bridge
