// Takes presence reports: observations go to the store, what they mean is composed and written. Loop thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/loop.h"
#include "presence-ingest/composer.h"
#include "presence-ingest/damping.h"
#include "presence-ingest/domains.h"
#include "state/expert_store.h"

namespace expertline::presence {

class Reports {
 public:
  Reports(app::Loop& loop, state::ExpertStore& store, const Domains& domains, bool busy_takes_im)
      : loop_(loop), store_(store) {
    for (const std::string& domain : domains.served()) {
      composers_.emplace(domain, busy_takes_im);
      dampings_[domain];
    }
  }

  // Composes again what expires, until the loop is stopped.
  void start();

  // Writes 1 to 256 reports; the answer, an outcome for each, comes when they are durable and readers of the store see
  // what they mean.
  Task<Result<std::vector<state::ReportOutcome>>> write(std::string domain, std::vector<state::Report> reports);

  // What an outcome is to whoever reported; nothing if it was taken.
  static std::optional<std::pair<v1::ReportRefusal, std::string>> refusal(state::ReportOutcome outcome);
  static v1::RefusedReport refused(int index, v1::ReportRefusal reason, std::string detail);

 private:
  Task<void> expire(std::string domain);
  Task<Result<Done>> compose_all(std::string domain, state::Observed observed);

  app::Loop& loop_;
  state::ExpertStore& store_;
  // By domain.
  std::map<std::string, Composer> composers_;
  std::map<std::string, Damping> dampings_;
};

}  // namespace expertline::presence
