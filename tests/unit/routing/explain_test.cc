#include "routing/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "routing/record.h"
#include "unit/routing/random_world.h"

namespace expertline::routing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kWorlds = 1'000;
#else
constexpr uint64_t kWorlds = 10'000;
#endif

// The rules once more, read off the documents, for one expert and one step; no code of the decision.
class Oracle {
 public:
  Oracle(const RandomWorld& world, size_t step_index) : world_(world), step_(world.strategy.steps[step_index]) {
    int64_t waited_ms = 0;
    if (static_cast<int>(step_index) == world.facts.step() && world.facts.has_wait_left()) {
      waited_ms = step_.wait_ms - world.facts.wait_left().seconds() * 1000;
    }
    for (const SkillRange& range : step_.find.skills) skills_[range.skill] = {range.min, range.max};
    has_where_ = step_.where.has_value();
    if (step_.relax.size() > 0 && waited_ms >= 5'000 && skills_.contains("a")) skills_["a"] = {1, 5};
    if (step_.relax.size() > 1 && waited_ms >= 10'000) {
      skills_.erase("b");
      has_where_ = false;
    }
  }

  std::string reason(const std::string& id, const v1::ExpertRecord& who) const {
    if (id == world_.facts.agent().id()) return "asking_agent";
    const auto in = [&](const auto& list) { return std::find(list.begin(), list.end(), id) != list.end(); };
    const bool may_be_asked_again = step_.preview.ask_again && in(world_.facts.timed_out());
    if (in(world_.facts.asked()) && !may_be_asked_again) return "asked_before";
    for (const Expression& exclude : step_.find.exclude) {
      if (exclude.program->text().find("'" + id + "'") != std::string::npos) return "excluded";
    }
    if (step_.find.expert && step_.find.expert->program->text() != "'" + id + "'") return "other_expert";
    const auto& has = who.expert().skills();
    for (const SkillRange& range : step_.find.skills) {
      const auto wanted = skills_.find(range.skill);
      if (wanted == skills_.end()) continue;
      const auto level = has.find(range.skill);
      if (level == has.end()) return "skill";
      if (level->second < wanted->second.first || level->second > wanted->second.second) return "skill_level";
    }
    const auto& groups = who.expert().groups();
    const bool in_group = std::any_of(
        step_.find.groups.begin(), step_.find.groups.end(),
        [&](const std::string& group) { return std::find(groups.begin(), groups.end(), group) != groups.end(); });
    if (!step_.find.groups.empty() && !in_group) return "group";
    const std::string status = status_of(id, who);
    if (!status.empty()) return status;
    if (has_where_ && !world_.where.at(&step_)->holds(who, world_.facts)) return "where";
    const auto* years = attribute(who, "years");
    const bool weighted = step_.pick == Pick::kWeighted && !step_.find.expert;
    if (weighted && (years == nullptr || years->number() <= 0)) return "weight";
    return "ready";
  }

 private:
  std::string status_of(const std::string& id, const v1::ExpertRecord& who) const {
    const v1::MediumStatus& im = who.media(0);
    if (im.capacity() == 0) return "no_medium";
    if (who.expert().state() == v1::EXPERT_STATE_RETIRED) return "retired";
    if (who.do_not_disturb()) return "do_not_disturb";
    const auto& states = step_.find.states;
    if (states.empty()) {
      static const std::map<v1::PresenceState, std::string> kStates{
          {v1::PRESENCE_STATE_BUSY, "busy"},
          {v1::PRESENCE_STATE_AWAY, "away"},
          {v1::PRESENCE_STATE_ON_THE_PHONE, "on_the_phone"},
          {v1::PRESENCE_STATE_APPEAR_OFFLINE, "appear_offline"}};
      if (who.state() != v1::PRESENCE_STATE_ONLINE) return kStates.at(who.state());
    } else if (std::find(states.begin(), states.end(), who.state()) == states.end()) {
      return "states";
    }
    static const std::string kBlocks[] = {"", "off_hours", "cool_down", "paused", "hour_limit", "day_limit"};
    if (who.block() != v1::BLOCK_UNSPECIFIED) return kBlocks[who.block()];
    if (!who.has_desk()) return "no_desk";
    if (im.used() < im.capacity() || id == world_.facts.held_expert()) return "";
    return im.used() - std::min(im.used(), im.wrapping_up()) < im.capacity() ? "wrap_up" : "at_capacity";
  }

  const RandomWorld& world_;
  const Step& step_;
  std::map<std::string, std::pair<int, int>> skills_;
  bool has_where_ = false;
};

std::string passed_over(const RandomWorld& world, size_t i) {
  const Step& step = world.strategy.steps[i];
  const bool waited = static_cast<int>(i) == world.facts.step() && world.facts.has_wait_left();
  const auto amount = world.facts.user_data().values().find("amount");
  const bool condition = amount != world.facts.user_data().values().end() && amount->second.text() == "500";
  if (step.only_if && !waited && !condition) return "only_if";
  return "";
}

class Explained : public ::testing::Test {
 protected:
  static const std::vector<Condition>& conditions() {
    static const std::vector<Condition> kAll =
        routing::conditions(Strategy{.name = "random", .user_data = RandomWorld::declared()});
    return kAll;
  }
};

// Every expert is named with the first reason against him, and the decision made again from its record is the same.
TEST_F(Explained, TenThousandDecisionsAgreeWithTheRulesReadOnceMore) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < kWorlds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomWorld world(seed, conditions());
    const Decision decision = decide(world.strategy, world.snapshot, world.facts, world.moment);
    const bool whole = seed % 2 == 0;
    const v1::DecisionRecord kept =
        record_of(world.strategy, world.snapshot, world.facts, world.moment, decision, whole ? 5'000 : 0);
    v1::DecisionRecord record;
    ASSERT_TRUE(record.ParseFromString(kept.SerializeAsString()));
    const v1::ExplainedDecision explained = explain(world.strategy, record);
    ASSERT_TRUE(explained.exact()) << explained.note();
    ASSERT_EQ(record.experts_size() + record.others(), static_cast<int>(world.records.size()));
    ASSERT_TRUE(!whole || record.others() == 0);
    std::set<std::string> recorded;
    for (const auto& expert : record.experts()) {
      recorded.insert(expert.expert().name().substr(expert.expert().name().rfind('/') + 1));
    }

    auto index = static_cast<size_t>(world.facts.step());
    for (const v1::ExplainedStep& step : explained.steps()) {
      const std::string skipped = passed_over(world, index);
      if (!skipped.empty()) {
        ASSERT_EQ(step.trace().skipped(), skipped);
        ASSERT_EQ(step.experts_size(), 0);
        ++index;
        continue;
      }
      const Oracle oracle(world, index);
      ASSERT_EQ(step.experts_size(), record.experts_size()) << "everybody is named";
      int ready = 0;
      int ranked = 0;
      for (const v1::ExpertVerdict& verdict : step.experts()) {
        const std::string reason = oracle.reason(verdict.expert(), world.records.at(verdict.expert()));
        ASSERT_EQ(verdict.reason(), reason) << verdict.expert() << " in step " << index;
        ++seen[reason];
        ready += reason == "ready";
        ranked += verdict.rank() != 0;
        if (verdict.rank() != 0) {
          ASSERT_EQ(reason, "ready");
          ASSERT_EQ(decision.ranked[static_cast<size_t>(verdict.rank()) - 1], verdict.expert());
        }
      }
      for (const auto& [id, who] : world.records) {
        ASSERT_TRUE(recorded.contains(id) || oracle.reason(id, who) != "ready") << id << " is not in the record";
      }
      ASSERT_EQ(step.trace().ready(), ready) << "in step " << index;
      int accounted = ready;
      for (const auto& [reason, count] : step.trace().dropped()) accounted += count;
      ASSERT_EQ(step.trace().found(), accounted);
      ASSERT_EQ(ranked, std::min(ready, static_cast<int>(kMaxRanked)));
      ++index;
    }
  }
  for (const char* reason : {"ready", "asking_agent", "asked_before", "excluded", "other_expert", "skill",
                             "skill_level", "group", "no_medium", "retired", "do_not_disturb", "away", "states",
                             "paused", "no_desk", "at_capacity", "wrap_up", "where", "weight"}) {
    EXPECT_GT(seen[reason], static_cast<int>(kWorlds / 100))
        << reason << " hardly ever happened: the worlds are too tame";
  }
}

