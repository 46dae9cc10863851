// Strategies change while the product runs: what is live, on all replicas, across restarts.
#include <filesystem>
#include <fstream>

#include "e2e/fixture.h"
#include "e2e/strategies_of.h"

namespace expertline::test {
namespace {

using testing::HasSubstr;

// Nobody has the skill: it ends where `otherwise` says at once.
std::string ends_in(const std::string& mailbox) {
  return "strategy: revised\nmedia: im\nrouting_points: [revised]\n"
         "steps:\n  - {step: nobody, find: {skills: {flying: any}}}\n"
         "otherwise:\n  - {voicemail: " +
         mailbox + "}\n";
}

// Waits for somebody who can help, and asks him once.
std::string waits(const std::string& step, const std::string& mailbox) {
  return "strategy: patient\nmedia: im\nrouting_points: [patient-ones]\n"
         "steps:\n  - step: " +
         step +
         "\n    find: {skills: {help: any}}\n    preview: {answer_within: 60s, offers: 1}\n    wait: 300s\n"
         "otherwise:\n  - {voicemail: " +
         mailbox + "}\n";
}

// A folder of strategies of the test's own.
class Folder {
 public:
  Folder() {
    std::filesystem::copy(EXPERTLINE_E2E_STRATEGIES, folder_.path() / "strategies");
    write("revised.yaml", ends_in("first"));
    write("patient.yaml", waits("the first step", "first"));
  }
  // As an editor does: the new file takes the place of the old one.
  void write(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / "strategies" / name;
    const auto beside = path.string() + ".new";
    std::ofstream(beside) << text;
    std::filesystem::rename(beside, path);
  }
  std::string path() const { return folder_ / "strategies"; }

 private:
  TempDir folder_;
};

class Revisions : public EndToEnd {
 protected:
  Revisions() : Revisions(new Folder) {}

  Folder& folder() { return *folder_; }
  Strategies at(size_t replica) { return Strategies("ipv4:" + system().address(Service::Strategy, replica)); }
  // Waits until every replica has that revision live.
  void wait_live(const std::string& strategy, const std::string& revision) {
    for (size_t i = 0; i < system().replicas(); ++i) {
      eventually("revision " + revision + " is live everywhere", [&] { return at(i).revision(strategy) == revision; });
    }
  }
  // Waits until every replica has another revision live than that; gives it.
  std::string wait_other(const std::string& strategy, const std::string& revision) {
    std::string other;
    eventually("another revision is live", [&] {
      other = at(0).revision(strategy);
      return other != revision;
    });
    wait_live(strategy, other);
    return other;
  }
  std::string mailbox(const std::string& routing_point) {
    const v1::Session ended = platform().watch(platform().start(routing_point).name())->wait_ended();
    return leg_of(ended, "im").default_target().voicemail();
  }
  void restart_strategies() {
    for (size_t i = 0; i < system().replicas(); ++i) system().kill(Service::Strategy, i);
    for (size_t i = 0; i < system().replicas(); ++i) system().start(Service::Strategy, i);
  }

 private:
  explicit Revisions(Folder* folder)
      : Revisions(folder, std::make_unique<System>(SystemOptions{.shape = GetParam(), .strategies = folder->path()})) {}
  Revisions(Folder* folder, std::unique_ptr<System> own) : EndToEnd(*own), folder_(folder), own_(std::move(own)) {}

