#include "expertline/interrupt.h"

#include <csignal>
#include <ctime>

namespace expertline::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool Interrupt::wait(std::chrono::milliseconds patience) {
  if (again(patience)) seen_ = true;
  return seen_;
}

bool Interrupt::again(std::chrono::milliseconds patience) {
  const sigset_t set = stop_signals();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  timespec time{};
  time.tv_sec = seconds.count();
  time.tv_nsec = std::chrono::nanoseconds(patience - seconds).count();
  return sigtimedwait(&set, nullptr, &time) > 0;
}

}  // namespace expertline::cli
