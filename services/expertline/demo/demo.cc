// `expertline demo`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "expertline/command.h"
#include "expertline/demo/play.h"
#include "expertline/interrupt.h"
#include "expertline/say.h"

namespace expertline::cli {
namespace {

int demo(const Endpoints& endpoints) {
  Interrupt interrupt;
  Connection connection(endpoints);
  if (const auto why = connection.wait_ready(std::chrono::seconds(10)); !why.empty()) return fail(why);
  const auto began = std::chrono::steady_clock::now();
  fmt::print("An escalation, played against {}\n", connection.where());
  Script script(Terminal::of(stdout), interrupt);
  Play play(connection, script);
  int code = 0;
  try {
    play.perform();
  } catch (const Unexpected& fault) {
    script.fail(fault);
    code = 1;
  } catch (const Interrupted&) {
    fmt::print("\ninterrupted\n");
    code = 1;
  }
  const bool clean = play.clean_up();
  if (!clean) fmt::print("\nthe demo's experts or sessions could not all be taken out again\n");
  if (code != 0 || !clean) return 1;
  fmt::print("\nAll {} steps went as expected, in {:.1f} s.\n", script.steps(),
             std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  return 0;
}

}  // namespace

Run declare_demo(CLI::App& app) {
  auto endpoints = std::make_shared<Endpoints>();
  add_connection_options(app, *endpoints);
  return [endpoints] { return demo(*endpoints); };
}

}  // namespace expertline::cli
