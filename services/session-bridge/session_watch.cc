// SessionService: a session as it goes on, for agents and supervisors.
#include "base/names.h"
#include "session-bridge/requests.h"
#include "session-bridge/session_stream.h"

namespace expertline::bridge {

class SessionService::WatchStream final : public SessionStream<v1::WatchSessionResponse> {
 public:
  // `supervisor`: who observes; empty for the agent's side.
  WatchStream(app::Context context, std::string after, std::string supervisor)
      : SessionStream(context), seen_message_(std::move(after)), supervisor_(std::move(supervisor)) {}

  void session_changed(const state::SessionRecord& record) override {
    if (record.version <= seen_version_) return;
    seen_version_ = record.version;
    v1::WatchSessionResponse response;
    *response.mutable_session() = domain_->view(record);
    write(std::move(response));
  }
  std::string messages_after(const state::SessionRecord&) override { return seen_message_; }
  void message(const state::SessionRecord&, const v1::Message& message) override {
    seen_message_ = message.id();
    v1::WatchSessionResponse response;
    *response.mutable_message() = message;
    write(std::move(response));
  }
  void typing(const std::string&, const std::vector<std::string>&, const v1::Typing& typing) override {
    const bool agent = typing.author() == v1::MESSAGE_AUTHOR_AGENT;
    const bool own = supervisor_.empty()
                         ? agent
                         : typing.author() == v1::MESSAGE_AUTHOR_SUPERVISOR && typing.author_id() == supervisor_;
    if (own) return;
    v1::WatchSessionResponse response;
    *response.mutable_typing() = typing;
    write(std::move(response));
  }
  void told(const state::SessionRecord& record) override {
    if (!record.open) finish(grpc::Status::OK);
  }

 private:
  int64_t seen_version_ = -1;
  std::string seen_message_;
  const std::string supervisor_;
};

grpc::ServerWriteReactor<v1::WatchSessionResponse>* SessionService::WatchSession(
    grpc::CallbackServerContext*, const v1::WatchSessionRequest* request) {
  auto stream = std::make_shared<WatchStream>(context_, request->after_message(), request->supervisor());
  stream->start(stream);
  context_.loop.post([this, stream, copy = *request]() mutable { spawn(watch_session(std::move(copy), stream)); });
  return stream.get();
}

Task<void> SessionService::watch_session(v1::WatchSessionRequest request, std::shared_ptr<WatchStream> stream) {
  const auto at = place("name", request.name());
  const std::string& after = request.after_message();
  const std::string& supervisor = request.supervisor();
  if (!at) {
    stream->finish(app::to_status(at.error()));
  } else if (const auto id = supervisor.empty() ? Result<Done>(Done{}) : check_id("supervisor", supervisor); !id) {
    stream->finish(app::to_status(id.error()));
  } else if (!is_message_id(after)) {
    stream->finish(app::to_status(Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                                        .message = "after_message: not the id of a message",
                                        .metadata = {{"field", "after_message"}}}));
  } else if (const auto may = observe(*at, supervisor); !may) {
    stream->finish(app::to_status(may.error()));
  } else {
    stream->when_gone([this, name = at->domain->name(), session = at->session, supervisor] {
      observe_no_more(name, session, supervisor);
    });
    co_await stream->follow(at->domain, at->session);
  }
}

Result<Done> SessionService::observe(const Place& at, const std::string& supervisor) {
  if (supervisor.empty()) return Done{};
  std::map<std::string, int>& observed = observed_[{at.domain->name(), supervisor}];
  if (!observed.contains(at.session) && observed.size() >= most_observed_) {
    return Error{
        .reason = v1::ERROR_REASON_TOO_MANY_CONTACTS,
        .message = "supervisor " + supervisor + " observes " + std::to_string(observed.size()) +
                   " sessions, and may observe " + std::to_string(most_observed_) + " at once",
        .metadata = {{"contacts", std::to_string(observed.size() + 1)}, {"limit", std::to_string(most_observed_)}}};
  }
  ++observed[at.session];
  return Done{};
}

void SessionService::observe_no_more(const std::string& domain, const std::string& session,
                                     const std::string& supervisor) {
  const auto it = observed_.find({domain, supervisor});
  if (it == observed_.end()) return;
  const auto streams = it->second.find(session);
  if (streams == it->second.end() || --streams->second > 0) return;
  it->second.erase(streams);
  if (it->second.empty()) observed_.erase(it);
}

}  // namespace expertline::bridge
