#include "expertline/command.h"

namespace expertline::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"up", "Run the whole product in this process, with a redis-server of its own", declare_up},
      {"demo", "Play an escalation from presence to conference against a running system, and check each step",
       declare_demo},
      {"experts", "List, import, show and delete experts", declare_experts},
      {"sessions", "List, show and end sessions", declare_sessions},
      {"dispose", "Say what came of an interaction", declare_dispose},
      {"report", "What came of it by day, expert or routing point, as a table, CSV or JSON", declare_report},
      {"strategies", "List strategies, their revisions and candidates; go back to a revision", declare_strategies},
      {"explain", "Say why an expert was chosen, and why not each other one", declare_explain},
      {"decisions", "Export the records of past decisions", declare_decisions},
      {"diff", "Compare two versions of a strategy on recorded decisions", declare_diff},
      {"test", "Run the tests of strategies, and say what they cover", declare_test},
      {"eval", "Evaluate an expression, or many as lines of JSON", declare_eval},
      {"check", "Check strategies, calendars and rosters: every issue with its line and a hint", declare_check},
      {"watch", "A live table of experts and open sessions", declare_watch},
      {"presence", "Report presence from the terminal or from a JSON-lines file", declare_presence},
      {"replay", "Play a day of call records through a running system", declare_replay},
      {"simulate", "Play a day of call records through strategies on a virtual clock, and compare two of them",
       declare_simulate},
      {"bench", "Measure latency and throughput on this machine", declare_bench},
      {"generate-calls", "Write call records of an invented day", declare_generate_calls},
  };
  return kCommands;
}

}  // namespace expertline::cli
