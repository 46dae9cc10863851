// v1.PresenceService: reports come in, one truth goes out.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/rpc.h"
#include "expertline/v1/presence.grpc.pb.h"
#include "presence-ingest/domains.h"
#include "presence-ingest/read_model.h"
#include "presence-ingest/reports.h"

namespace expertline::presence {

class PresenceService final : public v1::PresenceService::CallbackService {
 public:
  using ReadModels = std::map<std::string, std::unique_ptr<ReadModel>>;  // by domain, one for each that is served

  PresenceService(app::Context context, state::ExpertStore& store, const Domains& domains, Reports& reports,
                  const ReadModels& read_models)
      : context_(context), store_(store), domains_(domains), reports_(reports), read_models_(read_models) {}

  grpc::ServerUnaryReactor* ReportPresence(grpc::CallbackServerContext*, const v1::ReportPresenceRequest* request,
                                           v1::ReportPresenceResponse* response) override {
    return app::unary(context_, request, response, this, &PresenceService::report);
  }
  grpc::ServerUnaryReactor* GetPresence(grpc::CallbackServerContext*, const v1::GetPresenceRequest* request,
                                        v1::GetPresenceResponse* response) override {
    return app::unary(context_, request, response, this, &PresenceService::get);
  }
  grpc::ServerBidiReactor<v1::StreamPresenceRequest, v1::StreamPresenceResponse>* StreamPresence(
      grpc::CallbackServerContext*) override;
  grpc::ServerWriteReactor<v1::WatchReadModelResponse>* WatchReadModel(
      grpc::CallbackServerContext*, const v1::WatchReadModelRequest* request) override;

 private:
  struct ReportStream;

  Task<Result<v1::ReportPresenceResponse>> report(v1::ReportPresenceRequest request);
  Task<Result<v1::GetPresenceResponse>> get(v1::GetPresenceRequest request);
  void on_batch(const std::shared_ptr<ReportStream>& stream, std::optional<v1::StreamPresenceRequest> request);
  Task<void> take(std::shared_ptr<ReportStream> stream, v1::StreamPresenceRequest request);
  void watch(std::shared_ptr<ReadModel::Stream> stream, const v1::WatchReadModelRequest& request);

  app::Context context_;
  state::ExpertStore& store_;
  const Domains& domains_;
  Reports& reports_;
  const ReadModels& read_models_;
};

}  // namespace expertline::presence
