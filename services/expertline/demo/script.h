// The demo's voice: numbered steps, who did what and when, and what is wrong if it is.
#pragma once

#include <chrono>
#include <string>

#include "expertline/interrupt.h"
#include "expertline/terminal/terminal.h"

namespace expertline::cli {

// An expectation of the demo that was not met. Thrown by the step, caught once around the play: nothing of a play can
// go on after it.
struct Unexpected {
  std::string expected;
  std::string came;
};

// Ctrl-C came.
struct Interrupted {};

class Script {
 public:
  Script(Terminal terminal, Interrupt& interrupt) : terminal_(terminal), interrupt_(interrupt) {}

  // Begins the next step and its clock.
  void step(const std::string& title);
  // One line: milliseconds since the step began, who, what.
  void say(const std::string& who, const std::string& what);
  // Says what was expected and what came.
  void fail(const Unexpected& fault);

  int steps() const { return number_; }

  // Throws Unexpected unless `holds`.
  void expect(bool holds, const std::string& expected, const std::string& came) const;
  // Throws Interrupted after Ctrl-C. To be called while waiting.
  void check_interrupt();

 private:
  Terminal terminal_;
  Interrupt& interrupt_;
  int number_ = 0;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace expertline::cli
