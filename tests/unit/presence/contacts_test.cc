// WatchPresence: what a supervisor sees.
#include "service_fixture.h"

namespace expertline::presence {
namespace {

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

}  // namespace
}  // namespace expertline::presence
