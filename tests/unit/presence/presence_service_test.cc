// presence-ingest as its clients see it, on a real Redis.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "app/server.h"
#include "presence-ingest/presence_ingest.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"
#include "support/rpc.h"

namespace expertline::presence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

constexpr auto kOnline = v1::PRESENCE_STATE_ONLINE;
constexpr auto kBusy = v1::PRESENCE_STATE_BUSY;
constexpr auto kOffline = v1::PRESENCE_STATE_OFFLINE;

TEST_F(PresenceServiceTest, AnExpertIsReadAsHeWasCreated) {
  const v1::Expert created = create("ann");
  EXPECT_EQ(created.state(), v1::EXPERT_STATE_ACTIVE);
  EXPECT_EQ(created.revision(), 1);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(created, get("ann")));
}

TEST_F(PresenceServiceTest, CreatingHasItsRefusals) {
  const auto reason = [this](const v1::CreateExpertRequest& request) {
    return test::refusal(test::status_of(*replica_->experts, &Experts::CreateExpert, request));
  };
  v1::CreateExpertRequest request = creation("ann");
  request.set_parent("domains/nowhere");
  EXPECT_EQ(reason(request).reason, "UNKNOWN_DOMAIN");
  request.set_parent("domains/other");
  EXPECT_EQ(reason(request).reason, "INVALID_FIELD");
  request = creation("a{nn}");
  EXPECT_EQ(reason(request).metadata["field"], "expert.name");
  request = creation("");
  EXPECT_EQ(reason(request).metadata["field"], "expert.name");
  request = creation("ann");
  (*request.mutable_expert()->mutable_skills())["x"] = 9;
  EXPECT_EQ(reason(request).metadata["field"], "expert.skills[x]");
  EXPECT_EQ(reason(request).code, grpc::StatusCode::INVALID_ARGUMENT);
  request = creation("ann");
  request.set_validate_only(true);
  EXPECT_EQ(reason(request).code, grpc::StatusCode::OK);
  request.set_validate_only(false);
  request.set_request_id("one");
  EXPECT_EQ(reason(request).code, grpc::StatusCode::OK);
  EXPECT_EQ(reason(request).code, grpc::StatusCode::OK) << "the same request again";
  request.mutable_expert()->set_site("bern");
  EXPECT_EQ(reason(request).reason, "REQUEST_ID_REUSED");
  request.set_request_id("two");
  EXPECT_EQ(reason(request).reason, "EXPERT_EXISTS");
  EXPECT_EQ(reason(request).code, grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(PresenceServiceTest, AnUpdateChangesWhatItsMaskNames) {
  create("ann");
  v1::UpdateExpertRequest request;
  request.mutable_expert()->set_name(name("ann"));
  request.mutable_expert()->set_site("bern");
  (*request.mutable_expert()->mutable_skills())["cards"] = 1;
  request.mutable_update_mask()->add_paths("skills");
  const v1::Expert updated = test::call(*replica_->experts, &Experts::UpdateExpert, request).expert();
  EXPECT_EQ(updated.site(), "");
  EXPECT_EQ(updated.display_name(), "Expert ann");
  EXPECT_THAT(updated.skills(), SizeIs(1));
  EXPECT_EQ(updated.skills().at("cards"), 1);
  EXPECT_EQ(updated.revision(), 2);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(updated, get("ann")));

  request.clear_update_mask();
  const v1::Expert whole = test::call(*replica_->experts, &Experts::UpdateExpert, request).expert();
  EXPECT_EQ(whole.site(), "bern");
  EXPECT_EQ(whole.display_name(), "");

  const auto refused = [&] {
    return test::refusal(test::status_of(*replica_->experts, &Experts::UpdateExpert, request));
  };
  request.mutable_expert()->set_site("basel");
  request.mutable_expert()->set_revision(1);
  EXPECT_EQ(refused().reason, "REVISION_MISMATCH");
  EXPECT_EQ(refused().code, grpc::StatusCode::ABORTED);
  request.mutable_expert()->set_revision(0);
  request.mutable_update_mask()->add_paths("revision");
  EXPECT_EQ(refused().metadata["field"], "update_mask");
  request.clear_update_mask();
  request.mutable_expert()->set_name(name("nobody"));
  EXPECT_EQ(refused().reason, "UNKNOWN_EXPERT");
}

TEST_F(PresenceServiceTest, DeletingIsDoneOnce) {
  create("ann");
  EXPECT_FALSE(remove("ann").retired());
  EXPECT_FALSE(remove("ann").retired());
  v1::GetExpertRequest request;
  request.set_name(name("ann"));
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::GetExpert, request)).reason, "UNKNOWN_EXPERT");
}

