// Fairness of `random`: each ready expert found is equally likely, whatever came before.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "routing/statistics.h"
#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

struct Shape {
  int experts;
  bool half_busy;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.experts << (shape.half_busy ? "_half_busy" : "_all_free");
}

// Levels 1 to 5 in turn, every second one busy if so wished; two of three are also in one or both of two groups.
void fill(World& world, const Shape& shape) {
  for (int i = 0; i < shape.experts; ++i) {
    Someone someone{.id = "expert-" + std::to_string(i), .skills = {{"mortgage", 1 + i % 5}, {"stocks", 2}}};
    if (i % 3 != 0) someone.groups.emplace_back("retail");
    if (i % 3 == 2) someone.groups.emplace_back("branches");
    if (shape.half_busy && (i / 5) % 2 == 1) someone.im_used = 2;
    world.with(someone);
  }
}

// How often each ready expert who fits is first of the ranking (or anywhere in it), over `draws` decisions.
std::vector<int64_t> count_offers(World& world, int draws, bool first_only) {
  std::map<std::string, int64_t> counts;
  const Snapshot& snapshot = world.snapshot;
  snapshot.everybody().members.for_each([&](uint32_t expert) {
    if (world.accepts(std::string(snapshot.id(expert))) == Reason::kReady) {
      counts[std::string(snapshot.id(expert))] = 0;
    }
    return true;
  });
  const size_t ready = counts.size();
  for (int i = 0; i < draws; ++i) {
    world.facts.set_seed(static_cast<uint64_t>(i) * 7919 + 17);
    const Decision decision = world.decide();
    for (const std::string& id : decision.ranked) {
      ++counts[id];
      if (first_only) break;
    }
  }
  EXPECT_EQ(counts.size(), ready) << "somebody who is not ready was drawn";
  std::vector<int64_t> out;
  for (const auto& [id, count] : counts) out.push_back(count);
  return out;
}

class Uniformity : public ::testing::TestWithParam<Shape> {
 protected:
  World world_;

  void SetUp() override { fill(world_, GetParam()); }
  int draws() const { return std::max(20'000, GetParam().experts * 10); }
};

TEST_P(Uniformity, OfTheFirstOverSeveralLevels) {
  world_.with(mortgage_step(2));
  const double p = uniform_p_value(count_offers(world_, draws(), true));
  EXPECT_GT(p, 0.001);
  RecordProperty("p", std::to_string(p));
}

TEST_P(Uniformity, OverASkillAndAGroup) {
  world_.with(mortgage_step(2));
  world_.strategy.steps[0].find.groups = {"retail"};
  EXPECT_GT(uniform_p_value(count_offers(world_, draws() / 10, true)), 0.001);
}

TEST_P(Uniformity, OverGroupsThatOverlap) {
  world_.with(Step{.name = "team", .find = {.groups = {"retail", "branches"}}});
  EXPECT_GT(uniform_p_value(count_offers(world_, draws() / 10, true)), 0.001);
}

INSTANTIATE_TEST_SUITE_P(All, Uniformity,
                         ::testing::Values(Shape{100, false}, Shape{100, true}, Shape{1000, false}, Shape{1000, true},
                                           Shape{5000, false}, Shape{5000, true}, Shape{20'000, false},
                                           Shape{20'000, true}),
                         ::testing::PrintToStringParamName());

TEST(Reach, FiveThousandDrawsReachWhatUniformExpects) {
  World world;
  fill(world, {5000, false});
  world.with(mortgage_step());
  const auto counts = count_offers(world, 5000, true);
  const auto reached = std::count_if(counts.begin(), counts.end(), [](int64_t count) { return count > 0; });
  const double expected = 5000 * (1 - std::pow(1 - 1.0 / 5000, 5000));  // 3,160.8, standard deviation 22
  EXPECT_NEAR(static_cast<double>(reached), expected, 80);
}

// Offers do not lean on the past: with those asked before left out, the rest stay equally likely.
TEST(Reach, TheNextOneIsDrawnFairlyFromThoseWhoAreLeft) {
  World world;
  fill(world, {200, false});
  world.with(mortgage_step());
  std::map<std::string, int64_t> counts;
  for (int i = 0; i < 40'000; ++i) {
    world.facts.set_seed(static_cast<uint64_t>(i));
    world.facts.clear_asked();
    world.facts.add_asked(world.decide().ranked.front());
    ++counts[world.decide().ranked.front()];
  }
  std::vector<int64_t> list;
  for (const auto& [id, count] : counts) list.push_back(count);
  ASSERT_EQ(list.size(), 200U);
  EXPECT_GT(uniform_p_value(list), 0.001);
}

}  // namespace
}  // namespace expertline::routing
