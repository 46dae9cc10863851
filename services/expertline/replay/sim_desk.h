// The desk of all simulated experts: one stream, previews in, answers out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "app/loop.h"
#include "expertline/client/connection.h"
#include "expertline/client/streams.h"
#include "expertline/replay/sim_experts.h"
#include "expertline/replay/tally.h"

namespace expertline::cli {

// Milliseconds of a monotonic clock, with fractions.
double monotonic_ms();

// Everything runs on the loop. A stream that is lost is opened again, and what was sent without an answer is sent
// again under its request id.
class SimDesk {
 public:
  SimDesk(Connection& connection, std::shared_ptr<app::Loop> loop, SimExperts& experts, Tally& tally, double speed);

  // Opens the stream; `attached` runs once all experts are attached.
  void open(std::function<void()> attached);
  void close();

  // Milliseconds at which the first preview of that session came, 0 if none has.
  double first_preview(const std::string& session) const;
  // The session is over: what is known of it can go.
  void forget(const std::string& session);

 private:
  using Stream = DuplexStream<v1::DeskRequest, v1::DeskResponse>;
  struct Offer {
    std::string expert;
    std::string leg;         // session and leg, as the experts hold it
    v1::DeskRequest answer;  // without a request id until it is sent
    bool settled = false;
  };
  struct Session {
    double first_preview_ms = 0;
    std::map<std::string, std::set<std::string>> asked;  // by leg, experts who were asked
    std::set<std::string> offers;                        // keys
  };

  void connect();
  void on_event(const v1::DeskResponse& event, double at_ms);
  void on_preview(const v1::Preview& preview, double at_ms);
  void on_result(const v1::DeskResult& result);
  void on_closed(const v1::OfferClosed& closed);
  void on_leg(const v1::LegUpdate& update);
  void answer(const std::string& key);
  void settle(const std::string& key, v1::OfferOutcome outcome);

  Connection& connection_;
  std::shared_ptr<app::Loop> loop_;
  SimExperts& experts_;
  Tally& tally_;
  const double speed_;
  std::function<void()> attached_;
  size_t attaching_ = 0;  // attach messages without a result
  bool closing_ = false;
  std::shared_ptr<Stream> stream_;
  uint64_t generation_ = 0;                  // of the stream: events of an earlier one are ignored
  std::map<std::string, Offer> offers_;      // by key
  std::map<std::string, std::string> sent_;  // request id to key
  std::map<std::string, Session> sessions_;  // by full name
};

}  // namespace expertline::cli