TEST_F(PresenceServiceTest, ListsPageByPage) {
  for (const char* id : {"e", "b", "a", "d", "c"}) create(id);
  v1::ListExpertsRequest request;
  request.set_parent("domains/main");
  request.set_page_size(2);
  std::vector<std::string> names;
  std::vector<int> sizes;
  do {
    const auto page = test::call(*replica_->experts, &Experts::ListExperts, request);
    sizes.push_back(page.experts_size());
    for (const v1::Expert& expert : page.experts()) names.push_back(expert.name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre(name("a"), name("b"), name("c"), name("d"), name("e")));
  EXPECT_THAT(sizes, ElementsAre(2, 2, 1));
  request.set_page_token("not a token");
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request)).reason, "BAD_CURSOR");
  request.clear_page_token();
  request.set_page_size(1001);
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request)).reason, "INVALID_FIELD");
}

TEST_F(PresenceServiceTest, ImportsARosterAsOftenAsOneLikes) {
  const std::string text = "experts:\n  - {id: ann, name: Ann, capacity: {im: 2}}\n  - {id: bob}\n";
  v1::ImportRosterRequest dry = roster(text);
  dry.set_validate_only(true);
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ImportRoster, dry).created(), ElementsAre("ann", "bob"));
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ImportRoster, roster(text)).created(),
              ElementsAre("ann", "bob"));
  EXPECT_EQ(test::call(*replica_->experts, &Experts::ImportRoster, roster(text)).unchanged(), 2);
  const auto changed =
      test::call(*replica_->experts, &Experts::ImportRoster, roster("experts:\n  - {id: ann, name: A}\n"));
  EXPECT_THAT(changed.updated(), ElementsAre("ann"));
  EXPECT_EQ(get("bob").state(), v1::EXPERT_STATE_ACTIVE) << "an import never deletes";
}

TEST_F(PresenceServiceTest, ARosterWithAFaultChangesNothing) {
  const auto refused =
      test::refusal(test::status_of(*replica_->experts, &Experts::ImportRoster,
                                    roster("experts:\n  - {id: ann}\n  - {id: bob, skills: {x: 9}}\n  - {}\n")));
  EXPECT_EQ(refused.reason, "BAD_ROSTER");
  EXPECT_EQ(refused.metadata.at("file"), "r.yaml");
  EXPECT_EQ(refused.metadata.at("line"), "3");
  EXPECT_EQ(refused.metadata.at("column"), "27");
  EXPECT_THAT(refused.message, ::testing::HasSubstr("r.yaml:4:5: "));
  v1::ListExpertsRequest list;
  list.set_parent("domains/main");
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ListExperts, list).experts(), IsEmpty());
}

TEST_F(PresenceServiceTest, ARosterFileIsThereWhenItIsReady) {
  std::ofstream(folder_ / "good.yaml") << "experts:\n  - {id: zoe, capacity: {im: 1}}\n";
  const Replica second(config(folder_ / "good.yaml"));
  EXPECT_EQ(get("zoe").capacities().at("im"), 1);

  std::ofstream(folder_ / "bad.yaml") << "experts:\n  - {id: a b}\n  - 7\n";
  PresenceIngest refused(config(folder_ / "bad.yaml"));
  const auto started = refused.start([] {});
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("bad.yaml:2:10: "));
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("bad.yaml:3:5: "));
  PresenceIngest missing(config("/nowhere.yaml"));
  EXPECT_FALSE(missing.start([] {}).ok());
}

TEST_F(PresenceServiceTest, ReportsMakeOnePresence) {
  create("ann");
  EXPECT_EQ(presence("ann").state(), kOffline);
  EXPECT_THAT(send({report("ann", kOnline)}).refused(), IsEmpty());
  v1::PresenceReport manual = report("ann", kBusy);
  manual.set_source("herself");
  manual.set_kind(v1::SOURCE_KIND_MANUAL);
  manual.set_note("writing");
  EXPECT_THAT(send({manual}).refused(), IsEmpty());
  const v1::Presence said = presence("ann");
  EXPECT_EQ(said.name(), name("ann"));
  EXPECT_EQ(said.state(), kBusy);
  EXPECT_EQ(said.winner(), "herself");
  EXPECT_THAT(said.losers(), ElementsAre("desk-ann"));
  EXPECT_EQ(said.reason(), "he said so himself");
  EXPECT_EQ(said.note(), "writing");
  EXPECT_GT(said.since().seconds(), 0);
  ASSERT_THAT(said.media(), SizeIs(2));
  EXPECT_FALSE(said.media(0).routable());
  EXPECT_EQ(said.media(0).capacity(), 2);
}

