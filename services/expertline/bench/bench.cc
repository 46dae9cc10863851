#include "expertline/bench/bench.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "app/server.h"
#include "expertline/bench/figures.h"
#include "expertline/command.h"

namespace expertline::cli {

BenchFolder::BenchFolder(const std::string& below) {
  std::error_code error;
  std::filesystem::create_directories(below, error);
  std::string pattern = std::filesystem::absolute(below, error).string() + "/bench.XXXXXX";
  path_ = mkdtemp(pattern.data()) != nullptr ? pattern : below;
}

BenchFolder::~BenchFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string BenchFolder::strategies() const {
  const std::string folder = path_ + "/strategies";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/bench.yaml") << R"(strategy: bench
media: im
routing_points: [bench]
steps:
  - step: anybody
    find: {skills: {bench: any}}
    pick: random
    preview: {answer_within: 60s}
    wait: 30s
otherwise:
  - {agent: "Nobody is free."}
)";
  return folder;
}

std::string bench_expert(int number) { return fmt::format("bench-{}", number); }

std::vector<std::string> bench_rosters(int experts, int capacity) {
  constexpr int kInOne = 1'000;
  std::vector<std::string> rosters;
  for (int number = 0; number < experts; ++number) {
    if (number % kInOne == 0) rosters.emplace_back("experts:\n");
    rosters.back() += fmt::format("  - {{id: {}, name: Expert {}, skills: {{bench: 3}}, capacity: {{im: {}}}}}\n",
                                  bench_expert(number), number, capacity);
  }
  return rosters;
}

std::vector<double> fdatasync_ms(const std::string& folder, int times) {
  const std::string path = folder + "/fdatasync";
  const int file = open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  const std::string bytes(300, 'x');
  std::vector<double> taken;
  for (int i = 0; i < times; ++i) {
    if (write(file, bytes.data(), bytes.size()) < 0) break;
    const auto begin = std::chrono::steady_clock::now();
    fdatasync(file);
    taken.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  close(file);
  return taken;
}

Run declare_bench(CLI::App& app) {
  struct Options {
    std::string folder = "build";
    int experts = 1'000;
    int sessions = 2'000;
    int calls = 5'000;
    int concurrency = 64;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1)->fallthrough();
  app.add_option("--folder", options->folder, "Folder on the disk to measure on; a folder in it is used and removed")
      ->capture_default_str();
  app.add_option("--experts", options->experts, "Experts who are ready")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  CLI::App* latency = app.add_subcommand("latency", "From StartSession to the preview on the desk, one at a time");
  latency->add_option("--sessions", options->sessions, "Sessions to start")
      ->check(CLI::Range(10, 1'000'000))
      ->capture_default_str();
  CLI::App* route =
      app.add_subcommand("route", "Route beside one reservation without a decision and beside a bare gRPC echo");
  route->add_option("--calls", options->calls, "Calls in each of 3 rounds")
      ->check(CLI::Range(100, 100'000))
      ->capture_default_str();
  route->add_option("--concurrency", options->concurrency, "Calls under way at once")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  auto presence_options = std::make_shared<PresenceBench>();
  CLI::App* presence =
      app.add_subcommand("presence", "From a report of presence to the snapshot, and how many reports a second");
  presence->add_option("--reporting", presence_options->experts, "Experts who are reported of")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  presence->add_option("--changes", presence_options->changes, "Reports one at a time")
      ->check(CLI::Range(10, 1'000'000))
      ->capture_default_str();
  presence->add_option("--reports", presence_options->reports, "Reports as fast as they are taken, twice")
      ->check(CLI::Range(1'000, 100'000'000))
      ->capture_default_str();
  presence->add_option("--streams", presence_options->streams, "Streams at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  CLI::App* flood = app.add_subcommand("flood", "What a source at 20 times its rate costs the reports of the others");
  auto most = std::make_shared<int>(1'000'000);
  CLI::App* directory = app.add_subcommand("directory", "Memory for an expert, and how soon a restart is over");
  directory->add_option("--size", *most, "Experts in the directory")
      ->check(CLI::Range(1'000, 10'000'000))
      ->capture_default_str();
  auto json = std::make_shared<bool>(false);
  CLI::App* decision = app.add_subcommand("decision", "One decision, by how many experts there are");
  decision->add_flag("--json", *json, "Only the line of JSON");
  return [options, latency, presence, presence_options, flood, directory, most, decision, json] {
    app::block_signals();
    app::start_logging("bench", "warn");
    if (decision->parsed()) return bench_decision(*json);
    if (presence->parsed()) return bench_presence(options->folder, *presence_options);
    if (flood->parsed()) return bench_flood(options->folder);
    if (directory->parsed()) return bench_directory(options->folder, *most);
    if (latency->parsed()) return bench_latency(options->folder, options->experts, options->sessions);
    return bench_route(options->folder, options->experts, options->calls, options->concurrency);
  };
}

}  // namespace expertline::cli
