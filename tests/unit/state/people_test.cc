// Who takes part in a session: further experts, transfers, other agents, supervisors; functions/moves.lua.
#include "store_fixture.h"

namespace expertline::state {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PeopleTest : public StoreTest {
 protected:
  // A session in which this expert is on the conversation.
  void talk(const std::string& session, const std::string& expert) {
    ASSERT_TRUE(offer(session, expert));
    ASSERT_EQ(answer(session, expert, "accepted").outcome, "accepted");
  }
  Result<LegRef> seek(const Seek& what) {
    return run<Result<LegRef>>([&] { return store_->seek(what); });
  }
  static Seek further(const std::string& session) {
    return {.session = session,
            .replaces = "",
            .medium = "im",
            .routing_point = "help",
            .strategy = "help",
            .by_name = "",
            .nobody = "Nobody came.",
            .secret_keys = {},
            .action = "AddParticipant",
            .actor = "",
            .request = {}};
  }
  static Seek transfer(const std::string& session, const std::string& leg = "") {
    Seek what = further(session);
    what.transfer = true;
    what.replaces = leg;
    what.action = "TransferSession";
    return what;
  }
  const Leg& leg_in(const std::string& session, const std::string& id) {
    record_ = read(session);
    return *record_.leg(id);
  }
  // The leg is offered to the expert, who accepts.
  void give(const LegRef& leg, const std::string& expert) {
    ASSERT_EQ(reserve({leg.session, leg.leg, leg_in(leg.session, leg.leg).version}, {expert}),
              Reservation::Outcome::reserved);
    const int n = leg_in(leg.session, leg.leg).offers.back().n;
    const auto answered = run<Result<Answered>>(
        [&] { return store_->answer(leg.session, leg.leg, n, expert, "accepted", "", v1::UserData()); });
    ASSERT_EQ(answered->outcome, "accepted");
  }
  v1::ErrorReason settle(const LegRef& leg) {
    Decided decided;
    v1::DefaultTarget target;
    target.set_agent_text("Nobody.");
    const LegRef now{leg.session, leg.leg, leg_in(leg.session, leg.leg).version};
    const auto done = run<Result<bool>>([&] { return store_->settle(now, decided, target); });
    EXPECT_TRUE(done.ok() && *done);
    return done.ok() ? v1::ERROR_REASON_UNSPECIFIED : done.error().reason;
  }
  // "author:text" of all messages.
  std::vector<std::string> said(const std::string& session) {
    std::vector<std::string> all;
    const auto messages = run<Result<std::vector<v1::Message>>>([&] { return store_->messages(session, "", 100); });
    for (const v1::Message& message : *messages) all.push_back(std::to_string(message.author()) + ":" + message.text());
    return all;
  }
  Result<Done> join(const std::string& session, const std::string& supervisor, bool on = true) {
    return run<Result<Done>>([&] { return store_->take_part(session, supervisor, "Name", on); });
  }
  Result<std::string> say(const std::string& session, v1::MessageAuthor author, const std::string& id) {
    v1::Message message;
    message.set_author(author);
    message.set_author_id(id);
    message.set_text("words");
    return run<Result<std::string>>([&] { return store_->say(session, message, Request()); });
  }
  // "actor action detail" of the audit.
  std::vector<std::string> audited() {
    std::vector<std::string> lines;
    for (const redis::Reply& entry : loop_->ask({"XRANGE", "{d}:audit", "-", "+"}).elements) {
      std::map<std::string, std::string> fields;
      const auto& parts = entry.elements.at(1).elements;
      for (size_t i = 0; i + 1 < parts.size(); i += 2) fields[parts[i].text] = parts[i + 1].text;
      EXPECT_TRUE(fields["t"].starts_with("domains/d/sessions/")) << fields["t"];
      lines.push_back(fields["a"] + " " + fields["c"] + " " + fields["d"]);
    }
    return lines;
  }

