#include "play/table.h"

#include <absl/time/time.h>

#include <algorithm>

namespace expertline::play {
namespace {

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

int64_t milliseconds(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000 + duration.nanos() / 1'000'000;
}

void set_ms(google::protobuf::Duration& duration, int64_t ms) {
  duration.set_seconds(ms / 1000);
  duration.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
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

// Experts -------------------------------------------------------------------------------------------------------------

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

// Legs ----------------------------------------------------------------------------------------------------------------

size_t Table::begin(std::shared_ptr<const routing::Strategy> strategy, v1::RoutingFacts facts) {
  const size_t number = next_leg_++;
  Leg& leg = *(legs_[number] = std::make_unique<Leg>());
  if (facts.medium().empty()) facts.set_medium(strategy->medium);
  if (facts.routing_point().empty() && !strategy->routing_points.empty()) {
    facts.set_routing_point(strategy->routing_points.front());
  }
  leg.strategy = std::move(strategy);
  leg.facts = std::move(facts);
  leg.began_ms = now_ms_;
  leg.place = number;
  const v1::AdmitResponse answer = routing::admit(*leg.strategy, snapshot_, leg.facts, moment(leg), asked_);
  if (!answer.allowed()) {
    leg.refusal = answer.detail();
    leg.ended_ms = now_ms_;
    become(number, Leg::State::kRefused);
    return number;
  }
  if (!leg.facts.held_expert().empty()) {
    if (people_.contains(leg.facts.held_expert())) {
      hold(leg.facts.held_expert(), leg.facts.medium());
    } else {
      leg.facts.clear_held_expert();
    }
  }
  route(number);
  settle();
  return number;
}

bool Table::accept(size_t number, const std::string& expert) {
  Offer* offer = open_offer(number, expert);
  if (offer == nullptr) return false;
  close(number, *offer, v1::OFFER_OUTCOME_ACCEPTED);
  close_open(number, v1::OFFER_OUTCOME_RESCINDED);
  give(number, expert, false);
  settle();
  return true;
}

bool Table::decline(size_t number, const std::string& expert) {
  Offer* offer = open_offer(number, expert);
  if (offer == nullptr) return false;
  close(number, *offer, v1::OFFER_OUTCOME_DECLINED);
  if (!any_open(leg(number))) route(number);
  settle();
  return true;
}

bool Table::cancel(size_t number) {
  const Leg& leg = *legs_.at(number);
  if (leg.state == Leg::State::kWithExpert) return finish(number);
  if (leg.state != Leg::State::kOffering && leg.state != Leg::State::kWaiting) return false;
  end(number, Leg::End::kCanceled);
  settle();
  return true;
}

bool Table::finish(size_t number) {
  const Leg& leg = *legs_.at(number);
  if (leg.state != Leg::State::kWithExpert) return false;
  const std::string& medium = leg.facts.medium();
  count_work(leg.expert, now_ms_ - leg.taken_ms);
  const auto found = people_.find(leg.expert);
  const auto& wrap_up = record(leg.expert).expert().guard_rails().wrap_up();
  const auto lasts = wrap_up.find(medium);
  if (found != people_.end() && lasts != wrap_up.end() && milliseconds(lasts->second) > 0) {
    ++found->second.wrapping[medium];
    timers_.emplace(now_ms_ + milliseconds(lasts->second),
                    Timer{.kind = Timer::Kind::kWrapUp, .expert = leg.expert, .medium = medium});
    update(leg.expert, found->second);
  } else {
    release(leg.expert, medium);
  }
  end(number, Leg::End::kCompleted);
  settle();
  return true;
}

bool Table::no_answer(size_t number) {
  Leg& leg = *legs_.at(number);
  if (leg.state != Leg::State::kWithExpert) return false;
  release(leg.expert, leg.facts.medium());
  leg.facts.add_asked(leg.expert);
  leg.expert.clear();
  leg.straight = false;
  leg.taken_ms = 0;
  route(number);
  settle();
  return true;
}

v1::Moment Table::moment(const Leg& leg) const {
  v1::Moment moment;
  moment.mutable_now()->set_seconds(now_ms_ / 1000);
  moment.mutable_now()->set_nanos(static_cast<int32_t>(now_ms_ % 1000) * 1'000'000);
  moment.set_store_now_ms(now_ms_);
  if (!routing::reads_queue(*leg.strategy)) return moment;
  auto [count, longest_ms] = others_;
  for (const auto& [number, waiting] : waiting_) {
    const Leg& other = *legs_.at(number);
    if (other.facts.routing_point() != leg.facts.routing_point()) continue;
    ++count;
    longest_ms = std::max(longest_ms, now_ms_ - waiting.since_ms);
  }
  moment.set_waiting(count);
  set_ms(*moment.mutable_longest_wait(), longest_ms);
  return moment;
}

routing::Decision Table::decide(size_t number) {
  Leg& leg = *legs_.at(number);
  count_waiting(number);
  const v1::Moment now = moment(leg);
  routing::Decision decision = routing::decide(*leg.strategy, snapshot_, leg.facts, now, asked_);
  if (watcher_ != nullptr) watcher_->decided(number, decision, leg.facts, now);
  return decision;
}

void Table::route(size_t number) {
  Leg& leg = *legs_.at(number);
  leg.decision = decide(number);
  switch (leg.decision.kind) {
    case routing::Decision::Kind::kOffer:
      offer(number);
      break;
    case routing::Decision::Kind::kWait:
      wait(number);
      break;
    case routing::Decision::Kind::kDefault:
      end(number, Leg::End::kDefault);
      break;
  }
}

// The counts of a step belong to it alone.
void Table::enter_step(Leg& leg) {
  const auto step = static_cast<int32_t>(leg.decision.step_index);
  if (leg.facts.step() == step) return;
  leg.facts.set_step(step);
  leg.facts.set_step_offers(0);
  leg.facts.clear_wait_left();
}

void Table::offer(size_t number) {
  Leg& leg = *legs_.at(number);
  const routing::Step& step = *leg.decision.step;
  leave_waiting(number);
  enter_step(leg);
  const std::vector<std::string>& ranked = leg.decision.ranked;
  const size_t count = step.preview.none ? 1 : std::min(ranked.size(), static_cast<size_t>(leg.decision.to));
  const auto last = ranked.begin() + static_cast<std::ptrdiff_t>(count);
  if (std::find(ranked.begin(), last, leg.facts.held_expert()) == last) release_held(leg);
  const v1::Moment now = moment(leg);
  for (auto expert = ranked.begin(); expert != last; ++expert) {
    count_offer(*expert);
    if (*expert == leg.facts.held_expert()) {
      leg.facts.clear_held_expert();  // his line is held already, and from here on by this
      update(*expert, people_.at(*expert));
    } else {
      hold(*expert, leg.facts.medium());
    }
    if (step.preview.none) {
      give(number, *expert, true);
      return;
    }
    Offer made{
        .expert = *expert, .step = step.name, .made_ms = now_ms_, .due_ms = now_ms_ + step.preview.answer_within_ms};
    made.preview = routing::preview_content(*leg.strategy, step, snapshot_, leg.facts, now, *expert);
    leg.offers.push_back(std::move(made));
  }
  auto& timed_out = *leg.facts.mutable_timed_out();
  for (auto expert = ranked.begin(); expert != last; ++expert) {
    leg.facts.add_asked(*expert);
    leg.facts.set_step_offers(leg.facts.step_offers() + 1);
    timed_out.erase(std::remove(timed_out.begin(), timed_out.end(), *expert), timed_out.end());
  }
  become(number, Leg::State::kOffering);
  timers_.emplace(leg.offers.back().due_ms, Timer{.leg = number, .version = leg.version, .expert = {}, .medium = {}});
  if (watcher_ == nullptr) return;
  for (size_t i = leg.offers.size() - count; i < leg.offers.size(); ++i) watcher_->offered(number, leg.offers[i]);
}

void Table::wait(size_t number) {
  Leg& leg = *legs_.at(number);
  release_held(leg);
  const auto before = waiting_.find(number);
  const int64_t since_ms = before == waiting_.end() ? now_ms_ : before->second.since_ms;
  const bool same =
      leg.state == Leg::State::kWaiting && leg.facts.step() == static_cast<int32_t>(leg.decision.step_index);
  leave_waiting(number);
  enter_step(leg);
  set_ms(*leg.facts.mutable_wait_left(), leg.decision.wait_ms);
  Waiting waiting{.bucket = {leg.facts.medium(), leg.decision.bucket},
                  .place = {-leg.decision.priority, leg.place},
                  .since_ms = since_ms,
                  .from_ms = now_ms_};
  buckets_[waiting.bucket].emplace(waiting.place, number);
  waiting_[number] = std::move(waiting);
  if (same) {
    ++leg.version;
  } else {
    become(number, Leg::State::kWaiting);
  }
  const int64_t until_ms = std::clamp<int64_t>(leg.decision.until_ms, 1, leg.decision.wait_ms);
  timers_.emplace(now_ms_ + until_ms, Timer{.leg = number, .version = leg.version, .expert = {}, .medium = {}});
}

// What was waited until now goes to the facts.
void Table::count_waiting(size_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  v1::RoutingFacts& facts = legs_.at(number)->facts;
  const int64_t waited_ms = now_ms_ - found->second.from_ms;
  found->second.from_ms = now_ms_;
  set_ms(*facts.mutable_wait_left(), std::max<int64_t>(milliseconds(facts.wait_left()) - waited_ms, 0));
  set_ms(*facts.mutable_waited(), milliseconds(facts.waited()) + waited_ms);
}

void Table::leave_waiting(size_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  count_waiting(number);
  const auto bucket = buckets_.find(found->second.bucket);
  bucket->second.erase(found->second.place);
  if (bucket->second.empty()) buckets_.erase(bucket);
  waiting_.erase(found);
}

void Table::release_held(Leg& leg) {
  if (leg.facts.held_expert().empty()) return;
  release(leg.facts.held_expert(), leg.facts.medium());
  leg.facts.clear_held_expert();
}

void Table::give(size_t number, const std::string& expert, bool straight) {
  Leg& leg = *legs_.at(number);
  leg.expert = expert;
  leg.straight = straight;
  leg.taken_ms = now_ms_;
  const v1::Moment now = moment(leg);
  leg.attached = routing::attached(*leg.strategy, snapshot_, leg.facts, now, expert);
  leg.voice_targets = routing::voice_targets(*leg.strategy, snapshot_, expert);
  for (const auto& [key, value] : leg.attached.values())
    (*leg.facts.mutable_user_data()->mutable_values())[key] = value;
  become(number, Leg::State::kWithExpert);
}

void Table::end(size_t number, Leg::End how) {
  Leg& leg = *legs_.at(number);
  leave_waiting(number);
  close_open(number, v1::OFFER_OUTCOME_CANCELED);
  release_held(leg);
  leg.end = how;
  leg.ended_ms = now_ms_;
  become(number, Leg::State::kEnded);
}

Offer* Table::open_offer(size_t number, const std::string& expert) {
  for (Offer& offer : legs_.at(number)->offers) {
    if (offer.expert == expert && offer.outcome == v1::OFFER_OUTCOME_UNSPECIFIED) return &offer;
  }
  return nullptr;
}

bool Table::any_open(const Leg& leg) const {
  return std::any_of(leg.offers.begin(), leg.offers.end(),
                     [](const Offer& offer) { return offer.outcome == v1::OFFER_OUTCOME_UNSPECIFIED; });
}

void Table::close(size_t number, Offer& offer, v1::OfferOutcome outcome) {
  Leg& leg = *legs_.at(number);
  offer.outcome = outcome;
  offer.closed_ms = now_ms_;
  count_outcome(offer.expert, outcome);
  const auto times = std::count(leg.facts.asked().begin(), leg.facts.asked().end(), offer.expert);
  if (outcome == v1::OFFER_OUTCOME_TIMED_OUT && times == 1) leg.facts.add_timed_out(offer.expert);
  if (outcome != v1::OFFER_OUTCOME_ACCEPTED) release(offer.expert, leg.facts.medium());
  if (watcher_ != nullptr) watcher_->closed(number, offer);
}

void Table::close_open(size_t number, v1::OfferOutcome outcome) {
  for (Offer& offer : legs_.at(number)->offers) {
    if (offer.outcome == v1::OFFER_OUTCOME_UNSPECIFIED) close(number, offer, outcome);
  }
}

void Table::become(size_t number, Leg::State state) {
  Leg& leg = *legs_.at(number);
  leg.state = state;
  leg.since_ms = now_ms_;
  ++leg.version;
  if (watcher_ != nullptr) watcher_->changed(number, leg);
}

// Those who wait, and time --------------------------------------------------------------------------------------------

void Table::settle() {
  while (!changed_.empty()) {
    const std::string expert = *changed_.begin();
    changed_.erase(changed_.begin());
    if (!waiting_.empty()) serve(expert);
  }
}

void Table::serve(const std::string& expert) {
  std::vector<std::pair<Place, size_t>> in_order;
  const std::vector<std::string> names = snapshot_.buckets_of(expert);
  for (const v1::MediumStatus& medium : record(expert).media()) {
    for (const std::string& name : names) {
      const auto bucket = buckets_.find({medium.medium(), name});
      if (bucket != buckets_.end()) in_order.insert(in_order.end(), bucket->second.begin(), bucket->second.end());
    }
  }
  std::sort(in_order.begin(), in_order.end());
  for (const auto& [place, number] : in_order) {
    Leg& leg = *legs_.at(number);
    const auto step = static_cast<size_t>(leg.facts.step());
    count_waiting(number);
    if (routing::accepts(*leg.strategy, step, snapshot_, leg.facts, moment(leg), expert) != routing::Reason::kReady) {
      continue;
    }
    // Decided for the explanation; it is he who came free and gets it, whoever else the draw would name.
    leg.decision = decide(number);
    leg.decision.kind = routing::Decision::Kind::kOffer;
    leg.decision.step_index = step;
    leg.decision.step = &leg.strategy->steps[step];
    leg.decision.ranked = {expert};
    leg.decision.to = 1;
    offer(number);
  }
}

std::optional<int64_t> Table::next_timer() {
  while (!timers_.empty() && stale(timers_.begin()->first, timers_.begin()->second)) timers_.erase(timers_.begin());
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

void Table::advance_to(int64_t now_ms) {
  while (const auto next = next_timer()) {
    if (*next > now_ms) break;
    now_ms_ = std::max(now_ms_, *next);
    const Timer timer = timers_.begin()->second;
    timers_.erase(timers_.begin());
    fire(timer);
    settle();
  }
  now_ms_ = std::max(now_ms_, now_ms);
}

bool Table::stale(int64_t at_ms, const Timer& timer) const {
  if (timer.kind == Timer::Kind::kLeg) {
    const auto leg = legs_.find(timer.leg);
    return leg == legs_.end() || leg->second->version != timer.version;
  }
  const auto who = people_.find(timer.expert);
  return who == people_.end() || (timer.kind == Timer::Kind::kGuard && who->second.timer_ms != at_ms);
}

void Table::fire(const Timer& timer) {
  if (timer.kind == Timer::Kind::kGuard) {
    update(timer.expert, people_.at(timer.expert));
    return;
  }
  if (timer.kind == Timer::Kind::kWrapUp) {
    --people_.at(timer.expert).wrapping[timer.medium];
    release(timer.expert, timer.medium);
    return;
  }
  const Leg& leg = *legs_.at(timer.leg);
  if (leg.state == Leg::State::kOffering) close_open(timer.leg, v1::OFFER_OUTCOME_TIMED_OUT);
  if (leg.state == Leg::State::kOffering || leg.state == Leg::State::kWaiting) route(timer.leg);
}

}  // namespace expertline::play
