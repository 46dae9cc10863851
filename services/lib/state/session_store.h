// Sessions in the store, typed. One function of the library per change; each is atomic and safe to repeat.
//
// Loop thread only. Every method may answer STORE_UNAVAILABLE: then nothing is known of the outcome.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/task.h"
#include "base/result.h"
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
  std::optional<int64_t> wait_left;
  std::string expert, name, dn;
  std::string outcome, call;
  int kind = 0;
  bool connect = false, routed = false, overdue = false;
  std::vector<std::string> asked;  // besides those with an offer
  std::string held;
  std::vector<Offer> offers;  // in order of n
  std::optional<OfferDetails> straight;  // details of an expert who got it without an offer
  std::optional<v1::DefaultTarget> default_target;

  bool ended() const { return state == "ended"; }
};

struct SessionRecord {
  std::string id;
  int64_t version = 0, created = 0, ended = 0;
  bool open = false;
  std::string outcome;
  std::string last_message;  // its id; empty: none
  v1::Session facts;  // agent and interaction
  std::vector<Leg> legs;
  v1::UserData user_data;

  const Leg* leg(const std::string& leg_id) const;
  // The leg an expert talks on by text: active, not a call.
  const Leg* conversation() const;
};

// What a decision needs to know of a leg.
v1::RoutingFacts routing_facts(const SessionRecord& session, const Leg& leg);

struct Request {  // of one client; an empty id is not remembered
  std::string id, payload_hash;
};

struct LegRef {
  std::string session, leg;
  int64_t version = 0;
};

struct NewSession {
  std::string session, agent_id, bridge, medium, routing_point, strategy, text;
  uint64_t seed = 0;
  v1::Session facts;
  v1::UserData user_data;
  int64_t user_data_limit = 0;
  Request request;
};

struct NewCall {
  std::string session;      // to join; may be empty
  bool must_exist = false;  // UNKNOWN_SESSION if there is no such session, rather than begin another
  std::string new_session;  // to begin otherwise
  std::string bridge, medium, routing_point, strategy, call;
  uint64_t seed = 0;
  int kind = 0;
  int64_t deadline_ms = 0;
  v1::Session facts;
  v1::UserData user_data;
  int64_t user_data_limit = 0;
  std::optional<v1::DefaultTarget> fallback;
};

struct Enqueued {
  bool known = false;  // the request or call had been answered before
  LegRef leg;          // version only if not known
};

struct HoldVoice {
  std::string session, medium, expert, dn, routing_point, call, strategy;
  uint64_t seed = 0;
  int kind = 0;
  int64_t hold_ms = 0;
  Request request;
};

struct Held {
  std::string leg;
  int64_t until = 0;
};

struct Decided {  // what a decision knows of the leg's way through its strategy
  int step = 0;
  std::string step_name, strategy, revision;
};

struct Candidate {
  std::string expert, name, dn;
  OfferDetails details;
};

struct Reservation {
  enum class Outcome { reserved, stale, none, behind };
  Outcome outcome = Outcome::stale;
  std::vector<std::string> experts;  // reserved: who is asked; behind: the one an earlier leg waits for
  std::string log_end;               // none: the change after which nobody of them was free
};

struct WaitAnswer {
  enum class Outcome { waiting, stale, again };
  Outcome outcome = Outcome::stale;
  std::string change;  // again: somebody became free with this change; see it, then decide again
};

struct Waiting {
  bool full = false;  // the expert is not free (any more)
  struct Entry {
    LegRef leg;
    std::string score;
  };
  std::vector<Entry> entries;
};

struct Answered {
  bool late = false;
  std::string outcome;
  LegRef leg;
  bool route = false;  // no offer is left: route the leg now
};

struct Tick {
  int64_t now = 0, wall = 0, next_in = -1;  // next_in -1: nothing is due
  std::vector<LegRef> route;
};

struct SessionPage {
  std::vector<std::string> ids;
  std::string next;  // empty: the last page
};

class SessionStore {
 public:
  SessionStore(redis::Client& client, std::string domain);

  const std::string& domain() const { return domain_; }
  const std::string& prefix() const { return prefix_; }  // "{domain}:"

  // UNKNOWN_SESSION if there is none.
  Task<Result<SessionRecord>> read(std::string session);
  // Newest first; `list` is all, open or ended; `before` is a page token of ours or empty.
  Task<Result<SessionPage>> list(std::string list, std::string before, int most);
  // The messages after `after` (empty: all), at most `most`.
  Task<Result<std::vector<v1::Message>>> messages(std::string session, std::string after, int most);

  Task<Result<Enqueued>> enqueue(NewSession request);
  Task<Result<Enqueued>> call(NewCall request);
  Task<Result<LegRef>> find_call(std::string call);
  Task<Result<std::string>> say(std::string session, v1::MessageAuthor author, std::string id, std::string text,
                                Request request);
  Task<Result<int64_t>> update_user_data(v1::UpdateUserDataRequest update, std::string session, int64_t limit,
                                         Request request);
  Task<Result<Done>> cancel(std::string session, std::string leg, std::string expert, Request request);
  Task<Result<Done>> end(std::string session, std::string outcome, Request request);
  Task<Result<Held>> hold(HoldVoice hold);
  // `route` in the answer: the next expert is to be sought.
  Task<Result<Answered>> voice(std::string session, std::string leg, std::string event);
  // `attach` is given to the session's user data if it is accepted.
  Task<Result<Answered>> answer(std::string session, std::string leg, int n, std::string expert, std::string outcome,
                                std::string why, v1::UserData attach);

  Task<Result<Reservation>> reserve(LegRef leg, Decided decided, int to, int64_t within_ms, bool straight,
                                    bool from_waiting, std::vector<Candidate> candidates);
  Task<Result<WaitAnswer>> wait(LegRef leg, Decided decided, std::string bucket, int64_t wait_ms, std::string seen,
                                std::string wake);
  Task<Result<bool>> settle(LegRef leg, Decided decided, v1::DefaultTarget target);  // false: stale
  Task<Result<Waiting>> waiting(std::string expert, std::string medium, std::string after, int most);

  Task<Result<Tick>> tick(int64_t elapsed_ms, int64_t retention_ms, int most);
  // False: the lease had run out, attach every desk again.
  Task<Result<bool>> renew_bridge(std::string bridge, bool fresh);
  // Per expert: nothing if he is unknown, else the sessions that hold him.
  Task<Result<std::vector<std::optional<std::vector<std::string>>>>> attach_desk(std::string bridge,
                                                                                  std::vector<std::string> experts);
  Task<Result<Done>> detach_desk(std::string bridge, std::vector<std::string> experts);
  Task<Result<Done>> watch(std::string bridge, std::string session, bool on);

 private:
  using Texts = std::vector<std::string>;
  Task<Result<Texts>> run(std::string function, std::string query, Texts rest);

  redis::Client& client_;
  std::string domain_;
  std::string prefix_;
};

}  // namespace expertline::state
