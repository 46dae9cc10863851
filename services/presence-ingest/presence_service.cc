#include "presence-ingest/presence_service.h"

#include <absl/time/clock.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "base/names.h"
#include "presence-ingest/fields.h"
#include "presence-ingest/report_stream.h"
#include "presence-ingest/sources/intake.h"
#include "presence-ingest/status_text.h"
#include "roster/rules.h"

namespace expertline::presence {
namespace {
constexpr const char* kStatusSource = "status";

Error bad_size() { return invalid_field("reports", "must have 1 to " + std::to_string(kMostReports) + " entries"); }
}  // namespace

// An intake of one batch.
Task<Result<v1::ReportPresenceResponse>> PresenceService::report(v1::ReportPresenceRequest request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) co_return domain.error();
  if (request.reports().empty() || request.reports_size() > kMostReports) co_return bad_size();
  using Outcome = Result<v1::ReportPresenceResponse>;
  Callback<Outcome> taken([this, &domain, &request](const Callback<Outcome>::Done& done) {
    auto intake = std::make_shared<std::shared_ptr<Intake>>();
    *intake = std::make_shared<Intake>(
        context_.loop, reports_, sources_, *domain,
        [done, intake](Intake::Acknowledged acknowledged) {
          v1::ReportPresenceResponse response;
          for (v1::RefusedReport& one : acknowledged.refused) *response.add_refused() = std::move(one);
          const auto keep = std::move(*intake);
          done(std::move(response));
        },
        [done, intake](const Error& error) {
          const auto keep = std::move(*intake);
          done(error);
        });
    const auto keep = *intake;
    keep->push(0, std::move(*request.mutable_reports()));
  });
  co_return co_await taken;
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
  presence.set_number(view->state.number);
  presence.set_block(view->state.block);
  *presence.mutable_since() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(view->state.since_ms);
  co_return response;
}

Task<Result<v1::SetStatusResponse>> PresenceService::set_status(v1::SetStatusRequest request) {
  const auto name = domains_.expert("name", request.name());
  if (!name) co_return name.error();
  if (const auto rule = roster::required_text_fault(request.text())) co_return invalid_field("text", *rule);
  const auto expert = co_await store_.view(name->domain, name->id);
  if (!expert) co_return expert.error();
  absl::TimeZone zone;
  absl::LoadTimeZone(expert->directory.guard_rails().time_zone(), &zone);  // UTC if there is none
  const absl::Time now = absl::Now();
  const auto read = read_status(request.text(), zone, now);
  if (const auto* no = std::get_if<NotUnderstood>(&read)) {
    co_return Error{.reason = v1::ERROR_REASON_STATUS_NOT_UNDERSTOOD,
                    .message = "\"" + no->part + "\" " + no->why + " (" + no->hint + ")",
                    .metadata = {{"text", request.text()}, {"not_understood", no->part}, {"hint", no->hint}}};
  }
  const Status& status = std::get<Status>(read);
  state::Report report;
  report.expert = name->id;
  report.source = kStatusSource;
  report.next_sequence = true;
  report.content.set_kind(v1::SOURCE_KIND_MANUAL);
  report.content.set_state(status.automatic ? v1::PRESENCE_STATE_OFFLINE : status.state);
  report.content.set_do_not_disturb(status.do_not_disturb);
  report.content.set_number(status.number);
  report.content.set_note(status.automatic ? "" : request.text());
  report.content.set_private_note(request.private_note());
  if (status.automatic) {
    report.ttl_ms = state::kWithdrawn;
  } else if (status.until) {
    report.ttl_ms = std::max<int64_t>(1, absl::ToInt64Milliseconds(*status.until - now));
  }
  v1::SetStatusResponse response;
  *response.mutable_report() = report.content;
  response.mutable_report()->set_expert(name->id);
  response.mutable_report()->set_withdraw(status.automatic);
  using google::protobuf::util::TimeUtil;
  if (status.until) {
    *response.mutable_until_time() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(*status.until));
  }
  std::vector<state::Report> reports;
  reports.push_back(std::move(report));
  const auto outcomes = co_await reports_.write(name->domain, std::move(reports));
  if (!outcomes) co_return outcomes.error();
  if (const auto refusal = Reports::refusal(outcomes->front())) {
    co_return Error{
        .reason = v1::ERROR_REASON_UNKNOWN_EXPERT, .message = refusal->second, .metadata = {{"expert", name->id}}};
  }
  v1::GetPresenceRequest ask;
  ask.set_name(request.name());
  auto now_is = co_await get(std::move(ask));
  if (!now_is) co_return now_is.error();
  *response.mutable_presence() = std::move(*now_is->mutable_presence());
  co_return response;
}

Task<Result<v1::ListSourcesResponse>> PresenceService::list_sources(v1::ListSourcesRequest request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) co_return domain.error();
  co_return co_await sources_.list(*domain);
}

