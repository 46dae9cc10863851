// What came of it: dispositions, reports, a person's day, the audit.
#include <google/protobuf/util/time_util.h>

#include "e2e/fixture.h"
#include "expertline/v1/report.grpc.pb.h"

namespace expertline::test {
namespace {

using google::protobuf::util::TimeUtil;

class Reports : public EndToEnd {
 protected:
  Reports() : stub_(v1::ReportService::NewStub(connect(system().target(Service::Bridge)))) {}

  v1::ReportService::Stub& reports() { return *stub_; }

  static v1::SetDispositionRequest disposed(const std::string& interaction, bool resolved) {
    v1::SetDispositionRequest request;
    request.set_parent("domains/main");
    request.set_interaction(interaction);
    request.mutable_disposition()->set_code(resolved ? "solved" : "called-back");
    request.mutable_disposition()->set_resolved(resolved);
    request.mutable_disposition()->set_notes("Notes");
    request.mutable_disposition()->set_by("agent:jo");
    return request;
  }
  v1::InteractionRecord interaction(const std::string& id) {
    v1::GetInteractionRequest request;
    request.set_parent("domains/main");
    request.set_interaction(id);
    return call(reports(), &v1::ReportService::Stub::GetInteraction, request).interaction();
  }
  // Of the day of that session and the next one: a test may run over midnight.
  v1::GetReportRequest since(const v1::Session& session, v1::ReportBy by) {
    v1::GetReportRequest request;
    request.set_parent("domains/main");
    request.set_by(by);
    request.set_first_day(day_of(session, 0));
    request.set_last_day(day_of(session, 1));
    return request;
  }
  static std::string day_of(const v1::Session& session, int after) {
    return TimeUtil::ToString(session.create_time() + TimeUtil::HoursToDuration(24 * after)).substr(0, 10);
  }
  v1::ReportRow row(const v1::GetReportRequest& request, const std::string& key) {
    const auto report = call(reports(), &v1::ReportService::Stub::GetReport, request);
    for (const v1::ReportRow& one : report.rows()) {
      if (one.key() == key) return one;
    }
    return {};
  }

