#include "strategy-evaluation/skillsets.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fairness.h"
#include "strategy-evaluation/metrics.h"

namespace expertline::evaluation {
namespace {

using app::Readings;

constexpr uint64_t kCountMs = 5'000;
constexpr uint64_t kJudgeMs = 15'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr size_t kMostSkills = 200;
constexpr int kLeastEligibleS = 60;
constexpr size_t kAtOnce = 5'000;  // experts, until others have their turn
constexpr const char* kEverybody = "*";

constexpr std::array kStatuses{"ready", "occupied", "blocked", "no_desk", "absent"};

// Which of them; of the rest nothing is shown.
size_t status_of(routing::Reason reason) {
  using routing::Reason;
  switch (reason) {
    case Reason::kReady:
      return 0;
    case Reason::kAtCapacity:
    case Reason::kWrapUp:
      return 1;
    case Reason::kOffHours:
    case Reason::kCoolDown:
    case Reason::kPaused:
    case Reason::kHourLimit:
    case Reason::kDayLimit:
      return 2;
    case Reason::kNoDesk:
      return 3;
    default:
      return 4;
  }
}

using StatusCounts = std::array<uint64_t, kStatuses.size()>;

void add(StatusCounts& counts, const routing::Pool& pool, uint32_t medium) {
  if (medium >= pool.media.size()) return;
  for (size_t i = 0; i < routing::kStatusCount; ++i) {
    counts[status_of(static_cast<routing::Reason>(i))] += pool.media[medium].by_status[i];
  }
}

// The skills that are shown, by name.
std::map<std::string, uint32_t> skills_of(const routing::Snapshot& snapshot) {
  std::map<std::string, uint32_t> skills;
  const routing::WordTable& words = snapshot.vocabulary().skills;
  for (uint32_t i = 0; i < words.size(); ++i) skills[words.word(i)] = i;
  while (skills.size() > kMostSkills) skills.erase(std::prev(skills.end()));
  return skills;
}

// What an expert got in an hour.
struct Got {
  double accepted = 0, declined = 0, overlooked = 0, offers = 0;
  double talk_s = 0;
};

struct Share {
  double eligible_h = 0;
  Got got;
};

std::unordered_map<std::string, Got> by_expert(const std::vector<state::Sum>& sums) {
  std::unordered_map<std::string, Got> all;
  for (const state::Sum& sum : sums) {
    if (!sum.of_expert) continue;
    Got& got = all[sum.who];
    const auto value = static_cast<double>(sum.value);
    if (sum.what == "chat" || sum.what == "talk") {
      got.talk_s += value / 1000;
      continue;
    }
    got.offers += value;  // its outcomes: offers
    if (sum.what == "accepted") got.accepted += value;
    if (sum.what == "declined") got.declined += value;
    if (sum.what == "timed_out") got.overlooked += value;
  }
  return all;
}

struct Judged {
  std::vector<Readings::Value> jain, largest, experts, occupancy, declined, overlooked;

  void add(const std::string& skill, const char* hour, const std::vector<Share>& shares) {
    if (shares.empty()) return;
    experts.push_back({.labels = {skill, hour}, .value = static_cast<double>(shares.size())});
    Got all;
    double eligible_h = 0;
    for (const Share& share : shares) {
      eligible_h += share.eligible_h;
      all.talk_s += share.got.talk_s;
      all.accepted += share.got.accepted;
      all.declined += share.got.declined;
      all.overlooked += share.got.overlooked;
    }
    occupancy.push_back({.labels = {skill, hour}, .value = all.talk_s / 3600 / eligible_h});
    const double answered = all.accepted + all.declined + all.overlooked;
    if (answered > 0) {
      declined.push_back({.labels = {skill, hour}, .value = all.declined / answered});
      overlooked.push_back({.labels = {skill, hour}, .value = all.overlooked / answered});
    }
    const std::array<std::pair<const char*, double Got::*>, 3> measures{
        {{"offers", &Got::offers}, {"accepts", &Got::accepted}, {"talk_time", &Got::talk_s}}};
    for (const auto& [measure, of] : measures) {
      std::vector<double> rates;
      rates.reserve(shares.size());
      for (const Share& share : shares) rates.push_back(share.got.*of / share.eligible_h);
      const auto fair = fairness_of(std::move(rates));
      if (!fair) continue;
      jain.push_back({.labels = {skill, measure, hour}, .value = fair->jain});
      largest.push_back({.labels = {skill, measure, hour}, .value = fair->largest_to_median});
    }
  }

