// What `expertline watch` knows and how it looks; no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "expertline/terminal/terminal.h"
#include "expertline/v1/presence.pb.h"
#include "expertline/v1/session.pb.h"

namespace expertline::cli {

class Board {
 public:
  // One message of the read model. True if anything that is shown changed.
  bool apply(const v1::WatchReadModelResponse& change);
  // True once the first snapshot is complete.
  bool complete() const { return complete_; }
  const std::string& cursor() const { return cursor_; }

  // The open sessions, and whether there are more than these.
  void set_sessions(std::vector<v1::Session> sessions, bool more);

  // One frame, at most `terminal.height - 1` lines on a tty; `where` and `clock` stand in its first line.
  // `now_s` is what ages are counted from.
  std::string frame(const Terminal& terminal, const std::string& where, const std::string& clock, int64_t now_s) const;

 private:
  void add_experts(const Terminal& terminal, size_t rows, std::string& out) const;
  void add_skills(const Terminal& terminal, std::string& out) const;
  void add_sessions(const Terminal& terminal, size_t rows, int64_t now_s, std::string& out) const;

  std::map<std::string, v1::ExpertRecord> experts_;  // by id
  std::vector<v1::Session> sessions_;
  bool more_sessions_ = false;
  bool complete_ = false;
  std::string cursor_;
};

}  // namespace expertline::cli
