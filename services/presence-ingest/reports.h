// Takes presence reports: observations go to the store, what they mean is composed and written. Loop thread.
#pragma once

#include <string>
#include <vector>

#include "app/loop.h"
#include "presence-ingest/domains.h"
#include "state/expert_store.h"

namespace expertline::presence {

class Reports {
 public:
  Reports(app::Loop& loop, state::ExpertStore& store, const Domains& domains)
      : loop_(loop), store_(store), domains_(domains) {}

  // Composes again what expires, until the loop is stopped.
  void start();

  // Takes a batch; the answer comes when it is durable and readers of the store see what it means. 1 to 256 reports
  // (INVALID_FIELD of `reports`); those that are not taken are told with their place.
  Task<Result<std::vector<v1::RefusedReport>>> take(std::string domain,
                                                    google::protobuf::RepeatedPtrField<v1::PresenceReport> reports);

 private:
  Task<void> expire(std::string domain);
  Task<Result<Done>> compose_all(std::string domain, state::Observed observed);

  app::Loop& loop_;
  state::ExpertStore& store_;
  const Domains& domains_;
};

}  // namespace expertline::presence
