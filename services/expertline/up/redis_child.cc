#include "expertline/up/redis_child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace expertline::cli {
namespace {

Error failed(const std::string& what) { return invalid_field("data", what); }

}  // namespace

RedisChild::~RedisChild() { stop(); }

Result<Done> RedisChild::start(const std::string& data_directory) {
  std::error_code error;
  std::filesystem::create_directories(data_directory, error);
  const std::string directory = std::filesystem::absolute(data_directory, error).string();
  if (error) return failed("cannot make " + data_directory + ": " + error.message());
  socket_ = directory + "/redis.sock";
  if (socket_.size() >= sizeof(sockaddr_un::sun_path)) {
    return failed("the path " + directory + " is too long for a Unix socket; choose a shorter one");
  }
  const std::vector<std::string> arguments = {"redis-server",
                                              "--port",
                                              "0",
                                              "--unixsocket",
                                              socket_,
                                              "--unixsocketperm",
                                              "700",
                                              "--dir",
                                              directory,
                                              "--appendonly",
                                              "yes",
                                              "--appendfsync",
                                              "always",
                                              "--save",
                                              "",
                                              "--maxmemory-policy",
                                              "noeviction",
                                              "--daemonize",
                                              "no",
                                              "--logfile",
                                              directory + "/redis.log"};
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) return failed(std::string("cannot start redis-server: ") + std::strerror(errno));
  if (pid_ == 0) {
    // It gets no Ctrl-C of the terminal (we stop it last) and dies if we do.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp("redis-server", raw.data());
    _exit(127);
  }
  return Done{};
}

void RedisChild::stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
}

}  // namespace expertline::cli
