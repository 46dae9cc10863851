// v1.PresenceService: reports come in, one truth goes out.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/rpc.h"
#include "expertline/v1/presence.grpc.pb.h"
#include "presence-ingest/contacts.h"
#include "presence-ingest/domains.h"
#include "presence-ingest/read_model.h"
#include "presence-ingest/reports.h"
#include "presence-ingest/sources/registry.h"
#include "presence-ingest/write_back.h"

namespace expertline::presence {

// What goes out on WatchReadModel is serialized where it is kept.
using PresenceCallbackService =
    v1::PresenceService::WithRawCallbackMethod_WatchReadModel<v1::PresenceService::CallbackService>;

class PresenceService final : public PresenceCallbackService {
 public:
  using ReadModels = std::map<std::string, std::unique_ptr<ReadModel>>;  // by domain, one for each that is served

  PresenceService(app::Context context, state::ExpertStore& store, const Domains& domains, Reports& reports,
                  SourceRegistry& sources, const ReadModels& read_models, size_t most_contacts)
      : context_(context),
        store_(store),
        domains_(domains),
        reports_(reports),
        sources_(sources),
        read_models_(read_models),
        most_contacts_(most_contacts) {}

  // When the read models are made, before the loop runs.
  void follow_read_models();

  grpc::ServerUnaryReactor* ReportPresence(grpc::CallbackServerContext*, const v1::ReportPresenceRequest* request,
                                           v1::ReportPresenceResponse* response) override {
    return app::unary(context_, request, response, this, &PresenceService::report);
  }
  grpc::ServerUnaryReactor* GetPresence(grpc::CallbackServerContext*, const v1::GetPresenceRequest* request,
                                        v1::GetPresenceResponse* response) override {
    return app::unary(context_, request, response, this, &PresenceService::get);
  }
  grpc::ServerUnaryReactor* SetStatus(grpc::CallbackServerContext*, const v1::SetStatusRequest* request,
                                      v1::SetStatusResponse* response) override {
    return app::unary(context_, request, response, this, &PresenceService::set_status);
  }
  grpc::ServerUnaryReactor* ListSources(grpc::CallbackServerContext*, const v1::ListSourcesRequest* request,
                                        v1::ListSourcesResponse* response) override {
    return app::unary(context_, request, response, this, &PresenceService::list_sources);
  }
  grpc::ServerBidiReactor<v1::StreamPresenceRequest, v1::StreamPresenceResponse>* StreamPresence(
      grpc::CallbackServerContext*) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchReadModel(grpc::CallbackServerContext*,
                                                             const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<v1::WatchPresenceResponse>* WatchPresence(grpc::CallbackServerContext*,
                                                                     const v1::WatchPresenceRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchWriteBackResponse>* WatchWriteBack(
      grpc::CallbackServerContext*, const v1::WatchWriteBackRequest* request) override;

 private:
  Task<Result<v1::ReportPresenceResponse>> report(v1::ReportPresenceRequest request);
  Task<Result<v1::GetPresenceResponse>> get(v1::GetPresenceRequest request);
  Task<Result<v1::SetStatusResponse>> set_status(v1::SetStatusRequest request);
  Task<Result<v1::ListSourcesResponse>> list_sources(v1::ListSourcesRequest request);
  void watch(std::shared_ptr<ReadModel::Stream> stream, const v1::WatchReadModelRequest& request);
  void watch_contacts(std::shared_ptr<Contacts::Stream> stream, const v1::WatchPresenceRequest& request);
  void watch_write_back(std::shared_ptr<WriteBack::Stream> stream, const v1::WatchWriteBackRequest& request);

  app::Context context_;
  state::ExpertStore& store_;
  const Domains& domains_;
  Reports& reports_;
  SourceRegistry& sources_;
  const ReadModels& read_models_;
  const size_t most_contacts_;
  std::map<std::string, std::unique_ptr<Contacts>> contacts_;     // by domain
  std::map<std::string, std::unique_ptr<WriteBack>> write_back_;  // by domain
};

}  // namespace expertline::presence
