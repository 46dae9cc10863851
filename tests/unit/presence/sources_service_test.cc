// Sources with rules and streams of their own.
#include "service_fixture.h"

namespace expertline::presence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SourcesTest : public PresenceServiceTest {
 protected:
  SourcesTest() { serve(); }

  Config declared() const {
    Config with = config();
    auto read = read_sources(R"(
busy_takes_im: true
sources:
  pbx: {kind: phone, experts: [ann, "group:sales"], write_back: true, clock: 1m}
  chat: {kind: client, heartbeat: 200ms, grace: 300ms}
  flood: {kind: client, reports_per_second: 20}
)",
                             "s.yaml");
    with.sources = std::move(read.file);
    return with;
  }
  void serve() { replica_ = std::make_unique<Replica>(declared()); }

  struct Stream {
    explicit Stream(Replica& replica) : stream(replica.presence->StreamPresence(&context)) {}
    ~Stream() { context.TryCancel(); }
    void hello(const std::string& source, int64_t epoch) {
      v1::StreamPresenceRequest request;
      request.set_parent("domains/main");
      request.mutable_hello()->set_source(source);
      request.mutable_hello()->set_epoch(epoch);
      stream->Write(request);
    }
    void push(int64_t batch, const std::vector<v1::PresenceReport>& reports) {
      v1::StreamPresenceRequest request;
      request.set_batch(batch);
      for (const auto& one : reports) *request.add_reports() = one;
      stream->Write(request);
    }
    v1::StreamPresenceResponse next() {
      v1::StreamPresenceResponse answer;
      if (!stream->Read(&answer)) ended = test::refusal(stream->Finish()).reason;
      return answer;
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StreamPresenceRequest, v1::StreamPresenceResponse>> stream;
    std::string ended;
  };
  // As a source of its own says it.
  static v1::PresenceReport says(const std::string& id, v1::PresenceState state, int64_t sequence) {
    v1::PresenceReport out;
    out.set_expert(id);
    out.set_state(state);
    out.set_sequence(sequence);
    return out;
  }
  v1::Source source(const std::string& id) {
    v1::ListSourcesRequest request;
    request.set_parent("domains/main");
    const auto listed = test::call(*replica_->presence, &Presences::ListSources, request);
    for (const v1::Source& one : listed.sources()) {
      if (one.id() == id) return one;
    }
    return {};
  }
};

TEST_F(SourcesTest, EachRefusalHasItsReasonAndIsCounted) {
  create("ann");
  create("bob");
  auto sales = creation("sam");
  sales.mutable_expert()->add_groups("sales");
  test::call(*replica_->experts, &Experts::CreateExpert, sales);
  const auto from = [](const std::string& source, const std::string& expert) {
    auto out = report(expert, kOnline, 5);
    out.set_source(source);
    out.set_kind(v1::SOURCE_KIND_UNSPECIFIED);
    return out;
  };
  auto back = from("pbx", "ann");
  back.set_sequence(4);
  auto off = from("pbx", "ann");
  off.mutable_seen_time()->set_seconds(time(nullptr) - 3600);
  auto word = from("pbx", "ann");
  word.clear_state();
  word.mutable_foreign()->set_system("sip");
  word.mutable_foreign()->add_words("dancing");
  auto wrong = from("pbx", "ann");
  wrong.set_kind(v1::SOURCE_KIND_CLIENT);
  test::eventually("sam's group is known", [&] { return send({from("pbx", "sam")}).refused().empty(); });
  std::vector<v1::ReportRefusal> reasons;
  for (const auto& one :
       {from("pbx", "ann"), back, from("pbx", "bob"), off, word, wrong, from("nobody", "ann"), from("chat", "who")}) {
    const auto answer = send({one});
    reasons.push_back(answer.refused().empty() ? v1::REPORT_REFUSAL_UNSPECIFIED : answer.refused(0).reason());
  }
  EXPECT_THAT(reasons, ElementsAre(v1::REPORT_REFUSAL_UNSPECIFIED, v1::REPORT_REFUSAL_STALE,
                                   v1::REPORT_REFUSAL_FOREIGN_EXPERT, v1::REPORT_REFUSAL_CLOCK_FAR_OFF,
                                   v1::REPORT_REFUSAL_UNKNOWN_WORD, v1::REPORT_REFUSAL_MALFORMED,
                                   v1::REPORT_REFUSAL_UNKNOWN_SOURCE, v1::REPORT_REFUSAL_UNKNOWN_EXPERT));
  EXPECT_EQ(source("pbx").refused_size(), 5);
  EXPECT_EQ(source("pbx").kind(), v1::SOURCE_KIND_PHONE);
  EXPECT_TRUE(source("pbx").write_back());
  EXPECT_GE(source("pbx").taken(), 2);
  ASSERT_EQ(source("").refused_size(), 1);
  EXPECT_EQ(source("").refused(0).reason(), v1::REPORT_REFUSAL_UNKNOWN_SOURCE);
}