  SessionRecord record_;
};

template <typename T>
v1::ErrorReason reason(const Result<T>& result) {
  return result.ok() ? v1::ERROR_REASON_UNSPECIFIED : result.error().reason;
}

TEST_F(PeopleTest, WhoIsTransferredFromStaysUntilTheOtherOneIsThere) {
  add("ann");
  add("bob");
  talk("s", "ann");
  const auto leg = seek(transfer("s"));
  ASSERT_TRUE(leg.ok());
  EXPECT_EQ(leg->leg, "c2");
  EXPECT_EQ(leg_in("s", "im").state, "active");
  EXPECT_EQ(leg_in("s", "c2").replaces, "im");
  give(*leg, "bob");
  EXPECT_EQ(leg_in("s", "im").state, "ended");
  EXPECT_EQ(leg_in("s", "im").outcome, "transferred");
  EXPECT_EQ(leg_in("s", "c2").state, "active");
  EXPECT_EQ(im("ann").used(), 0);
  EXPECT_EQ(im("bob").used(), 1);
  EXPECT_TRUE(read("s").open);
  EXPECT_EQ(read("s").conversation()->expert, "bob");
}

TEST_F(PeopleTest, WhoIsTransferredFromWrapsUp) {
  v1::GuardRails rails;
  (*rails.mutable_wrap_up())["im"].set_seconds(30);
  add("ann", rails);
  add("bob");
  talk("s", "ann");
  give(*seek(transfer("s")), "bob");
  EXPECT_EQ(im("ann").used(), 1);
  EXPECT_EQ(im("ann").wrapping_up(), 1);
  ASSERT_TRUE(run<Result<Done>>([&] { return store_->end_wrap_up("s", "im", "ann"); }).ok());
  EXPECT_EQ(im("ann").used(), 0);
  EXPECT_EQ(im("ann").wrapping_up(), 0);
  ASSERT_TRUE(run<Result<Done>>([&] { return store_->end_wrap_up("s", "im", "ann"); }).ok()) << "once more";
  pass(kMinute);
  EXPECT_EQ(im("ann").used(), 0);
}

TEST_F(PeopleTest, WhenNobodyTakesOverTheOneWhoIsThereStays) {
  add("ann");
  talk("s", "ann");
  const auto leg = seek(transfer("s"));
  settle(*leg);
  EXPECT_EQ(leg_in("s", "c2").outcome, "default_routed");
  EXPECT_EQ(leg_in("s", "im").state, "active");
  EXPECT_TRUE(read("s").open);
  EXPECT_THAT(said("s"), ElementsAre("3:Nobody came."));
  EXPECT_TRUE(seek(transfer("s")).ok()) << "it may be tried again";
}

TEST_F(PeopleTest, TheOneWhoIsReplacedMayGoBefore) {
  add("ann");
  add("bob");
  talk("s", "ann");
  const auto leg = seek(transfer("s"));
  cancel("s");  // the im leg
  EXPECT_EQ(leg_in("s", "im").outcome, "completed");
  EXPECT_TRUE(read("s").open) << "another one is still sought";
  give(*leg, "bob");
  EXPECT_EQ(leg_in("s", "im").outcome, "completed");
  EXPECT_EQ(im("ann").used(), 0);
  EXPECT_EQ(read("s").conversation()->expert, "bob");
}

TEST_F(PeopleTest, WhoIsOnTheConversationIsNotAsked) {
  add("ann");
  add("bob");
  talk("s", "ann");
  const auto leg = seek(further("s"));
  EXPECT_THAT(routing_facts(read("s"), *read("s").leg("c2")).asked(), ElementsAre("ann"));
  EXPECT_EQ(reserve({"s", "c2", leg->version}, {"ann"}), Reservation::Outcome::none);
  const auto other = seek(further("s"));
  ASSERT_EQ(reserve({"s", "c2", leg->version}, {"bob"}), Reservation::Outcome::reserved);
  EXPECT_EQ(reserve({"s", "c3", other->version}, {"bob"}), Reservation::Outcome::none) << "he is asked for c2";
  EXPECT_THAT(routing_facts(read("s"), *read("s").leg("c3")).asked(), ElementsAre("ann", "bob"));
}

TEST_F(PeopleTest, OneWhoGoesLeavesTheOthersAlone) {
  add("ann");
  add("bob");
  talk("s", "ann");
  give(*seek(further("s")), "bob");
  cancel("s");  // the im leg
  EXPECT_EQ(leg_in("s", "c2").state, "active");
  EXPECT_EQ(im("ann").used(), 0);
  EXPECT_EQ(im("bob").used(), 1);
  EXPECT_TRUE(say("s", v1::MESSAGE_AUTHOR_AGENT, "agent").ok());
  EXPECT_EQ(reason(say("s", v1::MESSAGE_AUTHOR_EXPERT, "ann")), v1::ERROR_REASON_WRONG_STATE);
  EXPECT_TRUE(say("s", v1::MESSAGE_AUTHOR_EXPERT, "bob").ok());
  ASSERT_TRUE(run<Result<Done>>([&] { return store_->cancel("s", "c2", "", Request()); }).ok());
  EXPECT_FALSE(read("s").open);
  EXPECT_EQ(read("s").outcome, "helped");
}

TEST_F(PeopleTest, AtMostEightAreInIt) {
  add("ann");
  add("bob");
  talk("s", "ann");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(join("s", "super" + std::to_string(i)).ok());
  const auto eighth = seek(further("s"));
  ASSERT_TRUE(eighth.ok());
  EXPECT_EQ(reason(seek(further("s"))), v1::ERROR_REASON_TOO_MANY_PARTICIPANTS) << "one is being sought";
  EXPECT_EQ(reason(join("s", "super9")), v1::ERROR_REASON_TOO_MANY_PARTICIPANTS);
  EXPECT_TRUE(join("s", "super1").ok()) << "he is there";
  EXPECT_TRUE(seek(transfer("s", "im")).ok()) << "one for one";
  ASSERT_TRUE(join("s", "super0", false).ok());
  EXPECT_TRUE(join("s", "super9").ok());
}

TEST_F(PeopleTest, ATransferSaysWhomItReplaces) {
  add("ann");
  add("bob");
  EXPECT_EQ(reason(seek(transfer("nowhere"))), v1::ERROR_REASON_UNKNOWN_SESSION);
  start("s");
  EXPECT_EQ(reason(seek(transfer("s"))), v1::ERROR_REASON_WRONG_STATE) << "nobody is on it";
  talk("t", "ann");
  EXPECT_EQ(reason(seek(transfer("t", "v7"))), v1::ERROR_REASON_UNKNOWN_LEG);
  ASSERT_TRUE(seek(transfer("t")).ok());
  EXPECT_EQ(reason(seek(transfer("t"))), v1::ERROR_REASON_WRONG_STATE) << "one is under way";
  give(*seek(further("t")), "bob");
  EXPECT_EQ(reason(seek(transfer("t"))), v1::ERROR_REASON_INVALID_FIELD) << "two are on it";
  EXPECT_TRUE(seek(transfer("t", "c3")).ok());
}

TEST_F(PeopleTest, ARepeatedRequestSeeksOnce) {
  add("ann");
  talk("s", "ann");
  Seek what = further("s");
  what.request = {.id = "r", .payload_hash = "h"};
  EXPECT_EQ(seek(what)->leg, "c2");
  const auto again = seek(what);
  EXPECT_EQ(again->leg, "c2");
  EXPECT_EQ(again->version, 0) << "nothing is to be routed";
  EXPECT_EQ(read("s").legs.size(), 2U);
  what.request.payload_hash = "other";
  EXPECT_EQ(reason(seek(what)), v1::ERROR_REASON_REQUEST_ID_REUSED);
}

TEST_F(PeopleTest, WhoIsAskedByNameIsInTheDirectoryAndNotThereYet) {
  add("ann");
  add("bob");
  talk("s", "ann");
  Seek what = further("s");
  what.by_name = "nobody";
  EXPECT_EQ(reason(seek(what)), v1::ERROR_REASON_UNKNOWN_EXPERT);
  what.by_name = "ann";
  EXPECT_EQ(reason(seek(what)), v1::ERROR_REASON_WRONG_STATE);
  what.by_name = "bob";
  ASSERT_TRUE(seek(what).ok());
  EXPECT_EQ(routing_facts(read("s"), *read("s").leg("c2")).expert(), "bob");
}

TEST_F(PeopleTest, AnotherAgentTakesOverOnce) {
  add("ann");
  talk("s", "ann");
  v1::Session facts = read("s").facts;
  facts.mutable_agent()->set_id("agent2");
  facts.mutable_agent()->set_display_name("Two");
  const auto change = [&] {
    return run<Result<Done>>(
        [&] { return store_->change_agent("s", facts, "Two is here.", "supervisor:ida", Request()); });
  };
  ASSERT_TRUE(change().ok());
  ASSERT_TRUE(change().ok());
  const SessionRecord record = read("s");
  EXPECT_EQ(record.facts.agent().id(), "agent2");
  ASSERT_EQ(record.people.size(), 2U);
  EXPECT_EQ(record.people[0].id, "agent");
  EXPECT_GT(record.people[0].left, 0);
  EXPECT_EQ(record.people[1].name, "Two");
  EXPECT_EQ(record.people[1].left, 0);
  EXPECT_THAT(said("s"), ElementsAre("3:Two is here."));
  EXPECT_THAT(audited(), ElementsAre("supervisor:ida ChangeAgent agent agent2"));
}

TEST_F(PeopleTest, ASupervisorWritesWhileHeHasJoined) {
  add("ann");
  talk("s", "ann");
  EXPECT_EQ(reason(say("s", v1::MESSAGE_AUTHOR_SUPERVISOR, "ida")), v1::ERROR_REASON_WRONG_STATE);
  ASSERT_TRUE(join("s", "ida").ok());
  ASSERT_TRUE(join("s", "ida").ok());
  EXPECT_TRUE(say("s", v1::MESSAGE_AUTHOR_SUPERVISOR, "ida").ok());
  ASSERT_TRUE(join("s", "ida", false).ok());
  ASSERT_TRUE(join("s", "ida", false).ok());
  EXPECT_EQ(reason(say("s", v1::MESSAGE_AUTHOR_SUPERVISOR, "ida")), v1::ERROR_REASON_WRONG_STATE);
  EXPECT_THAT(audited(), ElementsAre("supervisor:ida JoinSession ", "supervisor:ida LeaveSession "));
  cancel("s");
  EXPECT_EQ(reason(join("s", "ida")), v1::ERROR_REASON_WRONG_STATE) << "it is over";
  EXPECT_TRUE(join("s", "ida", false).ok()) << "whoever leaves what is over has left";
}

TEST_F(PeopleTest, WhatAnotherThanTheAgentDoesIsAudited) {
  add("ann");
  talk("s", "ann");
  Seek what = further("s");
  what.actor = "supervisor:ida";
  ASSERT_TRUE(seek(what).ok());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(run<Result<Done>>([&] { return store_->cancel("s", "c2", "", Request(), "supervisor:ida"); }).ok());
    ASSERT_TRUE(run<Result<Done>>([&] { return store_->cancel("s", "im", "ann", Request()); }).ok());
  }
  talk("t", "ann");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(run<Result<Done>>([&] { return store_->end("t", "", Request(), "supervisor:ida"); }).ok());
  }
  EXPECT_THAT(audited(), ElementsAre("supervisor:ida AddParticipant routing point help",
                                     "supervisor:ida CancelLeg leg c2", "supervisor:ida EndSession "));
}

