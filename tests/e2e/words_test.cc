// What is said in sessions: files, presets, typing, marks, the operator's policy; and a medium of his own.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using Stub = v1::SessionService::Stub;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

// A system with the policy beside its strategies, one per shape for all tests here.
class Words : public EndToEnd {
 protected:
  Words() : EndToEnd(with_policy(GetParam())) {}

  static System& with_policy(Shape shape) {
    static std::map<Shape, std::unique_ptr<System>> systems;
    auto& system = systems[shape];
    if (!system) {
      system = std::make_unique<System>(SystemOptions{.shape = shape, .strategies = EXPERTLINE_E2E_WORDS});
    }
    return *system;
  }

  Stub& stub() { return platform().stub(); }
  static v1::File picture(const std::string& bytes = std::string("\x89PNG\r\n\x1a\n", 8)) {
    v1::File file;
    file.set_name("accident.png");
    file.set_media_type("image/png");
    file.set_content(bytes);
    return file;
  }
  static v1::SendMessageRequest message(const std::string& session, const v1::File& file) {
    v1::SendMessageRequest request;
    request.set_session(session);
    *request.mutable_file() = file;
    return request;
  }
  static v1::DeskRequest desk_file(const std::string& session, const std::string& expert, const v1::File& file) {
    v1::DeskRequest request;
    request.mutable_send_message()->set_session(session);
    request.mutable_send_message()->set_expert(expert);
    *request.mutable_send_message()->mutable_file() = file;
    return request;
  }
  // An expert with languages and capacities of the test's own, online and at a desk.
  Desk& expert_with(const std::string& name, const std::map<std::string, int>& capacities,
                    const std::vector<std::string>& languages = {}) {
    const std::string id = enter(name);
    v1::UpdateExpertRequest request;
    request.mutable_expert()->set_name("domains/main/experts/" + id);
    for (const auto& [medium, most] : capacities) (*request.mutable_expert()->mutable_capacities())[medium] = most;
    for (const auto& language : languages) request.mutable_expert()->add_languages(language);
    request.mutable_update_mask()->add_paths("capacities");
    request.mutable_update_mask()->add_paths("languages");
    call(directory().stub(), &v1::ExpertService::Stub::UpdateExpert, request);
    source().online(id);
    return desk({id});
  }
  static const v1::Participant* participant(const v1::Session& session, v1::MessageAuthor role) {
    for (const auto& one : session.participants()) {
      if (one.role() == role) return &one;
    }
    return nullptr;
  }
  // Ids, names and values of all lines of the audit.
  std::vector<std::string> audit() {
    RedisReader redis(system().redis_socket());
    return redis.stream("{main}:audit");
  }
};

TEST_P(Words, AFileReachesTheOtherSideByteByByteAndComesAgainToWhoResumes) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  std::string bytes = std::string("\x89PNG\r\n\x1a\n", 8);
  for (size_t i = bytes.size(); i < 64 * 1024; ++i) bytes.push_back(static_cast<char>(i * 31 + i / 256));
  const auto sent = ann.request(desk_file(session.name(), ann.expert(), picture(bytes)));
  ASSERT_EQ(sent.code(), 0) << sent.message();
  v1::File reference = picture();
  reference.set_uri("https://files.example.com/a.png");
  reference.set_size(500'000);
  auto request = message(session.name(), reference);
  request.set_text("and this one");
  call(stub(), &Stub::SendMessage, request);

  for (int times = 0; times < 2; ++times) {
    const auto watch = platform().watch(session.name());
    watch->wait_message("and this one");
    const auto messages = watch->messages();
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0].file().content(), bytes);
    EXPECT_EQ(messages[0].file().size(), static_cast<int64_t>(bytes.size()));
    EXPECT_EQ(messages[0].file().name(), "accident.png");
    EXPECT_EQ(messages[1].file().uri(), reference.uri());
  }
  EXPECT_EQ(ann.wait_message(session.name(), "and this one").file().size(), 500'000);
}

TEST_P(Words, AConversationFullOfFilesIsResumedWhole) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  const std::string bytes = picture().content() + std::string(60'000, 'x');
  for (int i = 0; i < 200; ++i) call(stub(), &Stub::SendMessage, message(session.name(), picture(bytes)));
  platform().send(session.name(), "last");
  const auto watch = platform().watch(session.name());
  watch->wait_message("last");
  EXPECT_EQ(watch->messages().size(), 201U);
  ann.wait_message(session.name(), "last");
}

