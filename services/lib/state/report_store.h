// What came of it, in the store (functions/reports.lua): interactions, sums by the hour, the time in which experts
// could be asked.
//
// Loop thread only; STORE_UNAVAILABLE: nothing is known of the outcome. Times are milliseconds of the store's clock
// unless it is said otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/task.h"
#include "base/result.h"
#include "expertline/v1/report.pb.h"
#include "redis/client.h"

namespace expertline::state {

struct InteractionState {
  std::string id, case_key;
  int64_t time = 0;                   // when it was heard of first
  std::vector<std::string> sessions;  // the last 100
  std::vector<std::string> experts;   // who helped
  std::vector<std::string> points;    // where it asked
  struct Disposed {
    std::string code, notes, by;
    bool resolved = false;
    int64_t time = 0;
  };
  std::optional<Disposed> disposed;
  bool mailbox_open = false;
  std::optional<int64_t> next_contact;  // about the same case, when
};

// One number of an hour: of sessions that began in it, or of offers made and legs that became active in it.
struct Sum {
  bool of_expert = false;  // `who` is an expert, else an agent
  // Of agents: sessions, their outcomes, reached (how many of `helped` reached somebody), tte (ms in all from the
  // question to the first expert). Of experts: outcomes of offers, chat and talk (ms).
  std::string what;
  std::string routing_point;  // empty: none
  std::string who;            // empty: nobody
  int64_t value = 0;
};

// A stretch of time in which an expert could be asked; it does not go over midnight, UTC.
struct EligibleStretch {
  int64_t day = 0;  // since 1970
  std::string expert;
  int from_s = 0, to_s = 0;  // of that day
};

using EligibleHours = std::array<int, 24>;  // seconds

class ReportStore {
 public:
  ReportStore(redis::Client& client, std::string domain) : client_(client), domain_(std::move(domain)) {}

  Task<Result<InteractionState>> dispose(std::string interaction, std::string case_key, v1::Disposition disposition);
  // UNKNOWN_INTERACTION.
  Task<Result<InteractionState>> interaction(std::string id);
  // Those that were heard of first in that time: by time, `most` after the first `skip`. Only what reports need of
  // them: no id, sessions, case key, and of the disposition only whether it is resolved.
  Task<Result<std::vector<InteractionState>>> interactions(int64_t from, int64_t before, int skip, int most);
  // The sums of some hours (since 1970, wall clock), one after another.
  Task<Result<std::vector<std::vector<Sum>>>> hours(int64_t first, int count);
  // Of a day (since 1970, UTC), by expert; of one expert only, if one is named.
  Task<Result<std::vector<std::pair<std::string, EligibleHours>>>> eligible(int64_t day, std::string expert);
  // Adds what is not known yet. False: another replica does this.
  Task<Result<bool>> add_eligible(std::string replica, std::vector<EligibleStretch> stretches);
  // The sessions of a person from the `skip`-th on, with when they began: those he began last, or was asked in last,
  // come first. `list`: agent | expert.
  Task<Result<std::vector<std::pair<std::string, int64_t>>>> sessions_of(std::string list, std::string id, int skip,
                                                                         int most);

 private:
  redis::Client& client_;
  std::string domain_;
};

}  // namespace expertline::state
