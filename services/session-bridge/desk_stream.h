// One desk of the experts' side: what it was shown, and what it asks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "app/rpc.h"
#include "expertline/v1/desk.grpc.pb.h"
#include "session-bridge/session_service.h"

namespace expertline::bridge {

// It remembers what it has shown, so that it can tell what has changed. Loop thread only.
class DeskStream final : public app::BidiStream<v1::DeskRequest, v1::DeskResponse>,
                         public Watcher,
                         public std::enable_shared_from_this<DeskStream> {
 public:
  DeskStream(app::Context context, const Domains& domains);

  void session_changed(const state::SessionRecord& record) override;
  std::string messages_after(const state::SessionRecord& record) override;
  void message(const state::SessionRecord& record, const v1::Message& message) override;
  void told(const state::SessionRecord& record) override;
  void typing(const std::string& session, const std::vector<std::string>& experts, const v1::Typing& typing) override;
  bool keeps_up() const override;
  void drop() override;
  void expert_blocked(const std::string& expert, v1::Block block) override;

 private:
  using OfferKey = std::tuple<std::string, std::string, int>;        // session, leg, n
  using LegKey = std::tuple<std::string, std::string, std::string>;  // session, leg, expert
  using PersonKey = std::pair<std::string, std::string>;             // session, expert

  struct Shown {
    int64_t version = -1;  // of the session
    std::string hash;      // of what was told of the leg
  };

  bool mine(const std::string& expert) const { return experts_.contains(expert); }
  // The last message shown to him of a session, or that his desk had seen when it attached.
  std::string seen(const std::string& session, const std::string& expert) const;
  // The experts of this desk who are on the conversation, or were when it was last told.
  std::set<std::string> talking(const state::SessionRecord& record) const;
  void show_offers(const state::SessionRecord& record, const state::Leg& leg);
  void show_leg(const state::SessionRecord& record, const state::Leg& leg);
  void on_gone();

  // Requests: desk_requests.cc. `self` keeps the stream while it works; the next one is read when this one is answered.
  void on_message(std::optional<v1::DeskRequest> request);
  static Task<void> handle(std::shared_ptr<DeskStream> self, v1::DeskRequest request);
  Task<Result<Done>> act(v1::DeskRequest request, v1::DeskResult* result);
  Task<Result<Done>> attach(v1::DeskAttach request);
  Result<Done> detach(const v1::DeskDetach& request);
  Task<Result<Done>> answer(v1::OfferRef offer, std::string outcome, std::string why, std::string number,
                            v1::DeskResult* result);
  Task<Result<Done>> send_message(v1::DeskRequest request, v1::DeskResult* result);
  Task<Result<Done>> typing(v1::DeskTyping request);
  Task<Result<Done>> mark(v1::DeskMark request);
  Task<Result<Done>> end_leg(v1::DeskEndLeg request);
  Task<Result<Done>> end_wrap_up(v1::DeskEndWrapUp request);
  Task<Result<Done>> call_me(v1::DeskCallMe request);
  Task<Result<Done>> resume(v1::DeskResume request);
  // The session a request names, in this stream's domain.
  Result<std::string> session_of(const std::string& field, const std::string& name) const;

  const Domains& domains_;
  Domain* domain_ = nullptr;
  std::set<std::string> experts_;
  std::set<OfferKey> open_offers_;                   // shown, not yet closed
  std::map<LegKey, Shown> seen_leg_;                 // of legs that have not ended
  std::map<PersonKey, std::string> seen_message_;    // the last one shown to him
  std::map<std::string, std::string> resume_after_;  // by session: the last message the desk had seen
  bool gone_ = false;
  std::set<std::string> paused_;  // experts who were told that they are
};

}  // namespace expertline::bridge
