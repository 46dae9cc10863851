// What came of it, in the store: sums, interactions, whose sessions, the time in which experts could be asked.
#include "state/report_store.h"

#include <absl/strings/str_split.h>

#include <map>
#include <random>
#include <set>

#include "store_fixture.h"

namespace expertline::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int64_t kDay = 24 * kHour;

class Reports : public StoreTest {
 protected:
  Reports() { reports_ = std::make_unique<ReportStore>(loop_->redis(), "d"); }

  NewSession about(const std::string& session, const std::string& interaction, const std::string& case_key = "") {
    NewSession out;
    out.session = session;
    out.facts.mutable_agent()->set_id("jo");
    out.bridge = "b";
    out.medium = "im";
    out.routing_point = "help";
    out.user_data_limit = kDefaultUserDataLimit;
    out.facts.mutable_interaction()->set_id(interaction);
    out.facts.mutable_interaction()->set_case_key(case_key);
    return out;
  }
  LegRef begin(const NewSession& session) {
    return run<Result<Enqueued>>([&] { return store_->enqueue(session); })->leg;
  }
  void end(const std::string& session, const std::string& outcome = "") {
    ASSERT_TRUE(run<Result<Done>>([&] { return store_->end(session, outcome, Request()); }).ok());
  }
  InteractionState interaction(const std::string& id) {
    return *run<Result<InteractionState>>([&] { return reports_->interaction(id); });
  }
  InteractionState dispose(const std::string& id, bool resolved, const std::string& case_key = "") {
    v1::Disposition disposition;
    disposition.set_code(resolved ? "solved" : "open");
    disposition.set_resolved(resolved);
    return *run<Result<InteractionState>>([&] { return reports_->dispose(id, case_key, disposition); });
  }
  // All sums of all hours as "what routing_point who" -> value.
  std::map<std::string, int64_t> sums() {
    std::map<std::string, int64_t> all;
    for (const redis::Reply& key : loop_->ask({"KEYS", "{d}:sum:*"}).elements) {
      const int64_t hour = std::stoll(key.text.substr(key.text.rfind(':') + 1));
      const auto hours = run<Result<std::vector<std::vector<Sum>>>>([&] { return reports_->hours(hour, 1); });
      for (const Sum& sum : hours->at(0)) all[sum.what + " " + sum.routing_point + " " + sum.who] += sum.value;
    }
    return all;
  }
  std::vector<std::string> sessions_of(const std::string& list, const std::string& id) {
    std::vector<std::string> ids;
    const auto page = run<Result<std::vector<std::pair<std::string, int64_t>>>>(
        [&] { return reports_->sessions_of(list, id, 0, 100); });
    for (const auto& [session, created] : *page) ids.push_back(session);
    return ids;
  }
  bool add_eligible(const std::string& replica, std::vector<EligibleStretch> stretches) {
    return *run<Result<bool>>([&] { return reports_->add_eligible(replica, stretches); });
  }
  EligibleHours eligible(int64_t day, const std::string& expert) {
    const auto found = run<Result<std::vector<std::pair<std::string, EligibleHours>>>>(
        [&] { return reports_->eligible(day, expert); });
    return found->empty() ? EligibleHours{} : found->at(0).second;
  }
  Tick tick_keeping(int64_t report_ms) {
    return *run<Result<Tick>>([&] { return store_->tick(0, kHour, 100, -1, report_ms); });
  }

  std::unique_ptr<ReportStore> reports_;
};

TEST_F(Reports, AnInteractionKnowsItsSessionsAndWhoHelped) {
  add("ann");
  const LegRef leg = begin(about("s1", "call-1", "case-1"));
  ASSERT_EQ(reserve(leg, {"ann"}), Reservation::Outcome::reserved);
  EXPECT_THAT(interaction("call-1").experts, IsEmpty());
  answer("s1", "ann", "accepted");
  pass(kMinute);
  cancel("s1");
  end("s1");
  begin(about("s2", "call-1"));
  const InteractionState now = interaction("call-1");
  EXPECT_EQ(now.case_key, "case-1");
  EXPECT_THAT(now.sessions, ElementsAre("s1", "s2"));
  EXPECT_THAT(now.experts, ElementsAre("ann"));
  EXPECT_FALSE(now.disposed);
  EXPECT_EQ(now.time, read("s1").created);
}

