// What a very large directory costs: time to load it, memory of each process for an expert, time until
// strategy-evaluation is ready again after a restart.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <nlohmann/json.hpp>
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

// strategy-evaluation's snapshot alone: says when it is ready and how much memory was added.
void keep_snapshot(const std::string& port, const Child::Say& say) {
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
  say(fmt::format("{} {}", seconds_since(begin), resident_bytes(getpid()) - before));
  pause();
}

}  // namespace

int bench_directory(const std::string& folder_below, int experts) {
  const BenchFolder folder(folder_below);
  RedisChild redis;
  if (const auto started = redis.start(folder.path()); !started) return fail(started.error().message);
  Child presence([&](const Child::Say& say) { serve_presence(redis.address(), say); });
  // They wait for the port until everything is loaded; a process may only be copied before it has threads.
  const auto snapshot_child = [](const Child::Say& say) {
    std::string port;
    for (char byte = 0; read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n';) port += byte;
    keep_snapshot(port, say);
  };
  Child first(snapshot_child);
  Child second(snapshot_child);
  const auto port = presence.line();
  if (!port) return fail("presence-ingest did not start");
  const int64_t presence_before = resident_bytes(presence.pid());
  const int64_t redis_before = resident_bytes(redis.pid());

  const auto channel = app::connect("127.0.0.1:" + *port);
  auto directory = v1::ExpertService::NewStub(channel);
  constexpr int kInOne = 1'000;
  const auto begin = Clock::now();
  for (int number = 0; number < experts; number += kInOne) {
    v1::ImportRosterRequest request;
    request.set_parent(domain_name(kDomain));
    request.set_roster(roster_of(number, std::min(number + kInOne, experts)));
    const auto answer = call(*directory, &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) return fail("ImportRoster", answer.status);
  }
  const double loaded = seconds_since(begin);
  const auto per_expert = [&](int64_t bytes) { return static_cast<double>(bytes) / experts; };
  const double in_redis = per_expert(resident_bytes(redis.pid()) - redis_before);
  const double in_presence = per_expert(resident_bytes(presence.pid()) - presence_before);
  double ready = 0;
  double in_evaluation = 0;
  for (Child* child : {&first, &second}) {
    child->word(*port + "\n");
    const auto said = child->line();
    if (!said) return fail("the snapshot did not get ready");
    ready = std::stod(*said);
    in_evaluation = per_expert(std::stoll(said->substr(said->find(' ') + 1)));
  }
  fmt::print("{} experts with three skills and two attributes loaded in {:.1f} s\n", experts, loaded);
  fmt::print("bytes an expert: redis {:.0f}, presence-ingest {:.0f}, strategy-evaluation {:.0f}\n", in_redis,
             in_presence, in_evaluation);
  fmt::print("strategy-evaluation ready again after {:.2f} s\n", ready);
  fmt::print("{}\n", nlohmann::json({{"experts", experts},
                                     {"load_s", loaded},
                                     {"redis_bytes_per_expert", in_redis},
                                     {"presence_ingest_bytes_per_expert", in_presence},
                                     {"strategy_evaluation_bytes_per_expert", in_evaluation},
                                     {"strategy_evaluation_ready_s", ready}})
                         .dump());
  return 0;
}

}  // namespace expertline::cli
