// `expertline watch`: the read model and the open sessions, live.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>

#include "expertline/client/streams.h"
#include "expertline/command.h"
#include "expertline/interrupt.h"
#include "expertline/say.h"
#include "expertline/watch/board.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;
using ReadModel = ServerStream<v1::WatchReadModelResponse>;

struct Options {
  Endpoints endpoints;
  bool once = false;
};

// The board as the stream keeps it. Shared with the stream's callbacks, which may outlive the command by a moment.
struct Shared {
  std::mutex mutex;
  Board board;
  bool changed = false;
  bool over = false;  // the stream ended with `status`
  grpc::Status status;
};

std::shared_ptr<ReadModel> open(Connection& connection, const std::shared_ptr<Shared>& shared) {
  v1::WatchReadModelRequest request;
  request.set_parent(connection.parent());
  {
    const std::lock_guard lock(shared->mutex);
    request.set_cursor(shared->board.cursor());
    shared->over = false;
  }
  return ReadModel::open(
      [&](auto* context, auto* reactor) { connection.presence().async()->WatchReadModel(context, &request, reactor); },
      [shared](const v1::WatchReadModelResponse& change) {
        const std::lock_guard lock(shared->mutex);
        if (shared->board.apply(change)) shared->changed = true;
      },
      [shared](const grpc::Status& status) {
        const std::lock_guard lock(shared->mutex);
        shared->over = true;
        shared->status = status;
      });
}

std::string draw(Connection& connection, Shared& shared, const Terminal& terminal, grpc::Status& trouble) {
  constexpr int kMostSessions = 200;
  v1::ListSessionsRequest request;
  request.set_parent(connection.parent());
  request.set_state(v1::SESSION_STATE_OPEN);
  request.set_page_size(kMostSessions);
  auto page = call(connection.sessions(), &v1::SessionService::Stub::ListSessions, request);
  trouble = page.status;
  const std::time_t now = std::time(nullptr);
  const std::lock_guard lock(shared.mutex);
  if (page.ok()) {
    shared.board.set_sessions({page.value.sessions().begin(), page.value.sessions().end()},
                              !page.value.next_page_token().empty());
  }
  return shared.board.frame(terminal, connection.where(), fmt::format("{:%H:%M:%S}", fmt::localtime(now)), now);
}

int once(Connection& connection, const std::shared_ptr<Shared>& shared, Interrupt& interrupt) {
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (!interrupt.wait(std::chrono::milliseconds(20))) {
    {
      const std::lock_guard lock(shared->mutex);
      if (shared->board.complete()) break;
      if (shared->over) return fail("watching the read model", shared->status);
    }
    if (Clock::now() > deadline) return fail("the read model did not come within 30 s");
  }
  grpc::Status trouble;
  const std::string frame = draw(connection, *shared, Terminal::of(stdout), trouble);
  if (!trouble.ok()) return fail("listing sessions", trouble);
  fmt::print("{}", frame);
  return 0;
}

// Frames in place, without flicker: each line clears its rest, the end clears what was below.
void show(const Terminal& terminal, std::string frame, const std::string& trouble) {
  if (!trouble.empty()) frame += terminal.paint(Style::kRed, trouble) + "\n";
  if (!terminal.tty) {
    fmt::print("{}\n", frame);
  } else {
    std::string lines;
    for (const char c : frame) lines += c == '\n' ? "\x1b[K\n" : std::string(1, c);
    fmt::print("\x1b[H{}\x1b[J", lines);
  }
  std::fflush(stdout);
}

int live(Connection& connection, const std::shared_ptr<Shared>& shared, std::shared_ptr<ReadModel>& stream,
         Interrupt& interrupt) {
  constexpr auto kFrame = std::chrono::milliseconds(250);  // at most four a second
  constexpr auto kLongest = std::chrono::seconds(1);  // sessions send no events here: ask for them at least so often
  auto drawn = Clock::now() - kLongest;
  const bool tty = Terminal::of(stdout).tty;
  if (tty) fmt::print("\x1b[?1049h\x1b[?25l");
  do {
    bool due = Clock::now() - drawn >= kLongest;
    std::string trouble;
    bool reopen = false;
    {
      const std::lock_guard lock(shared->mutex);
      due = due || shared->changed;
      shared->changed = false;
      reopen = shared->over;
      if (reopen) trouble = "lost the read model, trying again: " + describe(shared->status);
    }
    if (!due) continue;
    if (reopen) stream = open(connection, shared);
    drawn = Clock::now();
    grpc::Status sessions;
    const std::string frame = draw(connection, *shared, Terminal::of(stdout), sessions);
    if (!sessions.ok()) trouble = "cannot list sessions: " + describe(sessions);
    show(Terminal::of(stdout), frame, trouble);
  } while (!interrupt.wait(kFrame));
  if (tty) fmt::print("\x1b[?25h\x1b[?1049l");
  return 0;
}

int watch(const Options& options) {
  Interrupt interrupt;
  Connection connection(options.endpoints);
  if (const auto why = connection.wait_ready(std::chrono::seconds(5)); !why.empty()) return fail(why);
  auto shared = std::make_shared<Shared>();
  auto stream = open(connection, shared);
  const int code = options.once ? once(connection, shared, interrupt) : live(connection, shared, stream, interrupt);
  stream->cancel();
  return code;
}

}  // namespace

Run declare_watch(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_connection_options(app, options->endpoints);
  app.add_flag("--once", options->once, "Print one frame and end");
  return [options] { return watch(*options); };
}

}  // namespace expertline::cli
