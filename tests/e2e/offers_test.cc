// Who is asked, in which order, and who is not.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class Offers : public EndToEnd {};

TEST_P(Offers, ToSeveralTheFirstAcceptWinsAndTheOthersAreRescinded) {
  Desk& ann = expert("ann", {.skills = {{"team", 1}}});
  Desk& bob = expert("bob", {.skills = {{"team", 1}}});
  Desk& cid = expert("cid", {.skills = {{"team", 1}}});
  settle({&ann, &bob, &cid});
  const std::string session = platform().start("team").name();
  const auto anns = ann.wait_preview(session).offer();
  const auto bobs = bob.wait_preview(session).offer();
  const auto cids = cid.wait_preview(session).offer();

  EXPECT_EQ(bob.accept(bobs).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  EXPECT_EQ(ann.wait_closed(anns).outcome(), v1::OFFER_OUTCOME_RESCINDED);
  EXPECT_EQ(cid.wait_closed(cids).outcome(), v1::OFFER_OUTCOME_RESCINDED);
  EXPECT_EQ(ann.accept(anns).outcome(), v1::OFFER_OUTCOME_RESCINDED) << "late";
  EXPECT_THAT(
      offers(leg_of(platform().get(session), "im")),
      UnorderedElementsAre(ann.expert() + ":RESCINDED", bob.expert() + ":ACCEPTED", cid.expert() + ":RESCINDED"));
}

TEST_P(Offers, ToSeveralADeclineLeavesTheOthersOpen) {
  Desk& ann = expert("ann", {.skills = {{"team", 1}}});
  Desk& bob = expert("bob", {.skills = {{"team", 1}}});
  settle({&ann, &bob});
  const std::string session = platform().start("team").name();
  const auto bobs = bob.wait_preview(session).offer();
  EXPECT_EQ(ann.decline(ann.wait_preview(session).offer()).outcome(), v1::OFFER_OUTCOME_DECLINED);
  EXPECT_EQ(bob.accept(bobs).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
}

TEST_P(Offers, AnAgentWhoGivesUpClosesAllOfThem) {
  Desk& ann = expert("ann", {.skills = {{"team", 1}}});
  Desk& bob = expert("bob", {.skills = {{"team", 1}}});
  settle({&ann, &bob});
  const std::string session = platform().start("team").name();
  const auto anns = ann.wait_preview(session).offer();
  const auto bobs = bob.wait_preview(session).offer();
  platform().end(session);
  EXPECT_EQ(ann.wait_closed(anns).outcome(), v1::OFFER_OUTCOME_CANCELED);
  EXPECT_EQ(bob.wait_closed(bobs).outcome(), v1::OFFER_OUTCOME_CANCELED);
}

TEST_P(Offers, WhoDeclinedIsNotAskedAgain) {
  Desk& ann = expert("ann");
  const std::string session = platform().start("help").name();
  ann.decline(ann.wait_preview(session).offer());
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  Desk& bob = expert("bob");
  bob.accept(bob.wait_preview(session).offer());
  const v1::Session active = platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE);
  EXPECT_THAT(offers(active.legs(0)), ElementsAre(ann.expert() + ":DECLINED", bob.expert() + ":ACCEPTED"));
}

TEST_P(Offers, AStepWithAHigherLevelComesFirst) {
  Desk& master = expert("master", {.skills = {{"craft", 4}}});
  Desk& novice = expert("novice", {.skills = {{"craft", 3}}});
  settle({&master, &novice});
  for (int i = 0; i < 10; ++i) {
    const std::string session = platform().start("levels").name();
    master.wait_preview(session);
    EXPECT_EQ(novice.previews(session), 0U);
    platform().end(session);
    wait_nothing_held();
  }
}

TEST_P(Offers, ExcludedExpertsAreNotAsked) {
  Desk& ann = expert("ann", {.skills = {{"craft", 1}}});
  Desk& bob = expert("bob", {.skills = {{"craft", 1}}});
  settle({&ann, &bob});
  for (int i = 0; i < 5; ++i) {
    auto ask = Platform::ask("levels");
    (*ask.mutable_user_data()->mutable_values())["exclude_experts"] = text_value(ann.expert());
    const std::string session = platform().start(ask).name();
    bob.wait_preview(session);
    EXPECT_EQ(ann.previews(session), 0U);
    platform().end(session);
  }
}

TEST_P(Offers, ANamedExpertIsAskedAndNobodyElse) {
  Desk& ann = expert("ann");
  Desk& bob = expert("bob");
  settle({&ann, &bob});
  auto ask = Platform::ask("person");
  (*ask.mutable_user_data()->mutable_values())["expert"] = text_value(bob.expert());
  const std::string session = platform().start(ask).name();
  bob.decline(bob.wait_preview(session).offer());
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(ann.previews(session), 0U);
}

TEST_P(Offers, TheAskingAgentIsNeverAsked) {
  Desk& ann = expert("ann");
  Desk& bob = expert("bob");
  settle({&ann, &bob});
  for (int i = 0; i < 5; ++i) {
    auto ask = Platform::ask("help");
    ask.mutable_agent()->set_id(ann.expert());
    const std::string session = platform().start(ask).name();
    bob.wait_preview(session);
    EXPECT_EQ(ann.previews(session), 0U);
    platform().end(session);
  }
}

TEST_P(Offers, WhoHasNoDeskIsNotAskedUntilHeHasOne) {
  const std::string ann = enter("ann");
  source().online(ann);
  const std::string session = platform().start("help").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  Desk& hers = desk({ann});
  hers.wait_preview(session);
}

TEST_P(Offers, WithoutAPreviewTheLegIsActiveAtOnce) {
  Desk& ann = expert("ann");
  const std::string session = platform().start("straight").name();
  EXPECT_EQ(id_of(platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE).legs(0).expert()), ann.expert());
  ann.wait_leg(session, v1::LEG_STATE_ACTIVE);
  EXPECT_EQ(ann.previews(session), 0U);
}

TEST_P(Offers, TwoDesksOfOneExpertBothSeeThePreviewAndTheFirstAnswerWins) {
  const std::string ann = enter("ann");
  source().online(ann);
  Desk& one = desk({ann});
  Desk& other = desk({ann});
  const std::string session = platform().start("help").name();
  const auto offer = one.wait_preview(session).offer();
  other.wait_preview(session);
  EXPECT_EQ(one.accept(offer).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  EXPECT_EQ(other.wait_closed(offer).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
  const v1::DeskResult late = other.decline(offer);
  EXPECT_EQ(late.outcome(), v1::OFFER_OUTCOME_ACCEPTED) << late.ShortDebugString();
}

TEST_P(Offers, ADeskThatComesBackIsShownWhatIsStillOpen) {
  const std::string ann = enter("ann");
  source().online(ann);
  std::string session;
  {
    Desk first(system().target(Service::Bridge), {ann});
    session = platform().start("help").name();
    first.wait_preview(session);
  }
  Desk& again = desk({ann});
  EXPECT_EQ(again.accept(again.wait_preview(session).offer()).outcome(), v1::OFFER_OUTCOME_ACCEPTED);
}

TEST_P(Offers, AnExpertHasAsManyLegsAsHisCapacity) {
  Desk& ann = expert("ann", {.im = 2});
  accepted(ann);
  accepted(ann);
  const std::string third = platform().start("help").name();
  platform().wait_leg(third, "im", v1::LEG_STATE_WAITING);
  EXPECT_EQ(ann.previews(third), 0U);
}

EXPERTLINE_IN_ALL_SHAPES(Offers);

}  // namespace
}  // namespace expertline::test
