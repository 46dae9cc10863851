#include "expertline/replay/sim_agents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

constexpr uint64_t kRetryMs = 300;
constexpr int kMostTries = 50;  // of one call to a service that is away: it may be restarting

}  // namespace

// One ask under way.
struct SimAgents::Call {
  explicit Call(const Ask& one) : ask(one) {}

  const Ask& ask;
  v1::StartSessionRequest request;
  double asked_ms = 0;
  int tries = 0;
  std::string session;  // full name, once it is known
  std::shared_ptr<Watch> stream;
  int64_t revision = 0;
  bool accepted = false;
  bool settled = false;  // counted as accepted, default routed or failed
  bool finished = false;
};

SimAgents::SimAgents(Connection& connection, std::shared_ptr<app::Loop> loop, const ReplayPlan& plan, SimDesk& desk,
                     Tally& tally, double speed, std::string run)
    : connection_(connection),
      loop_(std::move(loop)),
      plan_(plan),
      desk_(desk),
      tally_(tally),
      speed_(speed),
      run_(std::move(run)) {}

SimAgents::~SimAgents() = default;

void SimAgents::start() {
  start_ms_ = monotonic_ms();
  started_ms_ = start_ms_;
  schedule();
}

// One timer for the next ask; those that are due already begin at once.
void SimAgents::schedule() {
  while (!stopping_ && next_ < plan_.asks.size()) {
    const double due_ms = start_ms_ + plan_.asks[next_].at_s / speed_ * 1000;
    const double left_ms = due_ms - monotonic_ms();
    if (left_ms >= 1) {
      loop_->after(static_cast<uint64_t>(left_ms), [this] { schedule(); });
      return;
    }
    begin(plan_.asks[next_++]);
  }
  if (open_.empty()) done_ = true;
}

void SimAgents::begin(const Ask& ask) {
  auto call = std::make_shared<Call>(ask);
  v1::StartSessionRequest& request = call->request;
  const std::string id = run_ + "-" + ask.interaction;
  request.set_parent(connection_.parent());
  request.set_routing_point(ask.skillset);
  request.mutable_agent()->set_id(ask.agent);
  request.mutable_interaction()->set_id(id);
  request.mutable_interaction()->set_channel("voice");
  (*request.mutable_user_data()->mutable_values())["call_type"].set_text(ask.call_type);
  request.set_text("I have a customer on the line and need your help.");
  request.set_request_id(id);
  ++tally_.asked;
  call->asked_ms = monotonic_ms();
  open_.insert(call);
  open_count_ = open_.size();
  send_start(call);
}

void SimAgents::send_start(const CallPtr& call) {
  auto loop = loop_;
  call_async(connection_.sessions().async(), &v1::SessionService::StubInterface::async_interface::StartSession,
             call->request, [this, loop, call](Answer<v1::StartSessionResponse> answer) {
               loop->post([this, call, answer = std::move(answer)] { on_started(call, answer); });
             });
}

void SimAgents::on_started(const CallPtr& call, const Answer<v1::StartSessionResponse>& answer) {
  if (!answer.ok()) {
    const bool away = answer.status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                      answer.status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    if (away && ++call->tries < kMostTries) {
      loop_->after(kRetryMs, [this, call] { send_start(call); });
      return;
    }
    ++tally_.troubles["starting a session: " + describe(answer.status)];
    ++tally_.failed;
    finish(call);
    return;
  }
  call->session = answer.value.session().name();
  watch(call);
  if (stopping_) end(call);
}

