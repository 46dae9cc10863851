// The simulated experts of a replay: who they are, what they hold, how they answer. No I/O.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/calls/draw.h"

namespace expertline::cli {

// Each expert has a main skillset at level 3 to 5 and a second one at level 1 or 2, spread evenly; one IM and one
// call at a time.
class SimExperts {
 public:
  enum class Reaction { kAccept, kDecline, kOverlook };
  struct Manner {
    double decline = 0.1;   // probability
    double overlook = 0.1;  // probability; with `decline` at most 1
    double answer_s = 5;    // mean of an exponential delay, model seconds
  };
  struct Answer {
    Reaction reaction = Reaction::kAccept;
    double delay_s = 0;  // model seconds
  };

  SimExperts(int count, Manner manner, uint64_t seed);

  const std::vector<std::string>& ids() const { return ids_; }
  // Rosters that together hold all of them, `most` experts each.
  std::vector<std::string> rosters(size_t most) const;

  // What he will do with the next preview.
  Answer draw_answer();

  // `what` names a leg. Holding it twice is holding it once.
  void hold(const std::string& expert, const std::string& what);
  void release(const std::string& expert, const std::string& what);
  // Experts with that skill who hold nothing, but not those in `without`.
  std::vector<std::string> ready(const std::string& skill, const std::set<std::string>& without) const;

 private:
  std::vector<std::string> ids_;
  std::vector<std::map<std::string, int>> skills_;            // by place in ids_
  std::map<std::string, std::vector<std::string>> by_skill_;  // ids
  std::map<std::string, std::set<std::string>> holdings_;
  Manner manner_;
  Draw draw_;
};

}  // namespace expertline::cli