TEST_F(PresenceServiceTest, TheGoodReportsOfABatchAreTaken) {
  create("ann");
  v1::PresenceReport malformed = report("ann", kOnline);
  malformed.set_kind(v1::SOURCE_KIND_UNSPECIFIED);
  const auto answer = send({malformed, report("ann", kOnline, 7), report("nobody", kOnline), report("ann", kBusy, 6)});
  ASSERT_THAT(answer.refused(), SizeIs(3));
  EXPECT_EQ(answer.refused(0).index(), 0);
  EXPECT_EQ(answer.refused(0).reason(), v1::REPORT_REFUSAL_MALFORMED);
  EXPECT_EQ(answer.refused(1).index(), 2);
  EXPECT_EQ(answer.refused(1).reason(), v1::REPORT_REFUSAL_UNKNOWN_EXPERT);
  EXPECT_EQ(answer.refused(2).index(), 3);
  EXPECT_EQ(answer.refused(2).reason(), v1::REPORT_REFUSAL_STALE);
  EXPECT_EQ(presence("ann").state(), kOnline);

  v1::ReportPresenceRequest empty;
  empty.set_parent("domains/main");
  const auto refused = [&] {
    return test::refusal(test::status_of(*replica_->presence, &Presences::ReportPresence, empty));
  };
  EXPECT_EQ(refused().metadata["field"], "reports");
  for (int i = 0; i < 257; ++i) *empty.add_reports() = report("ann", kOnline);
  EXPECT_EQ(refused().metadata["field"], "reports");
  empty.set_parent("main");
  EXPECT_EQ(refused().metadata["field"], "parent");
}

TEST_F(PresenceServiceTest, WhatExpiresIsNoLongerTrue) {
  create("ann");
  v1::PresenceReport brief = report("ann", kOnline);
  brief.mutable_ttl()->set_nanos(300'000'000);
  send({brief});
  EXPECT_EQ(presence("ann").state(), kOnline);
  test::eventually("ann is offline", [&] { return presence("ann").state() == kOffline; });
}

TEST_F(PresenceServiceTest, StreamedBatchesAreAcknowledgedInOrder) {
  create("ann");
  constexpr int kBatches = 100;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + test::kPatience);
  const auto stream = replica_->presence->StreamPresence(&context);
  for (int i = 0; i < kBatches; ++i) {
    v1::StreamPresenceRequest request;
    if (i == 0) request.set_parent("domains/main");
    request.set_batch(1000 + i);
    *request.add_reports() = report("ann", i % 2 == 0 ? kOnline : kBusy, i);
    if (i == 7) *request.add_reports() = report("nobody", kOnline);
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  v1::StreamPresenceResponse answer;
  for (int i = 0; i < kBatches; ++i) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.batch(), 1000 + i);
    EXPECT_EQ(answer.refused_size(), i == 7 ? 1 : 0);
  }
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(presence("ann").state(), kBusy);
}

TEST_F(PresenceServiceTest, AStreamOfAnUnknownDomainIsRefused) {
  grpc::ClientContext context;
  const auto stream = replica_->presence->StreamPresence(&context);
  v1::StreamPresenceRequest request;
  request.set_parent("domains/nowhere");
  *request.add_reports() = report("ann", kOnline);
  stream->Write(request);
  v1::StreamPresenceResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(test::refusal(stream->Finish()).reason, "UNKNOWN_DOMAIN");
}

TEST_F(PresenceServiceTest, AWatcherGetsASnapshotThenChanges) {
  create("ann");
  create("bob");
  send({report("ann", kOnline)});
  Watcher watcher(*replica_);
  watcher.until([&] { return watcher.state_of("ann") == kOnline && watcher.known.contains(name("bob")); });
  EXPECT_EQ(watcher.snapshots, 1);
  EXPECT_TRUE(watcher.complete);
  const v1::ExpertRecord& ann = watcher.known[name("ann")];
  EXPECT_EQ(ann.expert().display_name(), "Expert ann");
  EXPECT_EQ(ann.expert().skills().at("mortgage"), 3);
  ASSERT_EQ(ann.media_size(), 2);
  EXPECT_EQ(ann.media(0).medium(), "im");
  EXPECT_TRUE(ann.media(0).routable());
  EXPECT_EQ(ann.media(0).capacity(), 2);

  send({report("ann", kBusy)});
  watcher.until([&] { return watcher.state_of("ann") == kBusy; });
  create("cid");
  watcher.until([&] { return watcher.known[name("cid")].expert().display_name() == "Expert cid"; });
  v1::UpdateExpertRequest update;
  update.mutable_expert()->set_name(name("cid"));
  update.mutable_expert()->set_site("bern");
  update.mutable_update_mask()->add_paths("site");
  test::call(*replica_->experts, &Experts::UpdateExpert, update);
  watcher.until([&] { return watcher.known[name("cid")].expert().site() == "bern"; });
  remove("cid");
  watcher.until([&] { return watcher.known[name("cid")].removed(); });
  create("cid");
  watcher.until([&] { return !watcher.known[name("cid")].removed(); });
  EXPECT_EQ(watcher.snapshots, 1);
}

