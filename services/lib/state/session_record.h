// A session as it is in the store. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expertline/v1/session.pb.h"
#include "expertline/v1/strategy.pb.h"
#include "redis/client.h"
#include "state/records.pb.h"

namespace expertline::state {

// Times are milliseconds of the store's clock.

struct Offer {
  int n = 0;
  std::string expert, name, dn;
  int64_t at = 0, due = 0;
  std::string outcome;  // empty while it is open; else accepted, declined, timed_out, canceled, rescinded
  std::string why;
  OfferDetails details;
};

struct Leg {
  std::string id, medium, state, routing_point, strategy, revision, step_name, bucket;
  int64_t version = 0, due = 0, deadline = 0;  // deadline 0: none
  int step = 0, step_offers = 0, taken = 0;
  uint64_t seed = 0;
  std::optional<int64_t> wait_left;  // what this step may still wait, as of wait_from
  int64_t wait_from = 0;             // since when it waits, if it does
  int64_t waited = 0;                // in all, before wait_from
  std::string expert, name, dn;
  std::string outcome, call;
  std::string parent_call;
  std::string replaces;  // leg that ends when this one becomes active
  std::string trace;     // traceparent of the request that began it; empty: none
  std::string by_name;   // who is asked, and nobody else; empty: whom the strategy chooses
  int64_t began = 0;     // when it became active; 0: it has not
  int64_t left = 0;      // when it ended after that
  int kind = 0;
  bool joins = false;  // it came into a conversation that went on
  bool connect = false, routed = false, overdue = false;
  std::vector<std::string> secret_keys;  // of user data
  std::vector<std::string> asked;        // besides those with an offer
  std::string held;
  std::vector<Offer> offers;             // in order of n
  std::optional<OfferDetails> straight;  // details of an expert who got it without an offer
  std::optional<v1::DefaultTarget> default_target;

  bool ended() const { return state == "ended"; }
};

// An agent or a supervisor.
struct Person {
  v1::MessageAuthor role = v1::MESSAGE_AUTHOR_UNSPECIFIED;
  std::string id, name;
  int64_t joined = 0, left = 0;  // left 0: he is there
};

// Up to which message the conversation was delivered to somebody, and read by him; empty: none.
struct Seen {
  std::string delivered, read;
};

struct SessionRecord {
  std::string id;
  int64_t version = 0, created = 0, ended = 0;
  int64_t now = 0;  // when it was read
  bool open = false;
  std::string outcome;
  std::string last_message;  // its id; empty: none
  v1::Session facts;         // agent and interaction
  std::vector<Leg> legs;
  std::vector<Person> people;                  // who is or was in it, besides experts; in order of joining
  std::map<std::string, std::string> numbers;  // where experts take calls of this session, if not at their usual number
  std::map<std::pair<v1::MessageAuthor, std::string>, Seen> seen;  // by role and id
  v1::UserData user_data;

  const Leg* leg(const std::string& leg_id) const;
  // The first leg an expert talks on by text: active, not a call.
  const Leg* conversation() const;
  // Whether the expert is on the conversation.
  bool talks(const std::string& expert) const;
  // The user data without what is secret on any of its legs.
  v1::UserData shown_user_data() const;
};

// What a decision needs to know of a leg, at the time the session was read.
v1::RoutingFacts routing_facts(const SessionRecord& session, const Leg& leg);

// From the replies to HGETALL of the session's hash and of its user data.
SessionRecord read_session(const std::string& id, const redis::Reply& session, const redis::Reply& user_data);

}  // namespace expertline::state