// The decisions of fixed worlds, in one number.
TEST_F(Explained, DecisionsAreTheSameOnEveryMachine) {
  uint64_t hash = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const RandomWorld world(seed, conditions());
    const Decision decision = decide(world.strategy, world.snapshot, world.facts, world.moment);
    std::string text = in_words(world.strategy, decision);
    for (const std::string& id : decision.ranked) text += " " + id;
    hash = mix(hash ^ hash_of(text));
  }
  EXPECT_EQ(hash, 4104403586630821233U) << "a change here breaks the replay of decisions";
}

struct Small : World {
  Small() {
    with(Someone{.id = "ann", .site = "Leeds"}).with(Someone{.id = "bob"}).with(Someone{.id = "cid", .skills = {}});
    facts.mutable_agent()->set_site("Leeds");
    with(mortgage_step());
    strategy.steps[0].where = cel("expert.site == agent.site");
  }
  v1::ExplainedDecision explained() {
    return explain(strategy, record_of(strategy, snapshot, facts, moment, decide()));
  }
  v1::ExpertVerdict verdict(const std::string& id) {
    const v1::ExplainedDecision all = explained();
    for (const auto& verdict : all.steps(0).experts()) {
      if (verdict.expert() == id) return verdict;
    }
    return {};
  }
};

