// A part of the product in a process of its own, for benchmarks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace expertline::cli {

// Start it before this process has any thread: `run` goes on in a copy of it. What `run` says is read here line by
// line. It is killed at the end of its object's life, or with this process.
class Child {
 public:
  using Say = std::function<void(const std::string& line)>;

  explicit Child(const std::function<void(const Say& say)>& run);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line; nothing when it has ended.
  std::optional<std::string> line();
  // Comes to `run` on its standard input.
  void word(const std::string& text);
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int from_ = -1;
  int to_ = -1;
  std::string rest_;
};

// In a Child: presence-ingest on a port of loopback, which it says when it is ready.
void serve_presence(const std::string& redis, const Child::Say& say);

// Bytes of memory that a process holds; 0 if it is gone.
int64_t resident_bytes(pid_t pid);

}  // namespace expertline::cli
