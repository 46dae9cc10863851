#include "routing/presentation.h"

#include <gtest/gtest.h>

#include "unit/routing/world.h"

namespace expertline::routing {
namespace {

struct Case : World {
  Case() {
    strategy.user_data = {{.key = "topic"},
                          {.key = "amount", .type = Declared::Type::kInt, .default_value = {}},
                          {.key = "language", .default_value = "en"},
                          {.key = "none"}};
    (*facts.mutable_user_data()->mutable_values())["topic"] = text_value("rates");
    (*facts.mutable_user_data()->mutable_values())["amount"] = text_value("250000");
    (*facts.mutable_user_data()->mutable_values())["pin"] = text_value("1234");
    facts.mutable_agent()->set_display_name("Gus");
    with(Someone{.id = "ann"});
  }
  PreviewContent shown(const Step& step) const {
    return preview_content(strategy, step, snapshot, facts, moment, "ann");
  }
};

TEST(Preview, FillsItsMessageAndShowsOnlyWhatTheStrategyNames) {
  Case c;
  Step step = mortgage_step();
  step.preview.message = {std::string("About "), c.cel("user_data.topic"), std::string(" from "),
                          c.cel("agent.name"),   std::string(" "),         c.cel("user_data.none")};
  step.preview.show = {"topic", "language", "amount", "none"};
  const auto content = c.shown(step);
  EXPECT_EQ(content.message, "About rates from Gus ");
  EXPECT_EQ(content.show.values().size(), 3U);
  EXPECT_EQ(content.show.values().at("topic").text(), "rates");
  EXPECT_EQ(content.show.values().at("language").text(), "en") << "the default";
  EXPECT_EQ(content.show.values().at("amount").number(), 250000) << "a text becomes the declared number";
}

TEST(Preview, AValueThatIsNotOfItsTypeIsLeftOut) {
  Case c;
  (*c.facts.mutable_user_data()->mutable_values())["amount"] = text_value("a lot");
  Step step = mortgage_step();
  step.preview.show = {"amount"};
  EXPECT_TRUE(c.shown(step).show.values().empty());
}

TEST(Attach, TakesValuesOfTheExpertTheRequestAndLiterals) {
  Case c;
  c.strategy.attach = {{"expert_id", c.cel("expert.id")},
                       {"expert_dn", c.cel("expert.dn.voice")},
                       {"expert_fax", c.cel("expert.dn.fax")},
                       {"reason", c.cel("user_data.topic")},
                       {"origin", c.cel("'im'")}};
  const auto data = attached(c.strategy, c.snapshot, c.facts, c.moment, "ann");
  EXPECT_EQ(data.values().size(), 4U);
  EXPECT_EQ(data.values().at("expert_id").text(), "ann");
  EXPECT_EQ(data.values().at("expert_dn").text(), "5-ann");
  EXPECT_EQ(data.values().at("reason").text(), "rates");
  EXPECT_EQ(data.values().at("origin").text(), "im");
}

TEST(VoiceTargets, NameTheRoutingPointOrTheExpertsDn) {
  Case c;
  v1::VoicePolicy point;
  point.set_via(v1::VOICE_VIA_ROUTING_POINT);
  point.set_routing_point("7001");
  point.add_kinds(v1::CALL_KIND_TRANSFER);
  v1::VoicePolicy direct;
  direct.set_via(v1::VOICE_VIA_DIRECT);
  direct.add_kinds(v1::CALL_KIND_CONFERENCE);
  c.strategy.voice = {point, direct};
  const auto targets = voice_targets(c.strategy, c.snapshot, "ann");
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].dn(), "7001");
  EXPECT_EQ(targets[0].kinds(0), v1::CALL_KIND_TRANSFER);
  EXPECT_EQ(targets[1].dn(), "5-ann");
  auto without_dn = record(Someone{.id = "ann", .revision = 2});
  without_dn.mutable_expert()->clear_dns();
  c.snapshot.apply(without_dn);
  EXPECT_EQ(voice_targets(c.strategy, c.snapshot, "ann").size(), 1U);
}

}  // namespace
}  // namespace expertline::routing
