// The experts' side of the demo: one DeskService stream for all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "expertline/client/connection.h"
#include "expertline/client/streams.h"
#include "expertline/demo/inbox.h"
#include "expertline/demo/script.h"

namespace expertline::cli {

class DemoDesk {
 public:
  DemoDesk(Connection& connection, Script& script);
  ~DemoDesk();

  void attach(const std::vector<std::string>& experts);
  // Waits for a preview of that session to anybody.
  v1::Preview preview(const std::string& session);
  void accept(const v1::Preview& preview);
  void decline(const v1::Preview& preview, const std::string& reason);
  // Waits until the offer vanishes from the screen with that outcome.
  void closed(const v1::Preview& preview, v1::OfferOutcome outcome);
  // Waits until the expert is told that his leg is in that state.
  v1::LegUpdate leg(const std::string& session, const std::string& leg_id, v1::LegState state);
  void write(const std::string& session, const std::string& expert, const std::string& text);
  // Waits until the expert reads that text of that author.
  void read(const std::string& session, v1::MessageAuthor author, const std::string& text);

 private:
  using Stream = DuplexStream<v1::DeskRequest, v1::DeskResponse>;
  using Events = Inbox<v1::DeskResponse>;

  // Sends and waits for the result, which must be a success.
  v1::DeskResult ask(v1::DeskRequest request, const std::string& what);

  Script& script_;
  std::string parent_;
  std::string run_;  // makes request ids unique
  int requests_ = 0;
  std::shared_ptr<Events> events_ = std::make_shared<Events>();  // the stream's callbacks hold it too
  std::shared_ptr<Stream> stream_;
};

}  // namespace expertline::cli
