// The legs on a table: asked for, offered, waiting, served, over.
#include "play/table.h"

#include <algorithm>

#include "routing/expressions.h"

namespace expertline::play {
namespace {

using routing::milliseconds;

void set_ms(google::protobuf::Duration& duration, int64_t ms) {
  duration.set_seconds(ms / 1000);
  duration.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
}

}  // namespace

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
  const auto has_room = [&] {
    const auto& media = record(expert).media();
    return std::any_of(media.begin(), media.end(), [](const auto& one) { return one.used() < one.capacity(); });
  };
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
    if (!has_room()) return;
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
