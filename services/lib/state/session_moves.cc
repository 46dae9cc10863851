// Who takes part in a session: functions/moves.lua.
#include <absl/strings/str_join.h>

#include <nlohmann/json.hpp>

#include "state/session_store.h"
#include "state/texts.h"

namespace expertline::state {
namespace {

using nlohmann::json;

void add_request(json& query, const Request& request, const std::string& actor) {
  if (!actor.empty()) query["actor"] = actor;
  if (request.id.empty()) return;
  query["rid"] = request.id;
  query["hash"] = request.payload_hash;
}

}  // namespace

Task<Result<LegRef>> SessionStore::seek(Seek seek) {
  json query = {{"s", seek.session},        {"transfer", seek.transfer}, {"medium", seek.medium},
                {"rp", seek.routing_point}, {"strat", seek.strategy},    {"seed", std::to_string(seek.seed)},
                {"nobody", seek.nobody},    {"action", seek.action}};
  if (!seek.replaces.empty()) query["leg"] = seek.replaces;
  if (!seek.by_name.empty()) query["by_name"] = seek.by_name;
  if (std::string trace = app::traceparent(); !trace.empty()) query["trace"] = std::move(trace);
  if (!seek.secret_keys.empty()) query["secret"] = absl::StrJoin(seek.secret_keys, ",");
  add_request(query, seek.request, seek.actor);
  const auto answer = co_await run("xl1_seek", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return LegRef{.session = seek.session, .leg = answer->at(1), .version = number(answer->at(2))};
}

Task<Result<Done>> SessionStore::change_agent(std::string session, v1::Session facts, std::string text,
                                              std::string actor, Request request) {
  json query = {
      {"s", session}, {"agent", facts.agent().id()}, {"agent_name", facts.agent().display_name()}, {"text", text}};
  add_request(query, request, actor);
  Texts rest{facts.SerializeAsString()};
  const auto answer = co_await run("xl1_change_agent", dump(query), std::move(rest));
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SessionStore::take_part(std::string session, std::string supervisor, std::string display_name,
                                           bool on) {
  const json query = {{"s", session}, {"supervisor", supervisor}, {"name", display_name}, {"on", on}};
  const auto answer = co_await run("xl1_take_part", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SessionStore::call_me(std::string session, std::string expert, std::string dn) {
  const json query = {{"s", session}, {"expert", expert}, {"number", dn}};
  const auto answer = co_await run("xl1_call_me", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SessionStore::end_wrap_up(std::string session, std::string leg, std::string expert) {
  const json query = {{"s", session}, {"leg", leg}, {"expert", expert}};
  const auto answer = co_await run("xl1_wrapped_up", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<Done>> SessionStore::resume(std::string expert) {
  const json query = {{"expert", expert}};
  const auto answer = co_await run("xl1_resume", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return Done{};
}

Task<Result<std::vector<v1::Block>>> SessionStore::blocks(std::vector<std::string> experts) {
  const json query = {{"experts", experts}};
  const auto answer = co_await run("xl1_blocks", dump(query), Texts());
  if (!answer) co_return answer.error();
  std::vector<v1::Block> blocks;
  for (size_t i = 1; i < answer->size(); ++i) blocks.push_back(static_cast<v1::Block>(number(answer->at(i))));
  co_return blocks;
}

Task<Result<std::string>> SessionStore::session_of_parent(std::string call) {
  const json query = {{"call", call}};
  const auto answer = co_await run("xl1_find_parent", dump(query), Texts());
  if (!answer) co_return answer.error();
  co_return answer->at(0) == "ok" ? answer->at(1) : "";
}

}  // namespace expertline::state
