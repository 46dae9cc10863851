#include "strategy-evaluation/accountant.h"

#include <google/protobuf/util/time_util.h>

namespace expertline::evaluation {
namespace {

constexpr uint64_t kWriteMs = 1'000;
constexpr size_t kMostEnded = 500;
// So much of those that go on: with more than ten times as many experts each one is written less often.
constexpr size_t kMostGoingOn = 200;
// What another replica may not have written yet when it dies; longer than its turn lasts without it (ACCOUNTANT_MS of
// functions/reports.lua).
constexpr int64_t kKeptMs = 30'000;

std::string id_of(const v1::ExpertRecord& record) {
  const std::string& name = record.expert().name();
  return name.substr(name.rfind('/') + 1);
}

}  // namespace

int64_t Accountant::now() const {
  if (!clock_.known()) return 0;
  return google::protobuf::util::TimeUtil::TimestampToMilliseconds(clock_.moment().now());
}

void Accountant::see(const v1::WatchReadModelResponse& response) {
  if (response.snapshot_begin()) {
    snapshot_ = true;
    coming_.clear();
  }
  for (const v1::ExpertRecord& record : response.records()) {
    const bool is = eligible(record);
    if (!snapshot_) {
      time_.see(id_of(record), is, now());
    } else if (is) {
      coming_.insert(id_of(record));
    }
  }
  if (!response.snapshot_complete() || !snapshot_) return;
  snapshot_ = false;
  time_.only(coming_, now());
  for (const std::string& expert : coming_) time_.see(expert, true, now());
  coming_.clear();
}

Task<void> Accountant::run() {
  while (!clock_.known()) {
    const bool going = co_await loop_.sleep(20);
    if (!going) co_return;
  }
  time_.forget(now());  // until then it was 0
  while (!stopping_) {
    std::vector<state::EligibleStretch> stretches;
    if (writes_) stretches = time_.take(now(), kMostEnded, kMostGoingOn);
    const bool full = stretches.size() >= kMostEnded;
    // Without anything it keeps its turn, or asks for it.
    const auto written = co_await store_.add_eligible(replica_, stretches);
    if (written) writes_ = *written;
    if (!written || !writes_) time_.give_back(std::move(stretches));
    if (!writes_ && now() - forgotten_ > kKeptMs) {
      forgotten_ = now() - kKeptMs;
      time_.forget(forgotten_);
    }
    const bool going = co_await loop_.sleep(full && written && writes_ ? 1 : kWriteMs);
    if (!going) co_return;
  }
}

}  // namespace expertline::evaluation
