// Ctrl-C as a question instead of a signal handler.
#pragma once

#include <chrono>

namespace expertline::cli {

// Takes SIGINT and SIGTERM out of the process's hands. Made once, on the main thread, before any other thread
// starts, so that all of them inherit the mask.
class Interrupt {
 public:
  Interrupt();

  // Waits up to `patience` for a signal. True from the first signal on. Main thread only.
  bool wait(std::chrono::milliseconds patience);
  bool seen() const { return seen_; }
  // Waits up to `patience` for another signal, and tells whether it came.
  bool again(std::chrono::milliseconds patience);

 private:
  bool seen_ = false;
};

}  // namespace expertline::cli