void SimAgents::watch(const CallPtr& call) {
  v1::WatchSessionRequest request;
  request.set_name(call->session);
  auto loop = loop_;
  call->stream = Watch::open(
      [&](auto* context, auto* reactor) { connection_.sessions().async()->WatchSession(context, &request, reactor); },
      [this, loop, call](const v1::WatchSessionResponse& event) {
        if (!event.has_session()) return;
        loop->post(
            [this, call, session = event.session(), at_ms = monotonic_ms()] { on_session(call, session, at_ms); });
      },
      [this, loop, call](const grpc::Status& status) {
        loop->post([this, call, status] {
          if (call->finished) return;
          if (!status.ok()) ++tally_.troubles["watching a session was cut off: " + describe(status)];
          if (++call->tries >= kMostTries) {
            if (!call->settled) ++tally_.failed;
            finish(call);
            return;
          }
          loop_->after(kRetryMs, [this, call] {
            if (!call->finished) watch(call);
          });
        });
      });
}

void SimAgents::on_session(const CallPtr& call, const v1::Session& session, double at_ms) {
  if (call->finished || session.revision() < call->revision || session.legs().empty()) return;
  call->revision = session.revision();
  const v1::Leg& leg = session.legs(0);
  if (!call->settled && leg.state() == v1::LEG_STATE_ACTIVE) {
    call->settled = call->accepted = true;
    ++tally_.accepted;
    tally_.to_expert_ms.push_back(at_ms - call->asked_ms);
    // He talks for as long as the record says; then the agent ends the session.
    loop_->after(static_cast<uint64_t>(call->ask.talk_s / speed_ * 1000), [this, call] { end(call); });
  }
  if (!call->settled && leg.state() == v1::LEG_STATE_ENDED) {
    call->settled = true;
    if (leg.outcome() == v1::LEG_OUTCOME_DEFAULT_ROUTED) {
      ++tally_.default_routed;
    } else if (!stopping_) {
      ++tally_.failed;
      ++tally_.troubles["a leg ended as " + word(leg.outcome())];
    }
  }
  if (session.state() == v1::SESSION_STATE_ENDED) {
    finish(call);
  } else if (leg.state() == v1::LEG_STATE_ENDED) {
    end(call);
  }
}

void SimAgents::end(const CallPtr& call) {
  if (call->finished) return;
  v1::EndSessionRequest request;
  request.set_name(call->session);
  request.set_outcome(call->accepted ? v1::SESSION_OUTCOME_HELPED : v1::SESSION_OUTCOME_CANCELED);
  auto loop = loop_;
  call_async(connection_.sessions().async(), &v1::SessionService::StubInterface::async_interface::EndSession, request,
             [this, loop, call](const Answer<v1::EndSessionResponse>& answer) {
               loop->post([this, call, status = answer.status] {
                 if (status.ok() || call->finished) return;  // the watch tells the rest
                 if (++call->tries < kMostTries) {
                   loop_->after(kRetryMs, [this, call] { end(call); });
                   return;
                 }
                 ++tally_.troubles["ending a session: " + describe(status)];
                 finish(call);
               });
             });
}

void SimAgents::finish(const CallPtr& call) {
  if (std::exchange(call->finished, true)) return;
  if (call->stream) call->stream->cancel();
  const double first = desk_.first_preview(call->session);
  if (first > 0) tally_.first_preview_ms.push_back(first - call->asked_ms);
  // The desk may still hear how the leg ended; what it knows can go when that is over.
  loop_->after(5000, [this, session = call->session] { desk_.forget(session); });
  open_.erase(call);
  open_count_ = open_.size();
  ++finished_;
  if (open_.empty() && (stopping_ || next_ == plan_.asks.size())) done_ = true;
}

void SimAgents::stop() {
  if (std::exchange(stopping_, true)) return;
  for (const auto& call : open_) {
    if (!call->session.empty()) end(call);
  }
  if (open_.empty()) done_ = true;
}

SimAgents::Progress SimAgents::progress() const {
  const double started = started_ms_;
  const double model_s = started == 0 ? 0 : (monotonic_ms() - started) / 1000 * speed_;
  return {.finished = finished_, .open = open_count_, .model_s = std::min(model_s, plan_.span_s), .done = done_};
}

}  // namespace expertline::cli
