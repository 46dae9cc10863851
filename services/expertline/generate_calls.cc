// `expertline generate-calls`.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "expertline/calls/generate.h"
#include "expertline/command.h"

namespace expertline::cli {

Run declare_generate_calls(CLI::App& app) {
  auto plan = std::make_shared<DayPlan>();
  app.add_option("--calls", plan->calls, "How many calls the day has")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--agents", plan->agents, "How many agents serve them")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--seed", plan->seed, "The same seed makes the same day")->capture_default_str();
  return [plan] {
    write_calls(std::cout, generate_day(*plan));
    std::cout.flush();
    return std::cout.good() ? 0 : 1;
  };
}

}  // namespace expertline::cli