TEST_F(Reports, WhatNobodyHeardOfIsUnknown) {
  const auto none = run<Result<InteractionState>>([&] { return reports_->interaction("nothing"); });
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().reason, v1::ERROR_REASON_UNKNOWN_INTERACTION);
  EXPECT_EQ(none.error().metadata.at("interaction"), "nothing");
}

TEST_F(Reports, TheLastDispositionCountsAndNeedsNoSession) {
  EXPECT_FALSE(dispose("call-1", false).disposed->resolved);
  pass(kMinute);
  const InteractionState again = dispose("call-1", true, "case-1");
  EXPECT_TRUE(again.disposed->resolved);
  EXPECT_EQ(again.disposed->code, "solved");
  EXPECT_GE(again.disposed->time - again.time, kMinute);
  EXPECT_EQ(again.case_key, "case-1");
  EXPECT_THAT(again.sessions, IsEmpty());
}

TEST_F(Reports, AMailboxIsOpenUntilSomebodyDisposes) {
  const auto settle = [&](const std::string& session, const v1::DefaultTarget& target) {
    const LegRef ref = leg(session);
    ASSERT_TRUE(*run<Result<bool>>([&] { return store_->settle(ref, Decided(), target); }));
  };
  v1::DefaultTarget mailbox, text;
  mailbox.set_voicemail("tax");
  text.set_agent_text("nobody is free");
  begin(about("s1", "call-1"));
  settle("s1", mailbox);
  EXPECT_TRUE(interaction("call-1").mailbox_open);
  EXPECT_FALSE(dispose("call-1", true).mailbox_open);
  begin(about("s2", "call-1"));
  settle("s2", text);
  EXPECT_FALSE(interaction("call-1").mailbox_open) << "a text for the agent is no mailbox";
  begin(about("s3", "call-1"));
  settle("s3", mailbox);
  EXPECT_TRUE(interaction("call-1").mailbox_open) << "again";
}

TEST_F(Reports, TheNextContactOfACaseIsTheFirstOneAfterIt) {
  begin(about("s1", "call-1", "case"));
  EXPECT_FALSE(interaction("call-1").next_contact);
  pass(kDay);
  begin(about("s2", "call-2", "case"));
  begin(about("s3", "call-3", "another"));
  pass(kDay);
  begin(about("s4", "call-4", "case"));
  EXPECT_EQ(interaction("call-1").next_contact, read("s2").created);
  EXPECT_EQ(interaction("call-2").next_contact, read("s4").created);
  EXPECT_FALSE(interaction("call-3").next_contact);
  // It belongs to another case after all.
  dispose("call-2", true, "another");
  EXPECT_EQ(interaction("call-1").next_contact, read("s4").created);
}

TEST_F(Reports, OldOnesAreForgottenStepByStep) {
  begin(about("s1", "call-1", "case"));
  dispose("call-2", true, "case");
  end("s1");
  ASSERT_FALSE(sums().empty());
  ASSERT_TRUE(add_eligible("a", {{.day = 1, .expert = "ann", .from_s = 0, .to_s = 10}}));
  pass(10 * kDay);
  begin(about("s3", "call-3"));
  tick_keeping(11 * kDay);
  EXPECT_EQ(interaction("call-1").id, "call-1");
  tick_keeping(9 * kDay);
  for (const std::string gone : {"call-1", "call-2"}) {
    EXPECT_FALSE(run<Result<InteractionState>>([&] { return reports_->interaction(gone); }).ok()) << gone;
  }
  EXPECT_EQ(interaction("call-3").id, "call-3");
  EXPECT_THAT(loop_->ask({"KEYS", "{d}:case:*"}).elements, IsEmpty());
  EXPECT_EQ(loop_->ask({"ZCARD", "{d}:interactions"}).integer, 1);
}

