#include "expertline/presence/presence_lines.h"

#include <gtest/gtest.h>

namespace expertline::cli {
namespace {

TEST(PresenceLines, AFullLine) {
  const auto parsed = parse_presence_line(
      R"({"expert": "ann", "state": "on_the_phone", "at_ms": 1500, "source": "pbx", "kind": "phone", "note": "n",
          "can_im": true, "can_voice": false, "do_not_disturb": true, "ttl_s": 60})");
  const auto& line = std::get<PresenceLine>(parsed);
  EXPECT_EQ(line.report.expert(), "ann");
  EXPECT_EQ(line.report.state(), v1::PRESENCE_STATE_ON_THE_PHONE);
  EXPECT_EQ(line.report.kind(), v1::SOURCE_KIND_PHONE);
  EXPECT_EQ(line.report.can_im(), v1::TRISTATE_YES);
  EXPECT_EQ(line.report.can_voice(), v1::TRISTATE_NO);
  EXPECT_TRUE(line.report.do_not_disturb());
  EXPECT_EQ(line.report.ttl().seconds(), 60);
  EXPECT_EQ(line.at_ms, 1500);
}

TEST(PresenceLines, WhatIsNotSaidIsNotKnown) {
  const auto parsed = parse_presence_line(R"({"expert": "ann", "state": "online"})");
  const auto& line = std::get<PresenceLine>(parsed);
  EXPECT_EQ(line.report.can_im(), v1::TRISTATE_UNSPECIFIED);
  EXPECT_EQ(line.at_ms, 0);
  EXPECT_FALSE(line.report.has_ttl());
}

TEST(PresenceLines, AFaultIsSaid) {
  for (const char* bad :
       {"", "[]", "{", R"({"state": "online"})", R"({"expert": "ann"})", R"({"expert": "ann", "state": "onlin"})",
        R"({"expert": 5, "state": "online"})", R"({"expert": "ann", "state": "online", "can_im": "yes"})",
        R"({"expert": "ann", "state": "online", "at": 5})", R"({"expert": "ann", "state": "online", "at_ms": -5})",
        R"({"expert": "ann", "state": "online", "at_ms": 9000000000000000000})",
        R"({"expert": "ann", "state": "unspecified"})"}) {
    const auto parsed = parse_presence_line(bad);
    ASSERT_TRUE(std::holds_alternative<std::string>(parsed)) << bad;
    EXPECT_FALSE(std::get<std::string>(parsed).empty());
  }
}

}  // namespace
}  // namespace expertline::cli
