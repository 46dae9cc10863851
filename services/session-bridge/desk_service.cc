#include "session-bridge/desk_service.h"

#include "session-bridge/desk_stream.h"

namespace expertline::bridge {

DeskService::DeskService(app::Context context, const Domains& domains) : context_(context), domains_(domains) {}

grpc::ServerBidiReactor<v1::DeskRequest, v1::DeskResponse>* DeskService::Desk(grpc::CallbackServerContext*) {
  auto stream = std::make_shared<DeskStream>(context_, domains_);
  stream->start(stream);
  stream->read_next();
  return stream.get();
}

}  // namespace expertline::bridge