TEST_F(PresenceServiceTest, AnEmptyDomainHasAnEmptySnapshot) {
  Watcher watcher(*replica_);
  watcher.until_cursor();
  EXPECT_TRUE(watcher.complete);
  EXPECT_THAT(watcher.known, IsEmpty());
  create("ann");
  watcher.until([&] { return watcher.known.contains(name("ann")); });
}

TEST_F(PresenceServiceTest, AWatcherResumesWithoutASnapshot) {
  for (const char* id : {"ann", "bob", "cid"}) create(id);
  Watcher first(*replica_);
  first.until([&] { return first.known.size() == 3; });
  send({report("ann", kOnline)});
  remove("bob");
  Watcher second(*replica_, first.cursor);
  second.until([&] { return second.state_of("ann") == kOnline && second.known[name("bob")].removed(); });
  EXPECT_EQ(second.snapshots, 0);
  EXPECT_FALSE(second.known.contains(name("cid"))) << "he did not change";
  send({report("cid", kOnline)});
  second.until([&] { return second.state_of("cid") == kOnline; });
  EXPECT_EQ(second.snapshots, 0);
}

TEST_F(PresenceServiceTest, AWatcherResumesOnAnotherReplicaAndAfterARestart) {
  create("ann");
  create("bob");
  Watcher first(*replica_);
  first.until([&] { return first.known.size() == 2; });
  send({report("ann", kOnline)});
  Replica another(config());
  Watcher second(another, first.cursor);
  second.until([&] { return second.state_of("ann") == kOnline; });
  EXPECT_EQ(second.snapshots, 0);
  send({report("bob", kBusy)});
  second.until([&] { return second.state_of("bob") == kBusy; });
}

TEST_F(PresenceServiceTest, ACursorThatIsNoLongerKeptGivesASnapshot) {
  create("ann");
  Watcher first(*replica_);
  first.until([&] { return first.known.size() == 1; });
  send({report("ann", kOnline)});
  send({report("ann", kBusy)});
  test::OnLoop store(redis_.url(), state::load_functions());
  EXPECT_EQ(store.ask({"XTRIM", "{main}:xlog", "MAXLEN", "=", "1"}).integer, 2);
  Replica another(config());
  Watcher second(another, first.cursor);
  second.until([&] { return second.state_of("ann") == kBusy; });
  EXPECT_EQ(second.snapshots, 1);
}

TEST_F(PresenceServiceTest, ACursorOfAnotherStoreGivesASnapshot) {
  create("ann");
  Watcher watcher(*replica_, "9999999999999-0");
  watcher.until([&] { return watcher.known.contains(name("ann")); });
  EXPECT_EQ(watcher.snapshots, 1);

  grpc::ClientContext context;
  v1::WatchReadModelRequest request;
  request.set_parent("domains/main");
  request.set_cursor("yesterday");
  const auto reader = replica_->presence->WatchReadModel(&context, request);
  v1::WatchReadModelResponse message;
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_EQ(test::refusal(reader->Finish()).reason, "BAD_CURSOR");
}

TEST_F(PresenceServiceTest, ManyExpertsComeInSeveralMessages) {
  constexpr int kExperts = 1'200;
  for (int part = 0; part < 2; ++part) {
    std::string text = "experts:\n";
    for (int i = 0; i < kExperts / 2; ++i) {
      text += "  - {id: e" + std::to_string(part * kExperts / 2 + i) + ", capacity: {im: 2}, skills: {a: 1, b: 2}}\n";
    }
    test::call(*replica_->experts, &Experts::ImportRoster, roster(text));
  }
  Watcher watcher(*replica_);
  watcher.until([&] { return watcher.complete && watcher.known.size() == kExperts; });
  EXPECT_GE(watcher.messages, 3);
}

TEST_F(PresenceServiceTest, TheStoreMayGoAndComeBack) {
  create("ann");
  Watcher watcher(*replica_);
  watcher.until([&] { return watcher.known.contains(name("ann")); });
  redis_.kill();
  v1::GetPresenceRequest request;
  request.set_name(name("ann"));
  EXPECT_EQ(test::refusal(test::status_of(*replica_->presence, &Presences::GetPresence, request)).reason,
            "STORE_UNAVAILABLE");
  redis_.start();
  send({report("ann", kOnline)});
  watcher.until([&] { return watcher.state_of("ann") == kOnline; });
  EXPECT_EQ(watcher.snapshots, 1) << "nothing was lost, so nothing is sent anew";
}

TEST_F(PresenceServiceTest, DomainsAreApart) {
  create("ann");
  v1::GetExpertRequest request;
  request.set_name("domains/other/experts/ann");
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::GetExpert, request)).reason, "UNKNOWN_EXPERT");
}

// What experts say of themselves.
v1::SetStatusRequest saying(const std::string& id, const std::string& text) {
  v1::SetStatusRequest request;
  request.set_name("domains/main/experts/" + id);
  request.set_text(text);
  return request;
}

