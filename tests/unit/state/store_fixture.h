// A store on a real Redis with experts who are ready, and what is done with legs in few words.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "state/expert_store.h"
#include "state/library.h"
#include "state/session_store.h"
#include "state/user_data.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"

namespace expertline::state {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

class StoreTest : public ::testing::Test {
 protected:
  // `more`: Lua after the functions of the library.
  explicit StoreTest(const std::string& more = "") : server_(folder_.path()) {
    server_.start();
    redis::Command load = {"FUNCTION", "LOAD", "REPLACE", function_library() + more};
    loop_ = std::make_unique<test::OnLoop>(server_.url(), load);
    store_ = std::make_unique<SessionStore>(loop_->redis(), "d");
    experts_ = std::make_unique<ExpertStore>(loop_->redis());
    tick();
  }

  template <typename T>
  T run(const std::function<Task<T>()>& make) {
    return loop_->run<T>(make);
  }

  // An expert with the skill `any`, online, with a desk.
  void add(const std::string& id, const v1::GuardRails& rails = {}, int capacity = 3) {
    put(id, rails, capacity);
    be(id, v1::PRESENCE_STATE_ONLINE, true);
    const std::vector<std::string> ids{id};
    ASSERT_TRUE(run<Result<std::vector<std::optional<std::vector<std::string>>>>>([&] {
                  return store_->attach_desk("b", ids);
                }).ok());
  }
  void put(const std::string& id, const v1::GuardRails& rails, int capacity = 3) {
    Put put;
    put.expert = id;
    (*put.record.mutable_capacities())["im"] = capacity;
    (*put.record.mutable_skills())["any"] = 3;
    *put.record.mutable_guard_rails() = rails;
    ASSERT_TRUE(run<Result<PutDone>>([&] { return experts_->put("d", put); }).ok());
  }
  // What his client reports, and what it means.
  void be(const std::string& id, v1::PresenceState state, bool im, const std::string& note = "") {
    Report report;
    report.expert = id;
    report.source = "client";
    report.epoch = 1;
    report.content.set_state(state);
    report.content.set_note(note);
    const auto observed = run<Result<Observed>>([&] { return experts_->observe("d", {report}); });
    ASSERT_TRUE(observed.ok());
    for (const Observations& one : observed->compose) {
      Composition composition;
      composition.expert = id;
      composition.version = one.version;
      composition.state = state;
      composition.im = im;
      composition.voice = im;
      composition.why.set_note(note);
      ASSERT_TRUE(run<Result<Done>>([&] { return experts_->present("d", {composition}); }).ok());
    }
  }

  LegRef start(const std::string& id, const std::string& routing_point = "help") {
    NewSession session;
    session.session = id;
    session.facts.mutable_agent()->set_id("agent");
    session.bridge = "b";
    session.medium = "im";
    session.routing_point = routing_point;
    session.user_data_limit = kDefaultUserDataLimit;
    const auto started = run<Result<Enqueued>>([&] { return store_->enqueue(session); });
    EXPECT_TRUE(started.ok());
    return started->leg;
  }
  SessionRecord read(const std::string& id) {
    return *run<Result<SessionRecord>>([&] { return store_->read(id); });
  }
  LegRef leg(const std::string& id) { return {.session = id, .leg = "im", .version = read(id).legs.at(0).version}; }
  Reservation::Outcome reserve(const LegRef& ref, const std::vector<std::string>& experts, int to = 1,
                               const Decided& decided = {}, bool from_waiting = false) {
    std::vector<Candidate> candidates(experts.size());
    for (size_t i = 0; i < experts.size(); ++i) candidates[i].expert = experts[i];
    return run<Result<Reservation>>(
               [&] { return store_->reserve(ref, decided, to, 20'000, false, from_waiting, candidates); })
        ->outcome;
  }
  // A new session's leg is offered to an expert; false if he cannot get it.
  bool offer(const std::string& session, const std::string& expert) {
    return reserve(start(session), {expert}) == Reservation::Outcome::reserved;
  }
  Answered answer(const std::string& session, const std::string& expert, const std::string& outcome) {
    const int n = read(session).legs.at(0).offers.back().n;
    return *run<Result<Answered>>(
        [&] { return store_->answer(session, "im", n, expert, outcome, "", v1::UserData()); });
  }
  void cancel(const std::string& session) {
    ASSERT_TRUE(run<Result<Done>>([&] { return store_->cancel(session, "im", "", Request()); }).ok());
  }
  WaitAnswer::Outcome wait(const LegRef& ref, const Decided& decided = {}, int64_t wait_ms = kMinute,
                           int64_t until_ms = 0) {
    return run<Result<WaitAnswer>>(
               [&] { return store_->wait(ref, decided, "skill=any", wait_ms, "9999999999999-0", "", until_ms); })
        ->outcome;
  }
  Tick tick() {
    return *run<Result<Tick>>([&] { return store_->tick(0, kHour, 100); });
  }
  // The store's clock goes on, and what is due by then happens. Its wall clock stays.
  Tick pass(int64_t ms) {
    loop_->ask({"HINCRBY", "{d}:clock", "now", std::to_string(ms)});
    loop_->ask({"HINCRBY", "{d}:clock", "offset", std::to_string(-ms)});
    return tick();
  }
  ExpertState expert(const std::string& id) {
    return run<Result<ExpertView>>([&] { return experts_->view("d", id); })->state;
  }
  v1::MediumStatus im(const std::string& id) { return expert(id).media.at(0); }
  // Who has been waked for since they were asked the last time.
  std::vector<std::string> wakes() {
    std::vector<std::string> out;
    for (const redis::Reply& entry : loop_->ask({"XRANGE", "{d}:wake", "-", "+"}).elements) {
      out.push_back(entry.elements.at(1).elements.at(1).text);
    }
    loop_->ask({"DEL", "{d}:wake", "{d}:woken"});
    return out;
  }

  test::TempDir folder_;
  test::RedisServer server_;
  std::unique_ptr<test::OnLoop> loop_;
  std::unique_ptr<SessionStore> store_;
  std::unique_ptr<ExpertStore> experts_;
};

}  // namespace expertline::state
