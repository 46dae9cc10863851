// The demo's own experts: in the directory and online for as long as it plays.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expertline/client/connection.h"
#include "expertline/demo/script.h"

namespace expertline::cli {

class DemoExperts {
 public:
  DemoExperts(Connection& connection, Script& script);

  // Of the roster of examples/demo-roster.yaml.
  static const std::vector<std::string>& ids();
  // For people: "Anna".
  static std::string called(const std::string& id);
  static std::string dn(const std::string& id);

  void import();
  // Reports the state of all of them.
  void report(v1::PresenceState state);
  // Waits until each is in that state, and routable for IM or not. Says each one's state and reason.
  void wait(v1::PresenceState state, bool routable);
  // Waits until nothing holds any of them.
  void wait_free();
  // Takes them out of the directory. Throws nothing: it is also called after a failure. False if one could not go.
  bool remove();

 private:
  v1::Presence presence(const std::string& id);
  void pause();

  Connection& connection_;
  Script& script_;
  int64_t epoch_;
  int64_t sequence_ = 0;
};

}  // namespace expertline::cli