TEST_P(Words, ContentThatThePolicyDoesNotAllowIsRefusedOnBothSides) {
  Desk& ann = expert("ann");
  auto asked = Platform::ask("help");
  asked.mutable_agent()->set_id("tom");
  asked.mutable_agent()->add_groups("trainees");
  const std::string session = platform().start(asked).name();
  ann.accept(ann.wait_preview(session).offer());
  platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE);
  v1::File svg = picture("<svg/>");
  svg.set_media_type("image/svg+xml");
  v1::File lie = picture("<svg/>");
  v1::File elsewhere = picture();
  elsewhere.set_uri("https://evil.example.net/a.png");
  elsewhere.set_size(1);
  v1::File pdf = picture("%PDF-1.7");
  pdf.set_media_type("application/pdf");
  const std::vector<std::pair<v1::File, std::string>> refused = {
      {svg, "files.types"}, {lie, "files.types"}, {elsewhere, "files.hosts"}, {pdf, "no-pdf"}};
  for (const auto& [file, rule] : refused) {
    const auto status = status_of(stub(), &Stub::SendMessage, message(session, file));
    EXPECT_THAT(status, Refused(grpc::StatusCode::PERMISSION_DENIED, "CONTENT_NOT_ALLOWED"));
    EXPECT_EQ(refusal(status).metadata["rule"], rule);
    EXPECT_FALSE(refusal(status).metadata["why"].empty());
  }
  EXPECT_EQ(ann.request(desk_file(session, ann.expert(), svg)).reason(), "CONTENT_NOT_ALLOWED");
  EXPECT_EQ(ann.request(desk_file(session, ann.expert(), pdf)).code(), 0) << "the rule is about agents";
  // What is no file at all.
  v1::File path = picture();
  path.set_name("../a");
  v1::File long_one = picture(picture().content() + std::string(64 * 1024, 'x'));
  for (const v1::File& file : {path, long_one}) {
    EXPECT_THAT(status_of(stub(), &Stub::SendMessage, message(session, file)),
                Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  }
  const auto lines = audit();
  EXPECT_THAT(lines, testing::Contains("agent:tom"));
  EXPECT_THAT(lines, testing::Contains("expert:" + ann.expert()));
  EXPECT_THAT(lines, testing::Contains(testing::HasSubstr("no-pdf")));
}

TEST_P(Words, WhoMayNotAskIsToldByWhichRuleAndWhyAndItIsAudited) {
  auto ask = Platform::ask("closed");
  ask.mutable_agent()->set_id("eve");
  ask.set_request_id(new_id());
  for (int times = 0; times < 2; ++times) {
    const auto status = status_of(stub(), &Stub::StartSession, ask);
    EXPECT_THAT(status, Refused(grpc::StatusCode::PERMISSION_DENIED, "NOT_ALLOWED"));
    EXPECT_EQ(refusal(status).metadata["rule"], "closed");
    EXPECT_EQ(refusal(status).metadata["why"], "It is closed");
    EXPECT_EQ(refusal(status).metadata["routing_point"], "closed");
  }
  EXPECT_THAT(audit(), testing::IsSupersetOf({"agent:eve", "StartSession", "routing_point:closed"}));
}

