// From what a source says to who is offered what.
#include <google/protobuf/util/time_util.h>

#include <future>
#include <thread>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using google::protobuf::util::TimeUtil;

class Presence : public EndToEnd {
 protected:
  v1::SetStatusResponse say(const std::string& expert, const std::string& text) {
    v1::SetStatusRequest request;
    request.set_name("domains/main/experts/" + expert);
    request.set_text(text);
    return call(source().stub(), &v1::PresenceService::Stub::SetStatus, request);
  }
};

TEST_P(Presence, WhoSaysThatHeIsAwayIsNotAskedAndWhoComesBackIs) {
  Desk& ann = expert("ann");
  EXPECT_EQ(say(ann.expert(), "lunch for 2 hours").presence().state(), v1::PRESENCE_STATE_AWAY);
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(ann.previews(session), 0U);
  EXPECT_EQ(say(ann.expert(), "back").presence().state(), v1::PRESENCE_STATE_ONLINE);
  ann.wait_preview(session);
}

TEST_P(Presence, ANumberToFollowIsWhereTheCallGoes) {
  Desk& ann = expert("ann");
  say(ann.expert(), "available, follow-me 555 1234");
  std::string dn;
  eventually("the number is told to the agent", [&] {
    const v1::Session session = accepted(ann);
    dn = session.voice_targets(session.voice_targets_size() - 1).dn();
    platform().end(session.name());
    return dn != dn_of(ann.expert());
  });
  EXPECT_EQ(dn, "5551234");
}

TEST_P(Presence, SupervisorsSeeChangesAndNotWhoAppearsOffline) {
  const std::string ann = enter("ann");
  source().online(ann);
  eventually("ann is online everywhere", [&] {
    grpc::ClientContext context;
    v1::WatchPresenceRequest request;
    request.set_parent("domains/main");
    request.set_watcher("boss");
    request.add_experts(ann);
    const auto reader = source().stub().WatchPresence(&context, request);
    v1::WatchPresenceResponse seen;
    const bool online = reader->Read(&seen) && seen.contacts(0).state() == v1::PRESENCE_STATE_ONLINE;
    if (!online) {
      context.TryCancel();
      return false;
    }
    source().report(ann, v1::PRESENCE_STATE_APPEAR_OFFLINE);
    EXPECT_TRUE(reader->Read(&seen));
    EXPECT_EQ(seen.contacts(0).state(), v1::PRESENCE_STATE_OFFLINE);
    EXPECT_FALSE(seen.contacts(0).has_since());
    context.TryCancel();
    return true;
  });
}

TEST_P(Presence, OurOwnCallIsToldToTheSourceAndNotCountedTwice) {
  Desk& ann = expert("ann", {.im = 2, .voice = 2});
  grpc::ClientContext context;
  v1::WatchWriteBackRequest request;
  request.set_parent("domains/main");
  request.set_source("pbx");
  const auto told = source().stub().WatchWriteBack(&context, request);
  v1::WatchWriteBackResponse message;
  ASSERT_TRUE(told->Read(&message));
  const auto next = [&] {
    do {
      if (!told->Read(&message)) return std::string("ended");
    } while (message.experts().empty() || message.experts(0).expert() != ann.expert());
    return std::string(message.experts(0).on_our_call() ? "in a call" : "no longer");
  };

  const std::string session = accepted(ann).name();
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  EXPECT_EQ(next(), "in a call");
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_ANSWERED);
  // The telephone system sees the call, too.
  v1::PresenceReport off_hook;
  off_hook.set_expert(ann.expert());
  off_hook.set_source("pbx");
  off_hook.set_state(v1::PRESENCE_STATE_ON_THE_PHONE);
  ASSERT_TRUE(source().send({off_hook}).empty());
  const auto voice = [&] {
    const v1::Presence now = source().presence(ann.expert());
    for (const auto& medium : now.media()) {
      if (medium.medium() == "voice") return medium;
    }
    return v1::MediumStatus();
  };
  EXPECT_EQ(source().presence(ann.expert()).state(), v1::PRESENCE_STATE_ON_THE_PHONE);
  EXPECT_TRUE(voice().routable()) << "her second line is free";
  EXPECT_EQ(voice().used(), 1);
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_RELEASED);
  EXPECT_EQ(next(), "no longer");
  eventually("off hook without a call of ours means what it says", [&] { return !voice().routable(); });
  context.TryCancel();
}

// Each goes away and comes back under a load of asks, and no offer may be made in an absence that has lasted a second.
// All times are the store's: since when he is away, since when he is back, and the deadline of each offer.
TEST_P(Presence, NobodyIsOfferedAnythingAfterASecondOfAbsence) {
  struct Flapping {
    std::string id;
    std::vector<std::pair<int64_t, int64_t>> away;  // from, to
  };
  constexpr int kExperts = 4;
  constexpr int kRounds = 3;
  constexpr int kFlaps = 2;  // a round; more of them all in all would be damped
  std::vector<Flapping> experts(kExperts);
  std::vector<Desk*> desks;
  const auto decline = [](Desk& desk, const v1::DeskResponse& told) {
    if (told.has_preview()) desk.post(Desk::declining(told.preview().offer()));
  };
  for (int i = 0; i < kExperts; ++i) {
    desks.push_back(&expert("flapping", {.im = 3}, decline));
    experts[static_cast<size_t>(i)].id = desks.back()->expert();
  }

  std::jthread asking([&](const std::stop_token& over) {
    while (!over.stop_requested()) {
      std::vector<std::string> sessions;
      for (int i = 0; i < 10; ++i) sessions.push_back(platform().start("help").name());
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      for (const std::string& session : sessions) platform().end(session);
    }
  });
  for (const Desk* desk : desks) {
    desk->events().wait_for("each is asked as long as he is there",
                            [](const auto& told) { return told.has_preview(); });
  }
  std::vector<std::future<void>> flapping;
  for (int i = 0; i < kExperts; ++i) {
    flapping.push_back(std::async(std::launch::async, [&, i] {
      Flapping& me = experts[static_cast<size_t>(i)];
      for (int round = 0; round < kRounds; ++round) {
        // Some quick flaps, then an absence of more than a second.
        const auto since = [&] { return TimeUtil::TimestampToMilliseconds(source().presence(me.id).since()); };
        for (int flap = 0; flap < kFlaps; ++flap) {
          source().report(me.id, v1::PRESENCE_STATE_AWAY);
          source().online(me.id);
        }
        source().report(me.id, v1::PRESENCE_STATE_AWAY);
        const int64_t from = since();
        std::this_thread::sleep_for(std::chrono::milliseconds(1500));
        source().online(me.id);
        me.away.emplace_back(from, since());
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
      }
    }));
  }
  for (std::future<void>& one : flapping) one.get();
  asking.request_stop();
  asking.join();

  for (size_t i = 0; i < experts.size(); ++i) {
    for (const v1::DeskResponse& told : desks[i]->events().all()) {
      if (!told.has_preview()) continue;
      constexpr int64_t kAnswerWithinMs = 60'000;
      const int64_t made = TimeUtil::TimestampToMilliseconds(told.preview().deadline()) - kAnswerWithinMs;
      for (const auto& [from, to] : experts[i].away) {
        EXPECT_GT(to, from);
        EXPECT_FALSE(made > from + 1000 && made < to) << made - from << " ms after he went away";
      }
    }
  }
}

EXPERTLINE_IN_ALL_SHAPES(Presence);

}  // namespace
}  // namespace expertline::test