TEST(Explain, SaysWhatWasMissing) {
  Small world;
  EXPECT_EQ(world.verdict("ann").rank(), 1);
  EXPECT_EQ(world.verdict("bob").reason(), "where");
  EXPECT_THAT(world.verdict("bob").detail(), ::testing::HasSubstr("expert.site"));
  EXPECT_EQ(world.verdict("cid").detail(), "lacks mortgage");
  EXPECT_THAT(world.explained().steps(0).trace().detail(), ::testing::HasSubstr("expert.site"));
  EXPECT_EQ(world.explained().steps(0).draw(), "random among 1, seed 1");
  EXPECT_EQ(world.explained().decision().experts_size(), 0);
}

TEST(Explain, SaysWhyItIsNotExact) {
  Small world;
  v1::DecisionRecord record = record_of(world.strategy, world.snapshot, world.facts, world.moment, world.decide());
  record.set_revision("of another day");
  record.mutable_explanation()->set_ranked(0, "bob");
  const v1::ExplainedDecision explained = explain(world.strategy, record);
  EXPECT_FALSE(explained.exact());
  EXPECT_THAT(explained.note(), ::testing::HasSubstr("offer in \"specialist\" to ann"));
  EXPECT_THAT(explained.note(), ::testing::HasSubstr("of another day"));
}

TEST(Record, LeavesSecretsOutAndSaysWhenThatMatters) {
  Small world;
  world.strategy.user_data = {{.key = "pin", .required = true, .secret = true}, {.key = "topic"}};
  world.strategy.on_bad_data = OnBadData::kOtherwise;
  world.given("pin", "1234").given("topic", "rates").given("other", "5678");
  const auto record = [&] {
    return record_of(world.strategy, world.snapshot, world.facts, world.moment, world.decide());
  };
  EXPECT_EQ(record().DebugString().find("1234"), std::string::npos);
  EXPECT_EQ(record().DebugString().find("5678"), std::string::npos);
  EXPECT_EQ(record().facts().user_data().values().at("topic").text(), "rates");
  EXPECT_FALSE(record().redacted()) << "no expression reads it";
  EXPECT_TRUE(explain(world.strategy, record()).exact()) << "that it was there is known";
  world.strategy.steps[0].only_if = world.cel("user_data.pin == '1234'");
  EXPECT_TRUE(record().redacted());
  EXPECT_FALSE(explain(world.strategy, record()).exact());
}

TEST(Record, TakesOfManyExpertsThoseWhoCanBeFound) {
  World world;
  for (int i = 0; i < 30; ++i) {
    world.with(Someone{.id = "m" + std::to_string(i)})
        .with(Someone{.id = "s" + std::to_string(i), .skills = {{"stocks", 2}}});
  }
  world.with(mortgage_step());
  const auto record = [&] {
    return record_of(world.strategy, world.snapshot, world.facts, world.moment, world.decide(), 10);
  };
  EXPECT_EQ(record().experts_size(), 30);
  EXPECT_EQ(record().others(), 30);
  world.strategy.steps[0].only_if = world.cel("ready('stocks') > 3");
  EXPECT_EQ(record().experts_size(), 60) << "they were counted";
  EXPECT_TRUE(explain(world.strategy, record()).exact());
}

TEST(InWords, NamesTheFirstOnesAsked) {
  Small world;
  world.strategy.steps[0].where.reset();
  world.strategy.steps[0].pick = Pick::kBestSkill;
  world.strategy.steps[0].preview.to = 2;
  EXPECT_THAT(in_words(world.strategy, world.decide()),
              ::testing::AnyOf("offer in \"specialist\" to ann, bob", "offer in \"specialist\" to bob, ann"));
  world.strategy.steps.clear();
  EXPECT_EQ(in_words(world.strategy, world.decide()), "agent \"nobody\"");
}

}  // namespace
}  // namespace expertline::routing