 private:
  std::unique_ptr<v1::ReportService::Stub> stub_;
};

int64_t of(const google::protobuf::Map<std::string, int64_t>& counts, const std::string& word) {
  const auto it = counts.find(word);
  return it == counts.end() ? 0 : it->second;
}

TEST_P(Reports, AnEscalationIsCreditedToThoseWhoTookPart) {
  Desk& ann = expert("ann");
  Desk& bob = expert("bob");
  settle({&ann, &bob});
  auto ask = Platform::ask("help");
  ask.mutable_interaction()->set_case_key("case-" + new_id());
  const v1::Session begun = platform().start(ask);
  const v1::ReportRow before = row(since(begun, v1::REPORT_BY_ROUTING_POINT), "help");
  const auto offered = platform().wait_leg(begun.name(), "im", v1::LEG_STATE_OFFERING);
  Desk& first = id_of(offered.legs(0).offers(0).expert()) == ann.expert() ? ann : bob;
  Desk& second = &first == &ann ? bob : ann;
  first.decline(first.wait_preview(begun.name()).offer(), "in a meeting");
  second.accept(second.wait_preview(begun.name()).offer());
  platform().wait_leg(begun.name(), "im", v1::LEG_STATE_ACTIVE);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const v1::Session ended = platform().end(begun.name());
  ASSERT_EQ(ended.outcome(), v1::SESSION_OUTCOME_HELPED);

  const v1::InteractionRecord known = interaction(ask.interaction().id());
  EXPECT_EQ(known.case_key(), ask.interaction().case_key());
  EXPECT_THAT(known.sessions(), testing::ElementsAre(begun.name()));
  EXPECT_THAT(known.experts(), testing::ElementsAre(second.expert()));
  EXPECT_EQ(known.time(), begun.create_time());
  EXPECT_FALSE(known.has_disposition());

  const v1::ReportRow at = row(since(begun, v1::REPORT_BY_ROUTING_POINT), "help");
  EXPECT_EQ(of(at.outcomes(), "helped") - of(before.outcomes(), "helped"), 1);
  EXPECT_EQ(at.offers() - before.offers(), 2);
  EXPECT_GT(TimeUtil::DurationToMilliseconds(at.time_to_expert()), 0);
  const v1::ReportRow his = row(since(begun, v1::REPORT_BY_EXPERT), second.expert());
  EXPECT_GE(of(his.offer_outcomes(), "accepted"), 1);
  EXPECT_GE(TimeUtil::DurationToMilliseconds(his.chat_time()), 20);
  EXPECT_EQ(his.unknown(), 1) << "nobody has disposed yet";
  const v1::ReportRow other = row(since(begun, v1::REPORT_BY_EXPERT), first.expert());
  EXPECT_EQ(of(other.offer_outcomes(), "declined"), 1);
  EXPECT_EQ(other.unknown(), 0) << "he did not help";
  EXPECT_GE(row(since(begun, v1::REPORT_BY_DAY), day_of(begun, 0)).sessions(), 1);
}

TEST_P(Reports, TheTimeInWhichAnExpertCouldBeAskedIsCounted) {
  Desk& ann = expert("ann");
  settle({&ann});
  const std::string session = platform().start("help").name();
  ann.wait_preview(session);
  const v1::Session begun = platform().get(session);
  eventually("her time is written",
             [&] { return row(since(begun, v1::REPORT_BY_EXPERT), ann.expert()).eligible_time().seconds() >= 5; });
}

TEST_P(Reports, ADispositionMayComeLateAndAgain) {
  const v1::StartSessionRequest ask = Platform::ask("help");
  const v1::Session session = platform().end(platform().start(ask).name());
  const std::string& id = ask.interaction().id();
  auto said = call(reports(), &v1::ReportService::Stub::SetDisposition, disposed(id, true)).interaction();
  EXPECT_TRUE(said.disposition().resolved());
  EXPECT_EQ(said.first_contact(), v1::FIRST_CONTACT_UNSPECIFIED) << "the week is not over";
  said = call(reports(), &v1::ReportService::Stub::SetDisposition, disposed(id, false)).interaction();
  EXPECT_EQ(said.disposition().code(), "called-back");
  EXPECT_EQ(said.disposition().notes(), "Notes");
  EXPECT_EQ(said.disposition().by(), "agent:jo");
  EXPECT_EQ(said.first_contact(), v1::FIRST_CONTACT_NOT_RESOLVED);
  EXPECT_THAT(said.sessions(), testing::ElementsAre(session.name()));
  EXPECT_GE(row(since(session, v1::REPORT_BY_DAY), day_of(session, 0)).not_resolved(), 1);
}

TEST_P(Reports, AFurtherContactOfTheCaseIsKnownAtOnce) {
  auto request = disposed("call-" + new_id(), true);
  request.set_case_key("case-" + new_id());
  call(reports(), &v1::ReportService::Stub::SetDisposition, request);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));  // later, by the clock
  auto again = Platform::ask("help");
  again.mutable_interaction()->set_case_key(request.case_key());
  platform().end(platform().start(again).name());
  EXPECT_EQ(interaction(request.interaction()).first_contact(), v1::FIRST_CONTACT_NOT_RESOLVED);
  EXPECT_EQ(interaction(again.interaction().id()).first_contact(), v1::FIRST_CONTACT_UNSPECIFIED);
}

TEST_P(Reports, APersonsDayHasHisSessions) {
  Desk& ann = expert("ann");
  settle({&ann});
  auto ask = Platform::ask("help");
  std::vector<std::string> begun;
  v1::Session last;
  for (int i = 0; i < 2; ++i) {
    ask.mutable_interaction()->set_id("call-" + new_id());
    ask.set_request_id(new_id());
    last = platform().start(ask);
    begun.insert(begun.begin(), last.name());
    ann.accept(ann.wait_preview(last.name()).offer());
    platform().end(last.name());
  }
  v1::GetPersonDayRequest request;
  request.set_parent("domains/main");
  request.set_agent(ask.agent().id());
  request.set_day(day_of(last, 0));
  auto day = call(reports(), &v1::ReportService::Stub::GetPersonDay, request);
  ASSERT_EQ(day.sessions_size(), 2);
  EXPECT_EQ(day.sessions(0).name(), begun[0]);
  EXPECT_EQ(day.sessions(1).name(), begun[1]);
  EXPECT_EQ(day.row().key(), ask.agent().id());
  EXPECT_EQ(day.row().sessions(), 2);
  EXPECT_EQ(of(day.row().outcomes(), "helped"), 2);
  request.set_expert(ann.expert());
  day = call(reports(), &v1::ReportService::Stub::GetPersonDay, request);
  EXPECT_GE(day.sessions_size(), 2);  // she was also asked while it was tried whether she is known
  EXPECT_EQ(day.sessions(0).name(), begun[0]);
  EXPECT_EQ(of(day.row().offer_outcomes(), "accepted"), 2);
  request.set_day(day_of(last, -1));
  day = call(reports(), &v1::ReportService::Stub::GetPersonDay, request);
  EXPECT_EQ(day.sessions_size(), 0);
  EXPECT_EQ(day.row().offers(), 0);
}