TEST_F(SourcesTest, WordsOfOtherSystemsAreMappedAndBusyFollowsThePolicy) {
  create("ann");
  v1::PresenceReport graph = report("ann", v1::PRESENCE_STATE_UNSPECIFIED);
  graph.set_source("chat");
  graph.mutable_foreign()->set_system("graph");
  graph.mutable_foreign()->add_words("Busy");
  graph.mutable_foreign()->add_words("InAMeeting");
  EXPECT_THAT(send({graph}).refused(), IsEmpty());
  EXPECT_EQ(presence("ann").state(), kBusy);
  EXPECT_TRUE(presence("ann").media(0).routable());
}

TEST_F(SourcesTest, ASourceThatIsNotHeardOfIsLostAndFoundAgain) {
  create("ann");
  {
    Stream chat(*replica_);
    chat.hello("chat", 7);
    EXPECT_EQ(chat.next().welcome().heartbeat().nanos(), 200'000'000);
    chat.push(1, {says("ann", kOnline, 1)});
    EXPECT_EQ(chat.next().batch(), 1);
    test::eventually("it is connected", [&] {
      chat.push(1, {});
      return chat.next().batch() == 1 && source("chat").state() == v1::SOURCE_STATE_CONNECTED &&
             presence("ann").state() == kOnline;
    });
    // Heartbeats keep it longer than heartbeat and grace are; if the machine stood still so long, they did not come.
    auto heard = std::chrono::steady_clock::now();
    for (int i = 2; i < 12; ++i) {
      const auto now = std::chrono::steady_clock::now();
      chat.push(i, {});
      EXPECT_EQ(chat.next().batch(), i);
      std::this_thread::sleep_for(std::chrono::milliseconds(70));
      const v1::PresenceState state = presence("ann").state();
      if (std::chrono::steady_clock::now() - heard > std::chrono::milliseconds(400)) break;
      heard = now;
      ASSERT_EQ(state, kOnline) << i;
    }
  }
  test::eventually("what it said is unknown", [&] { return presence("ann").state() == kOffline; });
  EXPECT_THAT(presence("ann").reason(), ::testing::HasSubstr("lost: chat"));
  EXPECT_EQ(source("chat").state(), v1::SOURCE_STATE_LOST);
  // On another replica in the same epoch: what it said counts again.
  Replica other(declared());
  Stream again(other);
  again.hello("chat", 7);
  EXPECT_TRUE(again.next().has_welcome());
  test::eventually("ann is back", [&] {
    again.push(99, {});
    return again.next().batch() == 99 && presence("ann").state() == kOnline;
  });
}

