// W3C Trace Context, and how it goes along with coroutines of a loop.
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "app/loop.h"
#include "app/trace.h"
#include "app/work.h"

namespace expertline::app {
namespace {

const std::string kTrace(32, 'a');
const std::string kSpan(16, 'b');

TEST(TraceParent, IsReadAsItIsWritten) {
  const WorkPtr work = work_of("00-" + kTrace + "-" + kSpan + "-01");
  ASSERT_TRUE(work);
  EXPECT_EQ(work->trace, kTrace);
  EXPECT_EQ(work->span, kSpan);
  EXPECT_TRUE(work->sampled);
  const Working on(work);
  EXPECT_EQ(traceparent(), "00-" + kTrace + "-" + kSpan + "-01");
}

TEST(TraceParent, OfALaterVersionMayHaveMore) {
  EXPECT_TRUE(work_of("01-" + kTrace + "-" + kSpan + "-00-more"));
  EXPECT_FALSE(work_of("01-" + kTrace + "-" + kSpan + "-00-more")->sampled);
}

TEST(TraceParent, ThatIsMalformedIsNone) {
  for (const std::string& bad :
       {std::string(), std::string("00"), "00-" + kTrace + "-" + kSpan, "00-" + kTrace + "-" + kSpan + "-01-more",
        "ff-" + kTrace + "-" + kSpan + "-01", "00-" + std::string(32, '0') + "-" + kSpan + "-01",
        "00-" + kTrace + "-" + std::string(16, '0') + "-01", "00-" + std::string(32, 'A') + "-" + kSpan + "-01",
        "00-" + kTrace + "-" + kSpan + "-0x", "00_" + kTrace + "-" + kSpan + "-01"}) {
    EXPECT_FALSE(work_of(bad)) << bad;
  }
}

TEST(Span, IsAChildOfWhatTheThreadWorksOn) {
  const Span root("root", Span::Kind::kServer, nullptr);
  ASSERT_TRUE(root.work());
  const Span child("child", Span::Kind::kInternal, root.work());
  EXPECT_EQ(child.work()->trace, root.work()->trace);
  EXPECT_NE(child.work()->span, root.work()->span);
}

Task<void> sleep_and_tell(Loop& loop, std::string session, std::promise<std::string>& told) {
  work_on(std::move(session));
  const bool going = co_await loop.sleep(1);
  told.set_value(going && current_work() ? current_work()->session : "nothing");
}

TEST(Work, GoesAlongWithACoroutineAndLeavesOthersAlone) {
  Loop loop;
  loop.start();
  std::promise<std::string> first, second, after;
  loop.post([&] {
    spawn(sleep_and_tell(loop, "s1", first));
    EXPECT_FALSE(current_work());  // it is the coroutine's alone
    spawn(sleep_and_tell(loop, "s2", second));
  });
  EXPECT_EQ(first.get_future().get(), "s1");
  EXPECT_EQ(second.get_future().get(), "s2");
  loop.post([&] { after.set_value(current_work() ? "something" : "nothing"); });
  EXPECT_EQ(after.get_future().get(), "nothing");
  loop.stop();
}

}  // namespace
}  // namespace expertline::app