TEST_P(Reports, WhatIsWrongIsSaid) {
  v1::GetInteractionRequest nothing;
  nothing.set_parent("domains/main");
  nothing.set_interaction("call-of-nobody");
  const auto unknown = status_of(reports(), &v1::ReportService::Stub::GetInteraction, nothing);
  EXPECT_THAT(unknown, Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_INTERACTION"));
  EXPECT_EQ(refusal(unknown).metadata.at("interaction"), "call-of-nobody");

  const auto dispose = [&](const std::function<void(v1::SetDispositionRequest&)>& change) {
    auto request = disposed("call-1", true);
    change(request);
    return refusal(status_of(reports(), &v1::ReportService::Stub::SetDisposition, request));
  };
  EXPECT_EQ(dispose([](auto& r) { r.set_parent("domains/other"); }).reason, "UNKNOWN_DOMAIN");
  const std::pair<std::string, std::function<void(v1::SetDispositionRequest&)>> cases[] = {
      {"parent", [](auto& r) { r.set_parent("main"); }},
      {"interaction", [](auto& r) { r.set_interaction("a call"); }},
      {"disposition.code", [](auto& r) { r.clear_disposition(); }},
      {"disposition.code", [](auto& r) { r.mutable_disposition()->set_code(std::string(65, 'x')); }},
      {"disposition.notes", [](auto& r) { r.mutable_disposition()->set_notes(std::string(2'001, 'x')); }},
      {"case_key", [](auto& r) { r.set_case_key(std::string(201, 'x')); }},
  };
  for (const auto& [field, change] : cases) EXPECT_EQ(dispose(change).metadata["field"], field);

  v1::GetReportRequest report;
  report.set_parent("domains/main");
  report.set_first_day("2026-11-21");
  EXPECT_EQ(refusal(status_of(reports(), &v1::ReportService::Stub::GetReport, report)).metadata["field"], "by");
  report.set_by(v1::REPORT_BY_DAY);
  report.set_time_zone("Mars/Phobos");
  EXPECT_EQ(refusal(status_of(reports(), &v1::ReportService::Stub::GetReport, report)).metadata["field"], "time_zone");

  v1::GetPersonDayRequest day;
  day.set_parent("domains/main");
  day.set_expert("ann");
  day.set_day("today");
  EXPECT_EQ(refusal(status_of(reports(), &v1::ReportService::Stub::GetPersonDay, day)).metadata["field"], "day");
  day.clear_who();
  day.set_day("2026-11-21");
  EXPECT_EQ(refusal(status_of(reports(), &v1::ReportService::Stub::GetPersonDay, day)).reason, "INVALID_FIELD");
}

TEST_P(Reports, TheAuditIsReadPageByPage) {
  v1::ListAuditRequest request;
  request.set_parent("domains/main");
  request.set_page_size(1);
  do {
    const auto page = call(reports(), &v1::ReportService::Stub::ListAudit, request);
    ASSERT_LE(page.entries_size(), 1);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  request.set_page_token("x");
  EXPECT_THAT(status_of(reports(), &v1::ReportService::Stub::ListAudit, request),
              Refused(grpc::StatusCode::OUT_OF_RANGE, "BAD_CURSOR"));
}

EXPERTLINE_IN_ALL_SHAPES(Reports);

}  // namespace
}  // namespace expertline::test
