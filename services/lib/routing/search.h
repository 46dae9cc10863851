// Looks for the experts of one step.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "routing/ranking.h"

namespace expertline::routing {

// All that it is given must outlive it.
class Search {
 public:
  // `key` is that of the step's random draws; `trace` is told what became of whom.
  Search(const Step& step, const Snapshot& snapshot, const Query& query, Expressions& expressions, int64_t now_ms,
         uint64_t key, v1::StepTrace& trace);

  // Those who are ready, in order of preference, at most kMaxRanked.
  std::vector<uint32_t> run();

  // What becomes of one expert: the filters of the query, then `where`, then the weight.
  Reason verdict(uint32_t expert);

 private:
  // All but the weight.
  Reason test(uint32_t expert);
  void drop(Reason reason, int32_t count = 1);
  // Tells the trace what became of whom.
  void say();

  std::vector<uint32_t> named();
  std::vector<uint32_t> single(const std::vector<const Pool*>& pools);
  std::vector<uint32_t> scan(const std::vector<const Pool*>& pools);
  std::vector<uint32_t> sample(const std::vector<const Pool*>& pools);
  void append_later(std::vector<uint32_t>& ranked);

  // The candidates of some pools, as sets to draw from and as a whole.
  struct Candidates {
    struct Set {
      const Pool* pool;
      const DrawSet* set;
    };
    std::vector<Set> sets;
    std::optional<uint32_t> held;  // one more, who is in none of the sets
    size_t size = 0;
  };
  Candidates candidates(const std::vector<const Pool*>& pools) const;
  uint32_t draw(const Candidates& from, const std::vector<const Pool*>& pools, Engine& engine) const;
  template <typename Visit>
  void each(const Candidates& from, const std::vector<const Pool*>& pools, Visit&& visit) const;

  std::vector<uint32_t> draw_single(const Candidates& from, const std::vector<const Pool*>& pools);
  std::vector<uint32_t> draw_and_test(const Candidates& from, const std::vector<const Pool*>& pools, size_t& tested);
  std::vector<uint32_t> test_in_order(const Candidates& from, const std::vector<const Pool*>& pools, size_t& tested);

  const Step& step_;
  const Snapshot& snapshot_;
  const Query& query_;
  Expressions& expressions_;
  const int64_t now_ms_;
  const uint64_t key_;
  v1::StepTrace& trace_;
  std::array<int32_t, kReasonCount> dropped_{};
  int problems_ = 0;  // experts for whom an expression had no value
  std::string first_problem_;
};

}  // namespace expertline::routing
