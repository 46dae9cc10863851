// The benchmarks of `expertline bench`. Each starts what it measures, in a folder of its own, and takes it away; each
// ends with one line of JSON.
#pragma once

#include <string>
#include <vector>

namespace expertline::cli {

// A folder for one run below the one given, removed at its end.
class BenchFolder {
 public:
  explicit BenchFolder(const std::string& below);
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;

  const std::string& path() const { return path_; }
  // Writes the strategy of the benchmarks (routing point `bench`, skill `bench`, random) into a folder of its own.
  std::string strategies() const;

 private:
  std::string path_;
};

// Ids of the experts of a benchmark: bench-0, bench-1, ...
std::string bench_expert(int number);
// Their rosters, each small enough for one ImportRoster: skill `bench`, so many legs of im at once.
std::vector<std::string> bench_rosters(int experts, int capacity);

// `json_only`: no table.
int bench_decision(bool json_only);
int bench_latency(const std::string& folder, int experts, int sessions);
struct PresenceBench {
  int experts = 50'000;
  int changes = 2'000;  // reported one at a time
  int reports = 500'000;
  int streams = 4;
};
int bench_presence(const std::string& folder, const PresenceBench& settings);
int bench_flood(const std::string& folder);
int bench_directory(const std::string& folder, int experts);
int bench_route(const std::string& folder, int experts, int calls, int concurrency);

}  // namespace expertline::cli
