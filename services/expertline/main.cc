// The command `expertline`.
#include <CLI/CLI.hpp>
#include <map>
#include <string>

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

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return runs.at(app.get_subcommands().front())();
}
