#include "routing/draw_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace expertline::routing {
namespace {

DrawSet::Hashes hashes(size_t n) {
  DrawSet::Hashes out;
  for (size_t i = 0; i < n; ++i) out.push_back(hash_of("expert" + std::to_string(i)));
  return out;
}

std::vector<uint32_t> contents(const DrawSet& set) {
  std::vector<uint32_t> out;
  set.for_each([&](uint32_t expert) {
    out.push_back(expert);
    return true;
  });
  return out;
}

TEST(DrawSet, HoldsWhatAPlainSetHolds) {
  const auto h = hashes(500);
  DrawSet set;
  std::set<uint32_t> plain;
  Engine engine(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto expert = static_cast<uint32_t>(draw_below(engine, 500));
    // Grows to all and shrinks to nothing in turns.
    const bool wanted = draw_below(engine, 100) < ((i / 4000) % 2 == 0 ? 90U : 10U);
    if (wanted && plain.insert(expert).second) set.insert(expert, h);
    if (!wanted && plain.erase(expert) == 1) set.erase(expert, h);
    ASSERT_EQ(set.size(), plain.size());
    if (!plain.empty()) {
      ASSERT_TRUE(plain.contains(set.draw(engine)));
    }
    if (i % 500 == 0) {
      const auto experts = contents(set);
      EXPECT_EQ(std::set<uint32_t>(experts.begin(), experts.end()), plain);
      EXPECT_EQ(experts.size(), plain.size());
    }
  }
}

TEST(DrawSet, OrderAndDrawsDependOnTheMembersOnly) {
  const auto h = hashes(1000);
  std::vector<uint32_t> order(1000);
  std::iota(order.begin(), order.end(), 0U);
  DrawSet grown;
  for (const uint32_t expert : order) {
    if (expert % 3 == 0) grown.insert(expert, h);
  }
  DrawSet shrunk;
  Engine shuffler(3);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw_below(shuffler, i)]);
  for (const uint32_t expert : order) shrunk.insert(expert, h);
  for (const uint32_t expert : order) {
    if (expert % 3 != 0) shrunk.erase(expert, h);
  }
  EXPECT_EQ(contents(grown), contents(shrunk));
  Engine a(5);
  Engine b(5);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(grown.draw(a), shrunk.draw(b));
}

TEST(DrawBelow, IsTheSameOnEveryMachine) {
  Engine engine(42);
  std::vector<uint64_t> draws;
  for (int i = 0; i < 5; ++i) draws.push_back(draw_below(engine, 1000));
  EXPECT_THAT(draws, ::testing::ElementsAre(755, 639, 752, 136, 903)) << "a change here breaks the replay of decisions";
}

}  // namespace
}  // namespace expertline::routing
