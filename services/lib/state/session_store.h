// Sessions in the store, typed. One function of the library per change; each is atomic and safe to repeat.
//
// Loop thread only. Every method may answer STORE_UNAVAILABLE: then nothing is known of the outcome. Times are
// milliseconds of the store's clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/task.h"
#include "base/result.h"
#include "expertline/v1/session.pb.h"
#include "redis/client.h"
#include "state/session_record.h"

namespace expertline::state {

// How long what reports need is kept.
inline constexpr int64_t kDefaultReportRetentionMs = 35LL * 24 * 3600 * 1000;

struct Request {  // of one client; an empty id is not remembered
  std::string id, payload_hash;
};

struct LegRef {
  std::string session, leg;
  int64_t version = 0;
  std::string trace = {};  // traceparent of the request that began it, if that is known
};

struct NewSession {
  std::string session, bridge, medium, routing_point, strategy, text;
  std::vector<std::string> secret_keys;  // of user data; identifiers
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
  std::string parent_call;               // may be empty
  std::vector<std::string> secret_keys;  // of user data; identifiers
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
  std::vector<std::string> secret_keys;  // of user data; identifiers
  uint64_t seed = 0;
  int kind = 0;
  int64_t hold_ms = 0;
  Request request;
};

// One more leg of the conversation; nobody else is asked than `by_name`, if that is given.
struct Seek {
  std::string session;
  bool transfer = false;  // the leg `replaces` (empty: the only active one) ends when this one becomes active
  std::string replaces, medium, routing_point, strategy, by_name;
  std::string nobody;                    // said in the conversation if nobody takes it
  std::vector<std::string> secret_keys;  // of user data; identifiers
  uint64_t seed = 0;
  std::string action, actor;  // for the audit; no actor: it was the agent
  Request request;
};

struct Held {
  std::string leg;
  int64_t until = 0;
};

struct Decided {  // what a decision knows of the leg's way through its strategy
  int step = 0;
  std::string step_name, strategy, revision;
  int priority = 0;                         // higher is served first
  std::vector<v1::PresenceState> states{};  // that the step asks for; none: whom presence lets through
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
  struct Entry {
    SessionRecord record;  // without user data
    std::string place;     // the token of the page that begins after it
  };
  std::vector<Entry> sessions;
  std::string next;  // empty: the last page
};

class SessionStore {
 public:
  SessionStore(redis::Client& client, std::string domain);

  const std::string& domain() const { return domain_; }
  const std::string& prefix() const { return prefix_; }  // "{domain}:"

  // UNKNOWN_SESSION if there is none.
  Task<Result<SessionRecord>> read(std::string session);
  // Newest first; `list` is all, open, ended, agent:<id> or expert:<id>; `before` is a page token of ours or empty.
  Task<Result<SessionPage>> list(std::string list, std::string before, int most);
  // The messages after `after` (empty: all), at most `most`.
  Task<Result<std::vector<v1::Message>>> messages(std::string session, std::string after, int most);

  Task<Result<Enqueued>> enqueue(NewSession request);
  // Whether a session was started by a request of that id within the last 10 minutes.
  Task<Result<bool>> started(std::string request_id);
  Task<Result<Enqueued>> call(NewCall request);
  Task<Result<LegRef>> find_call(std::string call);
  // Says a message, without id and time: as the agent, an expert on the conversation, or a supervisor who has joined
  // it.
  Task<Result<std::string>> say(std::string session, v1::Message message, Request request);
  // Has the others in the conversation told that he is typing; the agent with an empty id.
  Task<Result<Done>> typing(std::string session, v1::MessageAuthor role, std::string id);
  // Up to which message the conversation was delivered to somebody who is or was in it, and read by him (empty: no
  // news). Ids of messages; the agent with an empty id. What comes late or twice changes nothing.
  Task<Result<Done>> mark(std::string session, v1::MessageAuthor role, std::string id, std::string delivered,
                          std::string read);
  Task<Result<int64_t>> update_user_data(v1::UpdateUserDataRequest update, std::string session, int64_t limit,
                                         Request request);
  Task<Result<Done>> cancel(std::string session, std::string leg, std::string expert, Request request,
                            std::string actor = "");
  Task<Result<Done>> end(std::string session, std::string outcome, Request request, std::string actor = "");
  Task<Result<Held>> hold(HoldVoice hold);
  // `route` in the answer: the next expert is to be sought.
  // `other`: of another party than the expert.
  Task<Result<Answered>> voice(std::string session, std::string leg, std::string event, bool other = false);
  // `attach` is given to the session's user data if it is accepted; `number` (empty: the usual one) is where he takes
  // calls of this session then.
  Task<Result<Answered>> answer(std::string session, std::string leg, int n, std::string expert, std::string outcome,
                                std::string why, v1::UserData attach, std::string number = "");

  // Who takes part (session_moves.cc)
  // ----------------------------------------------------------------------------------- A leg of version 0: the request
  // was answered before. UNKNOWN_EXPERT, TOO_MANY_PARTICIPANTS; WRONG_STATE without an active conversation.
  Task<Result<LegRef>> seek(Seek seek);
  // `facts`: the agent from now on, and the interaction as it was; `text` is said in the conversation.
  Task<Result<Done>> change_agent(std::string session, v1::Session facts, std::string text, std::string actor,
                                  Request request);
  // A supervisor is in the conversation, or no longer. TOO_MANY_PARTICIPANTS.
  Task<Result<Done>> take_part(std::string session, std::string supervisor, std::string display_name, bool on);
  // An empty number: the usual one again.
  Task<Result<Done>> call_me(std::string session, std::string expert, std::string number);
  Task<Result<Done>> end_wrap_up(std::string session, std::string leg, std::string expert);
  // Offers are welcome again.
  Task<Result<Done>> resume(std::string expert);
  // Per expert, what keeps offers from him now.
  Task<Result<std::vector<v1::Block>>> blocks(std::vector<std::string> experts);
  // The open session of that call, or else the last one begun about the interaction of that id; empty: none.
  Task<Result<std::string>> session_of_parent(std::string call);

  Task<Result<Reservation>> reserve(LegRef leg, Decided decided, int to, int64_t within_ms, bool straight,
                                    bool from_waiting, std::vector<Candidate> candidates);
  // Waits for `wait_ms` in all, and is decided again after `until_ms` of it (0: not before the end). A leg that waits
  // already keeps its place and what is left of its step's wait.
  Task<Result<WaitAnswer>> wait(LegRef leg, Decided decided, std::string bucket, int64_t wait_ms, std::string seen,
                                std::string wake, int64_t until_ms = 0);
  Task<Result<bool>> settle(LegRef leg, Decided decided, v1::DefaultTarget target);  // false: stale
  // The store's time, and how many legs wait at a routing point (empty: nobody) and how long the first of them has.
  Task<Result<v1::Moment>> moment(std::string routing_point);
  // When (ms) waits at a routing point ended with an expert, within the last 30 minutes, at most 64.
  Task<Result<std::vector<int64_t>>> served(std::string routing_point);
  // To be called when serving a wake begins: id of the change to be seen first.
  Task<Result<std::string>> take_wake(std::string expert, std::string medium);
  Task<Result<Waiting>> waiting(std::string expert, std::string medium, std::string after, int most);

  // Sessions that have ended are kept for `retention_ms`, their conversations for `words_ms` (-1: as long), what
  // reports need for `report_ms`.
  Task<Result<Tick>> tick(int64_t elapsed_ms, int64_t retention_ms, int most, int64_t words_ms = -1,
                          int64_t report_ms = kDefaultReportRetentionMs);
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
