#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expertline/explain/decision_file.h"
#include "expertline/explain/print.h"

namespace expertline::cli {
namespace {

using testing::HasSubstr;

v1::DecisionRecord record(const std::string& session) {
  v1::DecisionRecord made;
  made.set_session("domains/main/sessions/" + session);
  made.set_strategy("help");
  made.set_revision("0123456789abcdef");
  made.set_kind(v1::DECISION_KIND_OFFER);
  made.set_step("anyone");
  made.add_reserved("ann");
  made.mutable_explanation()->add_ranked("ann");
  made.mutable_explanation()->add_ranked("bob");
  auto& step = *made.mutable_explanation()->add_steps();
  step.set_step("anyone");
  step.set_found(3);
  step.set_ready(2);
  (*step.mutable_dropped())["skill_level"] = 1;
  return made;
}

TEST(DecisionFile, ReadsTheLinesThatAreWritten) {
  const std::string lines = json_line(record("a")) + "\n\n" + json_line(record("b")) + "\n";
  const auto read = read_decisions("file", lines);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(json_line(read->at(1)), json_line(record("b")));
}

TEST(DecisionFile, ReadsOneObjectOverManyLines) {
  const auto read = read_decisions("file", "{\n  \"strategy\": \"help\",\n  \"fromALaterRelease\": 1\n}\n");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().strategy(), "help");
}

TEST(DecisionFile, NamesTheLineThatIsNoRecord) {
  const auto read = read_decisions("day.jsonl", json_line(record("a")) + "\nnonsense\n");
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().message, HasSubstr("day.jsonl: line 2"));
}

TEST(Explained, EveryExpertStandsWithHisReasonTheChosenFirst) {
  v1::ExplainedDecision explained;
  *explained.mutable_decision() = record("a");
  explained.set_exact(true);
  auto& step = *explained.add_steps();
  *step.mutable_trace() = explained.decision().explanation().steps(0);
  step.set_draw("random among 2, seed 81");
  for (const auto& [id, reason, rank] :
       {std::tuple("carl", "skill_level", 0), std::tuple("bob", "ready", 2), std::tuple("ann", "ready", 1)}) {
    auto& verdict = *step.add_experts();
    verdict.set_expert(id);
    verdict.set_reason(reason);
    verdict.set_rank(rank);
  }
  EXPECT_EQ(explained_text(explained, {}),
            "step \"anyone\" asks ann, bob; reserved: ann\n"
            "  help 0123456789abcdef\n"
            "  step \"anyone\": 3 found, 2 ready; not taken: skill_level 1\n"
            "    random among 2, seed 81\n"
            "    rank  expert  reason       detail\n"
            "       1  ann     ready\n"
            "       2  bob     ready\n"
            "          carl    skill_level\n");
}

TEST(Explained, WithoutARecordTheCountsAreShownAndItIsSaid) {
  v1::ExplainedDecision explained;
  *explained.mutable_decision() = record("a");
  explained.set_note("no record was kept");
  EXPECT_THAT(explained_text(explained, {}), HasSubstr("  step \"anyone\": 3 found, 2 ready; not taken: skill_level 1\n"
                                                       "  not exact: no record was kept\n"));
}

TEST(Explained, ReservationsThatFailedAreCounted) {
  v1::ExplainedDecision explained;
  *explained.mutable_decision() = record("a");
  explained.set_exact(true);
  EXPECT_THAT(explained_text(explained, {}), testing::Not(HasSubstr("faster")));
  explained.mutable_decision()->mutable_explanation()->set_conflicts(1);
  EXPECT_THAT(explained_text(explained, {}), HasSubstr("  1 reservation before failed because somebody was faster\n"));
  explained.mutable_decision()->mutable_explanation()->set_conflicts(2);
  EXPECT_THAT(explained_text(explained, {}), HasSubstr("  2 reservations before failed"));
}

TEST(Explained, AStepThatWasPassedOverSaysWhy) {
  v1::ExplainedDecision explained;
  explained.set_exact(true);
  explained.mutable_decision()->set_kind(v1::DECISION_KIND_DEFAULT);
  explained.mutable_decision()->mutable_default_target()->set_voicemail("team");
  auto& trace = *explained.add_steps()->mutable_trace();
  trace.set_step("who is known");
  trace.set_skipped("nobody_named");
  trace.set_detail("interaction.last_expert is absent");
  const std::string text = explained_text(explained, {});
  EXPECT_THAT(text, HasSubstr("no step takes it: voicemail team\n"));
  EXPECT_THAT(text,
              HasSubstr("  step \"who is known\": passed over: nobody_named (interaction.last_expert is absent)\n"));
}

}  // namespace
}  // namespace expertline::cli
