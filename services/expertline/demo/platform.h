// The agent's and platform's side of the demo: SessionService.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "expertline/client/connection.h"
#include "expertline/client/streams.h"
#include "expertline/demo/inbox.h"
#include "expertline/demo/script.h"

namespace expertline::cli {

inline constexpr const char* kDemoAgent = "demo-agent";

class DemoPlatform {
 public:
  DemoPlatform(Connection& connection, Script& script);
  ~DemoPlatform();

  // Ends what an earlier demo that broke off has left open.
  void sweep();

  // Sends the agent's IM to the routing point, and watches the session from then on. Its full name.
  std::string ask(const std::string& routing_point, const std::string& text, const v1::UserData& data);
  // Waits until the session looks like that.
  v1::Session session(const std::string& expected, const std::function<bool(const v1::Session&)>& fits);
  // Waits until one of its legs is in that state.
  v1::Leg leg(const std::string& leg_id, v1::LegState state);
  void write(const std::string& text);
  // Waits until the agent reads that text from the expert.
  void read(const std::string& text);
  void set_user_data(const std::string& key, const v1::UserValue& value);

  v1::PrepareVoiceResponse prepare(v1::VoiceVia via, v1::CallKind kind, const std::string& call_id);
  // A call arrives at a voice routing point.
  void route(const std::string& routing_point, const std::string& call_id, const v1::UserData& data);
  // Waits until the call is there.
  v1::RouteCallResponse progress(v1::CallProgress wanted);
  // Reports, and checks the leg's state afterwards.
  void report(const std::string& leg_id, v1::VoiceEvent event, v1::LegState after);

  v1::Session cancel_leg(const std::string& leg_id);
  v1::Session end(v1::SessionOutcome outcome);

 private:
  using Watch = ServerStream<v1::WatchSessionResponse>;
  using Route = ServerStream<v1::RouteCallResponse>;
  using Watched = Inbox<v1::WatchSessionResponse>;
  using Routed = Inbox<v1::RouteCallResponse>;

  std::string request_id();
  void check(const std::string& what, const grpc::Status& status) const;

  Connection& connection_;
  Script& script_;
  std::string run_;  // makes ids unique
  int requests_ = 0;
  std::string name_;  // of the session the demo is at
  std::shared_ptr<Watched> watched_;
  std::shared_ptr<Routed> routed_;
  std::shared_ptr<Watch> watch_;
  std::shared_ptr<Route> route_;
};

}  // namespace expertline::cli
