// The end of a process.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace expertline::app {

// The last call of main(): ends the process at once, with what was written flushed. Threads of gRPC 1.51 may still be
// letting go of their last call, and abort if static objects are taken away below them, as returning from main() does.
[[noreturn]] inline void leave(int code) {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace expertline::app