TEST_F(Reports, SumsAreForgottenByTheHourAndTheTimeOfExpertsByTheDay) {
  const auto exists = [&](const std::string& key) { return loop_->ask({"EXISTS", "{d}:" + key}).integer == 1; };
  loop_->ask({"HSET", "{d}:clock", "swept", "239999"});
  for (const char* hour : {"240000", "240020", "240023", "240024", "240025"}) {
    loop_->ask({"HSET", std::string("{d}:sum:") + hour, "s sessions help jo", "1"});
  }
  for (const char* day : {"10000", "10001"}) loop_->ask({"HSET", std::string("{d}:eligible:") + day, "ann", "?"});
  // The first hour that is kept is 240025.
  const int64_t wall = std::stoll(loop_->ask({"HGET", "{d}:clock", "now"}).text);
  const int64_t keep = wall - 240'025 * kHour - kMinute;
  tick_keeping(keep);
  EXPECT_FALSE(exists("sum:240000"));
  EXPECT_FALSE(exists("sum:240023"));
  EXPECT_FALSE(exists("eligible:10000"));
  EXPECT_TRUE(exists("sum:240024")) << "a day at once";
  tick_keeping(keep);
  EXPECT_FALSE(exists("sum:240024"));
  EXPECT_TRUE(exists("sum:240025"));
  EXPECT_TRUE(exists("eligible:10001"));
}

TEST_F(Reports, APersonsSessionsGoWithTheSession) {
  add("ann");
  add("bob");
  ASSERT_EQ(reserve(begin(about("s1", "call-1")), {"ann"}), Reservation::Outcome::reserved);
  answer("s1", "ann", "declined");
  ASSERT_EQ(reserve(leg("s1"), {"bob"}), Reservation::Outcome::reserved);
  ASSERT_EQ(reserve(begin(about("s2", "call-2")), {"ann"}), Reservation::Outcome::reserved);
  EXPECT_THAT(sessions_of("agent", "jo"), ElementsAre("s2", "s1"));
  EXPECT_THAT(sessions_of("expert", "ann"), ElementsAre("s2", "s1"));
  EXPECT_THAT(sessions_of("expert", "bob"), ElementsAre("s1"));
  end("s1");
  pass(kHour + 1);
  EXPECT_THAT(sessions_of("agent", "jo"), ElementsAre("s2"));
  EXPECT_THAT(sessions_of("expert", "ann"), ElementsAre("s2"));
  EXPECT_THAT(sessions_of("expert", "bob"), IsEmpty());
  EXPECT_EQ(loop_->ask({"EXISTS", "{d}:sessions:expert:bob"}).integer, 0);
}

TEST_F(Reports, TheTimeOfAnExpertIsAddedOnceWhoeverTellsItHowOften) {
  const EligibleStretch first{.day = 7, .expert = "ann", .from_s = 3'500, .to_s = 3'700};
  ASSERT_TRUE(add_eligible("a", {first}));
  ASSERT_TRUE(add_eligible("a", {first, {.day = 7, .expert = "ann", .from_s = 3'600, .to_s = 3'800}}));
  EXPECT_FALSE(add_eligible("b", {{.day = 7, .expert = "ann", .from_s = 9'000, .to_s = 9'100}})) << "it is a's turn";
  loop_->ask({"DEL", "{d}:accountant"});  // a is gone
  EXPECT_TRUE(add_eligible("b", {first, {.day = 7, .expert = "ann", .from_s = 86'390, .to_s = 86'400}}));
  EXPECT_FALSE(add_eligible("a", {}));
  const EligibleHours hours = eligible(7, "ann");
  EXPECT_EQ(hours[0], 100);
  EXPECT_EQ(hours[1], 200);
  EXPECT_EQ(hours[2], 0);
  EXPECT_EQ(hours[23], 10);
  EXPECT_EQ(eligible(8, "ann"), EligibleHours{});
}

