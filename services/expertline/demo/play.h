// The play of the demo, step by step.
#pragma once

#include <string>

#include "expertline/client/connection.h"
#include "expertline/demo/desk.h"
#include "expertline/demo/experts.h"
#include "expertline/demo/platform.h"
#include "expertline/demo/script.h"

namespace expertline::cli {

class Play {
 public:
  Play(Connection& connection, Script& script)
      : script_(script), experts_(connection, script), desk_(connection, script), platform_(connection, script) {}

  // All steps. Throws Unexpected or Interrupted.
  void perform();
  // Ends what is open and takes the experts out, whatever happened before. False if that failed.
  bool clean_up();

 private:
  void experts_come_online();
  void first_declines_second_overlooks_third_accepts();
  void chat();
  void transfer_through_routing_point();
  void transfer_direct();
  void conference();
  void session_ends();
  void agent_gives_up();
  void nobody_is_free();

  // A voice leg to the expert's own number, held.
  std::string prepare_direct(v1::CallKind kind);
  // The platform reports it up to the expert's being on it.
  void ring_answer_join(const std::string& leg);

  Script& script_;
  DemoExperts experts_;
  DemoDesk desk_;
  DemoPlatform platform_;
  std::string session_;
  std::string expert_;  // id of him who accepted
};

}  // namespace expertline::cli
