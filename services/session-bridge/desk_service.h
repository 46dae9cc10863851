// DeskService: the experts' side.
#pragma once

#include <memory>

#include "app/rpc.h"
#include "expertline/v1/desk.grpc.pb.h"
#include "session-bridge/session_service.h"

namespace expertline::bridge {

class DeskService final : public v1::DeskService::CallbackService {
 public:
  DeskService(app::Context context, const Domains& domains);

  grpc::ServerBidiReactor<v1::DeskRequest, v1::DeskResponse>* Desk(grpc::CallbackServerContext*) override;

 private:
  app::Context context_;
  const Domains& domains_;
};

}  // namespace expertline::bridge
