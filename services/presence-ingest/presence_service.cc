#include "presence-ingest/presence_service.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "base/names.h"

namespace expertline::presence {
namespace {
constexpr int kMostUnacknowledged = 16;
}

Task<Result<v1::ReportPresenceResponse>> PresenceService::report(v1::ReportPresenceRequest request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) co_return domain.error();
  auto refused = co_await reports_.take(*domain, std::move(*request.mutable_reports()));
  if (!refused) co_return refused.error();
  v1::ReportPresenceResponse response;
  for (v1::RefusedReport& one : *refused) *response.add_refused() = std::move(one);
  co_return response;
}

Task<Result<v1::GetPresenceResponse>> PresenceService::get(v1::GetPresenceRequest request) {
  const auto name = domains_.expert("name", request.name());
  if (!name) co_return name.error();
  auto view = co_await store_.view(name->domain, name->id);
  if (!view) co_return view.error();
  v1::GetPresenceResponse response;
  v1::Presence& presence = *response.mutable_presence();
  presence = std::move(view->why);
  presence.set_name(request.name());
  presence.set_state(view->state.state);
  presence.set_do_not_disturb(view->state.do_not_disturb);
  for (v1::MediumStatus& medium : view->state.media) *presence.add_media() = std::move(medium);
  presence.set_has_desk(view->state.has_desk);
  presence.set_block(view->state.block);
  *presence.mutable_since() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(view->state.since_ms);
  co_return response;
}

// Of one open stream; loop thread.
struct PresenceService::ReportStream {
  std::shared_ptr<app::BidiStream<v1::StreamPresenceRequest, v1::StreamPresenceResponse>> stream;  // null when gone
  std::string parent;
  std::string domain;
  int unacknowledged = 0;
  bool paused = false;  // the next batch is not read yet
  bool ended = false;   // the sender has finished
};

grpc::ServerBidiReactor<v1::StreamPresenceRequest, v1::StreamPresenceResponse>* PresenceService::StreamPresence(
    grpc::CallbackServerContext*) {
  auto state = std::make_shared<ReportStream>();
  auto stream = std::make_shared<app::BidiStream<v1::StreamPresenceRequest, v1::StreamPresenceResponse>>(
      context_,
      [this, state](std::optional<v1::StreamPresenceRequest> request) { on_batch(state, std::move(request)); },
      [state] { state->stream.reset(); });
  state->stream = stream;
  stream->start(stream);
  stream->read_next();
  return stream.get();
}

void PresenceService::on_batch(const std::shared_ptr<ReportStream>& stream,
                               std::optional<v1::StreamPresenceRequest> request) {
  if (!stream->stream) return;
  if (!request) {
    stream->ended = true;
    if (stream->unacknowledged == 0) stream->stream->finish(grpc::Status::OK);
    return;
  }
  if (stream->domain.empty()) {
    const auto domain = domains_.domain("parent", request->parent());
    if (!domain) {
      stream->stream->finish(app::to_status(domain.error()));
      return;
    }
    stream->domain = *domain;
    stream->parent = request->parent();
  } else if (!request->parent().empty() && request->parent() != stream->parent) {
    stream->stream->finish(app::to_status(invalid_field("parent", "must be empty or that of the first message")));
    return;
  }
  ++stream->unacknowledged;
  stream->paused = stream->unacknowledged >= kMostUnacknowledged;
  spawn(take(stream, std::move(*request)));
  if (stream->stream && !stream->paused) stream->stream->read_next();
}

Task<void> PresenceService::take(std::shared_ptr<ReportStream> stream, v1::StreamPresenceRequest request) {
  auto refused = co_await reports_.take(stream->domain, std::move(*request.mutable_reports()));
  --stream->unacknowledged;
  if (!stream->stream) co_return;
  if (!refused) {
    stream->stream->finish(app::to_status(refused.error()));
    co_return;
  }
  v1::StreamPresenceResponse response;
  response.set_batch(request.batch());
  for (v1::RefusedReport& one : *refused) *response.add_refused() = std::move(one);
  stream->stream->write(std::move(response));
  if (stream->paused) {
    stream->paused = false;
    stream->stream->read_next();
  }
  if (stream->ended && stream->unacknowledged == 0) stream->stream->finish(grpc::Status::OK);
}

grpc::ServerWriteReactor<v1::WatchReadModelResponse>* PresenceService::WatchReadModel(
    grpc::CallbackServerContext*, const v1::WatchReadModelRequest* request) {
  // The stream is known to its model by address, which is not used again before unwatch() has run.
  auto address = std::make_shared<const ReadModel::Stream*>(nullptr);
  auto stream = std::make_shared<ReadModel::Stream>(context_, [this, address] {
    for (const auto& [domain, model] : read_models_) model->unwatch(*address);
  });
  *address = stream.get();
  stream->start(stream);
  context_.loop.post([this, stream, copy = *request] { watch(stream, copy); });
  return stream.get();
}

void PresenceService::watch(std::shared_ptr<ReadModel::Stream> stream, const v1::WatchReadModelRequest& request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) {
    stream->finish(app::to_status(domain.error()));
    return;
  }
  std::optional<state::LogId> cursor;
  if (!request.cursor().empty()) {
    cursor = state::parse_log_id(request.cursor());
    if (!cursor) {
      stream->finish(app::to_status(Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                                          .message = "cursor: not one of ours",
                                          .metadata = {{"field", "cursor"}}}));
      return;
    }
  }
  read_models_.at(*domain)->watch(std::move(stream), cursor);
}

}  // namespace expertline::presence
