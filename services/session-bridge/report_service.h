// ReportService: what came of it.
#pragma once

#include "app/rpc.h"
#include "expertline/v1/report.grpc.pb.h"
#include "session-bridge/report.h"
#include "session-bridge/session_service.h"

namespace expertline::bridge {

class ReportService final : public v1::ReportService::CallbackService {
 public:
  ReportService(app::Context context, const Domains& domains) : context_(context), domains_(domains) {}

  grpc::ServerUnaryReactor* SetDisposition(grpc::CallbackServerContext*, const v1::SetDispositionRequest* request,
                                           v1::SetDispositionResponse* response) override;
  grpc::ServerUnaryReactor* GetInteraction(grpc::CallbackServerContext*, const v1::GetInteractionRequest* request,
                                           v1::GetInteractionResponse* response) override;
  grpc::ServerUnaryReactor* GetReport(grpc::CallbackServerContext*, const v1::GetReportRequest* request,
                                      v1::GetReportResponse* response) override;
  grpc::ServerUnaryReactor* GetPersonDay(grpc::CallbackServerContext*, const v1::GetPersonDayRequest* request,
                                         v1::GetPersonDayResponse* response) override;
  grpc::ServerUnaryReactor* ListAudit(grpc::CallbackServerContext*, const v1::ListAuditRequest* request,
                                      v1::ListAuditResponse* response) override;

 private:
  Task<Result<v1::SetDispositionResponse>> set_disposition(v1::SetDispositionRequest request);
  Task<Result<v1::GetInteractionResponse>> get_interaction(v1::GetInteractionRequest request);
  Task<Result<v1::GetReportResponse>> get_report(v1::GetReportRequest request);
  Task<Result<v1::GetPersonDayResponse>> get_person_day(v1::GetPersonDayRequest request);
  Task<Result<v1::ListAuditResponse>> list_audit(v1::ListAuditRequest request);

  // Reads what the report sums up, step by step: the loop goes on between the steps. Of eligible time only that of
  // `expert`, if one is named. Both outlive it.
  Task<Result<Done>> fill(Domain* domain, Report* report, std::string expert);
  Task<Result<Domain*>> ready_domain(std::string parent);

  app::Context context_;
  const Domains& domains_;
};

}  // namespace expertline::bridge
