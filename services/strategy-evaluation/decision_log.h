// What becomes known of past decisions: kept in the store, read again for explanations. Loop thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/loop.h"
#include "base/result.h"
#include "state/record_store.h"
#include "strategy-evaluation/packed_record.h"
#include "strategy-evaluation/packer.h"

namespace expertline::evaluation {

struct RecordSettings {
  double share = 0.01;                             // of the legs whose decisions are kept in full, 0 to 1
  int64_t retention_ms = int64_t{24} * 3'600'000;  // more than 0
};

// "all", "none", or a percentage such as "2.5%". INVALID_FIELD with what it must be.
Result<double> read_share(std::string_view text);

class DecisionLog {
 public:
  DecisionLog(app::Loop& loop, redis::Client& client, std::string domain, RecordSettings settings, Packer& packer);

  // Whether the decisions of a leg are kept in full: the same for all of them, on every replica.
  bool in_full(uint64_t seed) const;

  // Keeps a decision: in full if it has facts and not too many records wait, else in counts. It is in the store some
  // milliseconds later; if the store does not answer then it is lost.
  void add(std::string session, std::string leg, v1::DecisionRecord record);

  // All that is kept of a leg, in order of time.
  Task<Result<std::vector<Unpacked>>> of_leg(std::string session, std::string leg);

  struct Page {
    std::vector<v1::DecisionRecord> records;
    std::string next;  // empty: the last page
  };
  // Records kept in full after that token (empty: from the first), oldest first; of one strategy if named. A page has
  // at most `most`, ends early where it gets large, and may be empty though it is not the last.
  Task<Result<Page>> page(std::string token, int most, std::string strategy);

  // Decisions of which only the counts were kept because too many records were waiting.
  uint64_t reduced() const { return reduced_; }

 private:
  void queue(state::NewRecord packed);
  void flush();
  Task<void> store(std::vector<state::NewRecord> packed);

  app::Loop& loop_;
  const std::string domain_;
  state::RecordStore store_;
  RecordSettings settings_;
  Packer& packer_;
  std::vector<state::NewRecord> packed_;  // leave together, so that the store syncs its file once for all
  bool flushing_ = false;
  uint64_t reduced_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace expertline::evaluation
