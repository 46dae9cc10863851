#include "expertline/bench/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace expertline::cli {

Child::Child(const std::function<void(const Say&)>& run) {
  int out[2];
  int in[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0) return;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    dup2(in[0], STDIN_FILENO);
    const int to_parent = out[1];
    run([to_parent](const std::string& text) {
      const std::string with_end = text + "\n";
      if (write(to_parent, with_end.data(), with_end.size()) < 0) _exit(1);
    });
    _exit(0);
  }
  close(out[1]);
  close(in[0]);
  from_ = out[0];
  to_ = in[1];
}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (from_ >= 0) close(from_);
  if (to_ >= 0) close(to_);
}

std::optional<std::string> Child::line() {
  for (;;) {
    const size_t end = rest_.find('\n');
    if (end != std::string::npos) {
      std::string text = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      return text;
    }
    char bytes[256];
    const ssize_t got = read(from_, bytes, sizeof(bytes));
    if (got <= 0) return std::nullopt;
    rest_.append(bytes, static_cast<size_t>(got));
  }
}

void Child::word(const std::string& text) {
  if (write(to_, text.data(), text.size()) < 0) return;  // it has ended, as line() will tell
}

int64_t resident_bytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  int64_t pages = 0;
  int64_t resident = 0;
  file >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace expertline::cli
