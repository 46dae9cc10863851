// Settings of a process. Each is declared once, as an option of its command line (CLI11), and can be given by any of,
// the first that has it:
//   the command line                --user-data-limit 1000
//   the environment                 EXPERTLINE_USER_DATA_LIMIT=1000   (of a list: values joined by ",")
//   a file (YAML), --config FILE    user-data-limit: 1000             (of a list: a list, or one value)
//   the default
// Values are checked alike wherever they come from.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace expertline::app {

// Declares --config and --print-config.
void add_config_options(CLI::App& app);
bool has_config_options(const CLI::App& app);
// After the parsing: --print-config was given.
bool asked_to_print(const CLI::App& app);

struct Settings {
  std::vector<std::string> arguments;          // the command line with what comes from elsewhere
  std::map<std::string, std::string> origins;  // option -> "command line", "EXPERTLINE_X", "file:line:column"
};

// `arguments` without the program's name. Reads the file and the environment; INVALID_FIELD with all faults, one a line
// as "file:line:column: what is wrong", if a setting is unknown or its value bad. Options' variables may have changed
// then.
Result<Settings> with_config(CLI::App& app, const std::vector<std::string>& arguments);

// The options as parsed, as a file for --config, each with where its value comes from.
std::string config_text(const CLI::App& app, const std::map<std::string, std::string>& origins);
// All settings as a table in Markdown.
std::string config_reference(const CLI::App& app);

// All of it for main(): parses the command line and what adds to it, prints what was asked for. The exit code if the
// program is to end.
std::optional<int> parse_config(CLI::App& app, int argc, const char* const* argv);

}  // namespace expertline::app
