// SessionService: what is said and attached in a session, and what is told beside it.
#include "base/names.h"
#include "session-bridge/requests.h"
#include "session-bridge/session_service.h"
#include "session-bridge/speech.h"

namespace expertline::bridge {
namespace {

// The agent, or the supervisor that a request names.
v1::MessageAuthor role_of(const std::string& supervisor) {
  return supervisor.empty() ? v1::MESSAGE_AUTHOR_AGENT : v1::MESSAGE_AUTHOR_SUPERVISOR;
}

Result<Done> check_supervisor(const std::string& supervisor) {
  if (supervisor.empty()) return Done{};
  return check_id("supervisor", supervisor);
}

std::vector<std::string> tags_of(const std::string& language) {
  if (language.empty()) return {};
  return {language};
}

}  // namespace

grpc::ServerUnaryReactor* SessionService::SendMessage(grpc::CallbackServerContext*,
                                                      const v1::SendMessageRequest* request,
                                                      v1::SendMessageResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::send_message);
}
grpc::ServerUnaryReactor* SessionService::SendTyping(grpc::CallbackServerContext*, const v1::SendTypingRequest* request,
                                                     v1::SendTypingResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::send_typing);
}
grpc::ServerUnaryReactor* SessionService::MarkMessages(grpc::CallbackServerContext*,
                                                       const v1::MarkMessagesRequest* request,
                                                       v1::MarkMessagesResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::mark_messages);
}
grpc::ServerUnaryReactor* SessionService::ListPresetTexts(grpc::CallbackServerContext*,
                                                          const v1::ListPresetTextsRequest* request,
                                                          v1::ListPresetTextsResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::list_preset_texts);
}
grpc::ServerUnaryReactor* SessionService::ListDeclineReasons(grpc::CallbackServerContext*,
                                                             const v1::ListDeclineReasonsRequest* request,
                                                             v1::ListDeclineReasonsResponse* response) {
  return app::unary(context_, request, response, this, &SessionService::list_decline_reasons);
}

Task<Result<v1::SendMessageResponse>> SessionService::send_message(v1::SendMessageRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto record = co_await at->domain->store().read(at->session);
  if (!record) co_return record.error();
  const std::string author_id = request.supervisor().empty() ? record->facts.agent().id() : request.supervisor();
  Speech speech = speech_of(role_of(request.supervisor()), author_id, "SendMessage", request);
  const auto message = co_await compose(at->domain, *record, std::move(speech));
  if (!message) co_return message.error();
  const auto id = co_await at->domain->store().say(at->session, *message, request_of(request));
  if (!id) co_return id.error();
  v1::SendMessageResponse response;
  response.set_message_id(*id);
  co_return response;
}

Task<Result<v1::SendTypingResponse>> SessionService::send_typing(v1::SendTypingRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto id = check_supervisor(request.supervisor()); !id) co_return id.error();
  const auto done =
      co_await at->domain->store().typing(at->session, role_of(request.supervisor()), request.supervisor());
  if (!done) co_return done.error();
  co_return v1::SendTypingResponse();
}

Task<Result<v1::MarkMessagesResponse>> SessionService::mark_messages(v1::MarkMessagesRequest request) {
  const auto at = place("session", request.session());
  if (!at) co_return at.error();
  if (const auto id = check_supervisor(request.supervisor()); !id) co_return id.error();
  if (const auto marks = check_marks(request.delivered(), request.read()); !marks) co_return marks.error();
  const auto done = co_await at->domain->store().mark(at->session, role_of(request.supervisor()), request.supervisor(),
                                                      request.delivered(), request.read());
  if (!done) co_return done.error();
  co_return v1::MarkMessagesResponse();
}

Task<Result<v1::ListPresetTextsResponse>> SessionService::list_preset_texts(v1::ListPresetTextsRequest request) {
  const auto at = domain("parent", request.parent());
  if (!at) co_return at.error();
  if (!request.routing_point().empty()) {
    if (const auto id = check_id("routing_point", request.routing_point()); !id) co_return id.error();
  }
  const v1::MessageAuthor side = request.side();
  if (side != v1::MESSAGE_AUTHOR_UNSPECIFIED && side != v1::MESSAGE_AUTHOR_AGENT && side != v1::MESSAGE_AUTHOR_EXPERT) {
    co_return invalid_field("side", "AGENT, EXPERT or unspecified");
  }
  v1::ListPresetTextsResponse response;
  for (v1::PresetText& text : (*at)->policy().presets(request.routing_point(), tags_of(request.language()), side)) {
    *response.add_texts() = std::move(text);
  }
  co_return response;
}

Task<Result<v1::ListDeclineReasonsResponse>> SessionService::list_decline_reasons(
    v1::ListDeclineReasonsRequest request) {
  const auto at = domain("parent", request.parent());
  if (!at) co_return at.error();
  v1::ListDeclineReasonsResponse response;
  for (v1::PresetText& reason : (*at)->policy().reasons(tags_of(request.language()))) {
    *response.add_reasons() = std::move(reason);
  }
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
