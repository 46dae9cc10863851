// Experts and legs on a table: what the services and the store do with them, on a virtual clock, for tests of
// strategies and for simulations. Pure: no I/O, no clock, no randomness of its own; the same calls give the same course
// everywhere.
//
// The rules are those of services/lib/state/functions: an expert is asked at most once for a leg (twice where the step
// asks again), offers of one round have one deadline, the first accept rescinds the others, preview time does not count
// as waiting, a step's offers and its waiting begin anew with each step, who waits is served by priority and arrival as
// soon as an expert fits, a waiting leg is decided anew when its step relaxes. Guard rails, wrap-up and the counts of
// the day are kept here too. What exists only because several work at once (conflicts, retries, leases) has no part
// here.
//
// Not thread-safe. Times are milliseconds since 1970-01-01T00:00:00Z; the store's clock is the same.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "expertline/v1/presence.pb.h"
#include "routing/decide.h"
#include "routing/presentation.h"
#include "routing/snapshot.h"
#include "routing/strategy.h"

namespace expertline::play {

// An expert as he is when presence composes his state by its rules and nobody has asked for him yet: all his media,
// a desk, nothing in use, no guard rail against him. `id` names him; the name of `expert` is not looked at.
v1::ExpertRecord at_work(const v1::Expert& expert, std::string_view id,
                         v1::PresenceState state = v1::PRESENCE_STATE_ONLINE);

// One preview of one leg to one expert.
struct Offer {
  std::string expert;
  std::string step;
  int64_t made_ms = 0;
  int64_t due_ms = 0;
  v1::OfferOutcome outcome = v1::OFFER_OUTCOME_UNSPECIFIED;  // unspecified: still open
  int64_t closed_ms = 0;
  routing::PreviewContent preview = {};
};

// One request for help on one medium.
struct Leg {
  enum class State {
    kRefused,     // `allow` does not hold; nothing was done
    kOffering,    // one or more offers are open
    kWaiting,     // nobody was free
    kWithExpert,  // accepted, or straight
    kEnded,
  };
  enum class End { kNone, kCompleted, kCanceled, kDefault };

  State state = State::kEnded;
  End end = End::kNone;
  std::shared_ptr<const routing::Strategy> strategy;
  v1::RoutingFacts facts;      // as of the last decision; user data with what was attached
  routing::Decision decision;  // the last one
  std::vector<Offer> offers;   // all, in order
  std::string expert;          // kWithExpert, and kEnded after that
  bool straight = false;       // he got it without a preview
  v1::UserData attached;       // by the accept
  std::vector<v1::VoiceTarget> voice_targets;
  std::string refusal;    // kRefused: why, for people
  int64_t began_ms = 0;   // asked for
  int64_t since_ms = 0;   // in this state
  int64_t taken_ms = 0;   // an expert took it; 0: none did
  int64_t ended_ms = 0;   // 0: not ended
  int64_t waited_ms = 0;  // in all steps together; without the present wait
  uint64_t place = 0;     // order of arrival
  uint64_t version = 0;   // grows with each change of state; timers of earlier ones mean nothing
};

// Hears of what happens, in order. It must not change the table from within.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // A decision was made; the table's snapshot is still the one it was made on.
  virtual void decided(size_t leg, const routing::Decision& decision, const v1::RoutingFacts& facts,
                       const v1::Moment& moment) {
    (void)leg, (void)decision, (void)facts, (void)moment;
  }
  virtual void offered(size_t leg, const Offer& offer) { (void)leg, (void)offer; }
  // An offer got its outcome.
  virtual void closed(size_t leg, const Offer& offer) { (void)leg, (void)offer; }
  // The leg is in another state than before.
  virtual void changed(size_t leg, const Leg& now) { (void)leg, (void)now; }
};

class Table {
 public:
  // Both may be null; they must outlive the table. `asked` collects what conditions were asked.
  explicit Table(int64_t now_ms, Watcher* watcher = nullptr, routing::Asked* asked = nullptr)
      : now_ms_(now_ms), watcher_(watcher), asked_(asked) {}

  int64_t now_ms() const { return now_ms_; }
  const routing::Snapshot& snapshot() const { return snapshot_; }

  // Adds an expert, or replaces what is known of him. `used` of his media are legs that this table does not know; those
  // of the table count besides. A `block` stays until free() or presence(); his revision is the table's own affair.
  void put(const v1::ExpertRecord& record);
  // He is in this state now; what presence allows follows from it. Ends a pause.
  void presence(const std::string& expert, v1::PresenceState state, bool do_not_disturb = false);
  // Whatever this table does not know of holds him no longer, and no block, cool-down or pause either.
  void free(const std::string& expert);
  // He can be shown a preview, or not.
  void desk(const std::string& expert, bool connected);
  void remove(const std::string& expert);
  // Empty for an unknown expert.
  const v1::ExpertRecord& record(const std::string& expert) const;

