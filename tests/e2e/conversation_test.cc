// A conversation loses, doubles and reorders nothing when bridge, desk and platform drop and come back at random.
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

constexpr int kMessages = 80;  // of each side
constexpr int kMishaps = 40;

// One side's stream: read on a thread of its own, opened again wherever it was lost, from the last message seen on.
class Side {
 public:
  explicit Side(unsigned seed) : random_(seed) {}
  virtual ~Side() = default;

  void begin() {
    thread_ = std::thread([this] {
      while (!over_) once();
      done_ = true;
    });
  }
  // Loses the stream as a dying client would.
  void cut() {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
  void stop() {
    over_ = true;
    while (!done_) {
      cut();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    thread_.join();
  }
  std::vector<v1::Message> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }

 protected:
  // Opens the stream and reads it to its end.
  virtual void once() = 0;

  void opened(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    context_ = context;
  }
  void closed() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }
  void take(const v1::Message& message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(message);
    last_ = message.id();
  }
  size_t any(size_t of) { return std::uniform_int_distribution<size_t>(0, of - 1)(random_); }

  std::atomic<bool> over_ = false;
  std::atomic<bool> done_ = false;
  mutable std::mutex mutex_;
  grpc::ClientContext* context_ = nullptr;
  std::vector<v1::Message> messages_;
  std::string last_;
  std::mt19937 random_;
  std::thread thread_;
};

class AgentSide : public Side {
 public:
  AgentSide(const std::vector<std::string>& addresses, std::string session, unsigned seed)
      : Side(seed), session_(std::move(session)) {
    for (const auto& address : addresses) stubs_.push_back(v1::SessionService::NewStub(connect(address)));
    begin();
  }
  ~AgentSide() override { stop(); }

 private:
  void once() override {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    v1::WatchSessionRequest request;
    request.set_name(session_);
    request.set_after_message(last_);
    const auto reader = stubs_[any(stubs_.size())]->WatchSession(&context, request);
    opened(&context);
    v1::WatchSessionResponse event;
    while (reader->Read(&event)) {
      if (event.has_message()) take(event.message());
    }
    const grpc::Status status = reader->Finish();
    if (status.ok()) over_ = true;  // the session has ended
    closed();
  }

  const std::string session_;
  std::vector<std::unique_ptr<v1::SessionService::Stub>> stubs_;
};

class DeskSide : public Side {
 public:
  DeskSide(const std::vector<std::string>& addresses, std::string session, std::string expert, unsigned seed)
      : Side(seed), session_(std::move(session)), expert_(std::move(expert)) {
    for (const auto& address : addresses) stubs_.push_back(v1::DeskService::NewStub(connect(address)));
    begin();
  }
  ~DeskSide() override { stop(); }

 private:
  void once() override {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    const auto stream = stubs_[any(stubs_.size())]->Desk(&context);
    opened(&context);
    v1::DeskRequest request;
    request.set_request_id("attach");
    request.mutable_attach()->set_parent("domains/main");
    request.mutable_attach()->add_experts(expert_);
    (*request.mutable_attach()->mutable_after_messages())[id_of(session_)] = last_;
    stream->Write(request);
    v1::DeskResponse event;
    while (stream->Read(&event)) {
      if (event.has_message()) take(event.message().message());
    }
    stream->Finish();
    closed();
  }

  const std::string session_;
  const std::string expert_;
  std::vector<std::unique_ptr<v1::DeskService::Stub>> stubs_;
};

class Conversation : public OwnSystem {};

TEST_P(Conversation, LosesDoublesAndReordersNothing) {
  const unsigned seed = 20261121;
  std::mt19937 random(seed);
  const auto any = [&random](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  std::vector<std::string> addresses;
  for (size_t i = 0; i < system().replicas(); ++i) addresses.push_back("ipv4:" + system().address(Service::Bridge, i));

  {
    AgentSide agent(addresses, session.name(), seed + 1);
    DeskSide desk(addresses, session.name(), ann.expert(), seed + 2);
    // Both write at the same time, each message when the one before was answered; what is not answered is asked again
    // with the same request id.
    auto agent_writes = std::async(std::launch::async, [&] {
      for (int i = 0; i < kMessages; ++i) platform().send(session.name(), "a" + std::to_string(i));
    });
    auto expert_writes = std::async(std::launch::async, [&] {
      for (int i = 0; i < kMessages; ++i) {
        const auto said = ann.say(session.name(), "e" + std::to_string(i));
        if (said.code() != 0) throw std::runtime_error(said.message());
      }
    });
    for (int i = 0; i < kMishaps; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(any(1, 40)));
      const int what = any(0, 9);
      if (what == 0) {
        const auto replica = static_cast<size_t>(any(0, 1));
        system().kill(Service::Bridge, replica);
        system().start(Service::Bridge, replica);
      } else if (what < 5) {
        agent.cut();
      } else {
        desk.cut();
      }
    }
    agent_writes.get();
    expert_writes.get();
    const auto all_seen = [](const Side& side) { return side.messages().size() >= 2 * kMessages; };
    eventually("both sides have seen all", [&] { return all_seen(agent) && all_seen(desk); });

    const auto told = agent.messages();
    ASSERT_EQ(told.size(), 2U * kMessages);
    std::vector<std::string> from_agent, from_expert;
    for (size_t i = 0; i < told.size(); ++i) {
      (told[i].author() == v1::MESSAGE_AUTHOR_AGENT ? from_agent : from_expert).push_back(told[i].text());
    }
    for (int i = 0; i < kMessages; ++i) {
      EXPECT_EQ(from_agent.at(static_cast<size_t>(i)), "a" + std::to_string(i));
      EXPECT_EQ(from_expert.at(static_cast<size_t>(i)), "e" + std::to_string(i));
    }
    const auto shown = desk.messages();
    ASSERT_EQ(shown.size(), told.size());
    for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(shown[i].id(), told[i].id());
  }
  EXPECT_EQ(platform().end(session.name()).outcome(), v1::SESSION_OUTCOME_HELPED);
}

TEST_P(Conversation, ADeskThatKnowsSomeOfItIsShownTheRest) {
  Desk& ann = expert("ann");
  const v1::Session session = accepted(ann);
  platform().send(session.name(), "one");
  const std::string second = platform().send(session.name(), "two");
  platform().send(session.name(), "three");
  const auto stub = v1::DeskService::NewStub(connect(system().target(Service::Bridge)));
  for (const auto& [after, first] : {std::pair(second, "three"), std::pair(std::string(), "one")}) {
    grpc::ClientContext context;
    const auto stream = stub->Desk(&context);
    v1::DeskRequest request;
    request.set_request_id("attach");
    request.mutable_attach()->set_parent("domains/main");
    request.mutable_attach()->add_experts(ann.expert());
    if (!after.empty()) (*request.mutable_attach()->mutable_after_messages())[id_of(session.name())] = after;
    stream->Write(request);
    v1::DeskResponse event;
    while (stream->Read(&event) && !event.has_message()) {
    }
    EXPECT_EQ(event.message().message().text(), first);
    context.TryCancel();
    while (stream->Read(&event)) {
    }
    stream->Finish();
  }
  v1::DeskRequest bad;
  bad.mutable_attach()->set_parent("domains/main");
  bad.mutable_attach()->add_experts(ann.expert());
  (*bad.mutable_attach()->mutable_after_messages())[id_of(session.name())] = "yesterday";
  EXPECT_EQ(ann.request(bad).reason(), "BAD_CURSOR");
}

EXPERTLINE_IN_ALL_SHAPES(Conversation);

}  // namespace
}  // namespace expertline::test
