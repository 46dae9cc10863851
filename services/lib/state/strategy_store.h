// Revisions of strategies in the store, one truth for all replicas (functions/records.lua).
//
// Loop thread only; every method may answer STORE_UNAVAILABLE. Names and revisions have passed valid_id.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/fcall.h"

namespace expertline::state {

struct StoredRevision {
  std::string revision;
  int64_t first_loaded_ms = 0;  // wall clock
};

struct StoredStrategy {
  std::string name;
  std::string pinned;                     // the revision that was activated by hand; empty: none
  std::string pinned_over;                // what its file said then; empty: nothing good
  std::vector<StoredRevision> revisions;  // newest first
};

struct StoredStrategies {
  int64_t version = 0;               // grows with each change
  std::vector<StoredStrategy> list;  // in order of name
};

class StrategyStore {
 public:
  StrategyStore(redis::Client& client, std::string domain) : client_(client), domain_(std::move(domain)) {}

  // It was loaded from its file now. The 20 that were loaded last are kept, and the one that is pinned.
  // Gives when it was first loaded (wall-clock ms).
  Task<Result<int64_t>> keep(std::string strategy, std::string revision, std::string text);
  Task<Result<StoredStrategies>> all();
  // The same number as in all(): a cheap way to see whether anything has changed.
  Task<Result<int64_t>> version();
  // UNKNOWN_REVISION if it is not kept.
  Task<Result<std::string>> text(std::string strategy, std::string revision);
  // Makes a kept revision the live one, over the one that the file has now (empty: nothing good); UNKNOWN_REVISION if
  // it is not kept. An empty revision: what the file says is live.
  Task<Result<Done>> pin(std::string strategy, std::string revision, std::string file);
  // The file has another revision than before: a pin that was made over any other than this one is let go of.
  Task<Result<Done>> file_changed(std::string strategy, std::string file);

 private:
  redis::Client& client_;
  std::string domain_;
};

}  // namespace expertline::state
