// The seed flow from C++: the platform's, the agent's and the expert's side, over gRPC alone, with synchronous stubs.
//
// Addresses come from EXPERTLINE_PRESENCE and EXPERTLINE_SESSION; `expertline up` serves both on 127.0.0.1:7400.
// EXPERTLINE_SERVICE_CONFIG is the file ../service-config.json.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>

#include "expertline/v1/desk.grpc.pb.h"
#include "expertline/v1/expert.grpc.pb.h"
#include "expertline/v1/presence.grpc.pb.h"
#include "expertline/v1/session.grpc.pb.h"

namespace el = expertline::v1;

namespace {

const std::string kDomain = "domains/main";
const std::string kExpert = "cpp-ann";

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "C++ client: " << what << std::endl;
  std::exit(1);
}
void must(bool holds, const std::string& what) {
  if (!holds) fail(what);
}
void ok(const grpc::Status& status) {
  if (!status.ok()) fail(status.error_message());
}
void say(const std::string& step) { std::cout << "ok   " << step << std::endl; }

// A new one for each thing that is done, the same one when it is asked again.
std::string request_id() {
  static std::random_device random;
  std::ostringstream id;
  for (int i = 0; i < 4; ++i) id << std::hex << random();
  return id.str();
}

std::shared_ptr<grpc::Channel> connect(const char* variable) {
  const char* address = std::getenv(variable);
  const char* config = std::getenv("EXPERTLINE_SERVICE_CONFIG");
  grpc::ChannelArguments arguments;
  if (config != nullptr) {
    std::ifstream file(config);
    arguments.SetServiceConfigJSON(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  return grpc::CreateCustomChannel(address != nullptr ? address : "127.0.0.1:7400", grpc::InsecureChannelCredentials(),
                                   arguments);
}

// Of every call: whoever does not hear an answer in time asks again with the same request id.
struct Context : grpc::ClientContext {
  Context() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30)); }
};

// One stream that speaks for experts. What comes in is read until what is looked for is there; what was passed over is
// kept.
class Desk {
 public:
  explicit Desk(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(el::DeskService::NewStub(channel)), stream_(stub_->Desk(&context_)) {}
  ~Desk() {
    stream_->WritesDone();
    context_.TryCancel();
    (void)stream_->Finish();
  }

  el::DeskResponse next(const std::string& what, const std::function<bool(const el::DeskResponse&)>& wanted) {
    for (auto it = kept_.begin(); it != kept_.end(); ++it) {
      if (!wanted(*it)) continue;
      el::DeskResponse found = *it;
      kept_.erase(it);
      return found;
    }
    el::DeskResponse event;
    while (stream_->Read(&event)) {
      if (wanted(event)) return event;
      kept_.push_back(event);
    }
    fail("the desk's stream ended, waiting for " + what);
  }

  // Sends one request and gives its result.
  el::DeskResult ask(el::DeskRequest request) {
    request.set_request_id(request_id());
    must(stream_->Write(request), "the desk's stream ended");
    const auto response = next("a result", [&](const el::DeskResponse& event) {
      return event.has_result() && event.result().request_id() == request.request_id();
    });
    must(response.result().code() == 0, response.result().message());
    return response.result();
  }

 private:
  Context context_;
  std::unique_ptr<el::DeskService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<el::DeskRequest, el::DeskResponse>> stream_;
  std::deque<el::DeskResponse> kept_;
};

// The reason and the variables of a refused call.
google::rpc::ErrorInfo error_info(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  must(details.ParseFromString(status.error_details()), "a refusal has details");
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&info)) return info;
  }
  fail("a refusal has an ErrorInfo");
}

}  // namespace