  // Legs beyond those of the table that wait, for queue.waiting and queue.longest_wait.
  void others_waiting(int count, int64_t longest_ms) { others_ = {count, longest_ms}; }

  // A leg is asked for: decided and, as far as that goes, offered at once. `facts` has what the request brings (agent,
  // interaction, user data, seed, perhaps held_expert, whose capacity it then takes up); medium and routing point are
  // the strategy's if empty. The numbers count from 0.
  size_t begin(std::shared_ptr<const routing::Strategy> strategy, v1::RoutingFacts facts);
  // The reference is good until forget().
  const Leg& leg(size_t number) const { return *legs_.at(number); }
  // Drops an ended or refused leg.
  void forget(size_t number) { legs_.erase(number); }
  // How many wait, of all.
  size_t waiting() const { return waiting_.size(); }

  // False if he has no open offer of this leg (any more).
  bool accept(size_t leg, const std::string& expert);
  bool decline(size_t leg, const std::string& expert);
  // The agent or the platform gives up; with an expert on it, the leg is completed. False if it is over already.
  bool cancel(size_t leg);
  // The expert and the agent are done. False if no expert has it.
  bool finish(size_t leg);
  // His phone was not answered: on to the next expert. False if no expert has it.
  bool no_answer(size_t leg);

  // When something happens by itself next (a deadline, a wait or a wrap-up is over, a step relaxes, a guard rail ends).
  std::optional<int64_t> next_timer();
  // Lets the clock pass, with all that happens by itself until then, at its time. A time before now changes nothing.
  void advance_to(int64_t now_ms);

 private:
  struct Person {
    v1::ExpertRecord record;                    // as the snapshot has it
    std::map<std::string, int> elsewhere = {};  // by medium: in use beyond this table
    std::map<std::string, int> holding = {};    // by medium: legs of this table, those in wrap-up included
    std::map<std::string, int> wrapping = {};   // by medium: of these, in wrap-up
    v1::Block given = v1::BLOCK_UNSPECIFIED;    // by put()
    std::deque<int64_t> offers = {};            // times, of the last hour
    int64_t cool_until_ms = 0;
    int timeouts = 0;  // in a row
    bool paused = false;
    int64_t timer_ms = 0;  // when his guard rails change next by themselves, 0: never
  };
  struct Timer {
    enum class Kind { kLeg, kGuard, kWrapUp };
    Kind kind = Kind::kLeg;
    size_t leg = 0;        // kLeg
    uint64_t version = 0;  // kLeg
    std::string expert;    // kGuard, kWrapUp
    std::string medium;    // kWrapUp
  };
  using Place = std::pair<int, uint64_t>;              // priority, negative; arrival
  using Bucket = std::pair<std::string, std::string>;  // medium, bucket
  struct Waiting {
    Bucket bucket;
    Place place;
    int64_t since_ms = 0;  // it began to wait, in whatever step
    int64_t from_ms = 0;   // what came before is in the leg's facts
  };

  // Experts.
  void update(const std::string& expert, Person& who);
  v1::Block block(Person& who) const;
  int64_t next_guard_change(const Person& who) const;
  void hold(const std::string& expert, const std::string& medium);
  void release(const std::string& expert, const std::string& medium);
  void count_offer(const std::string& expert);
  void count_outcome(const std::string& expert, v1::OfferOutcome outcome);
  void count_work(const std::string& expert, int64_t worked_ms);

  // Legs.
  v1::Moment moment(const Leg& leg) const;
  routing::Decision decide(size_t number);
  void route(size_t number);
  void offer(size_t number);
  void wait(size_t number);
  void leave_waiting(size_t number);
  void count_waiting(size_t number);
  void enter_step(Leg& leg);
  void release_held(Leg& leg);
  void give(size_t number, const std::string& expert, bool straight);
  void end(size_t number, Leg::End how);
  Offer* open_offer(size_t number, const std::string& expert);
  bool any_open(const Leg& leg) const;
  void close(size_t number, Offer& offer, v1::OfferOutcome outcome);
  void close_open(size_t number, v1::OfferOutcome outcome);
  void become(size_t number, Leg::State state);

  // Whoever changed serves those who wait, after each call from outside and each timer.
  void settle();
  void serve(const std::string& expert);
  bool stale(int64_t at_ms, const Timer& timer) const;
  void fire(const Timer& timer);

  int64_t now_ms_;
  Watcher* watcher_;
  routing::Asked* asked_;
  routing::Snapshot snapshot_;
  int64_t revision_ = 0;
  std::unordered_map<std::string, Person> people_;
  std::unordered_map<size_t, std::unique_ptr<Leg>> legs_;
  size_t next_leg_ = 0;
  std::map<Bucket, std::map<Place, size_t>> buckets_;
  std::map<size_t, Waiting> waiting_;
  std::pair<int, int64_t> others_ = {0, 0};
  std::multimap<int64_t, Timer> timers_;
  std::set<std::string> changed_;  // experts
};

}  // namespace expertline::play
