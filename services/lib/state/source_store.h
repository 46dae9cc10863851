// Sources of presence that keep themselves alive, and counts of what they report (functions/sources.lua). All methods
// run on the loop of the client; domains and ids have passed valid_id. Errors are those of fcall() and, where said,
// others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "expertline/v1/presence.pb.h"
#include "state/fcall.h"

namespace expertline::state {

struct SourceLease {
  std::string source;
  v1::SourceKind kind = v1::SOURCE_KIND_UNSPECIFIED;
  int64_t epoch = 0;
  int64_t heartbeat_ms = 0;
  int64_t grace_ms = 0;
  int64_t seen_ms = 0;               // of the store's clock
  std::optional<int64_t> lost = {};  // what it said up to that epoch is unknown
};

// What is counted of reports: taken, overtaken, or refused by reason.
struct SourceCounts {
  int64_t taken = 0;
  int64_t overtaken = 0;
  std::map<v1::ReportRefusal, int64_t> refused;

  bool empty() const { return taken == 0 && overtaken == 0 && refused.empty(); }
};

struct Sources {
  int64_t now_ms = 0;                          // of the store's clock
  std::vector<SourceLease> leases;             // of those that opened a stream of their own
  std::map<std::string, SourceCounts> counts;  // by id; kOtherSources: those that are not declared
};

inline constexpr const char* kOtherSources = "?";

class SourceStore {
 public:
  explicit SourceStore(redis::Client& redis) : redis_(redis) {}

  // A source opens a stream of its own. SOURCE_SUPERSEDED if it has begun a higher epoch.
  Task<Result<Done>> hello(std::string domain, SourceLease lease);
  // It was heard of. SOURCE_SUPERSEDED as above.
  Task<Result<Done>> alive(std::string domain, std::string source, int64_t epoch);
  // Loses those that were not heard of for too long, and has their experts composed again step by step; true if there
  // is more to do at once.
  Task<Result<bool>> sweep(std::string domain);
  // Adds to the counts, and reads all.
  Task<Result<Sources>> read(std::string domain, std::map<std::string, SourceCounts> more);

 private:
  redis::Client& redis_;
};

}  // namespace expertline::state
