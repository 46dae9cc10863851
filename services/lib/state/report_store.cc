#include "state/report_store.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "state/fcall.h"
#include "state/texts.h"

namespace expertline::state {
namespace {

using nlohmann::json;
using Replies = std::vector<redis::Reply>;

constexpr int64_t kReached = 1'000'000'000'000;  // REACHED of functions/reports.lua

Error unavailable() {
  return Error{.reason = v1::ERROR_REASON_STORE_UNAVAILABLE, .message = "the store does not answer; ask again"};
}

bool failed(const redis::Reply& reply) { return reply.lost() || reply.error(); }

std::optional<int64_t> time_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return number(text);
}

// The answer of xl1_interaction: ms of the next contact or nothing, then fields and values.
InteractionState read_interaction(std::string id, std::span<const redis::Reply> answer) {
  InteractionState state;
  state.id = std::move(id);
  if (answer.empty()) return state;
  state.next_contact = time_of(answer[0].text);
  InteractionState::Disposed disposed;
  for (size_t i = 1; i + 1 < answer.size(); i += 2) {
    const std::string& field = answer[i].text;
    const std::string& value = answer[i + 1].text;
    if (field == "time") state.time = number(value);
    if (field == "case") state.case_key = value;
    if (field == "sessions") state.sessions = parts_of(value);
    if (field == "experts") state.experts = parts_of(value);
    if (field == "points") state.points = parts_of(value);
    if (field == "mailbox") state.mailbox_open = value == "1";
    if (field == "code") disposed.code = value;
    if (field == "notes") disposed.notes = value;
    if (field == "by") disposed.by = value;
    if (field == "resolved") disposed.resolved = value == "1";
    if (field == "disposed") disposed.time = number(value);
  }
  if (!disposed.code.empty()) state.disposed = std::move(disposed);
  return state;
}

std::vector<Sum> read_sums(const Replies& fields) {
  std::vector<Sum> sums;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    std::vector<std::string> parts = absl::StrSplit(fields[i].text, ' ');
    if (parts.size() != 4) continue;
    for (std::string& part : parts) {
      if (part == "*") part.clear();
    }
    if (parts[1] == "reached") {
      const int64_t value = number(fields[i + 1].text);
      sums.push_back({false, "helped", parts[2], parts[3], value / kReached});
      sums.push_back({false, "reached", parts[2], parts[3], value / kReached});
      sums.push_back({false, "tte", parts[2], parts[3], value % kReached});
      continue;
    }
    sums.push_back({.of_expert = parts[0] == "x",
                    .what = std::move(parts[1]),
                    .routing_point = std::move(parts[2]),
                    .who = std::move(parts[3]),
                    .value = number(fields[i + 1].text)});
  }
  return sums;
}

// Four bytes, then two for each hour; big-endian.
EligibleHours read_hours(const std::string& packed) {
  EligibleHours hours{};
  for (size_t i = 0; i < hours.size() && 5 + 2 * i < packed.size(); ++i) {
    const auto byte = [&](size_t at) { return static_cast<int>(static_cast<unsigned char>(packed[at])); };
    hours[i] = byte(4 + 2 * i) * 256 + byte(5 + 2 * i);
  }
  return hours;
}

}  // namespace

