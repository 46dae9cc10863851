// The table of subcommands: each is one file that declares itself here and is listed in commands.cc.
#pragma once

#include <functional>
#include <vector>

namespace CLI {
class App;
}

namespace expertline::cli {

// Runs a command whose options are parsed; gives the exit code: 0 done, 1 not done or an expectation failed.
using Run = std::function<int()>;

struct Command {
  const char* name;
  const char* summary;  // one line, as in docs/command-line.md
  // Declares options and subcommands on `app`; what it returns is run if the command was chosen.
  Run (*declare)(CLI::App& app);
};

// All of them, in the order in which help lists them.
const std::vector<Command>& commands();

Run declare_bench(CLI::App& app);
Run declare_decisions(CLI::App& app);
Run declare_check(CLI::App& app);
Run declare_demo(CLI::App& app);
Run declare_diff(CLI::App& app);
Run declare_dispose(CLI::App& app);
Run declare_eval(CLI::App& app);
Run declare_experts(CLI::App& app);
Run declare_explain(CLI::App& app);
Run declare_generate_calls(CLI::App& app);
Run declare_presence(CLI::App& app);
Run declare_replay(CLI::App& app);
Run declare_report(CLI::App& app);
Run declare_sessions(CLI::App& app);
Run declare_simulate(CLI::App& app);
Run declare_strategies(CLI::App& app);
Run declare_test(CLI::App& app);
Run declare_up(CLI::App& app);
Run declare_watch(CLI::App& app);

}  // namespace expertline::cli
