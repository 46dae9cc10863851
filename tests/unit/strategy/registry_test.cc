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
  for (const yaml::Issue& issue : Registry::load(files, nullptr).issues) {
    out.push_back(issue.file + ":" + std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) + ":" +
                  issue.code);
  }
  return out;
}

TEST(Registry, FindsTheStrategyOfARoutingPoint) {
  const auto registry = Registry::load({file("a", "p, q"), file("b", "r")}, nullptr).registry;
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
  const auto first = Registry::load({file("a", "p")}, nullptr).registry;
  const std::string revision = first->at("p")->revision;
  const auto second = Registry::load({file("a", "p", "dn: x")}, first.get()).registry;
  EXPECT_NE(second->at("p")->revision, revision);
  EXPECT_EQ(second->revision(revision), first->at("p"));
}

// Why `other` cannot be live in the place of the strategy of its name; empty if it can.
std::string refusal(const std::vector<SourceFile>& files, const SourceFile& other) {
  const auto registry = Registry::load(files, nullptr).registry;
  const auto revision = load(other.name, other.text).strategy;
  std::string why;
  const auto with = registry->with(revision, why);
  EXPECT_EQ(with == nullptr, !why.empty());
  if (with) {
    EXPECT_EQ(with->strategies().at(revision->name), revision);
    EXPECT_EQ(with->revision(revision->revision), revision);
    for (const std::string& point : revision->routing_points) EXPECT_EQ(with->at(point), revision);
  }
  return why;
}

TEST(Registry, AnEarlierRevisionTakesThePlaceOfThePresentOne) {
  EXPECT_EQ(refusal({file("a", "p"), file("b", "q")}, file("a", "p, r", "dn: x")), "");
  EXPECT_EQ(refusal({file("a", "p"), file("b", "q")}, file("a", "p", "routing_point: q")), "");
}

TEST(Registry, ARevisionIsRefusedWhoseRoutingPointAnotherHas) {
  EXPECT_EQ(refusal({file("a", "p"), file("b", "q")}, file("a", "q")),
            "its routing point q is taken by the strategy b");
}

TEST(Registry, ARevisionIsRefusedThatClosesACircle) {
  EXPECT_EQ(refusal({file("a", "p"), file("b", "q", "routing_point: p")}, file("a", "p", "routing_point: q")),
            "what it does not take would come back to it: q, p");
  EXPECT_EQ(refusal({file("a", "p", "routing_point: q"), file("b", "q")}, file("a", "p", "routing_point: p")),
            "what it does not take would come back to it: p");
  EXPECT_EQ(refusal({file("a", "p"), file("b", "q", "routing_point: r")}, file("a", "p, r", "routing_point: q")),
            "what it does not take would come back to it: q, r")
      << "by a routing point that it takes over";
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
  EXPECT_THAT(issues({file("a", "p", "routing_point: q"), file("b", "q", "routing_point: r"), file("c", "r")}),
              ElementsAre());
  EXPECT_EQ(Registry::load({file("a", "p", "routing_point: q"), file("b", "q", "routing_point: p")}, nullptr)
                .issues[0]
                .message,
            "what is not taken here comes back: q, p");
}

TEST(Registry, EveryEntryOfOtherwiseMayCloseACircle) {
  EXPECT_THAT(issues({file("a", "p", "only_if: agent.id == 'x', routing_point: q}, {agent: no"),
                      file("b", "q", "routing_point: p")}),
              ElementsAre("a.yaml:6:55:routing_loop", "b.yaml:6:29:routing_loop"));
}

TEST(Registry, ARoutingPointOfSomebodyElseIsADoubtOnly) {
  const auto [registry, issues] = Registry::load({file("a", "p", "routing_point: not_ours")}, nullptr);
  EXPECT_TRUE(registry);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "unbound_routing_point");
}

const SourceFile kCalendar{"retail.yaml",
                           "calendar: retail\nzone: Europe/Zurich\nweek: {mon-fri: '09:00-18:00'}\n"
                           "special:\n  - {date: 2026-12-24, open: '09:00-12:00', name: Christmas Eve}\n"
                           "  - {date: 2026-12-25}\n"};

