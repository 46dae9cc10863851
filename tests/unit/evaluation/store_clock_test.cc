#include "strategy-evaluation/store_clock.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "state/fcall.h"
#include "state/session_store.h"
#include "support/on_loop.h"
#include "support/process.h"
#include "support/redis.h"
#include "support/wait.h"

namespace expertline::evaluation {
namespace {

// Runs a function on the loop and gives its value.
template <typename T>
T on(test::OnLoop& on_loop, std::function<T()> function) {
  struct Run {
    static Task<T> now(std::function<T()> what) { co_return what(); }
  };
  return on_loop.run<T>([function] { return Run::now(function); });
}

TEST(StoreClock, IsTheOneThatTimersGoBy) {
  const test::TempDir folder;
  test::RedisServer server(folder.path());
  server.start();
  test::OnLoop on_loop(server.url(), state::load_functions());
  state::SessionStore store(on_loop.redis(), "main");
  const auto first = on_loop.run<Result<state::Tick>>([&] { return store.tick(0, 1'000, 1); });
  ASSERT_TRUE(first.ok());

  StoreClock clock(on_loop.loop(), on_loop.redis(), "main");
  on_loop.loop().post([&] { clock.start(); });
  test::eventually("it is known", [&] { return on<bool>(on_loop, [&] { return clock.known(); }); });
  const auto before = on_loop.run<Result<state::Tick>>([&] { return store.tick(0, 1'000, 1); });
  const auto moment = on<v1::Moment>(on_loop, [&] { return clock.moment(); });
  const auto after = on_loop.run<Result<state::Tick>>([&] { return store.tick(0, 1'000, 1); });
  // Both clocks are read in whole milliseconds.
  EXPECT_GE(moment.store_now_ms(), before->now - 2);
  EXPECT_LE(moment.store_now_ms(), after->now + 2);
  EXPECT_EQ(google::protobuf::util::TimeUtil::TimestampToMilliseconds(moment.now()) - moment.store_now_ms(),
            after->wall - after->now);
  on<bool>(on_loop, [&] {
    clock.stop();
    return true;
  });
}

}  // namespace
}  // namespace expertline::evaluation
