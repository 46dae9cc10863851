// A stream that follows one session until it ends or the client goes: what WatchSession and RouteCall share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "session-bridge/session_service.h"

namespace expertline::bridge {

template <typename Response>
class SessionService::SessionStream : public app::ServerStream<Response>,
                                      public Watcher,
                                      public std::enable_shared_from_this<SessionStream<Response>> {
 public:
  explicit SessionStream(app::Context context) : app::ServerStream<Response>(context, [this] { on_gone(); }) {}

  // Runs once, when the client is gone or the stream has ended; at once if that is so already.
  void when_gone(std::function<void()> then) {
    if (gone_) {
      then();
    } else {
      then_ = std::move(then);
    }
  }

  bool keeps_up() const override { return gone_ || this->queued() < kMostUnread; }
  void drop() override { this->abort(app::to_status(too_slow())); }

  // Tells of the session from now on; a refusal ends the stream.
  Task<void> follow(Domain* domain, std::string session) {
    domain_ = domain;
    session_ = session;
    const std::shared_ptr<SessionStream> self = this->shared_from_this();
    const auto watched = co_await domain->watch(session, self);
    if (!watched) this->finish(app::to_status(watched.error()));
    if (gone_) domain->unwatch(session, self);
  }

 protected:
  Domain* domain_ = nullptr;
  std::string session_;

 private:
  void on_gone() {
    gone_ = true;
    if (then_) then_();
    // OutStream lets go of itself after this; the domain's reference goes here.
    if (domain_ != nullptr) domain_->unwatch(session_, this->shared_from_this());
  }
  bool gone_ = false;
  std::function<void()> then_;
};

}  // namespace expertline::bridge
