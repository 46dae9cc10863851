// Experts and presence: what is taken, and what is refused with which reason.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using Code = grpc::StatusCode;
using Experts = v1::ExpertService::Stub;

class DirectoryTest : public EndToEnd {
 protected:
  v1::ImportRosterRequest roster(const std::string& text) {
    v1::ImportRosterRequest request;
    request.set_parent("domains/main");
    request.set_file_name("team.yaml");
    request.set_roster(text);
    return request;
  }
  bool known(const std::string& expert) {
    v1::GetExpertRequest request;
    request.set_name("domains/main/experts/" + expert);
    return status_of(directory().stub(), &Experts::GetExpert, request).ok();
  }
};

TEST_P(DirectoryTest, AnUnknownExpertIsNotFound) {
  v1::GetExpertRequest get;
  get.set_name("domains/main/experts/nobody");
  EXPECT_THAT(status_of(directory().stub(), &Experts::GetExpert, get), Refused(Code::NOT_FOUND, "UNKNOWN_EXPERT"));
  get.set_name("domains/main/experts/no{body}");
  EXPECT_THAT(status_of(directory().stub(), &Experts::GetExpert, get),
              Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD"));
  v1::GetPresenceRequest presence;
  presence.set_name("domains/main/experts/nobody");
  EXPECT_THAT(status_of(source().stub(), &v1::PresenceService::Stub::GetPresence, presence),
              Refused(Code::NOT_FOUND, "UNKNOWN_EXPERT"));
}

TEST_P(DirectoryTest, AnIdIsTakenOnce) {
  const std::string ann = enter("ann");
  v1::CreateExpertRequest again;
  again.set_parent("domains/main");
  again.mutable_expert()->set_name("domains/main/experts/" + ann);
  EXPECT_THAT(status_of(directory().stub(), &Experts::CreateExpert, again),
              Refused(Code::ALREADY_EXISTS, "EXPERT_EXISTS"));
}

TEST_P(DirectoryTest, WhoHoldsALegIsRetiredAndGoesWhenItEnds) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  v1::DeleteExpertRequest request;
  request.set_name("domains/main/experts/" + ann.expert());
  EXPECT_TRUE(call(directory().stub(), &Experts::DeleteExpert, request).retired());
  const std::string next = platform().start("help").name();
  platform().wait_leg(next, "im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(ann.previews(next), 0U) << "he gets nothing new";
  EXPECT_EQ(ann.say(session, "I stay to the end").code(), 0);
  platform().end(session);
  eventually("he is gone", [&] { return !known(ann.expert()); });
}

TEST_P(DirectoryTest, ARosterIsImported) {
  const auto imported = call(directory().stub(), &Experts::ImportRoster, roster(R"(experts:
  - id: roster-ann
    name: Ann Example
    site: zurich
    languages: [en, de-CH]
    skills: {help: 4, craft: 2}
    groups: [retail]
    attributes: {floor: "3"}
    capacity: {im: 2, voice: 1}
    addresses: {im: "xmpp:ann@example.com"}
    dns: {voice: "5001"}
)"));
  EXPECT_THAT(imported.created(), testing::ElementsAre("roster-ann"));
  v1::GetExpertRequest get;
  get.set_name("domains/main/experts/roster-ann");
  const v1::Expert ann = call(directory().stub(), &Experts::GetExpert, get).expert();
  EXPECT_EQ(ann.display_name(), "Ann Example");
  EXPECT_EQ(ann.skills().at("help"), 4);
  EXPECT_EQ(ann.capacities().at("im"), 2);
  EXPECT_EQ(ann.dns().at("voice"), "5001");
  directory().remove("roster-ann");
}

TEST_P(DirectoryTest, AFaultyRosterIsRefusedWithItsPlaceAndChangesNothing) {
  struct Faulty {
    const char* what;
    const char* text;
    const char* line;
    const char* column;
  };
  for (const Faulty& each : {
           Faulty{"an unknown key", "experts:\n  - id: faulty\n    shoe_size: 43\n", "3", "5"},
           Faulty{"a level out of range", "experts:\n  - id: faulty\n    skills: {help: 6}\n", "3", "20"},
           Faulty{"an id with braces", "experts:\n  - id: \"faulty{1}\"\n", "2", "9"},
           Faulty{"an id twice", "experts:\n  - id: faulty\n  - id: faulty\n", "3", "9"},
           Faulty{"not YAML", "experts: [\n", nullptr, nullptr},
       }) {
    const auto status = status_of(directory().stub(), &Experts::ImportRoster, roster(each.text));
    EXPECT_THAT(status, Refused(Code::INVALID_ARGUMENT, "BAD_ROSTER")) << each.what;
    auto metadata = refusal(status).metadata;
    EXPECT_EQ(metadata["file"], "team.yaml") << each.what;
    if (each.line != nullptr) {
      EXPECT_EQ(metadata["line"], each.line) << each.what << ": " << describe(status);
      EXPECT_EQ(metadata["column"], each.column) << each.what << ": " << describe(status);
    }
    EXPECT_FALSE(known("faulty")) << each.what;
  }
}

TEST_P(DirectoryTest, PresenceReportsAreRefusedEachWithItsReason) {
  const std::string ann = enter("ann");
  const v1::PresenceReport old = source().next(ann, v1::PRESENCE_STATE_AWAY);
  source().online(ann);
  auto unknown = source().next("nobody", v1::PRESENCE_STATE_ONLINE);
  auto no_state = source().next(ann, v1::PRESENCE_STATE_UNSPECIFIED);
  auto wrong_state = source().next(ann, static_cast<v1::PresenceState>(77));
  auto no_kind = source().next(ann, v1::PRESENCE_STATE_AWAY);
  no_kind.clear_kind();
  auto no_source = source().next(ann, v1::PRESENCE_STATE_AWAY);
  no_source.clear_source();
  auto long_note = source().next(ann, v1::PRESENCE_STATE_AWAY);
  long_note.set_note(std::string(201, 'x'));
  auto bad_id = source().next("a{b}\n", v1::PRESENCE_STATE_ONLINE);
  const auto good = source().next(ann, v1::PRESENCE_STATE_ON_THE_PHONE);

  // In a batch of its own: within one batch the newest report of a source on an expert stands for the older ones.
  const auto stale = source().send({old});
  ASSERT_EQ(stale.size(), 1U);
  EXPECT_EQ(stale[0].reason(), v1::REPORT_REFUSAL_STALE);

  std::map<int, v1::ReportRefusal> refused;
  for (const auto& each :
       source().send({unknown, no_state, wrong_state, no_kind, no_source, long_note, bad_id, good})) {
    refused[each.index()] = each.reason();
  }
  const std::map<int, v1::ReportRefusal> expected = {
      {0, v1::REPORT_REFUSAL_UNKNOWN_EXPERT}, {1, v1::REPORT_REFUSAL_MALFORMED}, {2, v1::REPORT_REFUSAL_MALFORMED},
      {3, v1::REPORT_REFUSAL_MALFORMED},      {4, v1::REPORT_REFUSAL_MALFORMED}, {5, v1::REPORT_REFUSAL_MALFORMED},
      {6, v1::REPORT_REFUSAL_MALFORMED}};
  EXPECT_EQ(refused, expected);
  EXPECT_EQ(source().presence(ann).state(), v1::PRESENCE_STATE_ON_THE_PHONE) << "the good one of the batch was taken";
}

TEST_P(DirectoryTest, ABatchIsRefusedAsAWhole) {
  v1::ReportPresenceRequest request;
  request.set_parent("domains/main");
  const auto ask = [&] { return status_of(source().stub(), &v1::PresenceService::Stub::ReportPresence, request); };
  EXPECT_THAT(ask(), Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD")) << "empty";
  for (int i = 0; i < 257; ++i) *request.add_reports() = source().next("nobody", v1::PRESENCE_STATE_ONLINE);
  EXPECT_THAT(ask(), Refused(Code::INVALID_ARGUMENT, "INVALID_FIELD")) << "257 reports";
  request.mutable_reports()->DeleteSubrange(1, 256);
  request.set_parent("domains/elsewhere");
  EXPECT_THAT(ask(), Refused(Code::NOT_FOUND, "UNKNOWN_DOMAIN"));
}

EXPERTLINE_IN_ALL_SHAPES(DirectoryTest);

}  // namespace
}  // namespace expertline::test