TEST_F(PresenceServiceTest, AStatusTextIsUnderstoodOrSaidBack) {
  create("ann");
  send({report("ann", kOnline)});
  const auto set = [&](const std::string& text) {
    return test::call(*replica_->presence, &Presences::SetStatus, saying("ann", text));
  };
  const auto meeting = set("in a meeting for 30 minutes");
  EXPECT_EQ(meeting.presence().state(), kBusy);
  EXPECT_EQ(meeting.presence().winner(), "status");
  EXPECT_EQ(meeting.presence().note(), "in a meeting for 30 minutes");
  EXPECT_NEAR(static_cast<double>(meeting.until_time().seconds()), static_cast<double>(time(nullptr) + 1800), 60);
  EXPECT_EQ(set("dnd").presence().do_not_disturb(), true);

  const auto no =
      test::refusal(test::status_of(*replica_->presence, &Presences::SetStatus, saying("ann", "gone fishing until 9")));
  EXPECT_EQ(no.reason, "STATUS_NOT_UNDERSTOOD");
  EXPECT_EQ(no.metadata.at("not_understood"), "fishing until 9");
  EXPECT_EQ(presence("ann").do_not_disturb(), true);  // nothing was changed

  EXPECT_EQ(set("automatic").presence().state(), kOnline);
  EXPECT_EQ(presence("ann").winner(), "desk-ann");
  EXPECT_EQ(test::refusal(test::status_of(*replica_->presence, &Presences::SetStatus, saying("nobody", "dnd"))).reason,
            "UNKNOWN_EXPERT");
}

TEST_F(PresenceServiceTest, ANumberToFollowIsHisVoiceNumberWhileItHolds) {
  auto request = creation("ann");
  (*request.mutable_expert()->mutable_dns())["voice"] = "5001";
  test::call(*replica_->experts, &Experts::CreateExpert, request);
  Watcher watcher(*replica_);
  const auto number = [&] { return watcher.known[name("ann")].expert().dns().at("voice"); };
  watcher.until([&] { return watcher.known.contains(name("ann")); });
  EXPECT_EQ(number(), "5001");
  const auto said =
      test::call(*replica_->presence, &Presences::SetStatus, saying("ann", "available, follow-me 555-1234"));
  EXPECT_EQ(said.presence().number(), "5551234");
  EXPECT_EQ(said.presence().state(), kOnline);
  EXPECT_FALSE(said.presence().media(0).routable());  // im: there is no client
  EXPECT_TRUE(said.presence().media(1).routable());
  watcher.until([&] { return number() == "5551234"; });
  test::call(*replica_->presence, &Presences::SetStatus, saying("ann", "automatic"));
  watcher.until([&] { return number() == "5001"; });
  EXPECT_EQ(get("ann").dns().at("voice"), "5001");
}

// Watching.
class ContactsWatcher {
 public:
  ContactsWatcher(Replica& replica, const std::vector<std::string>& experts, const std::string& watcher = "boss") {
    context_.set_deadline(std::chrono::system_clock::now() + test::kPatience);
    v1::WatchPresenceRequest request;
    request.set_parent("domains/main");
    request.set_watcher(watcher);
    for (const std::string& expert : experts) request.add_experts(expert);
    reader_ = replica.presence->WatchPresence(&context_, request);
  }
  ~ContactsWatcher() { context_.TryCancel(); }

  // The next message, one line for each contact; or why there is none.
  std::string next() {
    v1::WatchPresenceResponse message;
    if (!reader_->Read(&message)) return test::refusal(reader_->Finish()).reason;
    std::string lines;
    for (const v1::WatchedPresence& one : message.contacts()) {
      const std::string state = one.unknown() ? "unknown" : v1::PresenceState_Name(one.state()).substr(15);
      lines += one.name().substr(one.name().rfind('/') + 1) + " " + state + (one.do_not_disturb() ? " dnd" : "") +
               (one.note().empty() ? "" : " " + one.note()) + (one.has_since() ? " since" : "") + "\n";
    }
    return lines;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchPresenceResponse>> reader_;
};

TEST_F(PresenceServiceTest, WatchersSeeWhatIsTheirBusiness) {
  create("ann");
  create("bob");
  test::eventually("bob is known", [&] { return ContactsWatcher(*replica_, {"bob"}).next() == "bob OFFLINE\n"; });
  ContactsWatcher boss(*replica_, {"bob", "ann", "zoe"});
  EXPECT_EQ(boss.next(), "ann OFFLINE\nbob OFFLINE\nzoe unknown\n");
  // Nobody sees that ann is there, nor that she left.
  auto hidden = report("ann", v1::PRESENCE_STATE_APPEAR_OFFLINE);
  hidden.set_note("hiding");
  send({hidden});
  EXPECT_TRUE(presence("ann").media(0).routable());
  send({report("ann", kOffline, 1)});
  auto busy = report("bob", kBusy);
  busy.set_note("at the doctor's");
  busy.set_private_note(true);
  send({busy});
  EXPECT_EQ(boss.next(), "bob BUSY since\n");
  EXPECT_EQ(presence("bob").note(), "");
  busy.set_sequence(1);
  busy.set_note("writing");
  busy.set_private_note(false);
  busy.set_do_not_disturb(true);
  send({busy});
  EXPECT_EQ(boss.next(), "bob BUSY dnd writing since\n");
  create("zoe");
  EXPECT_EQ(boss.next(), "zoe OFFLINE\n");
}

TEST_F(PresenceServiceTest, AWatcherHasALimit) {
  std::vector<std::string> many;
  for (int i = 0; i < 30; ++i) many.push_back("e" + std::to_string(i));
  ContactsWatcher first(*replica_, many, "boss");
  EXPECT_THAT(first.next(), ::testing::HasSubstr("e0 unknown"));
  ContactsWatcher second(*replica_, many, "boss");
  EXPECT_EQ(second.next(), "TOO_MANY_CONTACTS");
  ContactsWatcher other(*replica_, many, "other");
  EXPECT_THAT(other.next(), ::testing::HasSubstr("e29 unknown"));
}

// Sources with rules and streams of their own.
class SourcesTest : public PresenceServiceTest {
 protected:
  SourcesTest() { serve(); }

