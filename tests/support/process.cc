#include "support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "support/wait.h"

namespace expertline::test {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

// SO_REUSEADDR would hide a listener of another program; gRPC's SO_REUSEPORT would share the port with it.
bool nobody_listens(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return free;
}

}  // namespace

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "elXXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail("mkdtemp");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int free_port() {
  static std::mt19937 random{std::random_device{}()};
  const auto locks = std::filesystem::temp_directory_path() / "expertline-test-ports";
  std::filesystem::create_directories(locks);
  while (true) {
    const int port = std::uniform_int_distribution<int>(20000, 31999)(random);
    const auto lock = (locks / std::to_string(port)).string();
    const int fd = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0) fail("open " + lock);
    // The lock stays until this program ends.
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && nobody_listens(port)) return port;
    ::close(fd);
  }
}

Process::Process(std::vector<std::string> argv, std::filesystem::path output)
    : argv_(std::move(argv)), output_(std::move(output)) {
  const int out = ::open(output_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
  if (out < 0) fail("open " + output_.string());
  std::vector<char*> args;
  for (std::string& arg : argv_) args.push_back(arg.data());
  args.push_back(nullptr);

  // Between fork and exec only calls that are safe after a fork of a program with threads.
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int in = ::open("/dev/null", O_RDONLY);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    ::execv(args[0], args.data());
    ::_exit(127);
  }
  ::close(out);
}

Process::~Process() {
  if (running()) kill();
}

bool Process::reap(bool block) {
  if (ended_) return true;
  int status = 0;
  const pid_t got = ::waitpid(pid_, &status, block ? 0 : WNOHANG);
  if (got != pid_) return false;
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool Process::running() { return !reap(false); }

void Process::kill() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  reap(true);
}

void Process::signal(int number) {
  if (!ended_) ::kill(pid_, number);
}

int Process::wait() {
  eventually("end of " + argv_[0], [this] { return reap(false); });
  return exit_code_;
}

std::string Process::output() const {
  std::ostringstream text;
  text << std::ifstream(output_).rdbuf();
  return text.str();
}

void Process::wait_for_output(const std::string& text) {
  const auto end_of_output = [this] {
    std::string all = output();
    return all.size() > 4000 ? "..." + all.substr(all.size() - 4000) : all;
  };
  try {
    eventually("'" + text + "' in the output", [&] {
      const bool over = !running();
      if (output().find(text) != std::string::npos) return true;
      if (over) throw std::runtime_error("it ended with " + std::to_string(exit_code_));
      return false;
    });
  } catch (const std::exception& e) {
    throw std::runtime_error(argv_[0] + ": " + e.what() + "; its output:\n" + end_of_output());
  }
}

Ran run(std::vector<std::string> argv) {
  const TempDir folder;
  Process process(std::move(argv), folder.path() / "output");
  const int exit_code = process.wait();
  return {.exit_code = exit_code, .output = process.output()};
}

}  // namespace expertline::test
