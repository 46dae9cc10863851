// The experts' side: a desk that speaks for one or many experts over one stream.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "expertline/v1/desk.grpc.pb.h"
#include "support/events.h"
#include "support/rpc.h"

namespace expertline::test {

std::string describe(const v1::OfferRef& offer);

// When the bridge is lost it attaches again, and asks again whatever was not answered. Thread-safe.
class Desk {
 public:
  // Called on the reader thread for each thing told, a preview that comes again after a reconnect left out. It may
  // use post(), not the calls that wait.
  using Script = std::function<void(Desk&, const v1::DeskResponse&)>;

  // Returns when the experts are attached. Without a script previews are only collected: the experts ignore them.
  Desk(const std::string& target, std::vector<std::string> experts, Script script = {});
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // Of a desk with one expert.
  const std::string& expert() const { return experts_.front(); }

  v1::Preview wait_preview(const std::string& session, const std::string& leg = "im") const;
  v1::OfferClosed wait_closed(const v1::OfferRef& offer) const;
  v1::LegUpdate wait_leg(const std::string& session, v1::LegState state, const std::string& leg = "im") const;
  v1::Message wait_message(const std::string& session, const std::string& text) const;
  const Events<v1::DeskResponse>& events() const { return events_; }
  size_t previews(const std::string& session) const;

  // These wait for the result.
  v1::DeskResult accept(const v1::OfferRef& offer);
  v1::DeskResult decline(const v1::OfferRef& offer, const std::string& reason = "");
  v1::DeskResult say(const std::string& session, const std::string& text);
  v1::DeskResult end_leg(const std::string& session, const std::string& leg = "im");
  v1::DeskResult request(v1::DeskRequest request);

  // Sends and goes on; answers the request id, under which the result comes.
  std::string post(v1::DeskRequest request);
  static v1::DeskRequest accepting(const v1::OfferRef& offer);
  static v1::DeskRequest declining(const v1::OfferRef& offer, const std::string& reason = "");
  static v1::DeskRequest saying(const std::string& session, const std::string& expert, const std::string& text);
  static v1::DeskRequest ending(const std::string& session, const std::string& leg, const std::string& expert);

 private:
  struct Connection;
  void close();
  void read();
  void write();
  void see(const v1::DeskResponse& response);

  std::unique_ptr<v1::DeskService::Stub> stub_;
  const std::vector<std::string> experts_;
  Script script_;
  Events<v1::DeskResponse> events_;
  std::set<std::string> seen_offers_;  // of the reader thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::shared_ptr<Connection> connection_;
  std::deque<v1::DeskRequest> to_write_;
  std::map<uint64_t, v1::DeskRequest> unanswered_;  // by their order
  uint64_t next_ = 0;
  bool closing_ = false;

  std::thread writer_;
  std::thread reader_;
};

}  // namespace expertline::test
