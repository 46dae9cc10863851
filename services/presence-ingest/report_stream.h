// StreamPresence: the stream of one source or gateway, on an Intake. Loop thread but for open().
#pragma once

#include <memory>
#include <string>

#include "app/rpc.h"
#include "presence-ingest/domains.h"
#include "presence-ingest/sources/intake.h"

namespace expertline::presence {

class ReportStream : public std::enable_shared_from_this<ReportStream> {
 public:
  using Reactor = grpc::ServerBidiReactor<v1::StreamPresenceRequest, v1::StreamPresenceResponse>;

  static Reactor* open(app::Context context, const Domains& domains, Reports& reports, SourceRegistry& registry);

  ReportStream(app::Context context, const Domains& domains, Reports& reports, SourceRegistry& registry)
      : context_(context), domains_(domains), reports_(reports), registry_(registry) {}

 private:
  void on_message(std::optional<v1::StreamPresenceRequest> request);
  Task<void> greet(v1::StreamPresenceRequest request);
  void push(v1::StreamPresenceRequest request);
  void on_acknowledged(Intake::Acknowledged acknowledged);
  void read_next();
  void fail(const Error& error);
  void gone();

  app::Context context_;
  const Domains& domains_;
  Reports& reports_;
  SourceRegistry& registry_;
  std::shared_ptr<app::BidiStream<v1::StreamPresenceRequest, v1::StreamPresenceResponse>> stream_;  // null when gone
  std::shared_ptr<Intake> intake_;  // from the first message on
  std::string parent_;
  bool own_ = false;      // began with hello
  bool reading_ = false;  // the next message has been asked for
  bool ended_ = false;    // the sender has finished
};

}  // namespace expertline::presence
