// The read model: snapshots, changes, and where a watcher resumes.
#include "service_fixture.h"

namespace expertline::presence {
namespace {

using ::testing::IsEmpty;

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
  v1::GetPresenceResponse none;
  EXPECT_EQ(test::refusal(test::ask(*replica_->presence, &Presences::GetPresence, request, none)).reason,
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

}  // namespace
}  // namespace expertline::presence
