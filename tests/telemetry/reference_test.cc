// The lists in the docs are what the programs declare. With EXPERTLINE_REWRITE=1 in the environment they are written.
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "app/config.h"
#include "app/rpc_watch.h"
#include "app/telemetry.h"
#include "expertline/command.h"
#include "presence-ingest/metrics.h"
#include "presence-ingest/options.h"
#include "redis/metrics.h"
#include "session-bridge/metrics.h"
#include "session-bridge/options.h"
#include "strategy-evaluation/metrics.h"
#include "strategy-evaluation/options.h"

namespace expertline {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_file(const std::string& path, const std::string& wanted) {
  if (std::getenv("EXPERTLINE_REWRITE") != nullptr) std::ofstream(path) << wanted;
  EXPECT_EQ(read(path), wanted) << path << " is not what the code says; run this test with EXPERTLINE_REWRITE=1";
}

// The part of a page between "<!-- name -->" and "<!-- end of name -->".
void expect_part(const std::string& path, const std::string& name, const std::string& wanted) {
  std::string page = read(path);
  const std::string begin = "<!-- " + name + " -->\n";
  const size_t from = page.find(begin);
  const size_t to = page.find("<!-- end of " + name + " -->");
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos) << path << " has no part " << name;
  page.replace(from + begin.size(), to - from - begin.size(), wanted);
  expect_file(path, page);
}

// What is in a library only gets into a program that uses it.
std::vector<app::MetricInfo> all_metrics() {
  app::watch_server();
  CLI::App app;
  app::TelemetryOptions options;
  app::add_telemetry_options(app, options);
  for (const void* used :
       {static_cast<const void*>(&presence::source_lag), static_cast<const void*>(&bridge::store_up),
        static_cast<const void*>(&evaluation::reloads), static_cast<const void*>(&redis::commands)}) {
    EXPECT_NE(used, nullptr);
  }
  return app::declared_metrics();
}

TEST(Reference, MetricsAreTheGoldenList) {
  std::string golden = "# name, type, labels, help: what the services export\n";
  std::string table = "| name | type | labels | of | service | meaning |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const app::MetricInfo& one : all_metrics()) {
    golden += one.name + " " + one.type + " " + (one.labels.empty() ? "-" : absl::StrJoin(one.labels, ",")) + " " +
              one.help + "\n";
    table += "| `" + one.name + "` | " + one.type + " | " + absl::StrJoin(one.labels, ", ") + " | " + one.of + " | " +
             one.where + " | " + absl::StrReplaceAll(one.help, {{"|", "\\|"}}) + " |\n";
  }
  expect_file(EXPERTLINE_SOURCE "/tests/ops/metrics.golden", golden);
  expect_part(EXPERTLINE_SOURCE "/docs/metrics.md", "metrics", table);
}

TEST(Reference, MetricsFollowTheConventions) {
  for (const app::MetricInfo& one : all_metrics()) {
    EXPECT_TRUE(one.name.starts_with("expertline_") || one.name.starts_with("process_")) << one.name;
    EXPECT_EQ(one.name.ends_with("_total"), one.type == "counter") << one.name;
    for (const std::string& label : one.labels) {
      EXPECT_TRUE(label != "expert" && label != "session" && label != "agent") << one.name;
    }
    if (one.of == "domain") {
      EXPECT_EQ(one.labels.front(), "domain") << one.name;
    }
  }
}

TEST(Reference, SettingsAreWhatTheCodeDeclares) {
  const std::string page = EXPERTLINE_SOURCE "/docs/configuration.md";
  {
    CLI::App app;
    presence::Options options;
    presence::declare_options(app, options);
    expect_part(page, "presence-ingest", app::config_reference(app));
  }
  {
    CLI::App app;
    evaluation::Options options;
    evaluation::declare_options(app, options);
    expect_part(page, "strategy-evaluation", app::config_reference(app));
  }
  {
    CLI::App app;
    bridge::Options options;
    bridge::declare_options(app, options);
    expect_part(page, "session-bridge", app::config_reference(app));
  }
  {
    CLI::App app;
    cli::declare_up(app);
    expect_part(page, "expertline up", app::config_reference(app));
  }
}

}  // namespace
}  // namespace expertline
