// SessionService: the platform's side.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

#include "app/rpc.h"
#include "expertline/v1/session.grpc.pb.h"
#include "session-bridge/domain.h"

namespace expertline::bridge {

using Domains = std::unordered_map<std::string, std::unique_ptr<Domain>>;

// UNKNOWN_DOMAIN if this process does not serve it; NOT_READY before it has started.
Result<Domain*> find_domain(const Domains& domains, const std::string& name);

class SessionService final : public v1::SessionService::CallbackService {
 public:
  // `most_observed`: sessions that one supervisor may observe at once.
  SessionService(app::Context context, const Domains& domains, int64_t user_data_limit, size_t most_observed);

  grpc::ServerUnaryReactor* StartSession(grpc::CallbackServerContext*, const v1::StartSessionRequest* request,
                                         v1::StartSessionResponse* response) override;
  grpc::ServerUnaryReactor* GetSession(grpc::CallbackServerContext*, const v1::GetSessionRequest* request,
                                       v1::GetSessionResponse* response) override;
  grpc::ServerUnaryReactor* ListSessions(grpc::CallbackServerContext*, const v1::ListSessionsRequest* request,
                                         v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* GetAvailability(grpc::CallbackServerContext*, const v1::GetAvailabilityRequest* request,
                                            v1::GetAvailabilityResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchSessionResponse>* WatchSession(grpc::CallbackServerContext*,
                                                                   const v1::WatchSessionRequest* request) override;
  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext*, const v1::SendMessageRequest* request,
                                        v1::SendMessageResponse* response) override;
  grpc::ServerUnaryReactor* SendTyping(grpc::CallbackServerContext*, const v1::SendTypingRequest* request,
                                       v1::SendTypingResponse* response) override;
  grpc::ServerUnaryReactor* MarkMessages(grpc::CallbackServerContext*, const v1::MarkMessagesRequest* request,
                                         v1::MarkMessagesResponse* response) override;
  grpc::ServerUnaryReactor* ListPresetTexts(grpc::CallbackServerContext*, const v1::ListPresetTextsRequest* request,
                                            v1::ListPresetTextsResponse* response) override;
  grpc::ServerUnaryReactor* ListDeclineReasons(grpc::CallbackServerContext*,
                                               const v1::ListDeclineReasonsRequest* request,
                                               v1::ListDeclineReasonsResponse* response) override;
  grpc::ServerUnaryReactor* ChangeAgent(grpc::CallbackServerContext*, const v1::ChangeAgentRequest* request,
                                        v1::ChangeAgentResponse* response) override;
  grpc::ServerUnaryReactor* TransferSession(grpc::CallbackServerContext*, const v1::TransferSessionRequest* request,
                                            v1::TransferSessionResponse* response) override;
  grpc::ServerUnaryReactor* AddParticipant(grpc::CallbackServerContext*, const v1::AddParticipantRequest* request,
                                           v1::AddParticipantResponse* response) override;
  grpc::ServerUnaryReactor* JoinSession(grpc::CallbackServerContext*, const v1::JoinSessionRequest* request,
                                        v1::JoinSessionResponse* response) override;
  grpc::ServerUnaryReactor* LeaveSession(grpc::CallbackServerContext*, const v1::LeaveSessionRequest* request,
                                         v1::LeaveSessionResponse* response) override;
  grpc::ServerUnaryReactor* UpdateUserData(grpc::CallbackServerContext*, const v1::UpdateUserDataRequest* request,
                                           v1::UpdateUserDataResponse* response) override;
  grpc::ServerUnaryReactor* CancelLeg(grpc::CallbackServerContext*, const v1::CancelLegRequest* request,
                                      v1::CancelLegResponse* response) override;
  grpc::ServerUnaryReactor* EndSession(grpc::CallbackServerContext*, const v1::EndSessionRequest* request,
                                       v1::EndSessionResponse* response) override;
  grpc::ServerUnaryReactor* PrepareVoice(grpc::CallbackServerContext*, const v1::PrepareVoiceRequest* request,
                                         v1::PrepareVoiceResponse* response) override;
  grpc::ServerWriteReactor<v1::RouteCallResponse>* RouteCall(grpc::CallbackServerContext*,
                                                             const v1::RouteCallRequest* request) override;
  grpc::ServerUnaryReactor* CancelCall(grpc::CallbackServerContext*, const v1::CancelCallRequest* request,
                                       v1::CancelCallResponse* response) override;
  grpc::ServerUnaryReactor* ReportVoice(grpc::CallbackServerContext*, const v1::ReportVoiceRequest* request,
                                        v1::ReportVoiceResponse* response) override;

 private:
  // A session named by a request: its domain and its id.
  struct Place {
    Domain* domain;
    std::string session;
  };
  template <typename Response>
  class SessionStream;
  class WatchStream;
  class CallStream;

  Task<Result<v1::StartSessionResponse>> start_session(v1::StartSessionRequest request);
  Task<Result<v1::GetSessionResponse>> get_session(v1::GetSessionRequest request);
  Task<Result<v1::ListSessionsResponse>> list_sessions(v1::ListSessionsRequest request);
  Task<Result<v1::GetAvailabilityResponse>> get_availability(v1::GetAvailabilityRequest request);
  Task<Result<v1::SendMessageResponse>> send_message(v1::SendMessageRequest request);
  Task<Result<v1::SendTypingResponse>> send_typing(v1::SendTypingRequest request);
  Task<Result<v1::MarkMessagesResponse>> mark_messages(v1::MarkMessagesRequest request);
  Task<Result<v1::ListPresetTextsResponse>> list_preset_texts(v1::ListPresetTextsRequest request);
  Task<Result<v1::ListDeclineReasonsResponse>> list_decline_reasons(v1::ListDeclineReasonsRequest request);
  Task<Result<v1::UpdateUserDataResponse>> update_user_data(v1::UpdateUserDataRequest request);
  Task<Result<v1::CancelLegResponse>> cancel_leg(v1::CancelLegRequest request);
  Task<Result<v1::EndSessionResponse>> end_session(v1::EndSessionRequest request);
  Task<Result<v1::ChangeAgentResponse>> change_agent(v1::ChangeAgentRequest request);
  Task<Result<v1::TransferSessionResponse>> transfer_session(v1::TransferSessionRequest request);
  Task<Result<v1::AddParticipantResponse>> add_participant(v1::AddParticipantRequest request);
  Task<Result<v1::JoinSessionResponse>> join_session(v1::JoinSessionRequest request);
  Task<Result<v1::LeaveSessionResponse>> leave_session(v1::LeaveSessionRequest request);
  // A leg of the conversation is sought as `seek` says, at the routing point or for the expert. Its id.
  Task<Result<std::string>> seek(Domain* at, state::Seek seek, std::string routing_point, std::string expert);
  Task<Result<v1::Session>> read(Place at);
  Task<Result<v1::PrepareVoiceResponse>> prepare_voice(v1::PrepareVoiceRequest request);
  Task<Result<v1::CancelCallResponse>> cancel_call(v1::CancelCallRequest request);
  Task<Result<v1::ReportVoiceResponse>> report_voice(v1::ReportVoiceRequest request);
  // False: it would be one too many.
  Result<Done> observe(const Place& at, const std::string& supervisor);
  void observe_no_more(const std::string& domain, const std::string& session, const std::string& supervisor);
  Task<void> watch_session(v1::WatchSessionRequest request, std::shared_ptr<WatchStream> stream);
  Task<void> route_call(v1::RouteCallRequest request, std::shared_ptr<CallStream> stream);
  // Whether a call that is not known yet may be routed at a restricted routing point.
  Task<Result<Done>> admit_call(Domain* domain, v1::RoutingPoint point, state::NewCall call);
  // The leg a call at a routing point belongs to; routing has begun.
  Task<Result<state::LegRef>> enqueue_call(v1::RouteCallRequest request, Domain* domain);

  Result<Place> place(const std::string& field, const std::string& name) const;
  Result<Domain*> domain(const std::string& field, const std::string& parent) const;

  app::Context context_;
  const Domains& domains_;
  int64_t user_data_limit_;
  size_t most_observed_;
  // How many streams of a supervisor observe a session: by domain and supervisor, then by session.
  std::map<std::pair<std::string, std::string>, std::map<std::string, int>> observed_;
  std::mt19937_64 seeds_;  // of the legs' draws
};

}  // namespace expertline::bridge
