// In which order experts are preferred. Whole numbers decide, so every machine ranks alike; ties are broken by a keyed
// hash of the expert, so the order in which they are offered has no part in it.
#pragma once

#include <utility>
#include <vector>

#include "routing/query.h"

namespace expertline::routing {

class Ranking {
 public:
  // All that it is given must outlive it. `key` is that of the step's random draws.
  Ranking(const Step& step, const Snapshot& snapshot, const Query& query, Expressions& expressions, int64_t now_ms,
          uint64_t key);

  struct Place {
    int64_t score;  // least first
    uint64_t tie;
    uint32_t expert;

    bool operator<(const Place& other) const { return score != other.score ? score < other.score : tie < other.tie; }
  };
  // Any pick but kWeighted.
  Place place(uint32_t expert);

  // Puts an expert up for choice. False if he cannot be chosen: his weight is not more than 0.
  bool offer(uint32_t expert);
  // The best kMaxRanked of those put up, in order.
  std::vector<uint32_t> take();

  // kWeighted: his weight, 0 if he cannot be chosen.
  double weight(uint32_t expert);
  // The score as an explanation says it; empty for kRandom.
  std::string score_text(uint32_t expert);

 private:
  struct Weighed {
    double weight;
    Place place;
  };

  int64_t load_today(uint32_t expert);
  std::vector<uint32_t> draw_weighted();

  const Step& step_;
  const Snapshot& snapshot_;
  const Query& query_;
  Expressions& expressions_;
  const int64_t now_ms_;
  const uint64_t key_;
  std::vector<Place> heap_;       // the best so far, the worst of them in front
  std::vector<Weighed> weighed_;  // kWeighted: all
  struct Today {
    uint32_t guard;
    int32_t day;
    int64_t eligible_ms;
  };
  std::vector<Today> today_;  // of the guard rails met so far; few
};

}  // namespace expertline::routing
