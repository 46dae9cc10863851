// Why it was decided so: the services tell of past decisions, exactly where a record was kept.
#include <google/protobuf/util/json_util.h>

#include <set>

#include "e2e/fixture.h"
#include "e2e/strategies_of.h"

namespace expertline::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Pair;

class Decisions : public EndToEnd {
 protected:
  Decisions() = default;
  explicit Decisions(System& system) : EndToEnd(system) {}

  // Waits until so many decisions of the leg are told.
  std::vector<v1::ExplainedDecision> explain(const std::string& session, int least, const std::string& leg = "im") {
    v1::ExplainLegRequest request;
    request.set_session(session);
    request.set_leg(leg);
    v1::ExplainLegResponse response;
    eventually(std::to_string(least) + " decisions are told", [&] {
      response = call(strategies().stub(), &v1::StrategyService::Stub::ExplainLeg, request);
      return response.decisions_size() >= least;
    });
    return {response.decisions().begin(), response.decisions().end()};
  }
  std::vector<v1::DecisionRecord> records(const std::string& strategy, int page_size) {
    v1::ListDecisionsRequest request;
    request.set_parent("domains/main");
    request.set_strategy(strategy);
    request.set_page_size(page_size);
    std::vector<v1::DecisionRecord> all;
    do {
      const auto page = call(strategies().stub(), &v1::StrategyService::Stub::ListDecisions, request);
      EXPECT_LE(page.decisions_size(), page_size);
      all.insert(all.end(), page.decisions().begin(), page.decisions().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  Strategies& strategies() { return strategies_; }

 private:
  Strategies strategies_{system().target(Service::Strategy)};
};

std::map<std::string, std::string> reasons(const v1::ExplainedStep& step) {
  std::map<std::string, std::string> all;
  for (const v1::ExpertVerdict& verdict : step.experts()) all[verdict.expert()] = verdict.reason();
  return all;
}

TEST_P(Decisions, AnExplanationNamesEverybodyWithHisReason) {
  Desk& ann = expert("ann");
  Desk& bob = expert("bob", {.skills = {{"sewing", 2}}});
  const std::string dora = enter("dora");
  source().report(dora, v1::PRESENCE_STATE_AWAY);
  desk({dora});
  const std::string carl = enter("carl");
  settle({&ann});
  const std::map<std::string, std::string> expected = {
      {ann.expert(), "ready"}, {bob.expert(), "skill"}, {dora, "away"}, {carl, "offline"}};
  std::map<std::string, std::string> told;
  eventually("every replica knows them", [&] {
    const std::string session = platform().start("help").name();
    ann.wait_preview(session);
    const auto decisions = explain(session, 1);
    EXPECT_TRUE(decisions[0].exact()) << decisions[0].note();
    EXPECT_EQ(decisions[0].decision().reserved(0), ann.expert());
    EXPECT_EQ(decisions[0].steps_size(), 1);
    told = reasons(decisions[0].steps(0));
    platform().end(session);
    return told == expected;
  });
}

TEST_P(Decisions, EachStepOfALegIsTold) {
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(explain(session, 1)[0].decision().kind(), v1::DECISION_KIND_WAIT);
  Desk& ann = expert("ann");
  const auto offer = ann.wait_preview(session).offer();
  const auto decisions = explain(session, 2);
  EXPECT_EQ(decisions[1].decision().kind(), v1::DECISION_KIND_OFFER);
  EXPECT_THAT(decisions[1].decision().reserved(), Contains(ann.expert()));
  EXPECT_THAT(reasons(decisions[1].steps(0)), Contains(Pair(ann.expert(), "ready")));
  ann.decline(offer);
  const auto after = explain(session, 3);
  EXPECT_THAT(reasons(after[2].steps(0)), Contains(Pair(ann.expert(), "asked_before")));
}

TEST_P(Decisions, RecordsAreListedPageByPageByStrategy) {
  std::set<std::string> asked;
  for (int i = 0; i < 5; ++i) asked.insert(platform().start("help").name());
  for (const std::string& session : asked) explain(session, 1);
  std::set<std::string> listed;
  for (const v1::DecisionRecord& record : records("help", 2)) {
    EXPECT_EQ(record.strategy(), "help");
    if (asked.contains(record.session())) listed.insert(record.session());
  }
  EXPECT_EQ(listed, asked);
}

TEST_P(Decisions, ASecretIsInNoRecordNoExplanationAndNoLog) {
  const std::string canary = "4711-canary";
  Desk& ann = expert("ann");
  settle({&ann});
  auto ask = Platform::ask("secret");
  (*ask.mutable_user_data()->mutable_values())["card_pin"] = text_value(canary);
  (*ask.mutable_user_data()->mutable_values())["topic"] = text_value("cards");
  const std::string session = platform().start(ask).name();
  const auto preview = ann.wait_preview(session);
  EXPECT_THAT(preview.ShortDebugString(), HasSubstr("cards"));
  EXPECT_THAT(preview.ShortDebugString(), testing::Not(HasSubstr(canary)));
  const auto decisions = explain(session, 1);
  EXPECT_THAT(decisions[0].ShortDebugString(), HasSubstr("cards"));
  EXPECT_THAT(decisions[0].ShortDebugString(), testing::Not(HasSubstr(canary)));
  EXPECT_TRUE(decisions[0].decision().redacted());
  EXPECT_FALSE(decisions[0].exact()) << "the step depends on the secret";
  for (const v1::DecisionRecord& record : records("secret", 100)) {
    EXPECT_THAT(record.ShortDebugString(), testing::Not(HasSubstr(canary)));
  }
  for (size_t replica = 0; replica < system().replicas(); ++replica) {
    EXPECT_THAT(system().process(Service::Strategy, replica).output(), testing::Not(HasSubstr(canary)));
  }
}

TEST_P(Decisions, WhatIsUnknownIsSaid) {
  v1::ExplainLegRequest request;
  request.set_session("domains/main/sessions/none-such");
  EXPECT_THAT(status_of(strategies().stub(), &v1::StrategyService::Stub::ExplainLeg, request),
              Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_SESSION"));
  request.set_session(platform().start("help").name());
  request.set_leg("none-such");
  EXPECT_THAT(status_of(strategies().stub(), &v1::StrategyService::Stub::ExplainLeg, request),
              Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_LEG"));
  v1::ListDecisionsRequest list;
  list.set_parent("domains/main");
  list.set_page_token("nonsense");
  EXPECT_THAT(status_of(strategies().stub(), &v1::StrategyService::Stub::ListDecisions, list),
              Refused(grpc::StatusCode::OUT_OF_RANGE, "BAD_CURSOR"));
  list.clear_page_token();
  list.set_page_size(101);
  EXPECT_THAT(status_of(strategies().stub(), &v1::StrategyService::Stub::ListDecisions, list),
              Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
}

EXPERTLINE_IN_ALL_SHAPES(Decisions);

class Unrecorded : public Decisions {
 protected:
  Unrecorded()
      : Unrecorded(std::make_unique<System>(
            SystemOptions{.shape = GetParam(), .strategies = EXPERTLINE_E2E_STRATEGIES, .decision_records = "none"})) {}

 private:
  explicit Unrecorded(std::unique_ptr<System> own) : Decisions(*own), own_(std::move(own)) {}

  std::unique_ptr<System> own_;
};

TEST_P(Unrecorded, WithoutRecordsTheCountsAreTold) {
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  const auto told = explain(session, 1)[0];
  EXPECT_FALSE(told.exact());
  EXPECT_THAT(told.note(), HasSubstr("no record"));
  EXPECT_EQ(told.decision().kind(), v1::DECISION_KIND_WAIT);
  EXPECT_EQ(told.decision().explanation().steps(0).step(), "anyone who can help");
  EXPECT_FALSE(told.decision().has_facts());
  EXPECT_EQ(told.steps_size(), 0);
  EXPECT_THAT(records("", 100), testing::IsEmpty());
}

EXPERTLINE_IN_ALL_SHAPES(Unrecorded);

}  // namespace
}  // namespace expertline::test
