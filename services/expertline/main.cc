// The command `expertline`.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/exit.h"
#include "expertline/command.h"

int main(int argc, char** argv) {
  using expertline::cli::Run;

  CLI::App app{"Routes a contact-centre agent's call for help to the right expert", "expertline"};
  app.require_subcommand(1);
  app.set_version_flag("--version", EXPERTLINE_VERSION);
  std::map<const CLI::App*, Run> runs;
  for (const auto& command : expertline::cli::commands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    runs[sub] = command.declare(*sub);
  }

  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::map<std::string, std::string> origins;
  CLI::App* named = nullptr;
  for (CLI::App* sub : app.get_subcommands({})) {
    if (!arguments.empty() && sub->get_name() == arguments.front()) named = sub;
  }
  const bool configurable = named != nullptr && expertline::app::has_config_options(*named);
  try {
    if (configurable) {
      auto settings = expertline::app::with_config(*named, {arguments.begin() + 1, arguments.end()});
      if (!settings) {
        std::cerr << settings.error().message << "\n";
        return 2;
      }
      arguments.erase(arguments.begin() + 1, arguments.end());
      arguments.insert(arguments.end(), settings->arguments.begin(), settings->arguments.end());
      origins = settings->origins;
    }
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (configurable && expertline::app::asked_to_print(*named)) {
    std::cout << expertline::app::config_text(*named, origins);
    return 0;
  }
  expertline::app::leave(runs.at(app.get_subcommands().front())());
}