TEST_F(Reports, AWholeDayFits) {
  ASSERT_TRUE(add_eligible("a", {{.day = 7, .expert = "ann", .from_s = 0, .to_s = 86'400}}));
  for (const int seconds : eligible(7, "ann")) EXPECT_EQ(seconds, 3'600);
}

// Whatever happens to sessions, the sums are what the sessions themselves say.
TEST_F(Reports, SumsEqualWhatTheSessionsSay) {
  const std::vector<std::string> people = {"ann", "bob", "cid"};
  for (const std::string& id : people) add(id, {}, 4);
  std::mt19937 random(11);
  const auto one_of = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  std::vector<std::string> open, all;
  for (int step = 0; step < 600; ++step) {
    const unsigned what = static_cast<unsigned>(random() % 8);
    if (what == 0 || open.empty()) {
      NewSession session = about("s" + std::to_string(all.size()), "call-" + std::to_string(random() % 20));
      session.facts.mutable_agent()->set_id(one_of({"jo", "li"}));
      session.routing_point = one_of({"help", "tax"});
      begin(session);
      all.push_back(session.session);
      open.push_back(session.session);
      continue;
    }
    const std::string session = one_of(open);
    const SessionRecord record = read(session);
    if (!record.open) {
      std::erase(open, session);
      continue;
    }
    const Leg& im = record.legs.at(0);
    if (what <= 3 && im.state == "routing") {
      reserve(leg(session), {one_of(people), one_of(people)}, 1 + static_cast<int>(random() % 2));
    } else if (what <= 4 && im.state == "offering") {
      for (const Offer& offer : im.offers) {
        if (offer.outcome.empty()) {
          const std::string said = random() % 3 == 0 ? "declined" : "accepted";
          EXPECT_TRUE(run<Result<Answered>>([&] {
                        return store_->answer(session, "im", offer.n, offer.expert, said, "", v1::UserData());
                      }).ok());
        }
      }
    } else if (what == 5) {
      pass(static_cast<int64_t>(random() % 15'000));
    } else if (what == 6 && random() % 2 == 0) {
      cancel(session);
    } else if (what == 7 && random() % 3 == 0) {
      end(session, one_of({"", "helped", "failed"}));
    }
  }
  for (const std::string& session : all) {
    if (read(session).open) end(session);
  }

  std::map<std::string, int64_t> said;
  std::map<std::string, std::set<std::string>> helped;
  int64_t chat = 0;
  for (const std::string& id : all) {
    const SessionRecord record = read(id);
    const std::string by = record.legs.at(0).routing_point + " ";
    ++said["sessions " + by];
    ++said[record.outcome + " " + by];
    for (const Leg& leg : record.legs) {
      for (const Offer& offer : leg.offers) {
        EXPECT_FALSE(offer.outcome.empty());
        ++said["x " + offer.outcome + " " + by + offer.expert];
      }
    }
  }
  std::map<std::string, int64_t> summed;
  for (const auto& [key, value] : sums()) {
    const std::vector<std::string> parts = absl::StrSplit(key, ' ');
    if (parts[0] == "chat") chat += value;
    if (parts[0] == "chat" || parts[0] == "tte" || parts[0] == "reached") continue;
    const bool of_expert = parts[2] != "jo" && parts[2] != "li";
    summed[(of_expert ? "x " : "") + parts[0] + " " + parts[1] + " " + (of_expert ? parts[2] : "")] += value;
  }
  EXPECT_EQ(summed, said);
  EXPECT_GT(chat, 0);
  for (const std::string& id : people) EXPECT_EQ(im(id).used(), 0);
}

}  // namespace
}  // namespace expertline::state
