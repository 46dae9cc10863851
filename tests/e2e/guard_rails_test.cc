// What protects experts from too much, and how it ends.
#include <ctime>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

class GuardRails : public EndToEnd {
 protected:
  // A new ask that has to wait, although the expert is online.
  std::string waits(const std::string& routing_point = "help") {
    const std::string session = platform().start(routing_point).name();
    platform().wait_leg(session, "im", v1::LEG_STATE_WAITING);
    return session;
  }
  v1::MediumStatus im_of(const std::string& expert) {
    const v1::Presence presence = source().presence(expert);
    for (const v1::MediumStatus& medium : presence.media()) {
      if (medium.medium() == "im") return medium;
    }
    return {};
  }
};

TEST_P(GuardRails, WhoDeclinesIsLeftAloneForAWhile) {
  v1::GuardRails rails;
  rails.mutable_decline_cool_down()->set_seconds(5);
  Desk& ann = expert("ann", {.guard_rails = rails});
  const std::string first = platform().start("help").name();
  ann.decline(ann.wait_preview(first).offer());
  EXPECT_EQ(source().presence(ann.expert()).block(), v1::BLOCK_COOL_DOWN);
  const std::string second = waits();
  ann.wait_preview(second);
  EXPECT_EQ(source().presence(ann.expert()).block(), v1::BLOCK_UNSPECIFIED);
}

TEST_P(GuardRails, TimeOutsInARowPauseHimUntilHeDoesSomething) {
  v1::GuardRails rails;
  rails.set_pause_after_timeouts(1);
  Desk& ann = expert("ann", {.skills = {{"quick", 3}}, .groups = {"patient"}, .guard_rails = rails});
  const std::string missed = platform().start("soon").name();
  ann.wait_closed(ann.wait_preview(missed).offer());
  eventually("she is paused", [&] { return source().presence(ann.expert()).block() == v1::BLOCK_PAUSED; });
  const std::string second = waits("soon");
  EXPECT_EQ(ann.previews(second), 0U);
  source().report(ann.expert(), v1::PRESENCE_STATE_BUSY);
  source().online(ann.expert());
  ann.wait_preview(second);
}

TEST_P(GuardRails, NobodyHasMoreOffersWithinAnHourThanHeMay) {
  v1::GuardRails rails;
  rails.set_offers_per_hour(2);
  Desk& ann = expert("ann", {.guard_rails = rails});
  for (int i = 0; i < 2; ++i) platform().end(accepted(ann).name());
  EXPECT_EQ(source().presence(ann.expert()).block(), v1::BLOCK_HOUR_LIMIT);
  EXPECT_EQ(ann.previews(waits()), 0U);
}

TEST_P(GuardRails, NobodyHasMoreOffersInADayThanHeMay) {
  v1::GuardRails rails;
  rails.set_time_zone("Europe/Zurich");
  rails.set_offers_per_day(1);
  Desk& ann = expert("ann", {.guard_rails = rails});
  platform().end(accepted(ann).name());
  EXPECT_EQ(source().presence(ann.expert()).block(), v1::BLOCK_DAY_LIMIT);
  EXPECT_EQ(ann.previews(waits()), 0U);
}

TEST_P(GuardRails, ALegThatIsWrappedUpHoldsHimForAWhile) {
  v1::GuardRails rails;
  (*rails.mutable_wrap_up())["im"].set_seconds(5);
  Desk& ann = expert("ann", {.im = 1, .guard_rails = rails});
  platform().end(accepted(ann).name());
  EXPECT_EQ(im_of(ann.expert()).used(), 1);
  EXPECT_EQ(im_of(ann.expert()).wrapping_up(), 1);
  ann.wait_preview(waits());
  EXPECT_EQ(im_of(ann.expert()).wrapping_up(), 0);
}

TEST_P(GuardRails, OutsideHisHoursNobodyIsAsked) {
  const std::time_t now = std::time(nullptr);
  const int weekday = std::gmtime(&now)->tm_wday;  // 0: Sunday
  v1::GuardRails rails;
  v1::WorkingTime& part = *rails.add_hours();
  part.set_day(static_cast<v1::Weekday>((weekday + 2) % 7 + 1));  // three days from now
  part.set_end_minute(1440);
  Desk& ann = expert("ann", {.guard_rails = rails});
  EXPECT_EQ(source().presence(ann.expert()).block(), v1::BLOCK_OFF_HOURS);
  const std::string session = waits();
  EXPECT_EQ(ann.previews(session), 0U);
  v1::UpdateExpertRequest change;
  change.mutable_expert()->set_name("domains/main/experts/" + ann.expert());
  change.mutable_update_mask()->add_paths("guard_rails");
  call(directory().stub(), &v1::ExpertService::Stub::UpdateExpert, change);
  ann.wait_preview(session);
}

EXPERTLINE_IN_ALL_SHAPES(GuardRails);

}  // namespace
}  // namespace expertline::test
