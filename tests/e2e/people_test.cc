// Who takes part in a session, and how that changes: further experts, transfers, other agents, supervisors.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using testing::ElementsAre;

class People : public EndToEnd {
 protected:
  // Those who are in the conversation now, as "role:id", in order of joining.
  static std::vector<std::string> present(const v1::Session& session) {
    std::vector<std::string> all;
    for (const v1::Participant& one : session.participants()) {
      if (one.has_leave_time()) continue;
      const std::string role = v1::MessageAuthor_Name(one.role()).substr(std::string("MESSAGE_AUTHOR_").size());
      all.push_back(role + ":" + one.id());
    }
    return all;
  }
  static void accept(Desk& desk, const std::string& session, const std::string& leg) {
    const v1::Preview preview = desk.wait_preview(session, leg);
    EXPECT_TRUE(preview.joins());
    EXPECT_EQ(desk.accept(preview.offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  }
  static v1::DeskResult ask(Desk& desk, const std::function<void(v1::DeskRequest&)>& fill) {
    v1::DeskRequest request;
    fill(request);
    return desk.request(request);
  }
  grpc::Status try_transfer(const std::string& session, const std::function<void(v1::TransferSessionRequest&)>& fill) {
    v1::TransferSessionRequest request;
    request.set_session(session);
    fill(request);
    return status_of(platform().stub(), &v1::SessionService::Stub::TransferSession, request);
  }
  grpc::Status try_add(const std::string& session, const std::function<void(v1::AddParticipantRequest&)>& fill) {
    v1::AddParticipantRequest request;
    request.set_session(session);
    fill(request);
    return status_of(platform().stub(), &v1::SessionService::Stub::AddParticipant, request);
  }
};

TEST_P(People, AFurtherExpertReadsTheWholeConversationAndTakesPart) {
  Desk& bob = expert("bob", {.skills = {}});
  settle({&bob});
  Desk& ann = expert("ann");
  const v1::Session begun = accepted(ann);
  const std::string session = begun.name();
  const auto watch = platform().watch(session);
  platform().send(session, "before");
  const std::string leg = platform().add(session, "@" + bob.expert());
  accept(bob, session, leg);
  const v1::Session both = watch->wait_leg(leg, v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(leg_of(both, leg).asked_by_name(), bob.expert());
  EXPECT_EQ(leg_of(both, "im").state(), v1::LEG_STATE_ACTIVE);
  EXPECT_THAT(present(both),
              ElementsAre("AGENT:" + begun.agent().id(), "EXPERT:" + ann.expert(), "EXPERT:" + bob.expert()));
  bob.wait_message(session, "before");
  EXPECT_EQ(bob.say(session, "from bob").code(), 0);
  ann.wait_message(session, "from bob");
  EXPECT_EQ(ann.say(session, "from ann").code(), 0);
  bob.wait_message(session, "from ann");
  platform().send(session, "from the agent");
  ann.wait_message(session, "from the agent");
  bob.wait_message(session, "from the agent");
  ann.events().wait_for("ann sees that bob is there", [&](const v1::DeskResponse& told) {
    const auto& others = told.leg_update().participants();
    return std::any_of(others.begin(), others.end(),
                       [&](const v1::Participant& one) { return one.id() == bob.expert() && one.leg() == leg; });
  });

  const v1::Session after = platform().cancel_leg(session, "im");
  EXPECT_THAT(present(after), ElementsAre("AGENT:" + begun.agent().id(), "EXPERT:" + bob.expert()));
  EXPECT_EQ(leg_of(after, leg).state(), v1::LEG_STATE_ACTIVE) << "the end of one leg is not the end of another";
  EXPECT_EQ(bob.end_leg(session, leg).code(), 0);
  EXPECT_EQ(watch->wait_ended().outcome(), v1::SESSION_OUTCOME_HELPED);
}

TEST_P(People, ATransferMovesConversationAndUserDataToAnotherExpert) {
  Desk& ann = expert("ann");
  auto asked = Platform::ask("help");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  (*asked.mutable_user_data()->mutable_values())["blob"] = binary_value(bytes);
  (*asked.mutable_user_data()->mutable_values())["customer.address.city"] = text_value("Köln");
  const std::string session = platform().start(asked).name();
  ann.accept(ann.wait_preview(session).offer());
  const auto watch = platform().watch(session);
  watch->wait_leg("im", v1::LEG_STATE_ACTIVE);
  platform().send(session, "a long story");
  Desk& bob = expert("bob");
  const std::string leg = platform().transfer(session, "help");
  const v1::Preview preview = bob.wait_preview(session, leg);
  EXPECT_EQ(ann.previews(session), 1U) << "she is on it";
  EXPECT_EQ(ann.say(session, "he will help you").code(), 0) << "she stays until he is there";
  EXPECT_EQ(bob.accept(preview.offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  const v1::Session moved = watch->wait_leg(leg, v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(leg_of(moved, "im").outcome(), v1::LEG_OUTCOME_TRANSFERRED) << "in the same step";
  EXPECT_EQ(leg_of(moved, leg).replaces(), "im");
  EXPECT_EQ(moved.state(), v1::SESSION_STATE_OPEN);
  ann.wait_leg(session, v1::LEG_STATE_ENDED);
  const v1::LegUpdate his = bob.wait_leg(session, v1::LEG_STATE_ACTIVE, leg);
  EXPECT_EQ(his.user_data().values().at("blob").binary(), bytes);
  EXPECT_EQ(his.user_data().values().at("customer.address.city").text(), "Köln");
  bob.wait_message(session, "a long story");
  EXPECT_EQ(ann.say(session, "still here?").reason(), "WRONG_STATE");
  ASSERT_EQ(moved.voice_targets_size(), 2);
  EXPECT_EQ(moved.voice_targets(1).dn(), dn_of(bob.expert())) << "the call follows to him now";
}

TEST_P(People, WhenNobodyTakesOverTheExpertStaysAndTheAgentIsTold) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto watch = platform().watch(session);
  const std::string leg = platform().transfer(session, "at-once");
  const v1::Session after = watch->wait_leg(leg, v1::LEG_STATE_ENDED);
  EXPECT_EQ(leg_of(after, leg).outcome(), v1::LEG_OUTCOME_DEFAULT_ROUTED);
  EXPECT_EQ(leg_of(after, "im").state(), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(after.state(), v1::SESSION_STATE_OPEN);
  const auto told = watch->wait_message("No other expert was found; the one who is here stays.");
  EXPECT_EQ(told.author(), v1::MESSAGE_AUTHOR_SYSTEM);
  ann.wait_message(session, told.text());
}

TEST_P(People, WhoIsAskedByNameDeclinesAndTheAgentIsTold) {
  Desk& bob = expert("bob", {.skills = {}});
  settle({&bob});
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto watch = platform().watch(session);
  const std::string leg = platform().transfer(session, "@" + bob.expert());
  const v1::Preview preview = bob.wait_preview(session, leg);
  EXPECT_EQ(preview.routing_point(), "by-name");
  EXPECT_LE(preview.time_left().seconds(), 30);
  bob.decline(preview.offer(), "no time");
  const v1::Session after = watch->wait_leg(leg, v1::LEG_STATE_ENDED);
  EXPECT_EQ(leg_of(after, leg).default_target().agent_text(), "The expert you asked for is not free.");
  EXPECT_EQ(leg_of(after, leg).offers_size(), 1);
  EXPECT_TRUE(has_leg(after, "im", v1::LEG_STATE_ACTIVE));
}

TEST_P(People, WhatKeepsOffersFromAnExpertHoldsForThoseByNameAsWell) {
  Desk& ann = expert("ann");
  Desk& full = expert("full", {.skills = {}});
  const std::string away = enter("away");  // neither presence nor desk
  settle({&full});
  for (int i = 0; i < 2; ++i) {
    const std::string session = accepted(ann).name();
    accept(full, session, platform().add(session, "@" + full.expert()));
    platform().cancel_leg(session, "im");  // so that ann is free
  }
  const std::string second = accepted(ann).name();
  const auto watch = platform().watch(second);
  for (const std::string& who : {full.expert(), away}) {
    const std::string leg = platform().add(second, "@" + who);
    const v1::Session after = watch->wait_leg(leg, v1::LEG_STATE_ENDED);
    EXPECT_EQ(leg_of(after, leg).outcome(), v1::LEG_OUTCOME_DEFAULT_ROUTED) << who;
    EXPECT_EQ(leg_of(after, leg).offers_size(), 0) << who;
  }
}

TEST_P(People, TheInteractionMovesToAnotherAgent) {
  Desk& ann = expert("ann");
  const v1::Session begun = accepted(ann);
  const auto watch = platform().watch(begun.name());
  const v1::Session changed = platform().change_agent(begun.name(), "agent-two");
  EXPECT_EQ(changed.agent().id(), "agent-two");
  EXPECT_THAT(present(changed), ElementsAre("EXPERT:" + ann.expert(), "AGENT:agent-two"));
  EXPECT_EQ(changed.participants(0).id(), begun.agent().id()) << "he was there first";
  EXPECT_TRUE(changed.participants(0).has_leave_time());
  const v1::Message told = ann.wait_message(begun.name(), "Agent agent-two has taken over from the agent before.");
  EXPECT_EQ(told.author(), v1::MESSAGE_AUTHOR_SYSTEM);
  ann.events().wait_for("ann sees the new agent",
                        [&](const v1::DeskResponse& event) { return event.leg_update().agent().id() == "agent-two"; });
  EXPECT_EQ(platform().change_agent(begun.name(), "agent-two").revision(), changed.revision()) << "once is enough";
  platform().send(begun.name(), "hello");
  EXPECT_EQ(ann.wait_message(begun.name(), "hello").author_id(), "agent-two");
}

TEST_P(People, ASupervisorObservesJoinsWritesAndLeaves) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  v1::SendMessageRequest send;
  send.set_session(session);
  send.set_text("I may help");
  send.set_supervisor("ida");
  EXPECT_THAT(status_of(platform().stub(), &v1::SessionService::Stub::SendMessage, send),
              Refused(grpc::StatusCode::FAILED_PRECONDITION, "WRONG_STATE"));
  const v1::Session joined = platform().join(session, "ida");
  EXPECT_EQ(present(joined).back(), "SUPERVISOR:ida");
  EXPECT_EQ(platform().join(session, "ida").revision(), joined.revision());
  call(platform().stub(), &v1::SessionService::Stub::SendMessage, send);
  const v1::Message hers = ann.wait_message(session, "I may help");
  EXPECT_EQ(hers.author(), v1::MESSAGE_AUTHOR_SUPERVISOR);
  EXPECT_EQ(hers.author_id(), "ida");
  EXPECT_EQ(present(platform().leave(session, "ida")).back(), "EXPERT:" + ann.expert());
  platform().leave(session, "ida");
  EXPECT_THAT(status_of(platform().stub(), &v1::SessionService::Stub::SendMessage, send),
              Refused(grpc::StatusCode::FAILED_PRECONDITION, "WRONG_STATE"));
}

TEST_P(People, ASupervisorObservesNoMoreSessionsAtOnceThanHeMay) {
  const std::string supervisor = "super-" + new_id();
  Platform at = platform_at(0);  // the limit is that of one process
  const std::string session = platform().start("help").name();
  std::vector<std::string> sessions;
  for (int i = 0; i < 51; ++i) sessions.push_back(platform().start("help").name());
  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchSessionResponse>> reader;
    v1::WatchSessionResponse first;
    grpc::Status ended;  // if there was no first
  };
  const auto observe = [&](const std::string& name) {
    v1::WatchSessionRequest request;
    request.set_name(name);
    request.set_supervisor(supervisor);
    std::unique_ptr<Stream> stream;
    eventually("a session is observed or not", [&] {
      stream = std::make_unique<Stream>();
      stream->context.set_wait_for_ready(true);
      stream->reader = at.stub().WatchSession(&stream->context, request);
      if (stream->reader->Read(&stream->first)) return true;
      stream->ended = stream->reader->Finish();
      return stream->ended.error_code() != grpc::StatusCode::UNAVAILABLE;
    });
    return stream;
  };
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 50; ++i) streams.push_back(observe(sessions[static_cast<size_t>(i)]));
  EXPECT_TRUE(streams.back()->first.has_session());
  EXPECT_THAT(observe(sessions[50])->ended, Refused(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_CONTACTS"));
  EXPECT_TRUE(observe(sessions[0])->first.has_session()) << "one that he observes already";
  streams.front()->context.TryCancel();
  streams.front()->reader->Finish();
  eventually("there is room again", [&] { return observe(sessions[50])->first.has_session(); });
}

TEST_P(People, RefusalsSayWhy) {
  using Code = grpc::StatusCode;
  Desk& ann = expert("ann");
  const std::string waiting = platform().start("levels").name();
  EXPECT_THAT(try_transfer(waiting, [](auto& r) { r.set_routing_point("help"); }),
              Refused(Code::FAILED_PRECONDITION, "WRONG_STATE"));
  const std::string session = accepted(ann).name();
  EXPECT_THAT(try_transfer(session, [](auto&) {}), Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(try_transfer(session, [](auto& r) { r.set_routing_point("nowhere"); }),
              Refused(Code::NOT_FOUND, "UNKNOWN_ROUTING_POINT"));
  EXPECT_THAT(try_transfer(session, [](auto& r) { r.set_routing_point("7001"); }),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(try_transfer(session, [](auto& r) { r.set_expert("nobody"); }),
              Refused(Code::NOT_FOUND, "UNKNOWN_EXPERT"));
  EXPECT_THAT(try_transfer(session, [&](auto& r) { r.set_expert(ann.expert()); }),
              Refused(Code::FAILED_PRECONDITION, "WRONG_STATE"));
  EXPECT_THAT(try_transfer(session,
                           [](auto& r) {
                             r.set_routing_point("help");
                             r.set_leg("v9");
                           }),
              Refused(Code::NOT_FOUND, "UNKNOWN_LEG"));
  EXPECT_THAT(try_add(session,
                      [](auto& r) {
                        r.set_routing_point("help");
                        r.set_actor("somebody");
                      }),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  for (int i = 0; i < 6; ++i) platform().join(session, "super" + std::to_string(i));
  EXPECT_THAT(try_add(session, [](auto& r) { r.set_routing_point("help"); }),
              Refused(Code::RESOURCE_EXHAUSTED, "TOO_MANY_PARTICIPANTS"));
  v1::ChangeAgentRequest change;
  change.set_session(session);
  EXPECT_THAT(status_of(platform().stub(), &v1::SessionService::Stub::ChangeAgent, change),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  v1::JoinSessionRequest join;
  join.set_session("domains/main/sessions/none");
  join.set_supervisor("ida");
  EXPECT_THAT(status_of(platform().stub(), &v1::SessionService::Stub::JoinSession, join),
              Refused(Code::NOT_FOUND, "UNKNOWN_SESSION"));
  v1::LeaveSessionRequest leave;
  leave.set_session(session);
  EXPECT_THAT(status_of(platform().stub(), &v1::SessionService::Stub::LeaveSession, leave),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  platform().end(session);
  EXPECT_THAT(try_add(session, [](auto& r) { r.set_routing_point("help"); }),
              Refused(Code::FAILED_PRECONDITION, "WRONG_STATE"));
}

TEST_P(People, AnExpertSaysAtWhichNumberHeTakesCalls) {
  Desk& ann = expert("ann");
  const std::string session = platform().start("help").name();
  const v1::OfferRef offer = ann.wait_preview(session).offer();
  v1::DeskRequest accept = Desk::accepting(offer);
  accept.mutable_accept()->set_number("no spaces please");
  EXPECT_EQ(ann.request(accept).reason(), "INVALID_FIELD");
  accept.mutable_accept()->set_number("+4930123");
  EXPECT_EQ(ann.request(accept).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  const v1::Session active = platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(active.voice_targets(1).dn(), "+4930123");
  EXPECT_EQ(platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_CONSULT).target().dn(), "+4930123");
  platform().cancel_leg(session, "v1");

  const auto call_me = [&](const std::string& number) {
    return ask(ann, [&](v1::DeskRequest& request) {
      request.mutable_call_me()->set_session(session);
      request.mutable_call_me()->set_expert(ann.expert());
      request.mutable_call_me()->set_number(number);
    });
  };
  EXPECT_EQ(call_me(std::string(65, '1')).reason(), "INVALID_FIELD");
  EXPECT_EQ(call_me("2222").code(), 0);
  auto arriving = Platform::at("7001");
  arriving.set_session(session);
  (*arriving.mutable_user_data()->mutable_values())["expert_id"] = text_value(ann.expert());
  const auto routed = platform().route(arriving)->wait_for(v1::CALL_PROGRESS_ROUTED);
  EXPECT_EQ(routed.dn(), "2222");
  platform().cancel_leg(session, routed.leg());
  EXPECT_EQ(call_me("").code(), 0);
  EXPECT_EQ(platform().get(session).voice_targets(1).dn(), dn_of(ann.expert())) << "the usual one again";
}

TEST_P(People, ACallJoinsTheSessionOfTheCallItComesFrom) {
  Desk& ann = expert("ann");
  auto asked = Platform::ask("help");
  const std::string session = platform().start(asked).name();
  ann.accept(ann.wait_preview(session).offer());
  platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE);
  // The interaction is the customer's call; a consultation comes from it.
  auto consult = Platform::at("7001");
  consult.clear_agent();
  consult.set_parent_call_id(asked.interaction().id());
  (*consult.mutable_user_data()->mutable_values())["expert_id"] = text_value(ann.expert());
  const auto first = platform().route(consult)->wait_for(v1::CALL_PROGRESS_ROUTED);
  EXPECT_EQ(first.session(), session);
  EXPECT_EQ(leg_of(platform().get(session), first.leg()).parent_call_id(), asked.interaction().id());
  platform().report_call(consult.call_id(), v1::VOICE_EVENT_ANSWERED);
  platform().report_call(consult.call_id(), v1::VOICE_EVENT_RELEASED);
  // A transfer comes from the consultation.
  auto transfer = Platform::at("7001");
  transfer.clear_agent();
  transfer.set_parent_call_id(consult.call_id());
  (*transfer.mutable_user_data()->mutable_values())["expert_id"] = text_value(ann.expert());
  EXPECT_EQ(platform().route(transfer)->wait_for(v1::CALL_PROGRESS_ROUTED).session(), session);
  auto orphan = Platform::at("7001");
  orphan.clear_agent();
  orphan.set_parent_call_id("never-heard-of");
  EXPECT_THAT(platform().route(orphan)->status(), Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
}

TEST_P(People, InAConferenceOfThreeOneMayLeave) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_CONFERENCE);
  const auto report = [&](v1::VoiceEvent event, v1::VoiceParty party) {
    v1::ReportVoiceRequest request;
    request.set_parent("domains/main");
    request.set_session(session);
    request.set_leg(prepared.leg());
    request.set_event(event);
    request.set_party(party);
    return call(platform().stub(), &v1::SessionService::Stub::ReportVoice, request).state();
  };
  EXPECT_EQ(report(v1::VOICE_EVENT_ANSWERED, v1::VOICE_PARTY_UNSPECIFIED), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(report(v1::VOICE_EVENT_JOINED, v1::VOICE_PARTY_CUSTOMER), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(report(v1::VOICE_EVENT_LEFT, v1::VOICE_PARTY_AGENT), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(report(v1::VOICE_EVENT_LEFT, v1::VOICE_PARTY_AGENT), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(report(v1::VOICE_EVENT_JOINED, v1::VOICE_PARTY_AGENT), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(report(v1::VOICE_EVENT_LEFT, v1::VOICE_PARTY_CUSTOMER), v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(report(v1::VOICE_EVENT_LEFT, v1::VOICE_PARTY_EXPERT), v1::LEG_STATE_ENDED);
  EXPECT_EQ(report(v1::VOICE_EVENT_LEFT, v1::VOICE_PARTY_CUSTOMER), v1::LEG_STATE_ENDED);
  EXPECT_TRUE(has_leg(platform().get(session), "im", v1::LEG_STATE_ACTIVE));
}

TEST_P(People, WhoIsOnOurCallStaysAbleToChat) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  platform().report_leg(session, prepared.leg(), v1::VOICE_EVENT_ANSWERED);
  platform().send(session, "do you hear me?");
  ann.wait_message(session, "do you hear me?");
  EXPECT_EQ(ann.say(session, "loud and clear").code(), 0);
  accepted(ann);  // and able to take another one
}

TEST_P(People, WrapUpEndsWhenTheExpertSaysSo) {
  v1::GuardRails rails;
  (*rails.mutable_wrap_up())["im"].set_seconds(600);
  Desk& ann = expert("ann", {.im = 1, .guard_rails = rails});
  const std::string session = accepted(ann).name();
  platform().end(session);
  const std::string next = platform().start("help").name();
  platform().wait_leg(next, "im", v1::LEG_STATE_WAITING);
  const auto wrapped = [&](const std::string& who) {
    return ask(ann, [&](v1::DeskRequest& request) {
      request.mutable_end_wrap_up()->set_session(session);
      request.mutable_end_wrap_up()->set_leg("im");
      request.mutable_end_wrap_up()->set_expert(who);
    });
  };
  EXPECT_EQ(wrapped("somebody").reason(), "WRONG_STATE");
  EXPECT_EQ(wrapped(ann.expert()).code(), 0);
  EXPECT_EQ(wrapped(ann.expert()).code(), 0) << "once more";
  EXPECT_EQ(ann.accept(ann.wait_preview(next).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  platform().end(next);
  ask(ann, [&](v1::DeskRequest& request) {
    request.mutable_end_wrap_up()->set_session(next);
    request.mutable_end_wrap_up()->set_leg("im");
    request.mutable_end_wrap_up()->set_expert(ann.expert());
  });
}

TEST_P(People, WhoIsPausedIsToldHowToComeBack) {
  v1::GuardRails rails;
  rails.set_pause_after_timeouts(1);
  Desk& ann = expert("ann", {.skills = {{"quick", 3}}, .guard_rails = rails});
  settle({&ann});
  const std::string missed = platform().start("soon").name();
  ann.wait_closed(ann.wait_preview(missed).offer());
  const auto told = [&](const Desk& desk, v1::NoticeKind kind) {
    return desk.events()
        .wait_for(v1::NoticeKind_Name(kind),
                  [&](const v1::DeskResponse& event) { return event.notice().kind() == kind; })
        .notice();
  };
  const v1::DeskNotice paused = told(ann, v1::NOTICE_KIND_PAUSED);
  EXPECT_EQ(paused.expert(), ann.expert());
  EXPECT_THAT(paused.text(), testing::HasSubstr("Say that you are back"));
  Desk& second = desk({ann.expert()});
  told(second, v1::NOTICE_KIND_PAUSED);
  const auto resumed = ask(ann, [&](v1::DeskRequest& request) { request.mutable_resume()->set_expert(ann.expert()); });
  EXPECT_EQ(resumed.code(), 0) << resumed.ShortDebugString();
  told(ann, v1::NOTICE_KIND_RESUMED);
  told(second, v1::NOTICE_KIND_RESUMED);
  settle({&ann});
  ann.wait_preview(platform().start("soon").name());
  const auto stranger = ask(ann, [](v1::DeskRequest& request) { request.mutable_resume()->set_expert("stranger"); });
  EXPECT_EQ(stranger.reason(), "UNKNOWN_EXPERT");
}

EXPERTLINE_IN_ALL_SHAPES(People);

}  // namespace
}  // namespace expertline::test
