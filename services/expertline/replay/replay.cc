// `expertline replay`: call records through the running system.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "app/loop.h"
#include "expertline/calls/call_file.h"
#include "expertline/command.h"
#include "expertline/interrupt.h"
#include "expertline/replay/cast.h"
#include "expertline/replay/plan.h"
#include "expertline/replay/sim_agents.h"
#include "expertline/replay/sim_desk.h"
#include "expertline/replay/tally.h"
#include "expertline/say.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  Endpoints endpoints;
  ReplaySetting setting;
  std::string share = "10%";
  std::string decline = "10%";
  std::string overlook = "10%";
  bool json = false;
};

// A bar that is drawn in place on a tty; elsewhere a line whenever another tenth is done.
class ProgressBar {
 public:
  ProgressBar(size_t total, double span_s) : terminal_(Terminal::of(stderr)), total_(total), span_s_(span_s) {}

  void show(const SimAgents::Progress& now) {
    const size_t tenth = total_ == 0 ? 10 : now.finished * 10 / total_;
    if (!terminal_.tty && tenth <= shown_tenth_) return;
    shown_tenth_ = tenth;
    const std::string text = fmt::format("{}/{} asks finished, {} open, {:.1f} of {:.1f} h", now.finished, total_,
                                         now.open, now.model_s / 3600, span_s_ / 3600);
    if (!terminal_.tty) {
      fmt::print(stderr, "replay: {}\n", text);
      return;
    }
    constexpr size_t kWidth = 30;
    const size_t full = total_ == 0 ? kWidth : now.finished * kWidth / total_;
    std::string bar;
    for (size_t i = 0; i < kWidth; ++i) bar += i < full ? "█" : "░";
    fmt::print(stderr, "\r{} {}\x1b[K", terminal_.paint(Style::kCyan, bar), text);
    std::fflush(stderr);
  }
  void clear() const {
    if (terminal_.tty) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  Terminal terminal_;
  size_t total_;
  double span_s_;
  size_t shown_tenth_ = 0;
};

// Runs the plan to its end, or to the first signal and then the end of what is open.
// Empty, or why it could not begin.
std::string run(Connection& connection, const ReplayPlan& plan, SimExperts& experts, const ReplaySetting& setting,
                Interrupt& interrupt, Tally& tally) {
  // The loop outlives this function in the callbacks of streams that are still ending; after stop() it drops them.
  auto loop = std::make_shared<app::Loop>();
  SimDesk desk(connection, loop, experts, tally, setting.speed);
  const std::string name = fmt::format("{}{:x}", kReplayPrefix, Clock::now().time_since_epoch().count());
  SimAgents agents(connection, loop, plan, desk, tally, setting.speed, name);
  loop->start();

  std::atomic<bool> attached = false;
  loop->post([&] { desk.open([&] { attached = true; }); });
  const auto patience = Clock::now() + std::chrono::seconds(10);
  while (!attached && Clock::now() < patience && !interrupt.wait(std::chrono::milliseconds(20))) {
  }
  const std::string trouble = attached ? wait_until_ready(connection, experts) : "the desk could not be attached";
  const auto began = Clock::now();
  if (trouble.empty() && !interrupt.seen()) {
    loop->post([&] { agents.start(); });
    ProgressBar bar(plan.asks.size(), plan.span_s);
    while (!agents.progress().done && !interrupt.wait(std::chrono::milliseconds(100))) bar.show(agents.progress());
    bar.clear();
    if (interrupt.seen()) {
      fmt::print(stderr, "replay: ending what is open; Ctrl-C again to leave it\n");
      loop->post([&] { agents.stop(); });
      const auto grace = Clock::now() + std::chrono::seconds(20);
      while (!agents.progress().done && Clock::now() < grace && !interrupt.again(std::chrono::milliseconds(50))) {
      }
    }
  }
  tally.wall_s = std::chrono::duration<double>(Clock::now() - began).count();
  tally.interrupted = interrupt.seen();
  loop->post([&] { desk.close(); });
  loop->stop();
  tally.unfinished = tally.asked - tally.accepted - tally.default_routed - tally.failed;
  return trouble;
}

int replay(const Options& options) {
  ReplaySetting setting = options.setting;
  const auto share = parse_share(options.share);
  const auto decline = parse_share(options.decline);
  const auto overlook = parse_share(options.overlook);
  if (!share || !decline || !overlook || *decline + *overlook > 1) {
    fail("--ask, --decline and --overlook are shares such as 10% or 0.1; decline and overlook together at most 100%");
    return 2;
  }
  setting.share = *share;
  setting.decline = *decline;
  setting.overlook = *overlook;

  CallFile file;
  if (const int code = read_call_file(setting.file, file); code != 0) return code;
  const ReplayPlan plan = make_plan(file.calls, setting.share, setting.seed);
  Tally tally;
  tally.rows = file.calls.size();
  tally.bad_rows = file.issues.size();
  tally.interactions = plan.interactions;
  tally.agents = plan.agents;
  tally.planned = plan.asks.size();
  tally.span_s = plan.span_s;

  Interrupt interrupt;
  Connection connection(options.endpoints);
  if (const auto why = connection.wait_ready(std::chrono::seconds(5)); !why.empty()) return fail(why);
  const SimExperts::Manner manner{
      .decline = setting.decline, .overlook = setting.overlook, .answer_s = setting.answer_s};
  SimExperts experts(setting.experts, manner, setting.seed);
  if (const size_t left = end_left_over(connection); left > 0) {
    fmt::print(stderr, "replay: ended {} sessions that an earlier replay had left open\n", left);
  }
  std::string trouble = bring_in(connection, experts);
  if (trouble.empty()) trouble = run(connection, plan, experts, setting, interrupt, tally);
  if (interrupt.seen()) end_left_over(connection);
  take_out(connection, experts);
  if (!trouble.empty()) return fail(trouble);
  fmt::print("{}\n", options.json ? tally_json(setting, tally) : tally_text(Terminal::of(stdout), setting, tally));
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace

Run declare_replay(CLI::App& app) {
  auto options = std::make_shared<Options>();
  ReplaySetting& setting = options->setting;
  add_connection_options(app, options->endpoints);
  app.add_option("--calls", setting.file, "Call records (CSV)")->required();
  app.add_option("--ask", options->share, "Share of the served calls whose agent asks an expert")
      ->capture_default_str();
  app.add_option("--speed", setting.speed, "Model seconds per second, for arrivals, talk and answer delays")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seed", setting.seed, "The same seed asks about the same calls")->capture_default_str();
  app.add_option("--experts", setting.experts, "How many simulated experts")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--decline", options->decline, "Share of the previews that are declined")->capture_default_str();
  app.add_option("--overlook", options->overlook, "Share of the previews that run out")->capture_default_str();
  app.add_option("--answer-delay", setting.answer_s, "Mean time to answer a preview, in model seconds")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--json", options->json, "Print the result as one JSON object");
  return [options] { return replay(*options); };
}

}  // namespace expertline::cli