  std::unique_ptr<Folder> folder_;
  std::unique_ptr<System> own_;
};

TEST_P(Revisions, AChangedFileIsLiveAndTheOneBeforeCanBeGoneBackToEverywhereAcrossRestarts) {
  const std::string first = at(0).revision("revised");
  EXPECT_EQ(mailbox("revised"), "first");
  folder().write("revised.yaml", ends_in("second"));
  const std::string second = wait_other("revised", first);
  EXPECT_EQ(mailbox("revised"), "second");
  EXPECT_THAT(at(0).get("revised", first).text(), HasSubstr("first"));

  const v1::Strategy back = at(0).activate("revised", first);
  EXPECT_TRUE(back.pinned());
  ASSERT_EQ(back.revisions_size(), 2);
  for (const v1::StrategyRevision& revision : back.revisions()) {
    EXPECT_EQ(revision.live(), revision.revision() == first);
    EXPECT_EQ(revision.in_file(), revision.revision() == second);
  }
  wait_live("revised", first);
  EXPECT_EQ(mailbox("revised"), "first");
  restart_strategies();
  for (size_t i = 0; i < system().replicas(); ++i) EXPECT_EQ(at(i).revision("revised"), first);
  EXPECT_EQ(mailbox("revised"), "first");

  EXPECT_FALSE(at(0).activate("revised", "").pinned());
  wait_live("revised", second);
  EXPECT_EQ(mailbox("revised"), "second");
}

TEST_P(Revisions, AChangedFileLetsGoOfWhatWasActivated) {
  const std::string first = at(0).revision("revised");
  folder().write("revised.yaml", ends_in("second"));
  const std::string second = wait_other("revised", first);
  at(0).activate("revised", first);
  wait_live("revised", first);
  folder().write("revised.yaml", ends_in("third"));
  for (size_t i = 0; i < system().replicas(); ++i) {
    eventually("the third is live", [&] { return at(i).get("revised").text() == ends_in("third"); });
  }
  EXPECT_EQ(mailbox("revised"), "third");
  EXPECT_FALSE(at(0).get("revised").strategy().pinned());
}

TEST_P(Revisions, ABadFileIsToldAndTheGoodOneGoesOn) {
  const std::string first = at(0).revision("revised");
  folder().write("revised.yaml", "strategy: revised\nmedia: im\nrouting_pints: [revised]\n");
  eventually("the fault is told", [&] { return at(0).list().faults_size() > 0; });
  const v1::GetStrategyResponse told = at(0).get("revised");
  EXPECT_THAT(told.strategy().fault(), HasSubstr("revised.yaml:"));
  EXPECT_THAT(at(0).list().faults(), testing::Contains(HasSubstr("revised.yaml:3:1")));
  EXPECT_EQ(told.revision(), first);
  EXPECT_EQ(mailbox("revised"), "first");
  folder().write("revised.yaml", ends_in("mended"));
  wait_other("revised", first);
  EXPECT_EQ(mailbox("revised"), "mended");
  EXPECT_EQ(at(0).list().faults_size(), 0);
}

TEST_P(Revisions, ARunningLegFinishesOnItsRevisionThoughAllThatDecideAreStartedAgain) {
  const std::string first = at(0).revision("patient");
  const std::string session = platform().start("patient-ones").name();
  platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
  folder().write("patient.yaml", waits("another step", "second"));
  wait_other("patient", first);
  restart_strategies();
  Desk& ann = expert("ann");
  const auto offer = ann.wait_preview(session).offer();
  const v1::Leg leg = leg_of(platform().get(session), "im");
  EXPECT_EQ(leg.strategy_revision(), first);
  EXPECT_EQ(leg.step(), "the first step");
  ann.decline(offer);
  EXPECT_EQ(leg_of(platform().watch(session)->wait_ended(), "im").default_target().voicemail(), "first");
}

TEST_P(Revisions, WhatIsUnknownIsRefused) {
  const auto refused = [&](const std::string& strategy, const std::string& revision) {
    Strategies all = at(0);
    return status_of(all.stub(), &v1::StrategyService::Stub::ActivateRevision,
                     Strategies::activation(strategy, revision));
  };
  EXPECT_THAT(refused("none-such", ""), Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_STRATEGY"));
  EXPECT_THAT(refused("revised", "0123456789abcdef"), Refused(grpc::StatusCode::NOT_FOUND, "UNKNOWN_REVISION"));
  EXPECT_THAT(refused("revised", "no such/thing"), Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_EQ(mailbox("revised"), "first");
}

TEST_P(Revisions, ARevisionThatClosesACircleOfRoutingPointsIsRefused) {
  const auto send = [](const std::string& name, const std::string& target) {
    return "strategy: " + name + "\nmedia: im\nrouting_points: [to-" + name +
           "]\nsteps:\n  - {step: nobody, find: {skills: {flying: any}}}\notherwise:\n  - {" + target + "}\n";
  };
  folder().write("one.yaml", send("one", "routing_point: to-two"));
  folder().write("two.yaml", send("two", "voicemail: two"));
  std::string sending;
  eventually("both are loaded", [&] {
    sending.clear();
    const auto listed = at(0).list();
    for (const v1::Strategy& strategy : listed.strategies()) {
      if (strategy.name() == "one") sending = at(0).revision("one");
    }
    return !sending.empty();
  });
  folder().write("one.yaml", send("one", "voicemail: one"));
  const std::string ending = wait_other("one", sending);
  const std::string before = at(0).revision("two");
  folder().write("two.yaml", send("two", "routing_point: to-one"));
  wait_other("two", before);
  Strategies all = at(0);
  EXPECT_THAT(
      status_of(all.stub(), &v1::StrategyService::Stub::ActivateRevision, Strategies::activation("one", sending)),
      Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_EQ(at(0).revision("one"), ending);

  // Once the other one ends by itself again, it may, though the file of the other still sends here.
  at(0).activate("two", before);
  at(0).activate("one", sending);
  wait_live("one", sending);
  wait_live("two", before);
}

TEST_P(Revisions, ACandidateDecidesBesideAndReservesNothing) {
  folder().write("revised.shadow.yaml", ends_in("candidate"));
  const auto shadow = [&](size_t replica) {
    v1::GetShadowRequest request;
    request.set_parent("domains/main");
    request.set_strategy("revised");
    Strategies all = at(replica);
    return call(all.stub(), &v1::StrategyService::Stub::GetShadow, request);
  };
  for (size_t i = 0; i < system().replicas(); ++i) {
    eventually("the candidate is loaded", [&] { return !shadow(i).revision().empty(); });
  }
  // Not every decision is compared: candidates may take a part of each second, no more.
  int64_t decisions = 0;
  eventually("ten are compared", [&] {
    EXPECT_EQ(mailbox("revised"), "first");
    decisions = 0;
    for (size_t i = 0; i < system().replicas(); ++i) decisions += shadow(i).decisions();
    return decisions >= 10;
  });
  for (size_t i = 0; i < system().replicas(); ++i) {
    const auto told = shadow(i);
    EXPECT_EQ(told.agreed(), 0);
    EXPECT_EQ(told.differences_size(), told.decisions());
    for (const v1::ShadowDifference& difference : told.differences()) {
      EXPECT_THAT(difference.live(), HasSubstr("first"));
      EXPECT_THAT(difference.candidate(), HasSubstr("candidate"));
    }
  }
}

EXPERTLINE_IN_ALL_SHAPES(Revisions);

}  // namespace
}  // namespace expertline::test
