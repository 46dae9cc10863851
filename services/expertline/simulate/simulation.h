// A day of requests through strategies on a virtual clock: discrete events, the decisions of routing/ and the rules of
// play/. Pure: no I/O, no clock; the same setting gives the same day on every machine.
//
// All requests share the experts. An expert who is offered a request draws what he does with it and when; one who
// accepts talks, and then wraps up if his guard rails say so. What is drawn belongs to the request and the number of
// the offer, not to the order of events (draws.h). At equal times deadlines come before answers, answers before new
// requests. The day goes on until every request has ended.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "expertline/replay/fairness.h"
#include "expertline/simulate/behaviour.h"
#include "roster/roster.h"
#include "routing/calendar.h"
#include "routing/strategy.h"

namespace expertline::simulate {

// One agent's call for help. Times are milliseconds since 1970-01-01T00:00:00Z.
struct Request {
  std::string id = {};             // of the interaction; unique, its draws follow from it
  std::string agent = {};          // id
  std::string routing_point = {};  // where he asks
  std::string call_type = {};      // attached as user data `call_type`, unless empty
  int64_t at_ms = 0;
  int64_t talk_ms = 0;  // how long he and the expert talk, where the behaviour does not say
};

using Strategies = std::map<std::string, std::shared_ptr<const routing::Strategy>>;  // by routing point

struct Setting {
  std::vector<Request> requests;  // by time
  std::vector<roster::Member> experts;
  Behaviour behaviour;
  Strategies strategies;  // a request at a routing point that is not here is an error of the caller's
  int64_t from_ms = 0;    // the day for which hours and occupancy are counted
  int64_t to_ms = 0;
  uint64_t seed = 1;
};

// How a request ended; each in exactly one way.
enum class End {
  kExpert,        // an expert took it
  kVoicemail,     // default routing: a mailbox
  kAgentText,     // default routing: a text for the agent
  kDn,            // default routing: a number of the platform
  kRoutingPoint,  // default routing: a routing point without a strategy here, or the ninth one after another
  kRefused,       // `allow` does not hold
};
inline constexpr size_t kEnds = 6;

struct Outcome {
  End end = End::kRefused;
  int64_t to_expert_ms = -1;  // asked until accepted; -1: nobody took it
  int64_t waited_ms = 0;      // nobody was free
  int offers = 0;
};

// A time for which an expert was held by one leg: preview, talk and wrap-up.
struct Holding {
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  std::string medium = {};
};

struct ExpertDay {
  bool eligible = false;  // a step of a strategy that was asked looks for such experts
  int64_t hours_ms = 0;   // within the day, by his hours
  int offers = 0;         // who gets a request straight, without a preview, counts as offered and accepted
  int accepted = 0;
  int declined = 0;
  int timed_out = 0;
  int rescinded = 0;
  std::vector<Holding> holdings = {};  // by begin
  routing::Calendar hours = {};
};

struct Day {
  std::vector<Outcome> outcomes;   // by place in Setting::requests
  std::vector<ExpertDay> experts;  // by place in Setting::experts
  std::vector<int> most_waiting;   // by hour from `from_ms`: most legs that waited at once
  int64_t decisions = 0;
  int64_t events = 0;
};

// `fairness` hears of the draws of `pick: random`, by routing point; where that would take very many questions about
// who else was eligible, of every n-th draw only.
Day simulate(const Setting& setting, cli::FairnessLedger& fairness);

}  // namespace expertline::simulate
