// The time in which experts could be asked for something or were on a leg: out of changes as they come, stretches to be
// written. Pure. Times are milliseconds of wall-clock time.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "expertline/v1/presence.pb.h"
#include "state/report_store.h"

namespace expertline::evaluation {

// Some medium of his is free and presence and guard rails let it through, or he is on a leg that is not only wrapped
// up.
bool eligible(const v1::ExpertRecord& record);

class EligibleTime {
 public:
  // Of one that goes on, so much is kept back.
  static constexpr int64_t kWriteAfterMs = 10'000;

  void see(const std::string& expert, bool eligible, int64_t now);
  // Nobody else is eligible any more.
  void only(const std::unordered_set<std::string>& experts, int64_t now);

  // What is to be written next: at most so many stretches that have ended, and so many that go on, the oldest first.
  // One that goes over midnight, UTC, counts as one and gives two.
  std::vector<state::EligibleStretch> take(int64_t now, size_t most_ended, size_t most_going_on);
  // What was taken last could not be written: it is what is taken next.
  void give_back(std::vector<state::EligibleStretch> stretches);
  // What was before need not be written.
  void forget(int64_t before);

 private:
  struct Ended {
    std::string expert;
    int64_t from, to;
  };
  struct GoingOn {
    std::string expert;
    int64_t from;
  };
  void end(const std::string& expert, int64_t from, int64_t now);

  std::unordered_map<std::string, int64_t> since_;  // who is eligible; all before is told
  std::deque<Ended> ended_;
  std::deque<GoingOn> going_on_;  // by `from`; those that are no longer as since_ has them do not count
  std::vector<state::EligibleStretch> again_;
};

}  // namespace expertline::evaluation