TEST_P(Words, ALawyerIsNotAskedByName) {
  Desk& ann = expert("ann");
  Desk& leo = expert("leo", {.skills = {}, .groups = {"legal"}});
  const v1::Session session = accepted(ann);
  v1::AddParticipantRequest add;
  add.set_session(session.name());
  add.set_expert(leo.expert());
  const auto status = status_of(stub(), &Stub::AddParticipant, add);
  EXPECT_THAT(status, Refused(grpc::StatusCode::PERMISSION_DENIED, "NOT_ALLOWED"));
  EXPECT_EQ(refusal(status).metadata["rule"], "not-by-name");
  add.set_expert("nobody-here");
  EXPECT_THAT(status_of(stub(), &Stub::AddParticipant, add), Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_EXPERT"));
}

TEST_P(Words, TypingIsToldToTheOthersAlone) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  const auto watch = platform().watch(session.name());
  watch->wait_leg("im", v1::LEG_STATE_ACTIVE);
  v1::SendTypingRequest request;
  request.set_session(session.name());
  call(stub(), &Stub::SendTyping, request);
  const auto shown = ann.events().wait_for("typing", [](const auto& told) { return told.has_typing(); }).typing();
  EXPECT_EQ(shown.session(), session.name());
  EXPECT_EQ(shown.typing().author(), v1::MESSAGE_AUTHOR_AGENT);
  EXPECT_EQ(shown.typing().author_id(), session.agent().id());
  v1::DeskRequest types;
  types.mutable_typing()->set_session(session.name());
  types.mutable_typing()->set_expert(ann.expert());
  EXPECT_EQ(ann.request(types).code(), 0);
  const auto typing = watch->wait_typing();
  EXPECT_EQ(typing.author(), v1::MESSAGE_AUTHOR_EXPERT);
  EXPECT_EQ(typing.author_id(), ann.expert());
  ann.say(session.name(), "done");
  watch->wait_message("done");
  EXPECT_EQ(ann.events().count([](const auto& told) { return told.has_typing(); }), 1U);
  EXPECT_EQ(platform().get(session.name()).revision(), session.revision()) << "nothing of it is stored";
  request.set_session("domains/main/sessions/none");
  EXPECT_THAT(status_of(stub(), &Stub::SendTyping, request), Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_SESSION"));
}

TEST_P(Words, WhatWasReadIsSeenByTheOtherSideAndNeverGoesBack) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  const std::string first = platform().send(session.name(), "one");
  const std::string second = platform().send(session.name(), "two");
  const auto watch = platform().watch(session.name());
  v1::DeskRequest mark;
  mark.mutable_mark()->set_session(session.name());
  mark.mutable_mark()->set_expert(ann.expert());
  mark.mutable_mark()->set_delivered(second);
  mark.mutable_mark()->set_read(first);
  EXPECT_EQ(ann.request(mark).code(), 0);
  watch->wait_for("the expert's marks", [&](const v1::Session& told) {
    const auto* expert = participant(told, v1::MESSAGE_AUTHOR_EXPERT);
    return expert != nullptr && expert->delivered() == second && expert->read() == first;
  });
  mark.mutable_mark()->set_delivered(first);
  mark.mutable_mark()->set_read("");
  EXPECT_EQ(ann.request(mark).code(), 0);
  EXPECT_EQ(participant(platform().get(session.name()), v1::MESSAGE_AUTHOR_EXPERT)->delivered(), second);

  ann.say(session.name(), "three");
  const std::string third = watch->wait_message("three").id();
  v1::MarkMessagesRequest read;
  read.set_session(session.name());
  read.set_read(third);
  call(stub(), &Stub::MarkMessages, read);
  ann.events().wait_for("the agent's marks", [&](const v1::DeskResponse& told) {
    for (const auto& one : told.leg_update().participants()) {
      if (one.role() == v1::MESSAGE_AUTHOR_AGENT && one.read() == third && one.delivered() == third) return true;
    }
    return false;
  });
  read.set_read("yesterday");
  EXPECT_THAT(status_of(stub(), &Stub::MarkMessages, read),
              Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
}

TEST_P(Words, AFloodOfMarksIsNoFloodToWhoWatches) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  const auto watch = platform().watch(session.name());
  std::string last;
  for (int i = 0; i < 300; ++i) last = platform().send(session.name(), std::to_string(i));
  watch->wait_message("299");
  const size_t before = watch->states().size();
  const auto began = std::chrono::steady_clock::now();
  for (const v1::Message& message : watch->messages()) {
    v1::DeskRequest mark;
    mark.mutable_mark()->set_session(session.name());
    mark.mutable_mark()->set_expert(ann.expert());
    mark.mutable_mark()->set_read(message.id());
    ann.post(mark);
  }
  watch->wait_for("the last mark", [&](const v1::Session& told) {
    const auto* expert = participant(told, v1::MESSAGE_AUTHOR_EXPERT);
    return expert != nullptr && expert->read() == last;
  });
  // Five a second, and the one that was under way.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
  EXPECT_LE(watch->states().size() - before, static_cast<size_t>(5 * (seconds.count() + 1) + 1));
}