  Config declared() const {
    Config with = config();
    auto read = read_sources(R"(
busy_takes_im: true
sources:
  pbx: {kind: phone, experts: [ann, "group:sales"], write_back: true, clock: 1m}
  chat: {kind: client, heartbeat: 200ms, grace: 300ms}
  flood: {kind: client, reports_per_second: 200}
)",
                             "s.yaml");
    with.sources = std::move(read.file);
    return with;
  }
  void serve() { replica_ = std::make_unique<Replica>(declared()); }

  struct Stream {
    explicit Stream(Replica& replica) : stream(replica.presence->StreamPresence(&context)) {}
    ~Stream() { context.TryCancel(); }
    void hello(const std::string& source, int64_t epoch) {
      v1::StreamPresenceRequest request;
      request.set_parent("domains/main");
      request.mutable_hello()->set_source(source);
      request.mutable_hello()->set_epoch(epoch);
      stream->Write(request);
    }
    void push(int64_t batch, const std::vector<v1::PresenceReport>& reports) {
      v1::StreamPresenceRequest request;
      request.set_batch(batch);
      for (const auto& one : reports) *request.add_reports() = one;
      stream->Write(request);
    }
    v1::StreamPresenceResponse next() {
      v1::StreamPresenceResponse answer;
      if (!stream->Read(&answer)) ended = test::refusal(stream->Finish()).reason;
      return answer;
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StreamPresenceRequest, v1::StreamPresenceResponse>> stream;
    std::string ended;
  };
  // As a source of its own says it.
  static v1::PresenceReport says(const std::string& id, v1::PresenceState state, int64_t sequence) {
    v1::PresenceReport out;
    out.set_expert(id);
    out.set_state(state);
    out.set_sequence(sequence);
    return out;
  }
  v1::Source source(const std::string& id) {
    v1::ListSourcesRequest request;
    request.set_parent("domains/main");
    const auto listed = test::call(*replica_->presence, &Presences::ListSources, request);
    for (const v1::Source& one : listed.sources()) {
      if (one.id() == id) return one;
    }
    return {};
  }
};

TEST_F(SourcesTest, EachRefusalHasItsReasonAndIsCounted) {
  create("ann");
  create("bob");
  auto sales = creation("sam");
  sales.mutable_expert()->add_groups("sales");
  test::call(*replica_->experts, &Experts::CreateExpert, sales);
  const auto from = [](const std::string& source, const std::string& expert) {
    auto out = report(expert, kOnline, 5);
    out.set_source(source);
    out.set_kind(v1::SOURCE_KIND_UNSPECIFIED);
    return out;
  };
  auto back = from("pbx", "ann");
  back.set_sequence(4);
  auto off = from("pbx", "ann");
  off.mutable_seen_time()->set_seconds(time(nullptr) - 3600);
  auto word = from("pbx", "ann");
  word.clear_state();
  word.mutable_foreign()->set_system("sip");
  word.mutable_foreign()->add_words("dancing");
  auto wrong = from("pbx", "ann");
  wrong.set_kind(v1::SOURCE_KIND_CLIENT);
  test::eventually("sam's group is known", [&] { return send({from("pbx", "sam")}).refused().empty(); });
  std::vector<v1::ReportRefusal> reasons;
  for (const auto& one :
       {from("pbx", "ann"), back, from("pbx", "bob"), off, word, wrong, from("nobody", "ann"), from("chat", "who")}) {
    const auto answer = send({one});
    reasons.push_back(answer.refused().empty() ? v1::REPORT_REFUSAL_UNSPECIFIED : answer.refused(0).reason());
  }
  EXPECT_THAT(reasons, ElementsAre(v1::REPORT_REFUSAL_UNSPECIFIED, v1::REPORT_REFUSAL_STALE,
                                   v1::REPORT_REFUSAL_FOREIGN_EXPERT, v1::REPORT_REFUSAL_CLOCK_FAR_OFF,
                                   v1::REPORT_REFUSAL_UNKNOWN_WORD, v1::REPORT_REFUSAL_MALFORMED,
                                   v1::REPORT_REFUSAL_UNKNOWN_SOURCE, v1::REPORT_REFUSAL_UNKNOWN_EXPERT));
  EXPECT_EQ(source("pbx").refused_size(), 5);
  EXPECT_EQ(source("pbx").kind(), v1::SOURCE_KIND_PHONE);
  EXPECT_TRUE(source("pbx").write_back());
  EXPECT_GE(source("pbx").taken(), 2);
  ASSERT_EQ(source("").refused_size(), 1);
  EXPECT_EQ(source("").refused(0).reason(), v1::REPORT_REFUSAL_UNKNOWN_SOURCE);
}

TEST_F(SourcesTest, WordsOfOtherSystemsAreMappedAndBusyFollowsThePolicy) {
  create("ann");
  v1::PresenceReport graph = report("ann", v1::PRESENCE_STATE_UNSPECIFIED);
  graph.set_source("chat");
  graph.mutable_foreign()->set_system("graph");
  graph.mutable_foreign()->add_words("Busy");
  graph.mutable_foreign()->add_words("InAMeeting");
  EXPECT_THAT(send({graph}).refused(), IsEmpty());
  EXPECT_EQ(presence("ann").state(), kBusy);
  EXPECT_TRUE(presence("ann").media(0).routable());
}

TEST_F(SourcesTest, ASourceThatIsNotHeardOfIsLostAndFoundAgain) {
  create("ann");
  {
    Stream chat(*replica_);
    chat.hello("chat", 7);
    EXPECT_EQ(chat.next().welcome().heartbeat().nanos(), 200'000'000);
    chat.push(1, {says("ann", kOnline, 1)});
    EXPECT_EQ(chat.next().batch(), 1);
    EXPECT_EQ(presence("ann").state(), kOnline);
    EXPECT_EQ(source("chat").state(), v1::SOURCE_STATE_CONNECTED);
    // Heartbeats keep it longer than heartbeat and grace are.
    for (int i = 2; i < 12; ++i) {
      chat.push(i, {});
      EXPECT_EQ(chat.next().batch(), i);
      std::this_thread::sleep_for(std::chrono::milliseconds(70));
      ASSERT_EQ(presence("ann").state(), kOnline) << i;
    }
  }
  test::eventually("what it said is unknown", [&] { return presence("ann").state() == kOffline; });
  EXPECT_THAT(presence("ann").reason(), ::testing::HasSubstr("lost: chat"));
  EXPECT_EQ(source("chat").state(), v1::SOURCE_STATE_LOST);
  // On another replica in the same epoch: what it said counts again.
  Replica other(declared());
  Stream again(other);
  again.hello("chat", 7);
  EXPECT_TRUE(again.next().has_welcome());
  test::eventually("ann is back", [&] {
    again.push(99, {});
    return again.next().batch() == 99 && presence("ann").state() == kOnline;
  });
}

TEST_F(SourcesTest, WhatASourceSaidInAnEarlierEpochIsUnknownAfterTheGracePeriod) {
  create("ann");
  create("bob");
  Stream first(*replica_);
  first.hello("chat", 1);
  EXPECT_TRUE(first.next().has_welcome());
  first.push(1, {says("ann", kOnline, 1), says("bob", kOnline, 1)});
  EXPECT_EQ(first.next().batch(), 1);
  Stream second(*replica_);
  second.hello("chat", 2);
  EXPECT_TRUE(second.next().has_welcome());
  second.push(1, {says("ann", kBusy, 1)});
  EXPECT_EQ(second.next().batch(), 1);
  test::eventually("bob was not heard of again", [&] {
    second.push(2, {});
    return second.next().batch() == 2 && presence("bob").state() == kOffline;
  });
  EXPECT_EQ(presence("ann").state(), kBusy);
  // The old stream is told.
  test::eventually("the old stream is over", [&] {
    first.push(3, {});
    first.next();
    return first.ended == "SOURCE_SUPERSEDED";
  });
}

TEST_F(SourcesTest, AStreamOfAnUndeclaredSourceIsRefused) {
  Stream stream(*replica_);
  stream.hello("nobody", 1);
  stream.next();
  EXPECT_EQ(stream.ended, "UNKNOWN_SOURCE");
}

TEST_F(SourcesTest, AFloodIsSlowedDownAloneAndItsNewestStateWins) {
  create("ann");
  create("bob");
  Stream flood(*replica_);
  flood.hello("flood", 1);
  EXPECT_TRUE(flood.next().has_welcome());
  // 20 seconds' worth at once, the last state the other one.
  constexpr int kBatches = 16;
  constexpr int kReports = 256;
  int64_t sequence = 0;
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<v1::PresenceReport> reports;
    for (int i = 0; i < kReports; ++i) {
      reports.push_back(says("ann", batch == kBatches - 1 && i == kReports - 1 ? kBusy : kOnline, ++sequence));
    }
    flood.push(batch, reports);
  }
  auto other = report("bob", kOnline);
  other.set_source("chat");
  EXPECT_THAT(send({other}).refused(), IsEmpty());
  EXPECT_EQ(presence("bob").state(), kOnline);
  for (int batch = 0; batch < kBatches; ++batch) EXPECT_EQ(flood.next().batch(), batch);
  EXPECT_EQ(presence("ann").state(), kBusy);
  EXPECT_GT(source("flood").overtaken(), 3000);
}