Task<Result<InteractionState>> ReportStore::dispose(std::string interaction, std::string case_key,
                                                    v1::Disposition disposition) {
  const json query = {{"about", interaction},         {"case", case_key},
                      {"code", disposition.code()},   {"resolved", disposition.resolved()},
                      {"notes", disposition.notes()}, {"by", disposition.by()}};
  std::vector<std::string> arguments{dump(query)};
  const auto answer = co_await fcall(client_, "xl1_dispose", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return read_interaction(std::move(interaction), *answer);
}

Task<Result<InteractionState>> ReportStore::interaction(std::string id) {
  const json query = {{"about", id}};
  std::vector<std::string> arguments{dump(query)};
  const auto answer = co_await fcall(client_, "xl1_interaction", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return read_interaction(std::move(id), *answer);
}

Task<Result<std::vector<InteractionState>>> ReportStore::interactions(int64_t from, int64_t before, int skip,
                                                                      int most) {
  const json query = {{"from", from}, {"before", before}, {"skip", skip}, {"most", most}};
  std::vector<std::string> arguments{dump(query)};
  const auto answer = co_await fcall(client_, "xl1_interactions", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  std::vector<InteractionState> found;
  for (size_t i = 0; i + 5 < answer->size(); i += 6) {
    InteractionState& one = found.emplace_back();
    one.time = number(answer->at(i).text);
    if (!answer->at(i + 1).text.empty()) one.disposed.emplace().resolved = answer->at(i + 1).text == "1";
    one.mailbox_open = answer->at(i + 2).text == "1";
    one.experts = parts_of(answer->at(i + 3).text);
    one.points = parts_of(answer->at(i + 4).text);
    one.next_contact = time_of(answer->at(i + 5).text);
  }
  co_return found;
}

Task<Result<std::vector<std::vector<Sum>>>> ReportStore::hours(int64_t first, int count) {
  // All leave in one write; the answers come in order.
  auto replies = std::make_shared<Replies>();
  for (int64_t hour = first; hour + 1 < first + count; ++hour) {
    client_.send({"HGETALL", key(domain_, "sum:" + std::to_string(hour))},
                 [replies](redis::Reply reply) { replies->push_back(std::move(reply)); });
  }
  redis::Command last{"HGETALL", key(domain_, "sum:" + std::to_string(first + count - 1))};
  redis::Reply reply = co_await client_.call(std::move(last));
  replies->push_back(std::move(reply));
  std::vector<std::vector<Sum>> sums;
  for (const redis::Reply& one : *replies) {
    if (failed(one)) co_return unavailable();
    sums.push_back(read_sums(one.elements));
  }
  co_return sums;
}

Task<Result<std::vector<std::pair<std::string, EligibleHours>>>> ReportStore::eligible(int64_t day,
                                                                                       std::string expert) {
  const std::string at = key(domain_, "eligible:" + std::to_string(day));
  redis::Command read{"HGETALL", at};
  if (!expert.empty()) read = {"HGET", at, expert};
  const redis::Reply reply = co_await client_.call(std::move(read));
  if (failed(reply)) co_return unavailable();
  std::vector<std::pair<std::string, EligibleHours>> found;
  if (!expert.empty()) {
    if (!reply.nil()) found.emplace_back(expert, read_hours(reply.text));
    co_return found;
  }
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    found.emplace_back(reply.elements[i].text, read_hours(reply.elements[i + 1].text));
  }
  co_return found;
}

Task<Result<bool>> ReportStore::add_eligible(std::string replica, std::vector<EligibleStretch> stretches) {
  std::vector<std::string> arguments{std::move(replica)};
  for (EligibleStretch& one : stretches) {
    arguments.push_back(std::to_string(one.day));
    arguments.push_back(std::move(one.expert));
    arguments.push_back(std::to_string(one.from_s));
    arguments.push_back(std::to_string(one.to_s));
  }
  const auto answer = co_await fcall_word(client_, "xl1_eligible", domain_, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return answer->at(0).text == "ok";
}

Task<Result<std::vector<std::pair<std::string, int64_t>>>> ReportStore::sessions_of(std::string list, std::string id,
                                                                                    int skip, int most) {
  redis::Command read{"ZREVRANGE", key(domain_, "sessions:" + list + ":" + id), std::to_string(skip),
                      std::to_string(skip + most - 1)};
  const redis::Reply ids = co_await client_.call(std::move(read));
  if (failed(ids)) co_return unavailable();
  std::vector<std::pair<std::string, int64_t>> sessions;
  if (ids.elements.empty()) co_return sessions;
  auto replies = std::make_shared<Replies>();
  for (size_t i = 0; i + 1 < ids.elements.size(); ++i) {
    client_.send({"HGET", key(domain_, "s:" + ids.elements[i].text), "created"},
                 [replies](redis::Reply reply) { replies->push_back(std::move(reply)); });
  }
  redis::Command last{"HGET", key(domain_, "s:" + ids.elements.back().text), "created"};
  redis::Reply reply = co_await client_.call(std::move(last));
  replies->push_back(std::move(reply));
  for (size_t i = 0; i < replies->size(); ++i) {
    if (failed(replies->at(i))) co_return unavailable();
    sessions.emplace_back(ids.elements[i].text, number(replies->at(i).text));
  }
  co_return sessions;
}

}  // namespace expertline::state
