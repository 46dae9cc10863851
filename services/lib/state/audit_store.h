// The audit in the store (functions/audit.lua): what policy refused, and what supervisors and operators did.
//
// At most some 100,000 lines and 90 days of a domain are kept. Loop thread only; STORE_UNAVAILABLE: nothing is known of
// the outcome.
#pragma once

#include <string>
#include <vector>

#include "app/task.h"
#include "base/result.h"
#include "expertline/v1/report.pb.h"
#include "redis/client.h"

namespace expertline::state {

class AuditStore {
 public:
  AuditStore(redis::Client& client, std::string domain) : client_(client), domain_(std::move(domain)) {}

  // One line; its id and time are the store's. `detail` must hold neither user data nor words of a conversation.
  Task<Result<Done>> add(v1::AuditEntry line);
  // Oldest first: at most `most` lines after the one with the id `after` (empty: from the first).
  Task<Result<std::vector<v1::AuditEntry>>> list(std::string after, int most);

 private:
  redis::Client& client_;
  std::string domain_;
};

}  // namespace expertline::state