TEST_P(Words, ReadyMadeTextsAreListedAndSent) {
  Desk& ann = expert("ann");
  v1::ListPresetTextsRequest list;
  list.set_parent("domains/main");
  list.set_routing_point("closed");
  list.set_language("de-CH");
  list.set_side(v1::MESSAGE_AUTHOR_AGENT);
  std::vector<std::string> texts;
  const auto listed = call(stub(), &Stub::ListPresetTexts, list);
  for (const auto& one : listed.texts()) {
    texts.push_back(one.id() + "/" + one.language() + "/" + one.text());
  }
  EXPECT_THAT(texts, ElementsAre("hello/de/Hallo", "card/en/Send the card"));

  const v1::Session session = accepted(ann);
  v1::SendMessageRequest request;
  request.set_session(session.name());
  request.set_preset("hello");
  request.set_language("de");
  call(stub(), &Stub::SendMessage, request);
  EXPECT_EQ(ann.wait_message(session.name(), "Hallo").preset(), "hello");
  request.set_preset("solved");  // the expert's
  const auto status = status_of(stub(), &Stub::SendMessage, request);
  EXPECT_THAT(status, Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_PRESET"));
  EXPECT_EQ(refusal(status).metadata["preset"], "solved");
  request.set_preset("hello");
  request.set_text("and more");
  EXPECT_THAT(status_of(stub(), &Stub::SendMessage, request),
              Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  v1::DeskRequest says;
  says.mutable_send_message()->set_session(session.name());
  says.mutable_send_message()->set_expert(ann.expert());
  says.mutable_send_message()->set_preset("solved");
  EXPECT_EQ(ann.request(says).code(), 0);
  platform().watch(session.name())->wait_message("Solved");
}

TEST_P(Words, ADeclineGivesOneOfTheReasonsThatThereAre) {
  Desk& ann = expert("ann");
  v1::ListDeclineReasonsRequest list;
  list.set_parent("domains/main");
  list.set_language("de");
  const auto reasons = call(stub(), &Stub::ListDeclineReasons, list).reasons();
  ASSERT_EQ(reasons.size(), 2);
  EXPECT_EQ(reasons[0].text(), "Ich habe zu tun");
  EXPECT_EQ(reasons[1].language(), "en");
  const std::string session = platform().start("help").name();
  const auto offer = ann.wait_preview(session).offer();
  const auto refused = ann.decline(offer, "lunch");
  EXPECT_EQ(refused.reason(), "INVALID_FIELD");
  EXPECT_THAT(refused.message(), testing::HasSubstr("busy, other"));
  EXPECT_EQ(ann.decline(offer, "busy").outcome(), v1::OFFER_OUTCOME_DECLINED);
  list.set_parent("domains/elsewhere");
  EXPECT_THAT(status_of(stub(), &Stub::ListDeclineReasons, list),
              Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_DOMAIN"));
}

TEST_P(Words, EverybodyIsToldInHisLanguage) {
  Desk& eva = expert_with("eva", {{"im", 2}}, {"fr", "de-AT"});
  auto ask = Platform::ask("help");
  ask.mutable_agent()->set_display_name("Ann");
  ask.mutable_agent()->add_languages("de");
  const v1::Session begun = platform().start(ask);
  EXPECT_EQ(begun.notice(), "Bitte warten");
  const auto preview = eva.wait_preview(begun.name());
  EXPECT_EQ(preview.headline(), "Ann fragt bei help");
  platform().cancel_leg(begun.name(), "im");
  EXPECT_EQ(eva.wait_closed(preview.offer()).text(), "Ann ist weg");
  EXPECT_EQ(platform().get(begun.name()).notice(), "");

  auto nobody = Platform::ask("empty");
  nobody.mutable_agent()->add_languages("sv");
  const std::string session = platform().start(nobody).name();
  EXPECT_EQ(platform().watch(session)->wait_ended().notice(), "Nobody is there");
}

TEST_P(Words, AMediumOfTheOperatorsOwnHasItsOwnCapacity) {
  Desk& sam = expert_with("sam", {{"im", 1}, {"sms", 1}});
  const std::string chat = platform().start("help").name();
  sam.accept(sam.wait_preview(chat).offer());
  const std::string text = platform().start("sms").name();
  const auto preview = sam.wait_preview(text, "sms");
  EXPECT_EQ(preview.medium(), "sms");
  sam.accept(preview.offer());
  platform().wait_leg(text, "sms", v1::LEG_STATE_ACTIVE);
  const std::string next = platform().start("sms").name();
  platform().wait_leg(next, "sms", v1::LEG_STATE_WAITING);
  sam.say(text, "by text");
  platform().watch(text)->wait_message("by text");
  platform().send(text, "thanks");
  sam.wait_message(text, "thanks");
  platform().end(text);
  sam.accept(sam.wait_preview(next, "sms").offer());
  platform().wait_leg(next, "sms", v1::LEG_STATE_ACTIVE);
  EXPECT_TRUE(has_leg(platform().get(chat), "im", v1::LEG_STATE_ACTIVE)) << "another medium's leg goes on";
}

TEST_P(Words, TheOperatorSaysWhichMediaAreCalls) {
  EXPECT_THAT(platform().route(Platform::at("sms"))->status(),
              Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(status_of(stub(), &Stub::StartSession, Platform::ask("screen")),
              Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  Desk& sam = expert_with("sam", {{"screen", 1}});
  const auto shared = platform().route(Platform::at("screen"));
  const auto previewed = shared->wait_for(v1::CALL_PROGRESS_PREVIEWING);
  const auto preview = sam.wait_preview(previewed.session(), previewed.leg());
  EXPECT_EQ(preview.medium(), "screen");
  sam.accept(preview.offer());
  shared->wait_for(v1::CALL_PROGRESS_ROUTED);
}

TEST_P(Words, TheConversationGoesWhenItsTimeIsOverAndTheSessionStays) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  platform().send(session.name(), "secret");
  platform().end(session.name());
  eventually("the conversation is gone", [&] {
    const auto watch = platform().watch(session.name());
    watch->status();
    return watch->messages().empty();
  });
  EXPECT_EQ(platform().get(session.name()).outcome(), v1::SESSION_OUTCOME_HELPED);
}

EXPERTLINE_IN_ALL_SHAPES(Words);

}  // namespace
}  // namespace expertline::test
