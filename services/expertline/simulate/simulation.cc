#include "expertline/simulate/simulation.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <queue>
#include <set>
#include <tuple>

#include "play/table.h"
#include "routing/guard.h"

namespace expertline::simulate {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int kMostHops = 8;                // from routing point to routing point
constexpr size_t kMostQuestions = 300'000;  // about who was eligible, per day
constexpr int64_t kShortestTalkMs = 1'000;

End end_of(const v1::DefaultTarget& target) {
  switch (target.target_case()) {
    case v1::DefaultTarget::kVoicemail:
      return End::kVoicemail;
    case v1::DefaultTarget::kDn:
      return End::kDn;
    case v1::DefaultTarget::kRoutingPoint:
      return End::kRoutingPoint;
    default:
      return End::kAgentText;
  }
}

class Simulation : public play::Watcher {
 public:
  Simulation(const Setting& setting, cli::FairnessLedger& fairness)
      : setting_(setting), fairness_(fairness), table_(setting.from_ms, this), requests_(setting.requests.size()) {
    day_.outcomes.resize(setting.requests.size());
    day_.experts.resize(setting.experts.size());
    wrap_ups_.resize(setting.experts.size());
    const size_t questions = setting.requests.size() * setting.experts.size();
    fairness_step_ = 1 + questions / kMostQuestions;
    for (size_t i = 0; i < setting.experts.size(); ++i) bring_in(i);
  }

  Day run() {
    size_t next = 0;
    for (;;) {
      const bool arrivals = next < setting_.requests.size();
      if (!arrivals && open_ == 0 && events_.empty()) break;
      int64_t at = arrivals ? setting_.requests[next].at_ms : INT64_MAX;
      if (!events_.empty()) at = std::min(at, events_.top().at_ms);
      // The table's own timers may bring about answers that come earlier: no step beyond the next of them.
      if (const auto timer = table_.next_timer()) at = std::min(at, *timer);
      table_.advance_to(at);
      while (!events_.empty() && events_.top().at_ms <= at) {
        const Event event = events_.top();
        events_.pop();
        act(event);
      }
      while (next < setting_.requests.size() && setting_.requests[next].at_ms <= at) arrive(next++);
      note_waiting();
      ++day_.events;
    }
    for (ExpertDay& expert : day_.experts) {
      std::stable_sort(expert.holdings.begin(), expert.holdings.end(),
                       [](const Holding& a, const Holding& b) { return a.from_ms < b.from_ms; });
    }
    return std::move(day_);
  }

 private:
  struct Event {
    enum class Kind { kAccept, kDecline, kFinish, kMoveOn };

    int64_t at_ms = 0;
    uint64_t order = 0;  // of being scheduled
    Kind kind = Kind::kAccept;
    size_t leg = 0;         // kMoveOn: the request
    std::string name = {};  // of the expert; kMoveOn: of the routing point

    bool operator<(const Event& other) const {
      return std::tie(other.at_ms, other.order) < std::tie(at_ms, order);  // the earliest on top
    }
  };
  struct Running {
    uint64_t key = 0;  // of its draws
    int hops = 0;
  };

  void bring_in(size_t place) {
    const roster::Member& member = setting_.experts[place];
    v1::Expert expert = member.record;
    if (expert.guard_rails().hours().empty()) {
      *expert.mutable_guard_rails()->mutable_hours() = setting_.behaviour.hours.hours();
      if (expert.guard_rails().time_zone().empty()) {
        expert.mutable_guard_rails()->set_time_zone(setting_.behaviour.hours.time_zone());
      }
    }
    ExpertDay& day = day_.experts[place];
    day.hours = guards_.guard(guards_.intern(expert.guard_rails())).hours;
    day.hours_ms = day.hours.open_ms(setting_.from_ms, setting_.to_ms);
    for (const auto& [medium, wrap_up] : expert.guard_rails().wrap_up()) {
      wrap_ups_[place][medium] = wrap_up.seconds() * 1000 + wrap_up.nanos() / 1'000'000;
    }
    expert.set_name("domains/main/experts/" + member.id);
    expert.set_state(v1::EXPERT_STATE_ACTIVE);
    table_.put(play::at_work(expert, member.id));
    places_[member.id] = place;
  }

  void arrive(size_t request) {
    requests_[request].key = routing::hash_of(setting_.requests[request].id);
    ++open_;
    ask(request, setting_.requests[request].routing_point);
  }

  void ask(size_t request, const std::string& routing_point) {
    const auto& strategy = setting_.strategies.at(routing_point);
    v1::RoutingFacts facts = facts_of(setting_.requests[request]);
    facts.set_routing_point(routing_point);
    facts.set_seed(
        Stream(setting_.seed, Purpose::kLegSeed, requests_[request].key, static_cast<uint64_t>(requests_[request].hops))
            .next());
    note_eligible(*strategy, facts);
    // Legs are numbered as they begin, and the watcher hears of this one before begin() returns.
    request_of_.push_back(request);
    table_.begin(strategy, std::move(facts));
    forget_ended();
  }

