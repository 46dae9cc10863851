// v1.ExpertService: the directory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/rpc.h"
#include "expertline/v1/expert.grpc.pb.h"
#include "presence-ingest/domains.h"
#include "presence-ingest/expert_filter.h"
#include "roster/roster.h"
#include "state/expert_store.h"

namespace expertline::presence {

class ExpertService final : public v1::ExpertService::CallbackService {
 public:
  ExpertService(app::Context context, state::ExpertStore& store, const Domains& domains)
      : context_(context), store_(store), domains_(domains) {}

  grpc::ServerUnaryReactor* CreateExpert(grpc::CallbackServerContext*, const v1::CreateExpertRequest* request,
                                         v1::CreateExpertResponse* response) override {
    return app::unary(context_, request, response, this, &ExpertService::create);
  }
  grpc::ServerUnaryReactor* GetExpert(grpc::CallbackServerContext*, const v1::GetExpertRequest* request,
                                      v1::GetExpertResponse* response) override {
    return app::unary(context_, request, response, this, &ExpertService::get);
  }
  grpc::ServerUnaryReactor* UpdateExpert(grpc::CallbackServerContext*, const v1::UpdateExpertRequest* request,
                                         v1::UpdateExpertResponse* response) override {
    return app::unary(context_, request, response, this, &ExpertService::update);
  }
  grpc::ServerUnaryReactor* DeleteExpert(grpc::CallbackServerContext*, const v1::DeleteExpertRequest* request,
                                         v1::DeleteExpertResponse* response) override {
    return app::unary(context_, request, response, this, &ExpertService::remove);
  }
  grpc::ServerUnaryReactor* ListExperts(grpc::CallbackServerContext*, const v1::ListExpertsRequest* request,
                                        v1::ListExpertsResponse* response) override {
    return app::unary(context_, request, response, this, &ExpertService::list);
  }
  grpc::ServerUnaryReactor* ImportRoster(grpc::CallbackServerContext*, const v1::ImportRosterRequest* request,
                                         v1::ImportRosterResponse* response) override {
    return app::unary(context_, request, response, this, &ExpertService::import_text);
  }

  // Brings the directory to what the roster says, from the loop. With an error a part of it may be done; done again
  // it is completed.
  Task<Result<v1::ImportRosterResponse>> import(std::string domain, std::vector<roster::Member> experts, bool dry);

 private:
  struct Import;

  Task<Result<v1::CreateExpertResponse>> create(v1::CreateExpertRequest request);
  Task<Result<v1::GetExpertResponse>> get(v1::GetExpertRequest request);
  Task<Result<v1::UpdateExpertResponse>> update(v1::UpdateExpertRequest request);
  Task<Result<v1::DeleteExpertResponse>> remove(v1::DeleteExpertRequest request);
  Task<Result<v1::ListExpertsResponse>> list(v1::ListExpertsRequest request);
  Task<Result<v1::ListExpertsResponse>> filtered(std::string domain, ExpertFilter filter,
                                                 v1::ListExpertsRequest request);
  Task<Result<v1::ImportRosterResponse>> import_text(v1::ImportRosterRequest request);
  Task<void> put_next(std::shared_ptr<Import> import);

  app::Context context_;
  state::ExpertStore& store_;
  const Domains& domains_;
};

}  // namespace expertline::presence