TEST_F(SourcesTest, OnlyDeclaredSourcesAreToldOfOurCalls) {
  v1::WatchWriteBackRequest request;
  request.set_parent("domains/main");
  request.set_source("chat");
  const auto ended = [&] {
    grpc::ClientContext context;
    const auto reader = replica_->presence->WatchWriteBack(&context, request);
    v1::WatchWriteBackResponse message;
    EXPECT_FALSE(reader->Read(&message));
    return test::refusal(reader->Finish()).reason;
  };
  EXPECT_EQ(ended(), "UNKNOWN_SOURCE");
  request.set_source("pbx");
  grpc::ClientContext context;
  const auto reader = replica_->presence->WatchWriteBack(&context, request);
  v1::WatchWriteBackResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_TRUE(message.complete());
  EXPECT_THAT(message.experts(), IsEmpty());
  context.TryCancel();
}

// The directory.
TEST_F(PresenceServiceTest, ListsWhoFitsAFilter) {
  for (const char* id : {"ann", "bob", "cem"}) create(id);
  auto leeds = creation("dan");
  leeds.mutable_expert()->set_site("Leeds");
  (*leeds.mutable_expert()->mutable_attributes())["years"].set_number(7);
  test::call(*replica_->experts, &Experts::CreateExpert, leeds);
  send({report("bob", kOnline)});
  v1::ListExpertsRequest request;
  request.set_parent("domains/main");
  const auto list = [&](const std::string& filter) {
    request.set_filter(filter);
    std::string ids;
    request.clear_page_token();
    do {
      const auto page = test::call(*replica_->experts, &Experts::ListExperts, request);
      for (const auto& one : page.experts()) ids += one.name().substr(one.name().rfind('/') + 1) + " ";
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  };
  EXPECT_EQ(list("expert.site == 'Leeds'"), "dan ");
  EXPECT_EQ(list("expert.attributes.years >= 5"), "dan ");  // the others have no such attribute
  EXPECT_EQ(list("'im' in expert.routable && expert.state == 'online'"), "bob ");
  request.set_page_size(1);
  EXPECT_EQ(list("expert.id != 'bob' && expert.skills['mortgage'] == 3"), "ann cem dan ");
  EXPECT_EQ(list("expert.retired"), "");
  request.set_filter("expert.sight == 'Leeds'");
  const auto unknown = test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request));
  EXPECT_EQ(unknown.reason, "BAD_FILTER");
  EXPECT_EQ(unknown.metadata.at("column"), "1");
  request.set_filter("expert.site");
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request)).reason, "BAD_FILTER");
}

