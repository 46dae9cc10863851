#include "routing/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

using ::testing::UnorderedElementsAre;

Reason im_status(const Someone& someone) {
  Snapshot snapshot;
  snapshot.apply(record(someone));
  return snapshot.status(*snapshot.find(someone.id), snapshot.medium("im"));
}

TEST(Status, NamesTheFirstReasonAgainstAnExpert) {
  EXPECT_EQ(im_status({.id = "ann"}), Reason::kReady);
  EXPECT_EQ(im_status({.id = "ann", .retired = true}), Reason::kRetired);
  EXPECT_EQ(im_status({.id = "ann", .im_capacity = 0}), Reason::kNoMedium);
  EXPECT_EQ(im_status({.id = "ann", .do_not_disturb = true}), Reason::kDoNotDisturb);
  EXPECT_EQ(im_status({.id = "ann", .state = v1::PRESENCE_STATE_OFFLINE, .routable = false}), Reason::kOffline);
  EXPECT_EQ(im_status({.id = "ann", .state = v1::PRESENCE_STATE_AWAY, .routable = false}), Reason::kAway);
  EXPECT_EQ(im_status({.id = "ann", .state = v1::PRESENCE_STATE_BUSY, .routable = false}), Reason::kBusy);
  EXPECT_EQ(im_status({.id = "ann", .state = v1::PRESENCE_STATE_ON_THE_PHONE, .routable = false}), Reason::kOnThePhone);
  EXPECT_EQ(im_status({.id = "ann", .state = v1::PRESENCE_STATE_APPEAR_OFFLINE, .routable = false}),
            Reason::kAppearOffline);
  EXPECT_EQ(im_status({.id = "ann", .routable = false}), Reason::kNotRoutable);
  EXPECT_EQ(im_status({.id = "ann", .desk = false}), Reason::kNoDesk);
  EXPECT_EQ(im_status({.id = "ann", .im_used = 2}), Reason::kAtCapacity);
  EXPECT_EQ(im_status({.id = "ann", .im_used = 3}), Reason::kAtCapacity);
}

TEST(Status, DoNotDisturbWinsOverPresenceAndPresenceOverTheDesk) {
  EXPECT_EQ(
      im_status(
          {.id = "ann", .state = v1::PRESENCE_STATE_BUSY, .routable = false, .do_not_disturb = true, .desk = false}),
      Reason::kDoNotDisturb);
  EXPECT_EQ(im_status({.id = "ann", .routable = false, .desk = false, .im_used = 2}), Reason::kNotRoutable);
}

TEST(Status, OfAMediumHeDoesNotHaveIsNoMedium) {
  Snapshot snapshot;
  snapshot.apply(record({.id = "ann"}));
  EXPECT_EQ(snapshot.status(0, snapshot.medium("sms")), Reason::kNoMedium);
}

TEST(Snapshot, TakesOnlyHigherRevisions) {
  Snapshot snapshot;
  EXPECT_TRUE(snapshot.apply(record({.id = "ann", .im_used = 1, .revision = 5})));
  EXPECT_FALSE(snapshot.apply(record({.id = "ann", .im_used = 0, .revision = 5})));
  EXPECT_FALSE(snapshot.apply(record({.id = "ann", .im_used = 0, .revision = 4})));
  EXPECT_EQ(snapshot.row(0).load(*snapshot.medium("im"))->used, 1);
  EXPECT_TRUE(snapshot.apply(record({.id = "ann", .im_used = 2, .revision = 6})));
  EXPECT_EQ(snapshot.row(0).load(*snapshot.medium("im"))->used, 2);
  EXPECT_EQ(snapshot.revision("ann"), 6);
  EXPECT_EQ(snapshot.revision("bob"), 0);
}

TEST(Snapshot, ARemovedExpertDoesNotComeBackByAnOlderRecord) {
  Snapshot snapshot;
  snapshot.apply(record({.id = "ann", .revision = 5}));
  auto removal = record({.id = "ann", .revision = 6});
  removal.set_removed(true);
  EXPECT_TRUE(snapshot.apply(removal));
  EXPECT_EQ(snapshot.size(), 0U);
  EXPECT_FALSE(snapshot.find("ann"));
  EXPECT_FALSE(snapshot.apply(record({.id = "ann", .revision = 5})));
  EXPECT_TRUE(snapshot.apply(record({.id = "ann", .revision = 7})));
  EXPECT_EQ(snapshot.size(), 1U);
}