grpc::ServerBidiReactor<v1::StreamPresenceRequest, v1::StreamPresenceResponse>* PresenceService::StreamPresence(
    grpc::CallbackServerContext*) {
  return ReportStream::open(context_, domains_, reports_, sources_);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* PresenceService::WatchReadModel(grpc::CallbackServerContext*,
                                                                            const grpc::ByteBuffer* bytes) {
  // The stream is known to its model by address, which is not used again before unwatch() has run.
  auto address = std::make_shared<const ReadModel::Stream*>(nullptr);
  auto stream = std::make_shared<ReadModel::Stream>(context_, [this, address] {
    for (const auto& [domain, model] : read_models_) model->unwatch(*address);
  });
  *address = stream.get();
  stream->start(stream);
  v1::WatchReadModelRequest request;
  grpc::ByteBuffer copy = *bytes;
  if (const auto read = grpc::GenericDeserialize<grpc::ProtoBufferReader, v1::WatchReadModelRequest>(&copy, &request);
      !read.ok()) {
    stream->finish(read);
    return stream.get();
  }
  context_.loop.post([this, stream, request] { watch(stream, request); });
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

void PresenceService::follow_read_models() {
  for (const auto& [domain, model] : read_models_) {
    contacts_[domain] = std::make_unique<Contacts>(*model, most_contacts_);
    write_back_[domain] = std::make_unique<WriteBack>(*model, sources_, domain);
  }
}

// A stream is known to whoever feeds it by its address, which is not used again before `on_gone` has run.
grpc::ServerWriteReactor<v1::WatchPresenceResponse>* PresenceService::WatchPresence(
    grpc::CallbackServerContext*, const v1::WatchPresenceRequest* request) {
  auto address = std::make_shared<const Contacts::Stream*>(nullptr);
  auto stream = std::make_shared<Contacts::Stream>(context_, [this, address] {
    for (const auto& [domain, contacts] : contacts_) contacts->unwatch(*address);
  });
  *address = stream.get();
  stream->start(stream);
  context_.loop.post([this, stream, copy = *request] { watch_contacts(stream, copy); });
  return stream.get();
}

void PresenceService::watch_contacts(std::shared_ptr<Contacts::Stream> stream,
                                     const v1::WatchPresenceRequest& request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) return stream->finish(app::to_status(domain.error()));
  if (const auto good = check_id("watcher", request.watcher()); !good) {
    return stream->finish(app::to_status(good.error()));
  }
  if (request.experts().empty()) {
    return stream->finish(app::to_status(invalid_field("experts", "must name somebody to watch")));
  }
  for (const std::string& expert : request.experts()) {
    if (const auto good = check_id("experts", expert); !good) return stream->finish(app::to_status(good.error()));
  }
  if (!read_models_.at(*domain)->complete()) {
    return stream->finish(app::to_status(Error{.reason = v1::ERROR_REASON_NOT_READY,
                                               .message = "the directory is still being read; ask again",
                                               .metadata = {{"service", "presence-ingest"}}}));
  }
  const auto watching =
      contacts_[*domain]->watch(stream, request.watcher(), {request.experts().begin(), request.experts().end()});
  if (!watching) stream->finish(app::to_status(watching.error()));
}

grpc::ServerWriteReactor<v1::WatchWriteBackResponse>* PresenceService::WatchWriteBack(
    grpc::CallbackServerContext*, const v1::WatchWriteBackRequest* request) {
  auto address = std::make_shared<const WriteBack::Stream*>(nullptr);
  auto stream = std::make_shared<WriteBack::Stream>(context_, [this, address] {
    for (const auto& [domain, write_back] : write_back_) write_back->unwatch(*address);
  });
  *address = stream.get();
  stream->start(stream);
  context_.loop.post([this, stream, copy = *request] { watch_write_back(stream, copy); });
  return stream.get();
}

void PresenceService::watch_write_back(std::shared_ptr<WriteBack::Stream> stream,
                                       const v1::WatchWriteBackRequest& request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) return stream->finish(app::to_status(domain.error()));
  const SourceRules* rules = sources_.file().rules(request.source());
  if (rules == nullptr || !rules->write_back) {
    return stream->finish(
        app::to_status(Error{.reason = v1::ERROR_REASON_UNKNOWN_SOURCE,
                             .message = "no source " + request.source() + " is declared with write_back: true",
                             .metadata = {{"source", request.source()}}}));
  }
  if (!read_models_.at(*domain)->complete()) {
    return stream->finish(app::to_status(Error{.reason = v1::ERROR_REASON_NOT_READY,
                                               .message = "the directory is still being read; ask again",
                                               .metadata = {{"service", "presence-ingest"}}}));
  }
  write_back_[*domain]->watch(std::move(stream), *rules);
}

}  // namespace expertline::presence