TEST_F(PresenceServiceTest, AnImportSaysWhatItChanges) {
  const char* const kBefore = "experts:\n  - {id: ann, name: Ann, skills: {mortgage: 3, tax: 1}, capacity: {im: 2}}\n";
  const char* const kAfter =
      "experts:\n  - {id: ann, name: Anna, skills: {mortgage: 4}, capacity: {im: 2}}\n"
      "  - {id: bob, name: Bob, capacity: {im: 1}}\n";
  test::call(*replica_->experts, &Experts::ImportRoster, roster(kBefore));
  auto dry = roster(kAfter);
  dry.set_validate_only(true);
  for (const auto& request : {dry, roster(kAfter)}) {
    const auto answer = test::call(*replica_->experts, &Experts::ImportRoster, request);
    std::string lines;
    for (const auto& one : answer.differences()) {
      lines += one.expert() + (one.created() ? " new\n" : "\n");
      for (const auto& field : one.fields())
        lines += "  " + field.field() + ": " + field.before() + " -> " + field.after() + "\n";
    }
    EXPECT_EQ(lines, "ann\n  display_name: Ann -> Anna\n  skills[mortgage]: 3 -> 4\n  skills[tax]: 1 -> \nbob new\n");
  }
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ImportRoster, roster(kAfter)).differences(), IsEmpty());
}

}  // namespace
}  // namespace expertline::presence
