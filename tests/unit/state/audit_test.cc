// Lines of the audit on a real Redis.
#include "state/audit_store.h"

#include "unit/state/store_fixture.h"

namespace expertline::state {
namespace {

class Audit : public StoreTest {
 protected:
  Audit() : audit_(loop_->redis(), "d") {}

  void add(const std::string& actor, bool refused, const std::string& detail = "") {
    v1::AuditEntry line;
    line.set_actor(actor);
    line.set_action("StartSession");
    line.set_target("routing_point:billing");
    line.set_refused(refused);
    line.set_detail(detail);
    ASSERT_TRUE(run<Result<Done>>([&] { return audit_.add(line); }).ok());
  }
  std::vector<v1::AuditEntry> list(const std::string& after = "", int most = 10) {
    return *run<Result<std::vector<v1::AuditEntry>>>([&] { return audit_.list(after, most); });
  }

  AuditStore audit_;
};

TEST_F(Audit, LinesComeBackInTheirOrderAsTheyWereWritten) {
  add("agent:ann", true, "rule night: \"closed\"\n\xC3\xA4");
  add("supervisor:ida", false);
  const auto lines = list();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].actor(), "agent:ann");
  EXPECT_EQ(lines[0].action(), "StartSession");
  EXPECT_EQ(lines[0].target(), "routing_point:billing");
  EXPECT_TRUE(lines[0].refused());
  EXPECT_EQ(lines[0].detail(), "rule night: \"closed\"\n\xC3\xA4");
  EXPECT_GT(lines[0].time().seconds(), 1'700'000'000);
  EXPECT_EQ(lines[1].actor(), "supervisor:ida");
  EXPECT_FALSE(lines[1].refused());
}

TEST_F(Audit, APageBeginsAfterTheLastLineOfTheOneBefore) {
  for (const char* actor : {"agent:a", "agent:b", "agent:c"}) add(actor, true);
  const auto first = list("", 2);
  ASSERT_EQ(first.size(), 2U);
  const auto second = list(first.back().id(), 2);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].actor(), "agent:c");
  EXPECT_TRUE(list(second[0].id()).empty());
}

}  // namespace
}  // namespace expertline::state
