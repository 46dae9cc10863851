// What a very large directory costs: time to load it, memory of each process for an expert, time until presence-ingest
// and strategy-evaluation are ready again after a restart, and how long others wait meanwhile.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "app/server.h"
#include "base/names.h"
#include "expertline/bench/bench.h"
#include "expertline/bench/child.h"
#include "expertline/say.h"
#include "expertline/up/redis_child.h"
#include "presence-ingest/presence_ingest.h"
#include "strategy-evaluation/read_model.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDomain = "main";

// Of this process, all threads.
double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Experts with three skills and two attributes, as many as fit into one import.
std::string roster_of(int first, int last) {
  std::string text = "attributes: {years: int, level: string}\nexperts:\n";
  for (int i = first; i < last; ++i) {
    text += fmt::format(
        "  - {{id: {}, name: Expert {}, site: Site {}, skills: {{skill{}: 3, skill{}: 2, skill{}: 5}}, attributes: "
        "{{years: {}, level: gold}}, capacity: {{im: 2, voice: 1}}}}\n",
        bench_expert(i), i, i % 40, i % 50, 50 + i % 50, 100 + i % 50, i % 30);
  }
  return text;
}

// The line that a child waits for.
std::string word() {
  std::string text;
  for (char byte = 0; read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n';) text += byte;
  return text;
}

// presence-ingest, when it is told to: says its port, and then how long it took to be ready, processor time too.
void serve(const std::string& redis, const Child::Say& say) {
  word();
  const auto begin = Clock::now();
  presence::PresenceIngest ingest({.redis = redis});
  app::Server server("127.0.0.1:0", ingest.services(), {ingest.calls()});
  if (!server.start()) return;
  say(std::to_string(server.port()));
  const auto started = ingest.start([&] { say(fmt::format("{} {}", seconds_since(begin), processor_seconds())); });
  if (started) pause();
}

// strategy-evaluation's snapshot alone, of the presence-ingest at the port that it is told: says when it is ready, how
// much processor time that took, how much memory was added, and how much the process has.
void keep_snapshot(const Child::Say& say) {
  const std::string port = word();
  const int64_t before = resident_bytes(getpid());
  const auto begin = Clock::now();
  app::Loop loop;
  evaluation::ReadModel model(loop, kDomain, app::connect("127.0.0.1:" + port));
  loop.start();
  loop.post([&] { model.start(); });
  for (bool ready = false; !ready;) {
    std::promise<bool> is;
    loop.post([&] { is.set_value(model.ready()); });
    ready = is.get_future().get();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const int64_t after = resident_bytes(getpid());
  say(fmt::format("{} {} {} {}", seconds_since(begin), processor_seconds(), after - before, after));
  pause();
}

// Asks for one expert after the other while it lives.
class Asking {
 public:
  Asking(const std::shared_ptr<grpc::Channel>& channel, int experts)
      : stub_(v1::ExpertService::NewStub(channel)), thread_([this, experts] {
          for (int i = 0; !over_; i = (i + 7919) % experts) {
            v1::GetExpertRequest request;
            request.set_name(expert_name(kDomain, bench_expert(i)));
            const auto begin = Clock::now();
            if (!call(*stub_, &v1::ExpertService::Stub::GetExpert, request).ok()) ++failed_;
            slowest_ms_ = std::max(slowest_ms_, 1000 * seconds_since(begin));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}
  // The slowest answer in ms; negative if there was none.
  double stop() {
    over_ = true;
    thread_.join();
    return failed_ > 0 ? -1 : slowest_ms_;
  }

 private:
  std::unique_ptr<v1::ExpertService::Stub> stub_;
  std::atomic<bool> over_ = false;
  int failed_ = 0;
  double slowest_ms_ = 0;
  std::thread thread_;
};

// False if a roster was refused.
bool load(const std::shared_ptr<grpc::Channel>& channel, int experts) {
  auto directory = v1::ExpertService::NewStub(channel);
  constexpr int kInOne = 1'000;
  for (int number = 0; number < experts; number += kInOne) {
    v1::ImportRosterRequest request;
    request.set_parent(domain_name(kDomain));
    request.set_roster(roster_of(number, std::min(number + kInOne, experts)));
    const auto answer = call(*directory, &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) {
      fail("ImportRoster", answer.status);
      return false;
    }
  }
  return true;
}

}  // namespace

int bench_directory(const std::string& folder_below, int experts) {
  const BenchFolder folder(folder_below);
  RedisChild redis;
  if (const auto started = redis.start(folder.path()); !started) return fail(started.error().message);
  // A process may only be copied before it has threads.
  const auto serving = [&](const Child::Say& say) { serve(redis.address(), say); };
  auto presence = std::make_unique<Child>(serving);
  auto restarted = std::make_unique<Child>(serving);
  Child snapshot(keep_snapshot);

  presence->word("\n");
  auto port = presence->line();
  if (!port || !presence->line()) return fail("presence-ingest did not start");
  const int64_t redis_before = resident_bytes(redis.pid());
  const auto begin = Clock::now();
  if (!load(app::connect("127.0.0.1:" + *port), experts)) return 1;
  const double loaded = seconds_since(begin);
  const auto per_expert = [&](int64_t bytes) { return static_cast<double>(bytes) / experts; };
  const double in_redis = per_expert(resident_bytes(redis.pid()) - redis_before);
  const double in_loading = per_expert(resident_bytes(presence->pid()));

  presence.reset();
  restarted->word("\n");
  port = restarted->line();
  if (!port) return fail("presence-ingest did not start again");
  const auto channel = app::connect("127.0.0.1:" + *port);
  Asking during_start(channel, experts);
  const auto presence_ready = restarted->line();
  const double slowest_at_start = during_start.stop();
  if (!presence_ready) return fail("presence-ingest did not get ready");
  const double in_presence = per_expert(resident_bytes(restarted->pid()));

  Asking during_snapshot(channel, experts);
  snapshot.word(*port + "\n");
  const auto said = snapshot.line();
  const double slowest_at_snapshot = during_snapshot.stop();
  if (!said) return fail("the snapshot did not get ready");
  double presence_s = 0;
  double presence_cpu_s = 0;
  std::istringstream(*presence_ready) >> presence_s >> presence_cpu_s;
  double ready = 0;
  double ready_cpu = 0;
  int64_t added = 0;
  int64_t whole = 0;
  std::istringstream(*said) >> ready >> ready_cpu >> added >> whole;

  fmt::print("{} experts with three skills and two attributes loaded in {:.1f} s\n", experts, loaded);
  fmt::print(
      "bytes an expert: redis {:.0f}, presence-ingest {:.0f} ({:.0f} after loading), strategy-evaluation {:.0f} "
      "({:.0f} without an empty process)\n",
      in_redis, in_presence, in_loading, per_expert(whole), per_expert(added));
  fmt::print("ready again: presence-ingest after {:.2f} s, {:.2f} s of processor time\n", presence_s, presence_cpu_s);
  fmt::print("ready again: strategy-evaluation after {:.2f} s, {:.2f} s of processor time\n", ready, ready_cpu);
  fmt::print("slowest GetExpert meanwhile: {:.0f} ms, {:.0f} ms\n", slowest_at_start, slowest_at_snapshot);
  fmt::print("{}\n", nlohmann::json({{"experts", experts},
                                     {"load_s", loaded},
                                     {"redis_bytes_per_expert", in_redis},
                                     {"presence_ingest_bytes_per_expert", in_presence},
                                     {"presence_ingest_loading_bytes_per_expert", in_loading},
                                     {"strategy_evaluation_bytes_per_expert", per_expert(whole)},
                                     {"strategy_evaluation_added_bytes_per_expert", per_expert(added)},
                                     {"presence_ingest_ready_s", presence_s},
                                     {"presence_ingest_ready_cpu_s", presence_cpu_s},
                                     {"strategy_evaluation_ready_s", ready},
                                     {"strategy_evaluation_ready_cpu_s", ready_cpu},
                                     {"start_slowest_get_ms", slowest_at_start},
                                     {"snapshot_slowest_get_ms", slowest_at_snapshot}})
                         .dump());
  return 0;
}

}  // namespace expertline::cli