  // Who is looked for at this routing point, as its first request finds them.
  void note_eligible(const routing::Strategy& strategy, const v1::RoutingFacts& facts) {
    if (!seen_.insert(facts.routing_point()).second) return;
    v1::Moment moment;
    moment.set_store_now_ms(table_.now_ms());
    moment.mutable_now()->set_seconds(table_.now_ms() / 1000);
    for (size_t step = 0; step < strategy.steps.size(); ++step) {
      for (size_t i = 0; i < setting_.experts.size(); ++i) {
        switch (routing::accepts(strategy, step, table_.snapshot(), facts, moment, setting_.experts[i].id)) {
          case routing::Reason::kRetired:
          case routing::Reason::kNoMedium:
          case routing::Reason::kSkill:
          case routing::Reason::kSkillLevel:
          case routing::Reason::kGroup:
          case routing::Reason::kOtherExpert:
            break;
          default:
            day_.experts[i].eligible = true;
        }
      }
    }
  }

  v1::RoutingFacts facts_of(const Request& request) const {
    const Behaviour& behaviour = setting_.behaviour;
    v1::RoutingFacts facts;
    v1::Agent& agent = *facts.mutable_agent();
    agent.set_id(request.agent);
    agent.set_display_name(request.agent);
    if (!behaviour.site.empty()) {
      // Where somebody works is no matter of the day's seed.
      agent.set_site(choose(behaviour.site, Stream(0, Purpose::kAgent, routing::hash_of(request.agent)).unit()));
    }
    for (const std::string& group : behaviour.groups) agent.add_groups(group);
    for (const std::string& language : behaviour.languages) agent.add_languages(language);
    facts.mutable_interaction()->set_id(request.id);
    facts.mutable_interaction()->set_channel("voice");
    auto& values = *facts.mutable_user_data()->mutable_values();
    if (!request.call_type.empty()) values["call_type"].set_text(request.call_type);
    const uint64_t key = routing::hash_of(request.id);
    for (const auto& [name, choice] : behaviour.user_data) {
      Stream stream(setting_.seed, Purpose::kUserData, key, routing::hash_of(name));
      values[name].set_text(choose(choice, stream.unit()));
    }
    return facts;
  }

  void schedule(int64_t at_ms, Event::Kind kind, size_t leg, const std::string& name) {
    events_.push({.at_ms = at_ms, .order = ++scheduled_, .kind = kind, .leg = leg, .name = name});
  }

  void act(const Event& event) {
    switch (event.kind) {
      case Event::Kind::kAccept:
        if (!over(event.leg)) table_.accept(event.leg, event.name);
        break;
      case Event::Kind::kDecline:
        if (!over(event.leg)) table_.decline(event.leg, event.name);
        break;
      case Event::Kind::kFinish:
        table_.finish(event.leg);
        break;
      case Event::Kind::kMoveOn:
        ask(event.leg, event.name);
        break;
    }
    forget_ended();
  }

  // An answer may come when the leg is long forgotten.
  bool over(size_t leg) const { return over_.size() > leg && over_[leg]; }

  void forget_ended() {
    for (const size_t leg : ended_) table_.forget(leg);
    ended_.clear();
  }

  void note_waiting() {
    const int64_t hour = (table_.now_ms() - setting_.from_ms) / kHourMs;
    if (hour < 0) return;
    const auto place = static_cast<size_t>(hour);
    if (place >= day_.most_waiting.size()) day_.most_waiting.resize(place + 1);
    day_.most_waiting[place] = std::max(day_.most_waiting[place], static_cast<int>(table_.waiting()));
  }

  void decided(size_t, const routing::Decision& decision, const v1::RoutingFacts& facts,
               const v1::Moment& moment) override {
    ++day_.decisions;
    if (decision.kind != routing::Decision::Kind::kOffer || decision.step->pick != routing::Pick::kRandom) return;
    // Those who may be asked again come after all others, not equally likely among them.
    if (decision.step->preview.ask_again && !facts.timed_out().empty()) return;
    if (decisions_to_test_++ % fairness_step_ != 0) return;
    const auto& strategy = *setting_.strategies.at(facts.routing_point());
    std::vector<std::string> eligible;
    for (const roster::Member& member : setting_.experts) {
      if (routing::accepts(strategy, decision.step_index, table_.snapshot(), facts, moment, member.id) ==
          routing::Reason::kReady) {
        eligible.push_back(member.id);
      }
    }
    fairness_.add(facts.routing_point(), decision.ranked.front(), eligible);
  }

  void offered(size_t leg, const play::Offer& offer) override {
    const size_t request = request_of_[leg];
    const auto number = static_cast<uint64_t>(day_.outcomes[request].offers++);
    ExpertDay& expert = day_.experts[places_.at(offer.expert)];
    ++expert.offers;
    expert.eligible = true;  // perhaps only after a step relaxed
    const Manner& manner = setting_.behaviour.of(offer.expert);
    const uint64_t key = requests_[request].key;
    const double what = Stream(setting_.seed, Purpose::kReaction, key, number).unit();
    Stream time(setting_.seed, Purpose::kAnswerTime, key, number);
    const int64_t at = offer.made_ms + manner.answer.draw_ms(time);
    const bool overlooks = what >= manner.decline && what < manner.decline + manner.overlook;
    if (overlooks || at >= offer.due_ms) return;
    schedule(at, what < manner.decline ? Event::Kind::kDecline : Event::Kind::kAccept, leg, offer.expert);
  }

