#include "support/wait.h"

#include <thread>

namespace expertline::test {

void eventually(const std::string& what, const std::function<bool()>& holds) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) throw TimedOut(what);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace expertline::test
