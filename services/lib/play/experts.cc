// The experts on a table: their states, what they hold, their guard rails.
#include <absl/time/time.h>

#include <algorithm>

#include "play/table.h"
#include "routing/expressions.h"

namespace expertline::play {
namespace {

using routing::milliseconds;

constexpr int64_t kHourMs = 3'600'000;

// What presence lets through in a state, when the endpoints say nothing else (presence-ingest/compose.h).
bool allows(v1::PresenceState state, std::string_view medium) {
  if (state == v1::PRESENCE_STATE_ONLINE) return true;
  if (medium == "voice") return false;
  return state == v1::PRESENCE_STATE_ON_THE_PHONE || state == v1::PRESENCE_STATE_APPEAR_OFFLINE;
}

void set_state(v1::ExpertRecord& record, v1::PresenceState state, bool do_not_disturb) {
  record.set_state(state);
  record.set_do_not_disturb(do_not_disturb);
  for (v1::MediumStatus& medium : *record.mutable_media()) {
    medium.set_routable(!do_not_disturb && allows(state, medium.medium()));
  }
}

absl::TimeZone zone_of(const v1::ExpertRecord& record) {
  const std::string& name = record.expert().guard_rails().time_zone();
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!name.empty()) absl::LoadTimeZone(name, &zone);
  return zone;
}

absl::CivilDay day_at(const v1::ExpertRecord& record, int64_t at_ms) {
  return absl::ToCivilDay(absl::FromUnixMillis(at_ms), zone_of(record));
}

int32_t day_number(absl::CivilDay day) { return static_cast<int32_t>(day - absl::CivilDay(1970, 1, 1)); }

// Monday first, as v1::Weekday.
int weekday(absl::CivilDay day) { return static_cast<int>(absl::GetWeekday(day)) + 1; }

// Minutes after midnight of a day, on the clock on the wall.
int64_t at_minute(absl::CivilDay day, int minute, absl::TimeZone zone) {
  return absl::ToUnixMillis(absl::FromCivil(absl::CivilMinute(day) + minute, zone));
}

// The counts of the day begin anew with each day of his zone.
void begin_day(v1::ExpertRecord& record, int64_t now_ms) {
  const int32_t today = day_number(day_at(record, now_ms));
  if (record.today() == today) return;
  record.set_today(today);
  record.set_offers_today(0);
  record.set_worked_today_ms(0);
}

bool at_his_hours(const v1::ExpertRecord& record, int64_t now_ms) {
  const v1::GuardRails& rails = record.expert().guard_rails();
  if (rails.hours_size() == 0) return true;
  const absl::CivilDay day = day_at(record, now_ms);
  const absl::TimeZone zone = zone_of(record);
  return std::any_of(rails.hours().begin(), rails.hours().end(), [&](const v1::WorkingTime& time) {
    return static_cast<int>(time.day()) == weekday(day) && at_minute(day, time.start_minute(), zone) <= now_ms &&
           now_ms < at_minute(day, time.end_minute(), zone);
  });
}

}  // namespace

v1::ExpertRecord at_work(const v1::Expert& expert, std::string_view id, v1::PresenceState state) {
  v1::ExpertRecord record;
  *record.mutable_expert() = expert;
  record.mutable_expert()->set_name("domains/main/experts/" + std::string(id));
  record.mutable_expert()->set_state(v1::EXPERT_STATE_ACTIVE);
  record.set_has_desk(true);
  const std::map<std::string, int32_t> in_order(expert.capacities().begin(), expert.capacities().end());
  for (const auto& [name, capacity] : in_order) {
    v1::MediumStatus& medium = *record.add_media();
    medium.set_medium(name);
    medium.set_capacity(capacity);
  }
  set_state(record, state, false);
  return record;
}

void Table::put(const v1::ExpertRecord& record) {
  const std::string& name = record.expert().name();
  const std::string id = name.substr(name.rfind('/') + 1);
  Person& who = people_[id];
  who.record = record;
  who.given = record.block();
  who.elsewhere.clear();
  for (const v1::MediumStatus& medium : record.media()) who.elsewhere[medium.medium()] = medium.used();
  if (record.today() == 0) who.record.set_today(day_number(day_at(record, now_ms_)));
  update(id, who);
  settle();
}

void Table::presence(const std::string& expert, v1::PresenceState state, bool do_not_disturb) {
  const auto found = people_.find(expert);
  if (found == people_.end()) return;
  Person& who = found->second;
  set_state(who.record, state, do_not_disturb);
  who.given = v1::BLOCK_UNSPECIFIED;
  who.paused = false;
  who.timeouts = 0;
  update(expert, who);
  settle();
}

void Table::free(const std::string& expert) {
  const auto found = people_.find(expert);
  if (found == people_.end()) return;
  Person& who = found->second;
  bool held = false;
  for (auto& [medium, count] : who.elsewhere) {
    held = held || count > 0;
    count = 0;
  }
  if (held) who.record.set_idle_since_ms(now_ms_);
  who.given = v1::BLOCK_UNSPECIFIED;
  who.paused = false;
  who.timeouts = 0;
  who.cool_until_ms = 0;
  update(expert, who);
  settle();
}

void Table::desk(const std::string& expert, bool connected) {
  const auto found = people_.find(expert);
  if (found == people_.end()) return;
  found->second.record.set_has_desk(connected);
  update(expert, found->second);
  settle();
}

void Table::remove(const std::string& expert) {
  const auto found = people_.find(expert);
  if (found == people_.end()) return;
  v1::ExpertRecord gone;
  gone.mutable_expert()->set_name(found->second.record.expert().name());
  gone.set_removed(true);
  gone.set_revision(++revision_);
  snapshot_.apply(gone);
  people_.erase(found);
}

