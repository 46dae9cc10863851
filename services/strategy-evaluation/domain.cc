#include "strategy-evaluation/domain.h"

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include "app/trace.h"
#include "base/names.h"
#include "routing/assess.h"
#include "routing/explain.h"
#include "routing/presentation.h"
#include "routing/record.h"
#include "strategy-evaluation/by_name.h"
#include "strategy-evaluation/metrics.h"

namespace expertline::evaluation {
namespace {

constexpr const char* kGroup = "strategy-evaluation";
constexpr const char* kBlockMs = "1000";
constexpr const char* kAbandonedMs = "5000";  // a wake its replica did not finish in that time is taken over
constexpr uint64_t kTakeOverMs = 2'000;
constexpr int kWaitingPage = 32;
// How many more than needed are sent to the store, for those who were taken meanwhile.
constexpr size_t kSpares = 3;
// A decision is tried again when experts are taken while it is made. Each round has seen what beat the last one.
constexpr int kMostRounds = 50;
// What candidates may cost: so many decisions at once, so much of each second.
constexpr int kMostToCompare = 64;
constexpr uint64_t kMostComparingNs = 50'000'000;
constexpr size_t kMostExplained = size_t{3} * 1024 * 1024;  // bytes of an answer; clients take 4 MiB

state::Decided decided(const routing::Strategy& strategy, size_t step_index, const v1::RoutingFacts& facts,
                       int priority) {
  state::Decided how;
  how.strategy = strategy.name;
  how.revision = strategy.revision;
  const bool in_steps = step_index < strategy.steps.size();
  how.step = static_cast<int>(std::min(step_index, strategy.steps.size()));
  how.step_name = in_steps ? strategy.steps[step_index].name : "otherwise";
  how.priority = priority;
  if (in_steps) how.states = routing::states_asked(strategy, step_index, facts);
  return how;
}

Error not_ready(const std::string& why) {
  return Error{.reason = v1::ERROR_REASON_NOT_READY, .message = why, .metadata = {{"service", "presence-ingest"}}};
}

Error unknown_routing_point(const std::string& point) {
  return Error{.reason = v1::ERROR_REASON_UNKNOWN_ROUTING_POINT,
               .message = "no strategy is bound to routing point \"" + point + "\"",
               .metadata = {{"routing_point", point}}};
}

Error unknown_leg(const std::string& session, const std::string& leg) {
  return Error{.reason = v1::ERROR_REASON_UNKNOWN_LEG,
               .message = "session " + session + " has no leg " + leg,
               .metadata = {{"session", session}, {"leg", leg}}};
}

const char* name_of(state::Reservation::Outcome outcome) {
  switch (outcome) {
    case state::Reservation::Outcome::reserved:
      return "reserved";
    case state::Reservation::Outcome::stale:
      return "stale";
    case state::Reservation::Outcome::none:
      return "conflict";
    case state::Reservation::Outcome::behind:
      return "behind";
  }
  return "other";
}

v1::DecisionKind kind_of(routing::Decision::Kind kind) {
  switch (kind) {
    case routing::Decision::Kind::kOffer:
      return v1::DECISION_KIND_OFFER;
    case routing::Decision::Kind::kWait:
      return v1::DECISION_KIND_WAIT;
    case routing::Decision::Kind::kDefault:
      return v1::DECISION_KIND_DEFAULT;
  }
  return v1::DECISION_KIND_UNSPECIFIED;
}

// What another presence of the expert would change.
bool by_presence(routing::Reason reason) {
  return (reason >= routing::Reason::kOffline && reason <= routing::Reason::kNotRoutable) ||
         reason == routing::Reason::kStates;
}

// The first decision on a request. Later ones depend on what the live revision's earlier ones led to.
bool is_first(const v1::RoutingFacts& facts) {
  return facts.step() == 0 && facts.asked().empty() && facts.step_offers() == 0 && !facts.has_wait_left();
}

}  // namespace

Domain::Domain(app::Loop& loop, DomainConfig config, const std::shared_ptr<grpc::Channel>& presence, Packer& packer)
    : loop_(loop),
      config_(std::move(config)),
      client_(loop, {.address = config_.redis, .on_connect = config_.on_connect}),
      wakes_(loop, {.address = config_.redis, .name = "wakes", .timeout_ms = 5'000}),
      store_(client_, config_.name),
      clock_(loop, client_, config_.name),
      read_model_(loop, config_.name, presence),
      accountant_(loop, client_, config_.name, config_.consumer, clock_),
      skillsets_(loop, client_, config_.name, read_model_, accountant_, clock_),
      revisions_(loop, client_, config_.name, config_.strategies),
      log_(loop, client_, config_.name, config_.records, packer) {}

void Domain::start(std::function<void()> on_change) {
  client_.start();
  wakes_.start();
  clock_.start();
  read_model_.listen([this](const v1::WatchReadModelResponse& response) { accountant_.see(response); });
  read_model_.start();
  accountant_.start();
  skillsets_.start();
  shadow_.use(revisions_.live().candidates());
  revisions_.start([this, on_change = std::move(on_change)] {
    shadow_.use(revisions_.live().candidates());
    on_change();
  });
  spawn(serve_wakes());
  spawn(take_over_wakes());
}

void Domain::stop() {
  stopping_ = true;
  revisions_.stop();
  accountant_.stop();
  skillsets_.stop();
  read_model_.stop();
  clock_.stop();
  wakes_.stop();
  client_.stop();
}

Task<Domain::Strategy> Domain::strategy_of(std::string revision, std::string routing_point, std::string medium) {
  if (!revision.empty()) {
    Strategy same = co_await revisions_.find(std::move(revision));
    if (same) co_return same;  // else it is no longer kept: the present one goes on
  }
  if (Strategy live = revisions_.live().at(routing_point)) co_return live;
  co_return routing_point == kByName ? revisions_.by_name(medium) : nullptr;
}

state::Candidate Domain::candidate(const routing::Strategy& strategy, const routing::Step& step,
                                   const v1::RoutingFacts& facts, const v1::Moment& moment,
                                   const std::string& expert) const {
  state::Candidate who;
  who.expert = expert;
  const routing::Snapshot& snapshot = read_model_.snapshot();
  const auto known = snapshot.expert(expert);
  if (!known) return who;
  who.name = known->display_name();
  const auto dn = known->dns().find(strategy.medium);
  if (dn != known->dns().end()) who.dn = dn->second;
  routing::PreviewContent content = routing::preview_content(strategy, step, snapshot, facts, moment, expert);
  who.details.set_message(std::move(content.message));
  *who.details.mutable_show() = std::move(content.show);
  *who.details.mutable_attach() = routing::attached(strategy, snapshot, facts, moment, expert);
  for (v1::VoiceTarget& target : routing::voice_targets(strategy, snapshot, expert)) {
    *who.details.add_voice_targets() = std::move(target);
  }
  who.details.set_hold_expert_ms(strategy.hold_expert_ms);
  return who;
}

Task<Result<v1::Moment>> Domain::moment_for(const routing::Strategy& strategy, const v1::RoutingFacts& facts) {
  if (routing::reads_queue(strategy)) return store_.moment(facts.routing_point());
  struct Known {
    static Task<Result<v1::Moment>> now(v1::Moment moment) { co_return moment; }
  };
  return Known::now(clock_.moment());
}

v1::DecisionRecord Domain::note(const state::LegRef& leg, const routing::Strategy& strategy,
                                const v1::RoutingFacts& facts, const v1::Moment& moment,
                                const routing::Decision& decision) const {
  v1::DecisionRecord record;
  if (log_.in_full(facts.seed())) {
    record = routing::record_of(strategy, read_model_.snapshot(), facts, moment, decision);
  } else {
    record.set_strategy(strategy.name);
    record.set_revision(strategy.revision);
    *record.mutable_moment() = moment;
    record.set_kind(kind_of(decision.kind));
    if (decision.step != nullptr) record.set_step(decision.step->name);
    if (decision.kind == routing::Decision::Kind::kDefault) *record.mutable_default_target() = decision.default_target;
    *record.mutable_explanation() = decision.explanation;
  }
  record.set_session(session_name(config_.name, leg.session));
  record.set_leg(leg.leg);
  record.set_leg_version(leg.version);
  return record;
}

routing::Decision Domain::decide(const routing::Strategy& strategy, const v1::RoutingFacts& facts,
                                 const v1::Moment& moment) const {
  app::Span span("decide", app::Span::Kind::kInternal);
  const uint64_t begin = uv_hrtime();
  routing::Decision decision = routing::decide(strategy, read_model_.snapshot(), facts, moment);
  decision_duration.at({config_.name, strategy.name}).Observe(static_cast<double>(uv_hrtime() - begin) * 1e-9);
  const std::string step = decision.step == nullptr ? "otherwise" : decision.step->name;
  const char* result = decision.kind == routing::Decision::Kind::kOffer  ? "offer"
                       : decision.kind == routing::Decision::Kind::kWait ? "wait"
                                                                         : "default";
  steps_taken.at({config_.name, strategy.name, step, result}).Increment();
  for (const v1::StepTrace& trace : decision.explanation.steps()) {
    for (const auto& [reason, experts] : trace.dropped()) {
      if (experts > 0) experts_dropped.at({config_.name, strategy.name, reason}).Increment(experts);
    }
  }
  span.attribute("expertline.strategy", strategy.name);
  span.attribute("expertline.revision", strategy.revision);
  span.attribute("expertline.step", step);
  span.attribute("expertline.result", result);
  return decision;
}

void Domain::compare_later(const state::LegRef& leg, const Strategy& strategy, const v1::RoutingFacts& facts,
                           const v1::Moment& moment, const routing::Decision& decision) {
  const bool is_live = strategy == revisions_.live().at(facts.routing_point());
  if (!is_first(facts) || !is_live || !shadow_.candidate(strategy->name) || to_compare_ == kMostToCompare) return;
  ++to_compare_;
  Shadow::Case what{
      .session = session_name(config_.name, leg.session), .leg = leg.leg, .facts = facts, .moment = moment};
  loop_.post([this, strategy, decision, seen = read_model_.cursor(), what = std::move(what)] {
    --to_compare_;
    compare(strategy, decision, seen, what);
  });
}

void Domain::compare(const Strategy& strategy, const routing::Decision& decision, const std::string& seen,
                     const Shadow::Case& what) {
  const uint64_t begin = uv_hrtime();
  if (loop_.now_ms() - comparing_from_ >= 1'000) {
    comparing_from_ = loop_.now_ms();
    compared_ns_ = 0;
  }
  if (compared_ns_ > kMostComparingNs) return;
  const routing::Snapshot& snapshot = read_model_.snapshot();
  std::optional<bool> agreed;
  // Both are to decide on the same snapshot: where that has moved on, the live one does so once more.
  if (seen == read_model_.cursor()) {
    agreed = shadow_.compare(*strategy, decision, snapshot, what);
  } else {
    agreed = shadow_.compare(*strategy, routing::decide(*strategy, snapshot, what.facts, what.moment), snapshot, what);
  }
  if (agreed) shadow_decisions.at({config_.name, strategy->name, *agreed ? "agreed" : "differed"}).Increment();
  compared_ns_ += uv_hrtime() - begin;
}

Task<Result<v1::AdmitResponse>> Domain::admit(v1::RoutingFacts facts) {
  if (!ready()) co_return not_ready("the read model is not complete yet; ask again");
  const Strategy strategy = revisions_.live().at(facts.routing_point());
  if (!strategy) co_return unknown_routing_point(facts.routing_point());
  const auto moment = co_await moment_for(*strategy, facts);
  if (!moment) co_return moment.error();
  co_return routing::admit(*strategy, read_model_.snapshot(), facts, *moment);
}

Task<Result<v1::AssessResponse>> Domain::assess(v1::RoutingFacts facts) {
  if (!ready()) co_return not_ready("the read model is not complete yet; ask again");
  const Strategy strategy = revisions_.live().at(facts.routing_point());
  if (!strategy) co_return unknown_routing_point(facts.routing_point());
  facts.set_medium(strategy->medium);
  const auto moment = co_await store_.moment(facts.routing_point());
  if (!moment) co_return moment.error();
  v1::AssessResponse response;
  v1::Availability& availability = *response.mutable_availability();
  availability = routing::assess(*strategy, read_model_.snapshot(), facts, *moment);
  if (availability.outcome() == v1::AVAILABILITY_OUTCOME_WAIT) {
    const auto served = co_await store_.served(facts.routing_point());
    if (!served) co_return served.error();
    if (const auto wait = routing::expected_wait_ms(*served, moment->store_now_ms(), moment->waiting())) {
      *availability.mutable_expected_wait() = google::protobuf::util::TimeUtil::MillisecondsToDuration(*wait);
    }
  }
  co_return response;
}

Task<Result<v1::ExplainLegResponse>> Domain::explain(std::string session, std::string leg) {
  std::vector<Unpacked> kept;
  if (!leg.empty()) {
    auto of_leg = co_await log_.of_leg(session, leg);
    if (!of_leg) co_return of_leg.error();
    kept = std::move(*of_leg);
  }
  v1::ExplainLegResponse response;
  if (kept.empty()) {
    const auto record = co_await store_.read(session);
    if (!record) co_return record.error();
    const state::Leg* known = leg.empty() && !record->legs.empty() ? &record->legs.front() : record->leg(leg);
    if (known == nullptr) co_return unknown_leg(session, leg);
    if (!leg.empty()) co_return response;
    leg = known->id;
    auto of_leg = co_await log_.of_leg(session, leg);
    if (!of_leg) co_return of_leg.error();
    kept = std::move(*of_leg);
  }
  size_t bytes = 0;
  for (Unpacked& one : kept) {
    v1::ExplainedDecision& explained = *response.add_decisions();
    if (one.kept == Kept::kCounts) {
      *explained.mutable_decision() = std::move(one.record);
      explained.set_note("no record was kept of this decision, only its counts");
      continue;
    }
    const std::string revision = one.record.revision();
    const Strategy strategy = co_await revisions_.find(revision);
    if (!strategy || bytes > kMostExplained) {
      *explained.mutable_decision() = counts_of(one.record);
      explained.set_note(strategy ? "the decisions before it fill this answer; see expertline decisions export"
                                  : "revision " + revision + " of the strategy is no longer kept");
      continue;
    }
    explained = routing::explain(*strategy, one.record);
    explained.mutable_decision()->clear_experts();
    bytes += explained.ByteSizeLong();
    const bool going = co_await loop_.sleep(0);  // whoever waits for a decision goes first
    if (!going) break;
  }
  co_return response;
}

Task<Result<v1::RouteResponse>> Domain::route(state::LegRef leg, std::optional<v1::RoutingFacts> facts) {
  if (!ready()) co_return not_ready("the read model is not complete yet; ask again");
  if (!facts) {
    const auto record = co_await store_.read(leg.session);
    if (!record) co_return record.error();
    const state::Leg* stored = record->leg(leg.leg);
    if (stored == nullptr) co_return unknown_leg(leg.session, leg.leg);
    facts = state::routing_facts(*record, *stored);
  }
  const Strategy strategy = co_await strategy_of(facts->strategy_revision(), facts->routing_point(), facts->medium());
  if (!strategy) co_return unknown_routing_point(facts->routing_point());
  app::work_on(leg.session, strategy->revision);
  v1::RouteResponse response;
  int conflicts = 0;
  prometheus::Counter& all_conflicts = reservation_conflicts.at({config_.name, strategy->name});
  for (int round = 0; round < kMostRounds; ++round) {
    const auto moment = co_await moment_for(*strategy, *facts);
    if (!moment) co_return moment.error();
    const std::string seen = read_model_.cursor();
    routing::Decision decision = decide(*strategy, *facts, *moment);
    const bool is_default = decision.kind == routing::Decision::Kind::kDefault;
    const state::Decided how =
        decided(*strategy, is_default ? strategy->steps.size() : decision.step_index, *facts, decision.priority);
    spdlog::debug("domain {}: leg {}: round {} decides at step '{}'", config_.name, leg.leg, round, how.step_name);
    decision.explanation.set_conflicts(conflicts);
    v1::DecisionRecord noted = note(leg, *strategy, *facts, *moment, decision);
    if (round == 0) compare_later(leg, strategy, *facts, *moment, decision);
    response.set_step(how.step_name);
    *response.mutable_explanation() = std::move(decision.explanation);
    std::string change;  // to be seen before the next round
    if (decision.kind == routing::Decision::Kind::kDefault) {
      const auto settled = co_await store_.settle(leg, how, decision.default_target);
      if (!settled) co_return settled.error();
      response.set_result(*settled ? v1::ROUTE_RESULT_DEFAULT : v1::ROUTE_RESULT_STALE);
      if (*settled) log_.add(leg.session, leg.leg, std::move(noted));
      *response.mutable_default_target() = decision.default_target;
      co_return response;
    }
    std::string behind;  // an expert for whom an earlier leg waits
    if (decision.kind == routing::Decision::Kind::kOffer) {
      const routing::Step& step = *decision.step;
      std::vector<state::Candidate> candidates;
      const size_t most = static_cast<size_t>(decision.to) + kSpares;
      for (size_t i = 0; i < std::min(most, decision.ranked.size()); ++i) {
        candidates.push_back(candidate(*strategy, step, *facts, *moment, decision.ranked[i]));
      }
      const auto reserved =
          co_await store_.reserve(leg, how, step.preview.none ? 1 : decision.to, step.preview.answer_within_ms,
                                  step.preview.none, false, std::move(candidates));
      if (!reserved) co_return reserved.error();
      reservations.at({config_.name, strategy->name, name_of(reserved->outcome)}).Increment();
      switch (reserved->outcome) {
        case state::Reservation::Outcome::reserved:
          response.set_result(v1::ROUTE_RESULT_RESERVED);
          for (const std::string& expert : reserved->experts) {
            response.add_experts(expert);
            noted.add_reserved(expert);
          }
          log_.add(leg.session, leg.leg, std::move(noted));
          co_return response;
        case state::Reservation::Outcome::stale:
          response.set_result(v1::ROUTE_RESULT_STALE);
          co_return response;
        case state::Reservation::Outcome::behind:
          behind = reserved->experts.front();
          break;
        case state::Reservation::Outcome::none:
          ++conflicts;
          all_conflicts.Increment();
          change = reserved->log_end;
          break;
      }
    }
    if (change.empty()) {
      const std::string bucket =
          routing::bucket_of(*strategy, decision.step_index, read_model_.snapshot(), *facts, *moment);
      // Whoever is behind an earlier leg begins to wait as those for whom nobody is free.
      const int64_t wait_ms = behind.empty() ? decision.wait_ms : decision.step->wait_ms;
      const auto waiting = co_await store_.wait(leg, how, bucket, wait_ms, seen, behind, decision.until_ms);
      if (!waiting) co_return waiting.error();
      if (waiting->outcome != state::WaitAnswer::Outcome::again) {
        const bool joined = waiting->outcome == state::WaitAnswer::Outcome::waiting;
        response.set_result(joined ? v1::ROUTE_RESULT_WAITING : v1::ROUTE_RESULT_STALE);
        if (joined) log_.add(leg.session, leg.leg, std::move(noted));
        co_return response;
      }
      change = waiting->change;
    }
    const bool reached = co_await read_model_.seen(change);
    if (!reached) co_return not_ready("the read model lags behind the store; ask again");
  }
  co_return Error{.reason = v1::ERROR_REASON_NOT_READY,
                  .message = "experts are taken faster than they can be chosen; ask again",
                  .metadata = {{"service", "strategy-evaluation"}}};
}

Task<void> Domain::serve_wakes() {
  const std::string stream = store_.prefix() + "wake";
  bool grouped = false;
  while (!stopping_) {
    redis::Reply reply;
    if (!grouped) {
      redis::Command create{"XGROUP", "CREATE", stream, kGroup, "0", "MKSTREAM"};
      reply = co_await client_.call(std::move(create));
      grouped = !reply.lost() && (!reply.error() || reply.text.starts_with("BUSYGROUP"));
    }
    if (grouped && read_model_.ready()) {
      redis::Command read{"XREADGROUP", "GROUP",  kGroup,    config_.consumer, "COUNT", "64",
                          "BLOCK",      kBlockMs, "STREAMS", stream,           ">"};
      reply = co_await wakes_.call(std::move(read));
      if (reply.error()) grouped = false;  // the store was emptied
    }
    if (reply.type != redis::Reply::Type::array) {
      // An empty answer came after BLOCK had its time, anything else too soon.
      const bool going = reply.nil() || co_await loop_.sleep(20);
      if (!going) co_return;
      continue;
    }
    std::vector<redis::Reply> wakes = std::move(reply.elements[0].elements.at(1).elements);
    co_await serve_all(std::move(wakes));
  }
}

Task<void> Domain::take_over_wakes() {
  while (!stopping_) {
    const bool going = co_await loop_.sleep(kTakeOverMs);
    if (!going) co_return;
    if (!ready()) continue;
    redis::Command claim{"XAUTOCLAIM", store_.prefix() + "wake", kGroup, config_.consumer, kAbandonedMs, "0-0", "COUNT",
                         "64"};
    const redis::Reply reply = co_await client_.call(std::move(claim));
    if (reply.type != redis::Reply::Type::array || reply.elements.size() < 2) continue;
    std::vector<redis::Reply> wakes = reply.elements[1].elements;
    std::erase_if(wakes, [](const redis::Reply& wake) { return wake.elements.size() != 2; });
    co_await serve_all(std::move(wakes));
  }
}

Task<void> Domain::serve_all(std::vector<redis::Reply> wakes) {
  size_t left = wakes.size();
  Callback<bool> all([this, &wakes, &left](const Callback<bool>::Done& done) {
    if (wakes.empty()) done(true);
    for (redis::Reply& wake : wakes) spawn(serve_one(std::move(wake), &left, done));
  });
  co_await all;
}

Task<void> Domain::serve_one(redis::Reply wake, size_t* left, std::function<void(bool)> done) {
  co_await serve(std::move(wake));
  if (--*left == 0) done(true);
}

Task<void> Domain::serve(redis::Reply wake) {
  std::string expert, medium;
  const std::vector<redis::Reply>& fields = wake.elements.at(1).elements;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == "e") expert = fields[i + 1].text;
    if (fields[i].text == "m") medium = fields[i + 1].text;
  }
  // What is not acknowledged comes again by take_over_wakes().
  const auto change = co_await store_.take_wake(expert, medium);
  if (!change) co_return;
  const bool seen = co_await read_model_.seen(*change);
  if (!seen) co_return;
  const bool served = co_await serve_waiting(expert, medium);
  if (!served) co_return;
  // One write: acknowledged and gone.
  const std::string id = wake.elements[0].text;
  client_.send({"XACK", store_.prefix() + "wake", kGroup, id}, [](const redis::Reply&) {});
  client_.send({"XDEL", store_.prefix() + "wake", id}, [](const redis::Reply&) {});
}

Task<bool> Domain::serve_waiting(std::string expert, std::string medium) {
  std::string after;
  int64_t revision = 0;    // of the expert when the walk began
  bool passed_by = false;  // a leg he may serve as soon as presence lets it through
  while (!stopping_) {
    const auto waiting = co_await store_.waiting(expert, medium, after, kWaitingPage);
    if (!waiting) co_return false;
    if (waiting->full || waiting->entries.empty()) co_return true;
    if (after.empty()) {
      revision = read_model_.snapshot().revision(expert);
      passed_by = false;
    }
    for (const state::Waiting::Entry& entry : waiting->entries) {
      after = entry.score;
      const auto record = co_await store_.read(entry.leg.session);
      if (!record && record.error().reason != v1::ERROR_REASON_UNKNOWN_SESSION) co_return false;
      const state::Leg* leg = record ? record->leg(entry.leg.leg) : nullptr;
      if (leg == nullptr || leg->state != "waiting") continue;  // served or gone meanwhile
      const v1::RoutingFacts facts = state::routing_facts(*record, *leg);
      const Strategy strategy = co_await strategy_of(facts.strategy_revision(), facts.routing_point(), facts.medium());
      const auto step_index = static_cast<size_t>(leg->step);
      if (!strategy || step_index >= strategy->steps.size()) continue;
      app::current_work() = app::work_of(leg->trace);
      app::work_on(record->id, strategy->revision);
      const auto moment = co_await moment_for(*strategy, facts);
      if (!moment) co_return false;
      const routing::Reason reason =
          routing::accepts(*strategy, step_index, read_model_.snapshot(), facts, *moment, expert);
      // He has changed on the way: those passed by might get him now, so they come first again.
      if (passed_by && read_model_.snapshot().revision(expert) != revision) {
        after.clear();
        break;
      }
      // Presence does not let this leg through to him; one that asks for his state, or for no state, may get him.
      if (by_presence(reason)) {
        passed_by = true;
        continue;
      }
      // He is taken, or went: when he is ready again another wake tells. Walking on, the first one after that moment
      // would get him and overtake those before.
      if (routing::is_status(reason)) co_return true;
      if (reason != routing::Reason::kReady) continue;
      const routing::Step& step = strategy->steps[step_index];
      const state::LegRef ref{.session = record->id, .leg = leg->id, .version = leg->version};
      const state::Decided how = decided(*strategy, step_index, facts, 0);
      // He was not chosen: he became free, and it was this leg's turn. What deciding now would give is noted beside.
      const routing::Decision decision = decide(*strategy, facts, *moment);
      v1::DecisionRecord noted = note(ref, *strategy, facts, *moment, decision);
      std::vector<state::Candidate> candidates;
      candidates.push_back(candidate(*strategy, step, facts, *moment, expert));
      const auto reserved = co_await store_.reserve(ref, how, 1, step.preview.answer_within_ms, step.preview.none, true,
                                                    std::move(candidates));
      if (!reserved) co_return false;
      if (reserved->outcome == state::Reservation::Outcome::none) co_return true;  // he is full
      if (reserved->outcome != state::Reservation::Outcome::reserved) continue;
      noted.add_reserved(expert);
      log_.add(ref.session, ref.leg, std::move(noted));
    }
  }
  co_return false;
}

}  // namespace expertline::evaluation
