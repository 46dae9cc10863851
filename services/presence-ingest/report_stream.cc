#include "presence-ingest/report_stream.h"

#include <utility>

#include "presence-ingest/fields.h"

namespace expertline::presence {

ReportStream::Reactor* ReportStream::open(app::Context context, const Domains& domains, Reports& reports,
                                          SourceRegistry& registry) {
  auto self = std::make_shared<ReportStream>(context, domains, reports, registry);
  auto stream = std::make_shared<app::BidiStream<v1::StreamPresenceRequest, v1::StreamPresenceResponse>>(
      context, [self](std::optional<v1::StreamPresenceRequest> request) { self->on_message(std::move(request)); },
      [self] { self->gone(); });
  self->stream_ = stream;
  self->reading_ = true;
  stream->start(stream);
  stream->read_next();
  return stream.get();
}

void ReportStream::on_message(std::optional<v1::StreamPresenceRequest> request) {
  reading_ = false;
  if (!stream_) return;
  if (!request) {
    ended_ = true;
    if (!intake_ || intake_->idle()) stream_->finish(grpc::Status::OK);
    return;
  }
  if (intake_) {
    if (!request->parent().empty() && request->parent() != parent_) {
      return fail(invalid_field("parent", "must be empty or that of the first message"));
    }
    if (request->has_hello()) return fail(invalid_field("hello", "must be in the first message only"));
    return push(std::move(*request));
  }
  const auto domain = domains_.domain("parent", request->parent());
  if (!domain) return fail(domain.error());
  parent_ = request->parent();
  const auto self = shared_from_this();
  intake_ = std::make_shared<Intake>(
      context_.loop, reports_, registry_, *domain,
      [self](Intake::Acknowledged acknowledged) { self->on_acknowledged(std::move(acknowledged)); },
      [self](const Error& error) { self->fail(error); });
  if (!request->has_hello()) return push(std::move(*request));
  spawn(greet(std::move(*request)));
}

Task<void> ReportStream::greet(v1::StreamPresenceRequest request) {
  const auto self = shared_from_this();
  const auto intake = intake_;
  v1::SourceHello hello = request.hello();
  const auto welcome = co_await intake->hello(std::move(hello));
  if (!stream_) co_return;
  if (!welcome) {
    fail(welcome.error());
    co_return;
  }
  own_ = true;
  v1::StreamPresenceResponse response;
  *response.mutable_welcome() = *welcome;
  stream_->write(std::move(response));
  if (request.reports().empty()) {
    read_next();
  } else {
    push(std::move(request));
  }
}

void ReportStream::push(v1::StreamPresenceRequest request) {
  if (request.reports_size() > kMostReports || (request.reports().empty() && !own_)) {
    return fail(invalid_field("reports", "must have 1 to " + std::to_string(kMostReports) + " entries"));
  }
  const auto intake = intake_;
  intake->push(request.batch(), std::move(*request.mutable_reports()));
  read_next();
}

void ReportStream::on_acknowledged(Intake::Acknowledged acknowledged) {
  if (!stream_) return;
  v1::StreamPresenceResponse response;
  response.set_batch(acknowledged.batch);
  for (v1::RefusedReport& one : acknowledged.refused) *response.add_refused() = std::move(one);
  stream_->write(std::move(response));
  if (ended_ && intake_->idle()) stream_->finish(grpc::Status::OK);
  read_next();
}

// A sender whose batches are not acknowledged yet is not read: gRPC's flow control slows it down.
void ReportStream::read_next() {
  if (!stream_ || !intake_ || reading_ || ended_ || intake_->full()) return;
  reading_ = true;
  stream_->read_next();
}

void ReportStream::fail(const Error& error) {
  if (stream_) stream_->finish(app::to_status(error));
}

void ReportStream::gone() {
  stream_.reset();
  if (intake_) intake_->close();
  intake_.reset();
}

}  // namespace expertline::presence
