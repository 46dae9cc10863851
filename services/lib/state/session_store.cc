#include "state/session_store.h"

#include <absl/strings/str_join.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/work.h"
#include "state/fcall.h"
#include "state/texts.h"
#include "state/user_data.h"

namespace expertline::state {
namespace {

using nlohmann::json;

void add_request(json& query, const Request& request) {
  if (request.id.empty()) return;
  query["rid"] = request.id;
  query["hash"] = request.payload_hash;
}

// What the store itself looks at of the agent and the interaction.
void add_facts(json& query, const v1::Session& facts) {
  query["agent"] = facts.agent().id();
  query["agent_name"] = facts.agent().display_name();
  query["about"] = facts.interaction().id();
  if (!facts.interaction().case_key().empty()) query["case"] = facts.interaction().case_key();
}

// The request that a leg began with.
void add_trace(json& query) {
  std::string trace = app::traceparent();
  if (!trace.empty()) query["trace"] = std::move(trace);
}

void add_secrets(json& query, const std::vector<std::string>& keys) {
  if (!keys.empty()) query["secret"] = absl::StrJoin(keys, ",");
}

void add_decided(json& query, const LegRef& leg, const Decided& decided) {
  query["s"] = leg.session;
  query["leg"] = leg.leg;
  query["version"] = leg.version;
  query["step"] = decided.step;
  query["step_name"] = decided.step_name;
  query["strat"] = decided.strategy;
  query["rev"] = decided.revision;
  query["pri"] = decided.priority;
  if (!decided.states.empty()) query["states"] = std::vector<int>(decided.states.begin(), decided.states.end());
}

}  // namespace

SessionStore::SessionStore(redis::Client& client, std::string domain)
    : client_(client), domain_(std::move(domain)), prefix_("{" + domain_ + "}:") {}

Task<Result<SessionStore::Texts>> SessionStore::run(std::string function, std::string query, Texts rest) {
  rest.insert(rest.begin(), std::move(query));
  const auto answer = co_await fcall_word(client_, std::move(function), domain_, std::move(rest));
  if (!answer) co_return answer.error();
  Texts texts;
  for (const redis::Reply& element : *answer) texts.push_back(element.text);
  co_return texts;
}

// The reply of a plain command, or why there is none.
static Result<Done> check_reply(const redis::Reply& reply) {
  if (reply.lost() || reply.error()) {
    return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE,
                 .message = "the store does not answer" + (reply.lost() ? "" : ": " + reply.text) + "; ask again"};
  }
  return Done{};
}

Task<Result<SessionRecord>> SessionStore::read(std::string session) {
  // All leave in one write; the answers come right behind each other.
  auto data = std::make_shared<redis::Reply>();
  auto moment = std::make_shared<redis::Reply>();
  redis::Command read_data{"HGETALL", prefix_ + "u:" + session};
  redis::Command read_hash{"HGETALL", prefix_ + "s:" + session};
  client_.send(read_data, [data](redis::Reply reply) { *data = std::move(reply); });
  client_.send({"FCALL_RO", "xl1_queue", "1", prefix_ + "clock", R"({"rp":""})"},
               [moment](redis::Reply reply) { *moment = std::move(reply); });
  const redis::Reply hash = co_await client_.call(std::move(read_hash));
  if (const auto good = check_reply(hash); !good) co_return good.error();
  if (const auto good = check_reply(*data); !good) co_return good.error();
  if (hash.elements.empty()) {
    co_return Error{.reason = v1::ERROR_REASON_UNKNOWN_SESSION,
                    .message = "no session " + session + ", or its retention is over",
                    .metadata = {{"session", session}}};
  }
  SessionRecord record = read_session(session, hash, *data);
  if (moment->elements.size() > 1) record.now = number(moment->elements[1].text);
  co_return record;
}

