// The agents of a replay: each ask of the plan becomes a session at its time, and is followed to its end.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

#include "app/loop.h"
#include "expertline/client/connection.h"
#include "expertline/client/streams.h"
#include "expertline/replay/plan.h"
#include "expertline/replay/sim_desk.h"
#include "expertline/replay/tally.h"

namespace expertline::cli {

// Everything but progress() runs on the loop. Any number of asks may be under way; none has a thread.
class SimAgents {
 public:
  // `run` makes ids of this replay differ from those of another.
  SimAgents(Connection& connection, std::shared_ptr<app::Loop> loop, const ReplayPlan& plan, SimDesk& desk,
            Tally& tally, double speed, std::string run);
  ~SimAgents();

  // Model time 0 is now.
  void start();
  // No new asks; ends the sessions that are open.
  void stop();

  struct Progress {
    size_t finished = 0;
    size_t open = 0;
    double model_s = 0;
    bool done = false;  // every ask is finished, or those that began are and stop() was called
  };
  // Any thread.
  Progress progress() const;

 private:
  using Watch = ServerStream<v1::WatchSessionResponse>;
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  void schedule();
  void begin(const Ask& ask);
  void send_start(const CallPtr& call);
  void on_started(const CallPtr& call, const Answer<v1::StartSessionResponse>& answer);
  void watch(const CallPtr& call);
  void on_session(const CallPtr& call, const v1::Session& session, double at_ms);
  void end(const CallPtr& call);
  void finish(const CallPtr& call);

  Connection& connection_;
  std::shared_ptr<app::Loop> loop_;
  const ReplayPlan& plan_;
  SimDesk& desk_;
  Tally& tally_;
  const double speed_;
  const std::string run_;
  double start_ms_ = 0;
  size_t next_ = 0;
  bool stopping_ = false;
  std::unordered_set<CallPtr> open_;
  std::atomic<size_t> finished_ = 0;
  std::atomic<size_t> open_count_ = 0;
  std::atomic<double> started_ms_ = 0;  // 0 until start()
  std::atomic<bool> done_ = false;
};

}  // namespace expertline::cli
