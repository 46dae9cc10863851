#include "strategy/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expertline::strategy {
namespace {

using ::testing::ElementsAre;

SourceFile file(const std::string& name, const std::string& point, const std::string& otherwise = "agent: nobody") {
  return {name + ".yaml", "strategy: " + name + "\nmedia: im\nrouting_points: [" + point +
                              "]\nsteps:\n  - {step: all, find: {}}\notherwise: [{" + otherwise + "}]\n"};
}

std::vector<std::string> issues(const std::vector<SourceFile>& files) {
  std::vector<std::string> out;
  for (const yaml::Issue& issue : Registry::load(files, nullptr).second) {
    out.push_back(issue.file + ":" + std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + ":" +
                  issue.code);
  }
  return out;
}

TEST(Registry, FindsTheStrategyOfARoutingPoint) {
  const auto [registry, none] = Registry::load({file("a", "p, q"), file("b", "r")}, nullptr);
  ASSERT_TRUE(registry);
  EXPECT_EQ(registry->at("q")->name, "a");
  EXPECT_EQ(registry->at("r")->name, "b");
  EXPECT_EQ(registry->at("s"), nullptr);
  EXPECT_EQ(registry->revision(registry->at("r")->revision), registry->at("r"));
  const auto points = registry->routing_points();
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[0].id(), "p");
  EXPECT_EQ(points[2].strategy(), "b");
  EXPECT_EQ(points[2].hold_expert().seconds(), 30);
}

TEST(Registry, KeepsEarlierRevisionsForTheLegsThatRunOnThem) {
  const auto first = Registry::load({file("a", "p")}, nullptr).first;
  const std::string revision = first->at("p")->revision;
  const auto second = Registry::load({file("a", "p", "dn: x")}, first.get()).first;
  EXPECT_NE(second->at("p")->revision, revision);
  EXPECT_EQ(second->revision(revision), first->at("p"));
}

TEST(Registry, OneBadFileRefusesThemAllAndEveryFaultIsTold) {
  EXPECT_THAT(issues({file("a", "p"), {"b.yaml", "strategy: b\n"}, {"c.yaml", ""}}),
              ElementsAre("b.yaml:1:1:missing_key", "b.yaml:1:1:missing_key", "b.yaml:1:1:missing_key",
                          "b.yaml:1:1:missing_key", "c.yaml:1:1:yaml_empty"));
}

TEST(Registry, ARoutingPointIsBoundOnce) {
  EXPECT_THAT(issues({file("a", "p, q"), file("b", "r, q")}), ElementsAre("b.yaml:3:21:bound_twice"));
  EXPECT_THAT(issues({file("a", "p"), file("a", "q")}), ElementsAre("a.yaml:1:11:bound_twice"));
}

TEST(Registry, RoutingPointsMustNotSendInACircle) {
  EXPECT_THAT(issues({file("a", "p", "routing_point: p")}), ElementsAre("a.yaml:6:29:routing_loop"));
  EXPECT_THAT(issues({file("a", "p", "routing_point: q"), file("b", "q", "routing_point: r"),
                      file("c", "r", "routing_point: p")}),
              ElementsAre("a.yaml:6:29:routing_loop", "b.yaml:6:29:routing_loop", "c.yaml:6:29:routing_loop"));
  EXPECT_THAT(issues({file("a", "p", "routing_point: q"), file("b", "q", "routing_point: r"), file("c", "r"),
                      file("d", "s", "routing_point: not_ours")}),
              ElementsAre());
}

}  // namespace
}  // namespace expertline::strategy