TEST_F(SourcesTest, WhatASourceSaidInAnEarlierEpochIsUnknownAfterTheGracePeriod) {
  create("ann");
  create("bob");
  Stream first(*replica_);
  first.hello("chat", 1);
  EXPECT_TRUE(first.next().has_welcome());
  first.push(1, {says("ann", kOnline, 1), says("bob", kOnline, 1)});
  EXPECT_EQ(first.next().batch(), 1);
  Stream second(*replica_);
  second.hello("chat", 2);
  EXPECT_TRUE(second.next().has_welcome());
  second.push(1, {says("ann", kBusy, 1)});
  EXPECT_EQ(second.next().batch(), 1);
  test::eventually("bob was not heard of again", [&] {
    second.push(2, {});
    return second.next().batch() == 2 && presence("bob").state() == kOffline;
  });
  test::eventually("ann was", [&] {
    second.push(2, {});
    return second.next().batch() == 2 && presence("ann").state() == kBusy;
  });
  // The old stream is told.
  test::eventually("the old stream is over", [&] {
    first.push(3, {});
    first.next();
    return first.ended == "SOURCE_SUPERSEDED";
  });
}

TEST_F(SourcesTest, AStreamOfAnUndeclaredSourceIsRefused) {
  Stream stream(*replica_);
  stream.hello("nobody", 1);
  stream.next();
  EXPECT_EQ(stream.ended, "UNKNOWN_SOURCE");
}

// 32 seconds' worth comes at once. However slow the machine is, no more is written than the rate allows in the time it
// took, while the others are acknowledged one by one.
TEST_F(SourcesTest, AFloodIsSlowedDownAloneAndItsNewestStateWins) {
  constexpr int kExperts = 40;
  constexpr int kBatches = 16;
  constexpr double kRate = 20;  // as declared
  std::string experts = "experts:\n";
  const auto id = [](int expert) { return "e" + std::to_string(expert); };
  for (int i = 0; i < kExperts; ++i) experts += "  - {id: " + id(i) + ", capacity: {im: 1}}\n";
  test::call(*replica_->experts, &Experts::ImportRoster, roster(experts));
  create("bob");
  Stream flood(*replica_);
  flood.hello("flood", 1);
  EXPECT_TRUE(flood.next().has_welcome());

  const auto begin = std::chrono::steady_clock::now();
  int64_t sequence = 0;
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<v1::PresenceReport> reports;
    for (int i = 0; i < kExperts; ++i) {
      reports.push_back(says(id(i), batch == kBatches - 1 ? kBusy : kOnline, ++sequence));
    }
    flood.push(batch, reports);
  }
  for (int i = 1; i <= 20; ++i) {
    auto other = report("bob", i % 2 == 0 ? kOnline : kBusy, i);
    other.set_source("chat");
    EXPECT_THAT(send({other}).refused(), IsEmpty());
  }
  EXPECT_EQ(presence("bob").state(), kOnline);
  const v1::Source meanwhile = source("flood");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(static_cast<double>(meanwhile.taken() - meanwhile.overtaken()), kRate + kRate * taken.count());

  for (int batch = 0; batch < kBatches; ++batch) {
    const auto answer = flood.next();
    EXPECT_EQ(answer.batch(), batch);
    EXPECT_THAT(answer.refused(), IsEmpty());
  }
  for (int i = 0; i < kExperts; ++i) EXPECT_EQ(presence(id(i)).state(), kBusy) << id(i);
  test::eventually("all of them are counted", [&] { return source("flood").taken() == kExperts * kBatches; });
  EXPECT_GT(source("flood").overtaken(), 0);
}

TEST_F(SourcesTest, OnlyDeclaredSourcesAreToldOfOurCalls) {
  v1::WatchWriteBackRequest request;
  request.set_parent("domains/main");
  request.set_source("chat");
  const auto ended = [&] {
    grpc::ClientContext context;
    const auto reader = replica_->presence->WatchWriteBack(&context, request);
    v1::WatchWriteBackResponse message;
    EXPECT_FALSE(reader->Read(&message));
    return test::refusal(reader->Finish()).reason;
  };
  EXPECT_EQ(ended(), "UNKNOWN_SOURCE");
  request.set_source("pbx");
  grpc::ClientContext context;
  const auto reader = replica_->presence->WatchWriteBack(&context, request);
  v1::WatchWriteBackResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_TRUE(message.complete());
  EXPECT_THAT(message.experts(), IsEmpty());
  context.TryCancel();
}

}  // namespace
}  // namespace expertline::presence
