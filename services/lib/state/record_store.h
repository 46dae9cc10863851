// Records of decisions in the store (functions/records.lua). A record is bytes to the store: who appends decides on
// their form.
//
// Loop thread only; every method may answer STORE_UNAVAILABLE. Domain, session and leg have passed valid_id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/fcall.h"

namespace expertline::state {

struct StoredRecord {
  std::string id;  // where a page may go on; ids grow with time, "ms-number" of the wall clock
  std::string bytes;
};

struct NewRecord {
  std::string session, leg, bytes;
};

class RecordStore {
 public:
  // Most records of one append().
  static constexpr size_t kMostAtOnce = 64;

  // All records of a domain may have so many bytes; the oldest make room.
  static constexpr int64_t kDefaultMostBytes = 256LL * 1024 * 1024;

  RecordStore(redis::Client& client, std::string domain) : client_(client), domain_(std::move(domain)) {}

  // Keeps 1 to kMostAtOnce records for `retention_ms` (more than 0) and forgets older ones. The last 100 of a leg are
  // found by of_leg().
  Task<Result<Done>> append(std::vector<NewRecord> records, int64_t retention_ms,
                            int64_t most_bytes = kDefaultMostBytes);
  // All that are kept of a leg, oldest first.
  Task<Result<std::vector<std::string>>> of_leg(std::string session, std::string leg);
  // Those after the one with the id `after` (empty: from the first on), oldest first: at most `most`, and no more than
  // `most_bytes` unless the first alone has more. Nothing: there are no more.
  Task<Result<std::vector<StoredRecord>>> page(std::string after, int most, int64_t most_bytes);

 private:
  redis::Client& client_;
  std::string domain_;
};

}  // namespace expertline::state
