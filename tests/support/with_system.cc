// with_system --shape embedded|three|replicated [--strategies DIR] [--roster FILE] [--sources FILE] --
//             COMMAND [ARGUMENT...]
//
// Runs COMMAND against a running system whose addresses are in EXPERTLINE_PRESENCE, EXPERTLINE_STRATEGY and
// EXPERTLINE_SESSION (host:port of one replica each). Ends with the exit code of COMMAND.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "support/system.h"

using expertline::test::Service;
using expertline::test::System;
using expertline::test::SystemOptions;

int main(int argc, char** argv) try {
  SystemOptions options;
  int i = 1;
  for (; i + 1 < argc && std::strcmp(argv[i], "--") != 0; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--shape" && expertline::test::shape_named(value)) {
      options.shape = *expertline::test::shape_named(value);
    } else if (name == "--strategies") {
      options.strategies = value;
    } else if (name == "--roster") {
      options.roster = value;
    } else if (name == "--sources") {
      options.sources = value;
    } else {
      std::fprintf(stderr, "with_system: %s %s is not understood\n", argv[i], argv[i + 1]);
      return 2;
    }
  }
  if (++i >= argc) {
    std::fprintf(stderr, "with_system: a command is missing after --\n");
    return 2;
  }

  const System system(options);
  ::setenv("EXPERTLINE_PRESENCE", system.address(Service::Presence, 0).c_str(), 1);
  ::setenv("EXPERTLINE_STRATEGY", system.address(Service::Strategy, 0).c_str(), 1);
  ::setenv("EXPERTLINE_SESSION", system.address(Service::Bridge, 0).c_str(), 1);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(argv[i], argv + i);
    std::perror(argv[i]);
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) {
    std::perror("with_system");
    return 2;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
} catch (const std::exception& e) {
  std::fprintf(stderr, "with_system: %s\n", e.what());
  return 2;
}