  void show(const std::string& domain) const {
    fairness_jain.replace(domain, jain);
    fairness_largest.replace(domain, largest);
    fairness_experts.replace(domain, experts);
    skillset_occupancy.replace(domain, occupancy);
    skillset_declined.replace(domain, declined);
    skillset_overlooked.replace(domain, overlooked);
  }
};

}  // namespace

Task<void> Skillsets::count() {
  read_model_connected.at({domain_}).Set(0);
  while (!stopping_) {
    if (read_model_.ready()) {
      const routing::Snapshot& snapshot = read_model_.snapshot();
      const routing::WordTable& media = snapshot.vocabulary().media;
      std::vector<Readings::Value> values;
      const auto tell = [&](const std::string& medium, const std::string& skill, const StatusCounts& counts) {
        for (size_t i = 0; i < kStatuses.size(); ++i) {
          values.push_back({.labels = {medium, skill, kStatuses[i]}, .value = static_cast<double>(counts[i])});
        }
      };
      for (uint32_t medium = 0; medium < media.size(); ++medium) {
        StatusCounts all{};
        add(all, snapshot.everybody(), medium);
        tell(media.word(medium), kEverybody, all);
        for (const auto& [name, skill] : skills_of(snapshot)) {
          StatusCounts counts{};
          for (int level = 1; level <= routing::Snapshot::kLevels; ++level) {
            add(counts, snapshot.with_skill(skill, level), medium);
          }
          tell(media.word(medium), name, counts);
        }
      }
      skillset_experts.replace(domain_, values);
      read_model_experts.at({domain_}).Set(static_cast<double>(snapshot.size()));
    }
    const bool going = co_await loop_.sleep(kCountMs);
    if (!going) co_return;
  }
}

Task<void> Skillsets::judge() {
  while (!stopping_) {
    if (read_model_.ready() && clock_.known() && accountant_.writes()) {
      const auto now = google::protobuf::util::TimeUtil::TimestampToMilliseconds(clock_.moment().now());
      co_await judge_hours(now / kHourMs);
    } else {
      Judged().show(domain_);  // another replica does
    }
    const bool going = co_await loop_.sleep(kJudgeMs);
    if (!going) co_return;
  }
}

Task<bool> Skillsets::judge_hours(int64_t hour) {
  const auto sums = co_await store_.hours(hour - 1, 2);
  if (!sums) co_return false;
  Judged judged;
  for (const int64_t which : {hour - 1, hour}) {
    const char* name = which == hour ? "current" : "last";
    const auto eligible = co_await store_.eligible(which / 24, "");
    if (!eligible) co_return false;
    const auto got = by_expert(sums->at(static_cast<size_t>(which - hour + 1)));
    std::map<std::string, std::vector<Share>> shares;  // by skill
    size_t seen = 0;
    for (const auto& [expert, seconds] : *eligible) {
      if (++seen % kAtOnce == 0) {
        const bool going = co_await loop_.sleep(0);
        if (!going) co_return false;
      }
      const int in_hour = seconds[static_cast<size_t>(which % 24)];
      if (in_hour < kLeastEligibleS) continue;
      const auto his = got.find(expert);
      const Share share{.eligible_h = in_hour / 3600.0, .got = his == got.end() ? Got{} : his->second};
      shares[kEverybody].push_back(share);
      // Not kept across the pause above: the snapshot may be another one then.
      const routing::Snapshot& snapshot = read_model_.snapshot();
      const auto number = snapshot.find(expert);
      if (!number) continue;
      for (const routing::Trait trait : snapshot.row(*number).traits()) {
        if ((trait & routing::kGroupBit) != 0) continue;
        shares[snapshot.vocabulary().skills.word(trait / 8)].push_back(share);
      }
    }
    while (shares.size() > kMostSkills + 1) shares.erase(std::prev(shares.end()));
    for (const auto& [skill, of_skill] : shares) judged.add(skill, name, of_skill);
  }
  judged.show(domain_);
  co_return true;
}

}  // namespace expertline::evaluation
