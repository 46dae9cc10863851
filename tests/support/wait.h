// Waiting in tests: always for something that must happen, with a limit so generous that only a fault exceeds it.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace expertline::test {

// No test depends on how fast the machine is: this is when to call it a failure.
inline constexpr std::chrono::seconds kPatience{30};

struct TimedOut : std::runtime_error {
  explicit TimedOut(const std::string& what) : std::runtime_error("did not happen within 30 s: " + what) {}
};

// Asks until `holds` does; throws TimedOut. For facts that no stream reports.
void eventually(const std::string& what, const std::function<bool()>& holds);

}  // namespace expertline::test
