// Options about decision records, the same for the service and for `expertline up`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "strategy-evaluation/decision_log.h"
#include "yaml/yaml.h"

namespace expertline::evaluation {

// --decision-records and --decision-record-retention. `settings` must outlive the parsing.
inline void add_record_options(CLI::App& app, RecordSettings& settings) {
  app.add_option_function<std::string>(
         "--decision-records",
         [&settings](const std::string& text) {
           const auto share = read_share(text);
           if (!share) throw CLI::ValidationError("--decision-records", share.error().metadata.at("rule"));
           settings.share = *share;
         },
         "Of which share of legs the decisions are kept in full: all, a percentage such as 2.5%, or none")
      ->default_str("1%");
  app.add_option_function<std::string>(
         "--decision-record-retention",
         [&settings](const std::string& text) {
           const auto kept = yaml::to_duration_ms(text);
           if (!kept || *kept < 1'000) throw CLI::ValidationError("--decision-record-retention", "at least 1s");
           settings.retention_ms = *kept;
         },
         "How long decisions are kept, such as 24h or 90m")
      ->default_str("24h");
}

}  // namespace expertline::evaluation