Task<Result<SessionPage>> SessionStore::list(std::string list_name, std::string before, int most) {
  const json query = {{"list", list_name}, {"before", before}, {"most", most}};
  std::vector<std::string> arguments{dump(query)};
  const auto answer = co_await fcall(client_, "xl1_sessions", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  SessionPage page;
  const redis::Reply no_user_data;
  for (size_t i = 1; i + 2 < answer->size(); i += 3) {
    const std::string& place = answer->at(i + 1).text;
    if (answer->at(0).text == "1") page.next = place;
    const redis::Reply& hash = answer->at(i + 2);
    if (hash.elements.empty()) continue;  // gone meanwhile
    page.sessions.push_back({.record = read_session(answer->at(i).text, hash, no_user_data), .place = place});
  }
  co_return page;
}

Task<Result<Enqueued>> SessionStore::enqueue(NewSession request) {
  json query = {{"s", request.session},      {"leg", request.medium},
                {"medium", request.medium},  {"rp", request.routing_point},
                {"strat", request.strategy}, {"seed", std::to_string(request.seed)},
                {"bridge", request.bridge},  {"limit", request.user_data_limit}};
  add_facts(query, request.facts);
  add_trace(query);
  add_secrets(query, request.secret_keys);
  add_request(query, request.request);
  Texts rest{request.facts.SerializeAsString(), request.text};
  append_user_data(request.user_data.values(), rest);
  const auto answer = co_await run("xl1_enqueue", dump(query), std::move(rest));
  if (!answer) co_return answer.error();
  Enqueued enqueued;
  enqueued.known = answer->at(0) == "again";
  enqueued.leg.session = answer->at(1);
  enqueued.leg.leg = request.medium;
  if (!enqueued.known) enqueued.leg.version = number(answer->at(2));
  co_return enqueued;
}

Task<Result<bool>> SessionStore::started(std::string request_id) {
  redis::Command command{"EXISTS", prefix_ + "idem:start:" + request_id};
  const redis::Reply reply = co_await client_.call(std::move(command));
  if (const auto good = check_reply(reply); !good) co_return good.error();
  co_return reply.integer == 1;
}

Task<Result<Enqueued>> SessionStore::call(NewCall request) {
  json query = {{"new_session", request.new_session},
                {"medium", request.medium},
                {"rp", request.routing_point},
                {"strat", request.strategy},
                {"seed", std::to_string(request.seed)},
                {"call", request.call},
                {"kind", request.kind},
                {"deadline_ms", request.deadline_ms},
                {"bridge", request.bridge},
                {"limit", request.user_data_limit}};
  if (!request.session.empty()) query["s"] = request.session;
  query["must_exist"] = request.must_exist;
  if (!request.parent_call.empty()) query["parent"] = request.parent_call;
  add_facts(query, request.facts);
  add_trace(query);
  add_secrets(query, request.secret_keys);
  Texts rest{request.facts.SerializeAsString(), request.fallback ? request.fallback->SerializeAsString() : ""};
  append_user_data(request.user_data.values(), rest);
  const auto answer = co_await run("xl1_call", dump(query), std::move(rest));
  if (!answer) co_return answer.error();
  Enqueued enqueued;
  enqueued.known = answer->at(0) == "again";
  enqueued.leg.session = answer->at(1);
  enqueued.leg.leg = answer->at(2);
  if (!enqueued.known) enqueued.leg.version = number(answer->at(3));
  co_return enqueued;
}

Task<Result<LegRef>> SessionStore::find_call(std::string call_id) {
  const json query = {{"call", call_id}};
  const auto answer = co_await run("xl1_find_call", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return LegRef{.session = answer->at(1), .leg = answer->at(2)};
}

Task<Result<int64_t>> SessionStore::update_user_data(v1::UpdateUserDataRequest update, std::string session,
                                                     int64_t limit, Request request) {
  json query = {{"s", session}, {"if_revision", update.if_revision()}, {"limit", limit}, {"deletes", json::array()}};
  for (const std::string& key : update.delete_()) query["deletes"].push_back("=" + key);
  add_request(query, request);
  Texts rest;
  append_user_data(update.set(), rest);
  const auto answer = co_await run("xl1_user_data", dump(query), std::move(rest));
  if (!answer) co_return answer.error();
  co_return number(answer->at(1));
}

Task<Result<Done>> SessionStore::cancel(std::string session, std::string leg, std::string expert, Request request,
                                        std::string actor) {
  json query = {{"s", session}, {"leg", leg}};
  if (!expert.empty()) query["expert"] = expert;
  if (!actor.empty()) query["actor"] = actor;
  add_request(query, request);
  const auto answer = co_await run("xl1_cancel", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SessionStore::end(std::string session, std::string outcome, Request request, std::string actor) {
  json query = {{"s", session}};
  if (!actor.empty()) query["actor"] = actor;
  if (!outcome.empty()) query["outcome"] = outcome;
  add_request(query, request);
  const auto answer = co_await run("xl1_end", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Held>> SessionStore::hold(HoldVoice hold) {
  json query = {{"s", hold.session},        {"medium", hold.medium},
                {"expert", hold.expert},    {"dn", hold.dn},
                {"rp", hold.routing_point}, {"kind", hold.kind},
                {"hold_ms", hold.hold_ms},  {"seed", std::to_string(hold.seed)},
                {"strat", hold.strategy}};
  if (!hold.call.empty()) query["call"] = hold.call;
  add_trace(query);
  add_secrets(query, hold.secret_keys);
  add_request(query, hold.request);
  const auto answer = co_await run("xl1_hold", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Held{.leg = answer->at(1), .until = number(answer->at(2))};
}

Task<Result<Answered>> SessionStore::voice(std::string session, std::string leg, std::string event, bool other) {
  json query = {{"s", session}, {"leg", leg}, {"event", event}};
  if (other) query["other"] = true;
  const auto answer = co_await run("xl1_voice", dump(query), Texts());
  if (!answer) co_return answer.error();
  Answered answered;
  answered.outcome = answer->at(1);
  answered.leg = LegRef{.session = session, .leg = leg, .version = number(answer->at(2))};
  answered.route = answer->at(1) == "routing";
  co_return answered;
}

Task<Result<Answered>> SessionStore::answer(std::string session, std::string leg, int n, std::string expert,
                                            std::string outcome, std::string why, v1::UserData attach,
                                            std::string number_now) {
  json query = {{"s", session}, {"leg", leg}, {"n", n}, {"expert", expert}, {"outcome", outcome}};
  if (!why.empty()) query["why"] = why;
  if (!number_now.empty()) query["number"] = number_now;
  Texts rest;
  append_user_data(attach.values(), rest);
  const auto answer = co_await run("xl1_answer", dump(query), std::move(rest));
  if (!answer) co_return answer.error();
  Answered answered;
  answered.late = answer->at(0) == "late";
  answered.outcome = answer->at(1);
  if (answer->size() == 4) {
    answered.leg = LegRef{.session = session, .leg = leg, .version = number(answer->at(2))};
    answered.route = answer->at(3) == "routing";
  }
  co_return answered;
}

Task<Result<Reservation>> SessionStore::reserve(LegRef leg, Decided decided, int to, int64_t within_ms, bool straight,
                                                bool from_waiting, std::vector<Candidate> candidates) {
  json query = {{"to", to},
                {"within_ms", within_ms},
                {"straight", straight},
                {"from_waiting", from_waiting},
                {"experts", json::array()}};
  add_decided(query, leg, decided);
  Texts rest;
  for (const Candidate& candidate : candidates) {
    query["experts"].push_back({{"e", candidate.expert}, {"name", candidate.name}, {"dn", candidate.dn}});
    rest.push_back(candidate.details.SerializeAsString());
    Texts attach;
    if (straight) append_user_data(candidate.details.attach().values(), attach);
    rest.push_back(std::to_string(attach.size()));
    for (std::string& part : attach) rest.push_back(std::move(part));
  }
  const auto answer = co_await run("xl1_reserve", dump(query), std::move(rest));
  if (!answer) co_return answer.error();
  Reservation reservation;
  const std::string& what = answer->at(0);
  if (what == "ok") {
    reservation.outcome = Reservation::Outcome::reserved;
    for (size_t i = 2; i < answer->size(); i += 2) reservation.experts.push_back(answer->at(i));
  } else if (what == "none") {
    reservation.outcome = Reservation::Outcome::none;
    reservation.log_end = answer->at(1);
  } else if (what == "behind") {
    reservation.outcome = Reservation::Outcome::behind;
    reservation.experts.push_back(answer->at(1));
  }
  co_return reservation;
}

Task<Result<WaitAnswer>> SessionStore::wait(LegRef leg, Decided decided, std::string bucket, int64_t wait_ms,
                                            std::string seen, std::string wake, int64_t until_ms) {
  json query = {{"bucket", bucket}, {"wait_ms", wait_ms}, {"seen", seen.empty() ? "0-0" : seen}};
  if (!wake.empty()) query["wake"] = wake;
  if (until_ms > 0) query["until_ms"] = until_ms;
  add_decided(query, leg, decided);
  const auto answer = co_await run("xl1_wait", dump(query), Texts());
  if (!answer) co_return answer.error();
  WaitAnswer result;
  if (answer->at(0) == "ok") result.outcome = WaitAnswer::Outcome::waiting;
  if (answer->at(0) == "again") {
    result.outcome = WaitAnswer::Outcome::again;
    result.change = answer->at(1);
  }
  co_return result;
}

Task<Result<bool>> SessionStore::settle(LegRef leg, Decided decided, v1::DefaultTarget target) {
  json query;
  add_decided(query, leg, decided);
  Texts rest{target.SerializeAsString()};
  const auto answer = co_await run("xl1_settle", dump(query), std::move(rest));
  if (!answer) co_return answer.error();
  co_return answer->at(0) == "ok";
}

Task<Result<v1::Moment>> SessionStore::moment(std::string routing_point) {
  const json query = {{"rp", routing_point}};
  const auto answer = co_await run("xl1_queue", dump(query), Texts());
  if (!answer) co_return answer.error();
  using google::protobuf::util::TimeUtil;
  v1::Moment moment;
  moment.set_store_now_ms(number(answer->at(1)));
  *moment.mutable_now() = TimeUtil::MillisecondsToTimestamp(number(answer->at(2)));
  moment.set_waiting(static_cast<int32_t>(number(answer->at(3))));
  if (moment.waiting() > 0) {
    const int64_t waited = std::max<int64_t>(0, moment.store_now_ms() - number(answer->at(4)));
    *moment.mutable_longest_wait() = TimeUtil::MillisecondsToDuration(waited);
  }
  co_return moment;
}

Task<Result<std::vector<int64_t>>> SessionStore::served(std::string routing_point) {
  const json query = {{"rp", routing_point}};
  const auto answer = co_await run("xl1_served", dump(query), Texts());
  if (!answer) co_return answer.error();
  std::vector<int64_t> moments;
  for (size_t i = 1; i < answer->size(); ++i) moments.push_back(number(answer->at(i)));
  co_return moments;
}

Task<Result<std::string>> SessionStore::take_wake(std::string expert, std::string medium) {
  const json query = {{"expert", expert}, {"medium", medium}};
  const auto answer = co_await run("xl1_take_wake", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return answer->at(1);
}

Task<Result<Waiting>> SessionStore::waiting(std::string expert, std::string medium, std::string after, int most) {
  const json query = {
      {"expert", expert}, {"medium", medium}, {"after", after.empty() ? "-inf" : "(" + after}, {"most", most}};
  const auto answer = co_await run("xl1_waiting", dump(query), Texts());
  if (!answer) co_return answer.error();
  Waiting waiting;
  waiting.full = answer->at(0) == "full";
  for (size_t i = 1; i + 2 < answer->size(); i += 3) {
    waiting.entries.push_back(
        {.leg = {.session = answer->at(i), .leg = answer->at(i + 1)}, .score = answer->at(i + 2)});
  }
  co_return waiting;
}

Task<Result<Tick>> SessionStore::tick(int64_t elapsed_ms, int64_t retention_ms, int most, int64_t words_ms,
                                      int64_t report_ms) {
  const json query = {{"elapsed_ms", elapsed_ms},
                      {"retention_ms", retention_ms},
                      {"words_ms", words_ms < 0 ? retention_ms : words_ms},
                      {"report_ms", report_ms},
                      {"most", most}};
  const auto answer = co_await run("xl1_tick", dump(query), Texts());
  if (!answer) co_return answer.error();
  Tick tick;
  tick.now = number(answer->at(1));
  tick.wall = number(answer->at(2));
  tick.next_in = number(answer->at(3));
  for (size_t i = 4; i + 3 < answer->size(); i += 4) {
    tick.route.push_back({.session = answer->at(i),
                          .leg = answer->at(i + 1),
                          .version = number(answer->at(i + 2)),
                          .trace = answer->at(i + 3)});
  }
  co_return tick;
}

Task<Result<bool>> SessionStore::renew_bridge(std::string bridge, bool fresh) {
  const json query = {{"bridge", bridge}, {"fresh", fresh}};
  const auto answer = co_await run("xl1_bridge", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return answer->at(0) == "ok";
}

Task<Result<std::vector<std::optional<std::vector<std::string>>>>> SessionStore::attach_desk(
    std::string bridge, std::vector<std::string> experts) {
  const json query = {{"bridge", bridge}, {"attach", true}, {"experts", experts}};
  const auto answer = co_await run("xl1_desk", dump(query), Texts());
  if (!answer) co_return answer.error();
  std::vector<std::optional<std::vector<std::string>>> held;
  for (size_t i = 1; i < answer->size(); ++i) {
    if (answer->at(i) == "unknown") {
      held.emplace_back(std::nullopt);
    } else {
      held.emplace_back(parts_of(answer->at(i)));
    }
  }
  co_return held;
}

Task<Result<Done>> SessionStore::detach_desk(std::string bridge, std::vector<std::string> experts) {
  const json query = {{"bridge", bridge}, {"attach", false}, {"experts", experts}};
  const auto answer = co_await run("xl1_desk", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SessionStore::watch(std::string bridge, std::string session, bool on) {
  const json query = {{"bridge", bridge}, {"s", session}, {"on", on}};
  const auto answer = co_await run("xl1_watch", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

}  // namespace expertline::state