TEST_F(PeopleTest, AnExpertIsToldThatHeIsPausedAndResumes) {
  v1::GuardRails rails;
  rails.set_pause_after_timeouts(1);
  add("ann", rails);
  loop_->ask({"ZADD", "{d}:bridges", "99999999999999", "b"});
  const auto blocks = [&] {
    const std::vector<std::string> who{"ann"};
    return run<Result<std::vector<v1::Block>>>([&] { return store_->blocks(who); })->at(0);
  };
  ASSERT_TRUE(offer("s", "ann"));
  EXPECT_EQ(blocks(), v1::BLOCK_UNSPECIFIED);
  pass(30'000);
  EXPECT_EQ(blocks(), v1::BLOCK_PAUSED);
  const auto hinted = [&] {
    std::vector<std::string> all;
    for (const redis::Reply& entry : loop_->ask({"XRANGE", "{d}:out:b", "-", "+"}).elements) {
      const auto& fields = entry.elements.at(1).elements;
      if (fields.at(0).text == "x") all.push_back(fields.at(1).text);
    }
    return all;
  };
  EXPECT_THAT(hinted(), ElementsAre("ann"));
  ASSERT_TRUE(run<Result<Done>>([&] { return store_->resume("ann"); }).ok());
  EXPECT_EQ(blocks(), v1::BLOCK_UNSPECIFIED);
  EXPECT_THAT(hinted(), ElementsAre("ann", "ann"));
}

TEST_F(PeopleTest, CallsOfASessionComeToTheNumberTheExpertNames) {
  add("ann");
  talk("s", "ann");
  const auto call_me = [&](const std::string& number) {
    return run<Result<Done>>([&] { return store_->call_me("s", "ann", number); });
  };
  ASSERT_TRUE(call_me("+49").ok());
  EXPECT_THAT(read("s").numbers, ElementsAre(std::pair<const std::string, std::string>("ann", "+49")));
  ASSERT_TRUE(call_me("").ok());
  EXPECT_THAT(read("s").numbers, IsEmpty());
  cancel("s");
  EXPECT_EQ(reason(call_me("1")), v1::ERROR_REASON_WRONG_STATE);
}

TEST_F(PeopleTest, ACallFindsItsParentsSession) {
  const auto parent = [&](const std::string& call) {
    return *run<Result<std::string>>([&] { return store_->session_of_parent(call); });
  };
  NewCall call;
  call.new_session = "s";
  call.bridge = "b";
  call.medium = "voice";
  call.routing_point = "7001";
  call.call = "call1";
  call.deadline_ms = kMinute;
  call.user_data_limit = kDefaultUserDataLimit;
  call.facts.mutable_interaction()->set_id("contact1");
  ASSERT_TRUE(run<Result<Enqueued>>([&] { return store_->call(call); }).ok());
  EXPECT_EQ(parent("call1"), "s");
  EXPECT_EQ(parent("contact1"), "s");
  EXPECT_EQ(parent("other"), "");
  ASSERT_TRUE(run<Result<Done>>([&] { return store_->end("s", "", Request()); }).ok());
  EXPECT_EQ(parent("call1"), "") << "it is over";
  EXPECT_EQ(parent("contact1"), "");
}

// What the platform tells of a call may come in any order and again and again.
class ReportsTest : public PeopleTest, public testing::WithParamInterface<bool> {
 protected:
  struct Event {
    const char* name;
    bool other;
  };
  static constexpr Event kEvents[] = {{"ringing", false}, {"answered", false}, {"no_answer", false}, {"joined", false},
                                      {"left", false},    {"released", false}, {"joined", true},     {"left", true}};

  void add_caller(const std::string& id) {
    Put put;
    put.expert = id;
    (*put.record.mutable_capacities())["im"] = 1;
    (*put.record.mutable_capacities())["voice"] = 1;
    ASSERT_TRUE(run<Result<PutDone>>([&] { return experts_->put("d", put); }).ok());
    be(id, v1::PRESENCE_STATE_ONLINE, true);
    const std::vector<std::string> ids{id};
    ASSERT_TRUE(run<Result<std::vector<std::optional<std::vector<std::string>>>>>([&] {
                  return store_->attach_desk("b", ids);
                }).ok());
  }
  int in_use(const std::string& id, const std::string& medium) {
    for (const v1::MediumStatus& status : expert(id).media) {
      if (status.medium() == medium) return status.used();
    }
    return -1;
  }
};

TEST_P(ReportsTest, InAnyOrderAndRepeatedTheyEndTheLegOnceAndGiveTheLineBackOnce) {
  const bool routed = GetParam();
  add_caller("ann");
  talk("s", "ann");
  constexpr size_t kKinds = std::size(kEvents);
  int number = 0;
  for (size_t code = 0; code < kKinds * kKinds * kKinds; ++code) {
    HoldVoice hold;
    hold.session = "s";
    hold.medium = "voice";
    hold.expert = "ann";
    hold.dn = "100";
    if (routed) hold.routing_point = "7001";
    hold.call = "call" + std::to_string(++number);
    hold.kind = v1::CALL_KIND_TRANSFER;
    hold.hold_ms = kMinute;
    const auto held = run<Result<Held>>([&] { return store_->hold(hold); });
    ASSERT_TRUE(held.ok()) << "the line of the call before did not come back";
    if (routed) {
      NewCall call;
      call.session = "s";
      call.new_session = "other";
      call.bridge = "b";
      call.medium = "voice";
      call.routing_point = "7001";
      call.call = hold.call;
      call.deadline_ms = kMinute;
      call.user_data_limit = kDefaultUserDataLimit;
      const auto known = run<Result<Enqueued>>([&] { return store_->call(call); });
      ASSERT_EQ(known->leg.leg, held->leg);
      std::vector<Candidate> candidates(1);
      candidates[0].expert = "ann";
      ASSERT_EQ(run<Result<Reservation>>([&] {
                  return store_->reserve(known->leg, Decided(), 1, 20'000, true, false, candidates);
                })->outcome,
                Reservation::Outcome::reserved);
    }
    std::string trace;
    int64_t ended_version = 0;
    size_t rest = code;
    for (int i = 0; i < 3; ++i, rest /= kKinds) {
      const Event& event = kEvents[rest % kKinds];
      trace += std::string(" ") + event.name + (event.other ? " of another" : "");
      const auto before = read("s").leg(held->leg)->state;
      const auto answered =
          run<Result<Answered>>([&] { return store_->voice("s", held->leg, event.name, event.other); });
      ASSERT_TRUE(answered.ok()) << trace;
      const SessionRecord record = read("s");
      const Leg& leg = *record.leg(held->leg);
      EXPECT_EQ(answered->outcome, leg.state) << trace;
      if (event.other) {
        EXPECT_EQ(leg.state, before) << trace;
      }
      if (ended_version > 0) {
        EXPECT_EQ(leg.version, ended_version) << trace << ": it had ended";
      }
      if (leg.ended()) ended_version = leg.version;
      const bool on = leg.state == "held" || leg.state == "connecting" || leg.state == "active";
      EXPECT_EQ(in_use("ann", "voice"), on ? 1 : 0) << trace;
      EXPECT_EQ(in_use("ann", "im"), 1) << trace;
      EXPECT_EQ(record.leg("im")->state, "active") << trace;
    }
    ASSERT_TRUE(run<Result<Done>>([&] { return store_->cancel("s", held->leg, "", Request()); }).ok());
    ASSERT_EQ(in_use("ann", "voice"), 0) << trace;
    ASSERT_FALSE(HasFailure()) << trace;
    if (number % 20 == 0) {  // a session of many legs is slow to read
      cancel("s");
      loop_->ask({"DEL", "{d}:s:s", "{d}:u:s", "{d}:m:s"});
      talk("s", "ann");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, ReportsTest, testing::Bool(),
                         [](const auto& given) { return given.param ? "routed" : "held"; });

}  // namespace
}  // namespace expertline::state
