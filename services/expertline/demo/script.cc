#include "expertline/demo/script.h"

#include <fmt/format.h>

#include <cstdio>

namespace expertline::cli {

void Script::step(const std::string& title) {
  ++number_;
  began_ = std::chrono::steady_clock::now();
  fmt::print("\n{}\n", terminal_.paint(Style::kBold, fmt::format("{:>2}. {}", number_, title)));
  std::fflush(stdout);
}

void Script::say(const std::string& who, const std::string& what) {
  const auto passed = std::chrono::steady_clock::now() - began_;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
  fmt::print("    {}  {}  {}\n", terminal_.paint(Style::kDim, fmt::format("{:>5} ms", ms)),
             terminal_.paint(Style::kCyan, fmt::format("{:<12}", who)), printable(what));
  std::fflush(stdout);
}

void Script::fail(const Unexpected& fault) {
  fmt::print("\n{}\n    expected: {}\n    came:     {}\n",
             terminal_.paint(Style::kRed, fmt::format("Step {} failed", number_)), printable(fault.expected),
             printable(fault.came));
  std::fflush(stdout);
}

void Script::expect(bool holds, const std::string& expected, const std::string& came) const {
  if (!holds) throw Unexpected{.expected = expected, .came = came};
}

void Script::check_interrupt() {
  if (interrupt_.wait(std::chrono::milliseconds(0))) throw Interrupted{};
}

}  // namespace expertline::cli