SourceFile with_hours(const std::string& name) {
  SourceFile out = file(name, "p", "agent: \"${hours.open}\"");
  out.text = "hours: retail\n" + out.text;
  return out;
}

TEST(Registry, StrategiesNameCalendarsOfTheSameSet) {
  const auto [registry, issues] = Registry::load({with_hours("a"), kCalendar}, nullptr);
  ASSERT_TRUE(registry) << to_string(issues.at(0));
  ASSERT_TRUE(registry->at("p")->hours);
  const routing::Calendar& calendar = *registry->at("p")->hours;
  EXPECT_EQ(calendar.name, "retail");
  EXPECT_EQ(calendar.week[4].size(), 1U);
  EXPECT_TRUE(calendar.week[5].empty());
  EXPECT_EQ(calendar.special.at(absl::CivilDay(2026, 12, 24)).open.at(0).to, 720);
  EXPECT_TRUE(calendar.special.at(absl::CivilDay(2026, 12, 25)).open.empty());
  EXPECT_EQ(calendar.zone.name(), "Europe/Zurich");

  SourceFile changed = kCalendar;
  changed.text += "description: moved\n";
  EXPECT_NE(Registry::load({with_hours("a"), changed}, nullptr).registry->at("p")->revision,
            registry->at("p")->revision)
      << "the calendar is part of the revision";
}

TEST(Registry, TellsTheFaultsOfCalendars) {
  const auto calendar = [](const std::string& text) { return issues({{"c.yaml", "calendar: c\n" + text}}); };
  EXPECT_THAT(calendar("zone: Europe/Berlyn\nweek: {}\n"), ElementsAre("c.yaml:2:7:unknown_zone"));
  EXPECT_THAT(calendar("zone: ../../../etc/localtime\nweek: {}\n"), ElementsAre("c.yaml:2:7:unknown_zone"));
  EXPECT_THAT(calendar("week: {}\n"), ElementsAre("c.yaml:1:1:missing_key"));
  EXPECT_THAT(calendar("zone: UTC\nweek: {mon: '9-5'}\n"), ElementsAre("c.yaml:3:13:bad_hours"));
  EXPECT_THAT(calendar("zone: UTC\nweek: {}\nspecial: [{date: 2026-02-30}, {date: 2026-03-01}, {date: 2026-03-01}]\n"),
              ElementsAre("c.yaml:4:18:bad_date", "c.yaml:4:58:date_twice"));
  EXPECT_THAT(issues({kCalendar, kCalendar}), ElementsAre("retail.yaml:1:11:bound_twice"));
  EXPECT_THAT(issues({with_hours("a")}), ElementsAre("a.yaml:1:8:unknown_calendar"));
}

TEST(Registry, ACandidateStandsBesideTheLiveStrategyOfItsName) {
  SourceFile candidate = file("a", "p", "dn: x");
  candidate.name = "a.shadow.yaml";
  const auto [registry, issues] = Registry::load({file("a", "p"), candidate}, nullptr);
  ASSERT_TRUE(registry);
  EXPECT_TRUE(issues.empty());
  ASSERT_EQ(registry->candidates().size(), 1U);
  const auto shadow = registry->candidates().at("a");
  EXPECT_NE(shadow, registry->at("p"));
  EXPECT_EQ(registry->strategies().at("a"), registry->at("p"));
  EXPECT_EQ(registry->revision(shadow->revision), shadow);
  EXPECT_EQ(*registry->text(shadow->revision), candidate.text);
  EXPECT_EQ(registry->routing_points().size(), 1U);
  EXPECT_EQ(Registry::load({candidate}, nullptr).issues.at(0).code, "shadow_of_nothing");
}

TEST(Registry, PassesOverTestsAndRosters) {
  EXPECT_THAT(issues({file("a", "p"), {"a.test.yaml", "nonsense: ["}, {"r.yaml", "experts:\n  - {}\n"}}),
              ElementsAre());
}

}  // namespace
}  // namespace expertline::strategy
