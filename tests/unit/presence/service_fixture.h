// presence-ingest as its clients see it, on a real Redis: what its tests share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/server.h"
#include "presence-ingest/presence_ingest.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"
#include "support/rpc.h"

namespace expertline::presence {

using Experts = v1::ExpertService::Stub;
using Presences = v1::PresenceService::Stub;

// One replica, served.
class Replica {
 public:
  explicit Replica(Config config)
      : ingest_(std::move(config)), server_("127.0.0.1:0", ingest_.services(), {ingest_.calls()}) {
    if (!server_.start()) throw std::runtime_error("cannot listen");
    std::promise<void> ready;
    const auto started = ingest_.start([&ready] { ready.set_value(); });
    if (!started) throw std::runtime_error(started.error().message);
    if (ready.get_future().wait_for(test::kPatience) != std::future_status::ready) throw test::TimedOut("ready");
    experts = v1::ExpertService::NewStub(server_.in_process());
    presence = v1::PresenceService::NewStub(server_.in_process());
  }
  ~Replica() {
    server_.stop();
    ingest_.stop();
  }

  std::unique_ptr<Experts> experts;
  std::unique_ptr<Presences> presence;

 private:
  PresenceIngest ingest_;
  app::Server server_;
};

// A watcher of the read model that holds what it was told, by the rules of the contract.
class Watcher {
 public:
  explicit Watcher(Replica& replica, const std::string& from = "") {
    context_.set_deadline(std::chrono::system_clock::now() + test::kPatience);
    v1::WatchReadModelRequest request;
    request.set_parent("domains/main");
    request.set_cursor(from);
    reader_ = replica.presence->WatchReadModel(&context_, request);
  }
  ~Watcher() {
    context_.TryCancel();
    (void)reader_->Finish();
  }

  // Reads messages until `holds`.
  void until(const std::function<bool()>& holds) {
    while (!holds()) {
      v1::WatchReadModelResponse message;
      ASSERT_TRUE(reader_->Read(&message)) << test::describe(reader_->Finish());
      if (message.snapshot_begin()) {
        known.clear();
        ++snapshots;
      }
      complete = complete || message.snapshot_complete();
      ++messages;
      for (const v1::ExpertRecord& record : message.records()) {
        auto& mine = known[record.expert().name()];
        if (record.revision() > mine.revision()) mine = record;
      }
      if (!message.cursor().empty()) cursor = message.cursor();
    }
  }
  void until_cursor() {
    until([this] { return !cursor.empty(); });
  }
  v1::PresenceState state_of(const std::string& id) { return known["domains/main/experts/" + id].state(); }

  std::map<std::string, v1::ExpertRecord> known;
  std::string cursor;
  int snapshots = 0;
  int messages = 0;
  bool complete = false;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchReadModelResponse>> reader_;
};

class PresenceServiceTest : public ::testing::Test {
 protected:
  PresenceServiceTest() : redis_(folder_.path()) {
    redis_.start();
    replica_ = std::make_unique<Replica>(config());
  }

  Config config(const std::string& roster = "") const {
    return Config{.redis = redis_.url(), .domains = {"main", "other"}, .roster = roster};
  }
  static std::string name(const std::string& id) { return "domains/main/experts/" + id; }
  static v1::CreateExpertRequest creation(const std::string& id) {
    v1::CreateExpertRequest request;
    request.set_parent("domains/main");
    v1::Expert& expert = *request.mutable_expert();
    expert.set_name(name(id));
    expert.set_display_name("Expert " + id);
    (*expert.mutable_skills())["mortgage"] = 3;
    (*expert.mutable_capacities())["im"] = 2;
    (*expert.mutable_capacities())["voice"] = 1;
    return request;
  }
  v1::Expert create(const std::string& id) {
    return test::call(*replica_->experts, &Experts::CreateExpert, creation(id)).expert();
  }
  v1::Expert get(const std::string& id) {
    v1::GetExpertRequest request;
    request.set_name(name(id));
    return test::call(*replica_->experts, &Experts::GetExpert, request).expert();
  }
  v1::DeleteExpertResponse remove(const std::string& id) {
    v1::DeleteExpertRequest request;
    request.set_name(name(id));
    return test::call(*replica_->experts, &Experts::DeleteExpert, request);
  }
  static v1::PresenceReport report(const std::string& id, v1::PresenceState state, int64_t sequence = 0) {
    v1::PresenceReport out;
    out.set_expert(id);
    out.set_source("desk-" + id);
    out.set_kind(v1::SOURCE_KIND_CLIENT);
    out.set_state(state);
    out.set_sequence(sequence);
    return out;
  }
  v1::ReportPresenceResponse send(const std::vector<v1::PresenceReport>& reports) {
    v1::ReportPresenceRequest request;
    request.set_parent("domains/main");
    for (const auto& one : reports) *request.add_reports() = one;
    return test::call(*replica_->presence, &Presences::ReportPresence, request);
  }
  v1::Presence presence(const std::string& id) {
    v1::GetPresenceRequest request;
    request.set_name(name(id));
    return test::call(*replica_->presence, &Presences::GetPresence, request).presence();
  }
  v1::ImportRosterRequest roster(const std::string& text) {
    v1::ImportRosterRequest request;
    request.set_parent("domains/main");
    request.set_file_name("r.yaml");
    request.set_roster(text);
    return request;
  }

  test::TempDir folder_;
  test::RedisServer redis_;
  std::unique_ptr<Replica> replica_;
};

inline constexpr auto kOnline = v1::PRESENCE_STATE_ONLINE;
inline constexpr auto kBusy = v1::PRESENCE_STATE_BUSY;
inline constexpr auto kOffline = v1::PRESENCE_STATE_OFFLINE;

}  // namespace expertline::presence