TEST(Snapshot, ClearForgetsAll) {
  Snapshot snapshot;
  snapshot.apply(record({.id = "ann", .revision = 5}));
  snapshot.clear();
  EXPECT_EQ(snapshot.size(), 0U);
  EXPECT_FALSE(snapshot.medium("im"));
  EXPECT_TRUE(snapshot.apply(record({.id = "ann", .revision = 1})));
}

TEST(Snapshot, KnowsWhatIsPresented) {
  Snapshot snapshot;
  snapshot.apply(record({.id = "ann"}));
  const auto ann = snapshot.expert("ann");
  ASSERT_TRUE(ann);
  EXPECT_EQ(ann->name(), "domains/main/experts/ann");
  EXPECT_EQ(ann->display_name(), "The ann");
  EXPECT_EQ(ann->dns().at("voice"), "5-ann");
  EXPECT_FALSE(snapshot.expert("bob"));
}

TEST(Snapshot, AnExpertBelongsToTheBucketsOfAllHeHas) {
  Snapshot snapshot;
  snapshot.apply(record({.id = "ann", .skills = {{"mortgage", 3}, {"stocks", 1}}, .groups = {"retail"}}));
  EXPECT_THAT(snapshot.buckets_of("ann"),
              UnorderedElementsAre("all", "expert=ann", "skill=mortgage", "skill=stocks", "group=retail"));
  EXPECT_TRUE(snapshot.buckets_of("bob").empty());
}

// The counts by status of a pool, and whether they add up.
std::vector<uint32_t> counts(const Snapshot& snapshot, const Pool& pool) {
  const Pool::Medium& im = pool.media[*snapshot.medium("im")];
  EXPECT_EQ(im.ready.size(), im.by_status[0]);
  return {im.by_status.begin(), im.by_status.end()};
}

TEST(Snapshot, PoolsAreTheSameHoweverTheirExpertsCameToBeWhatTheyAre) {
  const std::vector<std::string> skills{"a", "b", "c"};
  Engine engine(11);
  const auto any = [&](uint64_t n) { return static_cast<int>(draw_below(engine, n)); };
  std::map<std::string, v1::ExpertRecord> latest;
  Snapshot lived;
  for (int i = 0; i < 5000; ++i) {
    Someone someone{.id = "e" + std::to_string(any(300)), .skills = {}, .revision = i + 1};
    for (const auto& skill : skills) {
      if (any(2) == 0) someone.skills[skill] = 1 + any(5);
    }
    if (any(3) == 0) someone.groups = {"g" + std::to_string(any(3))};
    someone.routable = any(3) != 0;
    someone.state = static_cast<v1::PresenceState>(1 + any(6));
    someone.desk = any(4) != 0;
    someone.im_used = any(3);
    auto change = record(someone);
    change.set_removed(any(10) == 0);
    lived.apply(change);
    if (change.removed()) {
      latest.erase(someone.id);
    } else {
      latest[someone.id] = change;
    }
  }
  Snapshot fresh;
  for (const auto& [id, last] : latest) fresh.apply(last);
  ASSERT_EQ(lived.size(), latest.size());
  EXPECT_EQ(counts(lived, lived.everybody()), counts(fresh, fresh.everybody()));
  for (const auto& skill : skills) {
    for (int level = 1; level <= Snapshot::kLevels; ++level) {
      EXPECT_EQ(counts(lived, lived.with_skill(*lived.skill(skill), level)),
                counts(fresh, fresh.with_skill(*fresh.skill(skill), level)));
    }
  }
  for (const std::string group : {"g0", "g1", "g2"}) {
    EXPECT_EQ(counts(lived, lived.with_group(*lived.group(group))),
              counts(fresh, fresh.with_group(*fresh.group(group))));
  }
}

TEST(LargePages, KeepWhatATableHoldsAsItGrows) {
  std::vector<std::string, LargePages<std::string>> table;  // beyond one page and back
  for (int i = 0; i < 200'000; ++i) table.push_back(std::to_string(i));
  for (int i = 0; i < 200'000; i += 999) EXPECT_EQ(table[static_cast<size_t>(i)], std::to_string(i));
  table.resize(10);
  table.shrink_to_fit();
  EXPECT_EQ(table.back(), "9");
}

}  // namespace
}  // namespace expertline::routing