int main() {
  const auto to_presence = connect("EXPERTLINE_PRESENCE");
  const auto to_sessions = connect("EXPERTLINE_SESSION");
  const auto directory = el::ExpertService::NewStub(to_presence);
  const auto presence = el::PresenceService::NewStub(to_presence);
  const auto sessions = el::SessionService::NewStub(to_sessions);

  {
    el::CreateExpertRequest request;
    request.set_parent(kDomain);
    request.set_request_id(request_id());
    el::Expert& expert = *request.mutable_expert();
    expert.set_name(kDomain + "/experts/" + kExpert);
    expert.set_display_name("Ann");
    (*expert.mutable_skills())["billing"] = 3;
    (*expert.mutable_capacities())["im"] = 1;
    (*expert.mutable_capacities())["voice"] = 1;
    (*expert.mutable_dns())["voice"] = "dn-" + kExpert;
    Context context;
    el::CreateExpertResponse response;
    ok(directory->CreateExpert(&context, request, &response));
  }
  {
    el::ReportPresenceRequest request;
    request.set_parent(kDomain);
    el::PresenceReport& report = *request.add_reports();
    report.set_expert(kExpert);
    report.set_source("cpp-client");
    report.set_kind(el::SOURCE_KIND_CLIENT);
    report.set_state(el::PRESENCE_STATE_ONLINE);
    report.set_epoch(1);
    report.set_sequence(1);
    Context context;
    el::ReportPresenceResponse response;
    ok(presence->ReportPresence(&context, request, &response));
    must(response.refused().empty(), "a report was refused");
  }
  say("the expert is in the directory and online");

  Desk desk(to_sessions);
  {
    el::DeskRequest request;
    request.mutable_attach()->set_parent(kDomain);
    request.mutable_attach()->add_experts(kExpert);
    desk.ask(request);
  }
  say("the desk is attached");

  std::string session;
  {
    el::StartSessionRequest request;
    request.set_parent(kDomain);
    request.set_routing_point("billing");
    request.set_request_id(request_id());
    request.mutable_agent()->set_id("cpp-agent");
    request.mutable_interaction()->set_id("cpp-call-1");
    (*request.mutable_user_data()->mutable_values())["topic"].set_text("a wrong bill");
    request.set_text("Can you help me with a bill?");
    Context context;
    el::StartSessionResponse response;
    ok(sessions->StartSession(&context, request, &response));
    session = response.session().name();
  }
  say("the session begins");

  const el::Preview preview = desk.next("the preview",
                                        [&](const el::DeskResponse& event) {
                                          return event.has_preview() && event.preview().offer().session() == session;
                                        })
                                  .preview();
  must(preview.message() == "Billing question about a wrong bill", "the preview's words");
  {
    el::DeskRequest request;
    *request.mutable_accept()->mutable_offer() = preview.offer();
    must(desk.ask(request).outcome() == el::OFFER_OUTCOME_ACCEPTED, "accept");
  }
  say("the expert accepts");

  Context watch_context;
  el::WatchSessionRequest watched;
  watched.set_name(session);
  const auto watch = sessions->WatchSession(&watch_context, watched);
  {
    el::DeskRequest request;
    request.mutable_send_message()->set_session(session);
    request.mutable_send_message()->set_expert(kExpert);
    request.mutable_send_message()->set_text("Gladly.");
    desk.ask(request);
  }
  el::WatchSessionResponse event;
  while (event.message().text() != "Gladly.") must(watch->Read(&event), "the watch ended");
  say("the agent reads the answer");

  el::PrepareVoiceResponse prepared;
  {
    el::PrepareVoiceRequest request;
    request.set_session(session);
    request.set_via(el::VOICE_VIA_ROUTING_POINT);
    request.set_kind(el::CALL_KIND_TRANSFER);
    request.set_request_id(request_id());
    Context context;
    ok(sessions->PrepareVoice(&context, request, &prepared));
  }
  {
    el::RouteCallRequest request;
    request.set_parent(kDomain);
    request.set_call_id("cpp-call-2");
    request.set_parent_call_id("cpp-call-1");
    request.set_kind(el::CALL_KIND_TRANSFER);
    request.set_routing_point(prepared.target().dn());
    *request.mutable_user_data() = prepared.user_data();
    Context context;
    const auto call = sessions->RouteCall(&context, request);
    el::RouteCallResponse progress;
    while (progress.progress() != el::CALL_PROGRESS_ROUTED) must(call->Read(&progress), "the call's stream ended");
    must(progress.dn() == "dn-" + kExpert, "the call is routed to the expert");
    for (const auto what : {el::VOICE_EVENT_ANSWERED, el::VOICE_EVENT_RELEASED}) {
      el::ReportVoiceRequest report;
      report.set_parent(kDomain);
      report.set_call_id("cpp-call-2");
      report.set_event(what);
      Context report_context;
      el::ReportVoiceResponse response;
      ok(sessions->ReportVoice(&report_context, report, &response));
    }
    while (call->Read(&progress)) {
    }
    ok(call->Finish());
  }
  say("the call is transferred");
  {
    el::StartSessionRequest request;
    request.set_parent(kDomain);
    request.set_routing_point("nowhere");
    request.mutable_agent()->set_id("cpp-agent");
    request.mutable_interaction()->set_id("cpp-call-3");
    Context context;
    el::StartSessionResponse response;
    const grpc::Status refused = sessions->StartSession(&context, request, &response);
    must(refused.error_code() == grpc::StatusCode::NOT_FOUND, "an unknown routing point was taken");
    const auto info = error_info(refused);
    must(info.reason() == "UNKNOWN_ROUTING_POINT" && info.metadata().at("routing_point") == "nowhere", info.reason());
  }
  say("a refusal says why");
  {
    el::EndSessionRequest request;
    request.set_name(session);
    request.set_request_id(request_id());
    Context context;
    el::EndSessionResponse response;
    ok(sessions->EndSession(&context, request, &response));
    must(response.session().outcome() == el::SESSION_OUTCOME_HELPED, "the outcome");
    while (watch->Read(&event)) {
    }
    ok(watch->Finish());
  }
  say("the session ends: helped");
  {
    el::DeleteExpertRequest request;
    request.set_name(kDomain + "/experts/" + kExpert);
    Context context;
    el::DeleteExpertResponse response;
    ok(directory->DeleteExpert(&context, request, &response));
  }
  return 0;
}