  void closed(size_t leg, const play::Offer& offer) override {
    ExpertDay& expert = day_.experts[places_.at(offer.expert)];
    switch (offer.outcome) {
      case v1::OFFER_OUTCOME_ACCEPTED:
        offered_at_[leg] = offer.made_ms;
        return;  // held until the talk is over
      case v1::OFFER_OUTCOME_DECLINED:
        ++expert.declined;
        break;
      case v1::OFFER_OUTCOME_TIMED_OUT:
        ++expert.timed_out;
        break;
      default:
        ++expert.rescinded;
    }
    expert.holdings.push_back(
        {.from_ms = offer.made_ms, .to_ms = offer.closed_ms, .medium = table_.leg(leg).strategy->medium});
  }

  void changed(size_t leg, const play::Leg& now) override {
    switch (now.state) {
      case play::Leg::State::kWithExpert: {
        const size_t request = request_of_[leg];
        const Manner& manner = setting_.behaviour.of(now.expert);
        int64_t talk_ms = setting_.requests[request].talk_ms;
        if (manner.talk) {
          Stream stream(setting_.seed, Purpose::kTalk, requests_[request].key);
          talk_ms = manner.talk->draw_ms(stream);
        }
        day_.outcomes[request].to_expert_ms = table_.now_ms() - setting_.requests[request].at_ms;
        ExpertDay& expert = day_.experts[places_.at(now.expert)];
        ++expert.accepted;
        if (now.straight) {
          ++expert.offers;
          expert.eligible = true;
          ++day_.outcomes[request].offers;
        }
        schedule(table_.now_ms() + std::max(talk_ms, kShortestTalkMs), Event::Kind::kFinish, leg, now.expert);
        break;
      }
      case play::Leg::State::kRefused:
      case play::Leg::State::kEnded:
        conclude(leg, now);
        break;
      default:
        break;
    }
  }

  // A leg is over, and with it the request, unless that goes on elsewhere.
  void conclude(size_t leg, const play::Leg& now) {
    if (over_.size() <= leg) over_.resize(leg + 1);
    over_[leg] = true;
    ended_.push_back(leg);
    const size_t request = request_of_[leg];
    Outcome& outcome = day_.outcomes[request];
    const auto& waited = now.facts.waited();
    outcome.waited_ms += waited.seconds() * 1000 + waited.nanos() / 1'000'000;
    if (now.state == play::Leg::State::kRefused) {
      outcome.end = End::kRefused;
    } else if (now.end == play::Leg::End::kDefault) {
      const v1::DefaultTarget& target = now.decision.default_target;
      outcome.end = end_of(target);
      const bool known = outcome.end == End::kRoutingPoint && setting_.strategies.contains(target.routing_point());
      if (known && requests_[request].hops < kMostHops) {
        ++requests_[request].hops;
        schedule(table_.now_ms(), Event::Kind::kMoveOn, request, target.routing_point());
        return;
      }
    } else {
      outcome.end = End::kExpert;
      const size_t place = places_.at(now.expert);
      const auto wrap_up = wrap_ups_[place].find(now.strategy->medium);
      const auto offered = offered_at_.find(leg);
      day_.experts[place].holdings.push_back(
          {.from_ms = offered == offered_at_.end() ? now.taken_ms : offered->second,
           .to_ms = table_.now_ms() + (wrap_up == wrap_ups_[place].end() ? 0 : wrap_up->second),
           .medium = now.strategy->medium});
      offered_at_.erase(leg);
    }
    --open_;
  }

  const Setting& setting_;
  cli::FairnessLedger& fairness_;
  routing::GuardTable guards_;
  play::Table table_;
  std::vector<Running> requests_;
  Day day_;
  std::priority_queue<Event> events_;
  uint64_t scheduled_ = 0;
  size_t open_ = 0;                                       // requests that have begun and not ended
  std::vector<size_t> request_of_;                        // by leg
  std::set<std::string> seen_;                            // routing points
  std::vector<bool> over_;                                // by leg
  std::vector<size_t> ended_;                             // legs to forget
  absl::flat_hash_map<size_t, int64_t> offered_at_;       // leg with an expert -> when the offer he accepted was made
  absl::flat_hash_map<std::string, size_t> places_;       // of experts
  std::vector<std::map<std::string, int64_t>> wrap_ups_;  // by place and medium, ms
  size_t fairness_step_ = 1;
  size_t decisions_to_test_ = 0;
};

}  // namespace

Day simulate(const Setting& setting, cli::FairnessLedger& fairness) { return Simulation(setting, fairness).run(); }

}  // namespace expertline::simulate
