// Child programs, folders and ports of a test. All of it is gone when the test program is, however that ends.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace expertline::test {

// A folder of its own, removed with its contents. The prefix stays short: Unix socket paths have at most 107 bytes.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A TCP port on loopback that nobody listens on; no other test program on this machine gets it while this one lives.
// Outside the range the kernel takes ports for outgoing connections from.
int free_port();

// A child program. It is killed when this object goes, and when the thread that started it ends (so start it from
// a thread that stays). Its output goes to a file, which is shown when something is not as expected.
class Process {
 public:
  // argv[0] is the path of the program. Throws if it cannot be started.
  Process(std::vector<std::string> argv, std::filesystem::path output);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until its output has `text`; throws with the output if it ends before.
  void wait_for_output(const std::string& text);
  std::string output() const;

  void kill();              // SIGKILL, and waits for its end
  void signal(int number);  // SIGTERM, SIGSTOP, SIGCONT
  int wait();               // its exit code, or 128 + signal; throws TimedOut
  bool running();
  pid_t pid() const { return pid_; }

 private:
  bool reap(bool block);

  std::vector<std::string> argv_;
  std::filesystem::path output_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int exit_code_ = 0;
};

// Runs a program to its end: exit code and everything it printed.
struct Ran {
  int exit_code = 0;
  std::string output;
};
Ran run(std::vector<std::string> argv);

}  // namespace expertline::test