const v1::ExpertRecord& Table::record(const std::string& expert) const {
  const auto found = people_.find(expert);
  return found == people_.end() ? v1::ExpertRecord::default_instance() : found->second.record;
}

void Table::update(const std::string& expert, Person& who) {
  for (v1::MediumStatus& medium : *who.record.mutable_media()) {
    medium.set_used(who.elsewhere[medium.medium()] + who.holding[medium.medium()]);
    medium.set_wrapping_up(who.wrapping[medium.medium()]);
  }
  begin_day(who.record, now_ms_);
  who.record.set_block(block(who));
  who.record.set_revision(++revision_);
  snapshot_.apply(who.record);
  const int64_t next = next_guard_change(who);
  if (next != who.timer_ms) {
    who.timer_ms = next;
    if (next != 0) timers_.emplace(next, Timer{.kind = Timer::Kind::kGuard, .expert = expert, .medium = {}});
  }
  changed_.insert(expert);
}

v1::Block Table::block(Person& who) const {
  const v1::GuardRails& rails = who.record.expert().guard_rails();
  if (who.given != v1::BLOCK_UNSPECIFIED) return who.given;
  if (!at_his_hours(who.record, now_ms_)) return v1::BLOCK_OFF_HOURS;
  if (who.cool_until_ms > now_ms_) return v1::BLOCK_COOL_DOWN;
  if (who.paused) return v1::BLOCK_PAUSED;
  while (!who.offers.empty() && who.offers.front() <= now_ms_ - kHourMs) who.offers.pop_front();
  if (rails.offers_per_hour() > 0 && who.offers.size() >= static_cast<size_t>(rails.offers_per_hour())) {
    return v1::BLOCK_HOUR_LIMIT;
  }
  if (rails.offers_per_day() > 0 && who.record.offers_today() >= rails.offers_per_day()) return v1::BLOCK_DAY_LIMIT;
  return v1::BLOCK_UNSPECIFIED;
}

int64_t Table::next_guard_change(const Person& who) const {
  const v1::GuardRails& rails = who.record.expert().guard_rails();
  int64_t next = 0;
  const auto at = [&](int64_t ms) {
    if (ms > now_ms_ && (next == 0 || ms < next)) next = ms;
  };
  at(who.cool_until_ms);
  if (who.record.block() == v1::BLOCK_HOUR_LIMIT && !who.offers.empty()) {
    at(who.offers[who.offers.size() - static_cast<size_t>(rails.offers_per_hour())] + kHourMs);
  }
  const absl::TimeZone zone = zone_of(who.record);
  const absl::CivilDay today = day_at(who.record, now_ms_);
  if (who.record.block() == v1::BLOCK_DAY_LIMIT) at(at_minute(today + 1, 0, zone));
  for (int ahead = 0; ahead <= 7; ++ahead) {
    for (const v1::WorkingTime& time : rails.hours()) {
      if (static_cast<int>(time.day()) != weekday(today + ahead)) continue;
      at(at_minute(today + ahead, time.start_minute(), zone));
      at(at_minute(today + ahead, time.end_minute(), zone));
    }
  }
  return next;
}

void Table::hold(const std::string& expert, const std::string& medium) {
  Person& who = people_[expert];
  ++who.holding[medium];
  update(expert, who);
}

void Table::release(const std::string& expert, const std::string& medium) {
  const auto found = people_.find(expert);
  if (found == people_.end()) return;
  Person& who = found->second;
  --who.holding[medium];
  const auto nothing = [](const auto& counts) {
    return std::all_of(counts.begin(), counts.end(), [](const auto& count) { return count.second <= 0; });
  };
  if (nothing(who.holding) && nothing(who.elsewhere)) who.record.set_idle_since_ms(now_ms_);
  update(expert, who);
}

void Table::count_offer(const std::string& expert) {
  Person& who = people_[expert];
  begin_day(who.record, now_ms_);
  who.record.set_offers_today(who.record.offers_today() + 1);
  if (who.record.expert().guard_rails().offers_per_hour() > 0) who.offers.push_back(now_ms_);
}

void Table::count_outcome(const std::string& expert, v1::OfferOutcome outcome) {
  const auto found = people_.find(expert);
  if (found == people_.end()) return;
  Person& who = found->second;
  const v1::GuardRails& rails = who.record.expert().guard_rails();
  if (outcome == v1::OFFER_OUTCOME_TIMED_OUT) {
    ++who.timeouts;
    who.paused = rails.pause_after_timeouts() > 0 && who.timeouts >= rails.pause_after_timeouts();
  } else if (outcome == v1::OFFER_OUTCOME_ACCEPTED || outcome == v1::OFFER_OUTCOME_DECLINED) {
    who.timeouts = 0;
    who.paused = false;
  }
  if (outcome == v1::OFFER_OUTCOME_DECLINED && rails.has_decline_cool_down()) {
    who.cool_until_ms = now_ms_ + milliseconds(rails.decline_cool_down());
  }
}

void Table::count_work(const std::string& expert, int64_t worked_ms) {
  const auto found = people_.find(expert);
  if (found == people_.end()) return;
  v1::ExpertRecord& record = found->second.record;
  begin_day(record, now_ms_);
  const int64_t of_today_ms = now_ms_ - at_minute(day_at(record, now_ms_), 0, zone_of(record));
  record.set_worked_today_ms(record.worked_today_ms() + std::min(worked_ms, of_today_ms));
}

}  // namespace expertline::play
