// Reports of presence and short texts over the API.
#include "presence-ingest/damping.h"
#include "service_fixture.h"

namespace expertline::presence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(PresenceServiceTest, ReportsMakeOnePresence) {
  create("ann");
  EXPECT_EQ(presence("ann").state(), kOffline);
  EXPECT_THAT(send({report("ann", kOnline)}).refused(), IsEmpty());
  v1::PresenceReport manual = report("ann", kBusy);
  manual.set_source("herself");
  manual.set_kind(v1::SOURCE_KIND_MANUAL);
  manual.set_note("writing");
  EXPECT_THAT(send({manual}).refused(), IsEmpty());
  const v1::Presence said = presence("ann");
  EXPECT_EQ(said.name(), name("ann"));
  EXPECT_EQ(said.state(), kBusy);
  EXPECT_EQ(said.winner(), "herself");
  EXPECT_THAT(said.losers(), ElementsAre("desk-ann"));
  EXPECT_EQ(said.reason(), "he said so himself");
  EXPECT_EQ(said.note(), "writing");
  EXPECT_GT(said.since().seconds(), 0);
  ASSERT_THAT(said.media(), SizeIs(2));
  EXPECT_FALSE(said.media(0).routable());
  EXPECT_EQ(said.media(0).capacity(), 2);
}

TEST_F(PresenceServiceTest, TheGoodReportsOfABatchAreTaken) {
  create("ann");
  v1::PresenceReport malformed = report("ann", kOnline);
  malformed.set_kind(v1::SOURCE_KIND_UNSPECIFIED);
  const auto answer = send({malformed, report("ann", kOnline, 7), report("nobody", kOnline), report("ann", kBusy, 6)});
  ASSERT_THAT(answer.refused(), SizeIs(3));
  EXPECT_EQ(answer.refused(0).index(), 0);
  EXPECT_EQ(answer.refused(0).reason(), v1::REPORT_REFUSAL_MALFORMED);
  EXPECT_EQ(answer.refused(1).index(), 2);
  EXPECT_EQ(answer.refused(1).reason(), v1::REPORT_REFUSAL_UNKNOWN_EXPERT);
  EXPECT_EQ(answer.refused(2).index(), 3);
  EXPECT_EQ(answer.refused(2).reason(), v1::REPORT_REFUSAL_STALE);
  EXPECT_EQ(presence("ann").state(), kOnline);

  v1::ReportPresenceRequest empty;
  empty.set_parent("domains/main");
  const auto refused = [&] {
    return test::refusal(test::status_of(*replica_->presence, &Presences::ReportPresence, empty));
  };
  EXPECT_EQ(refused().metadata["field"], "reports");
  for (int i = 0; i < 257; ++i) *empty.add_reports() = report("ann", kOnline);
  EXPECT_EQ(refused().metadata["field"], "reports");
  empty.set_parent("main");
  EXPECT_EQ(refused().metadata["field"], "parent");
}

TEST_F(PresenceServiceTest, WhatExpiresIsNoLongerTrue) {
  create("ann");
  v1::PresenceReport brief = report("ann", kOnline);
  brief.mutable_ttl()->set_nanos(300'000'000);
  const auto begin = std::chrono::steady_clock::now();
  send({brief});
  const v1::PresenceState at_first = presence("ann").state();
  if (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(300)) {
    EXPECT_EQ(at_first, kOnline);
  }
  test::eventually("ann is offline", [&] { return presence("ann").state() == kOffline; });
}

TEST_F(PresenceServiceTest, WhoComesAndGoesIsHeldBackAndLeavesAtOnce) {
  create("ann");
  int64_t sequence = 0;
  const auto is = [&](v1::PresenceState state) {
    send({report("ann", state, ++sequence)});
    return presence("ann");
  };
  for (int i = 0; i < Damping::kComebacks; ++i) {
    EXPECT_TRUE(is(kOnline).media(0).routable()) << i;
    EXPECT_FALSE(is(kOffline).media(0).routable()) << i;
  }
  const v1::Presence back = is(kOnline);
  EXPECT_EQ(back.state(), kOnline);
  EXPECT_FALSE(back.media(0).routable());
  EXPECT_THAT(back.reason(), ::testing::HasSubstr("comes and goes"));
  EXPECT_EQ(is(kOffline).state(), kOffline);
  is(kOnline);
  test::eventually("he has stayed", [&] { return presence("ann").media(0).routable(); });
  EXPECT_THAT(presence("ann").reason(), ::testing::Not(::testing::HasSubstr("comes and goes")));
}

TEST_F(PresenceServiceTest, StreamedBatchesAreAcknowledgedInOrder) {
  create("ann");
  constexpr int kBatches = 100;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + test::kPatience);
  const auto stream = replica_->presence->StreamPresence(&context);
  for (int i = 0; i < kBatches; ++i) {
    v1::StreamPresenceRequest request;
    if (i == 0) request.set_parent("domains/main");
    request.set_batch(1000 + i);
    *request.add_reports() = report("ann", i % 2 == 0 ? kOnline : kBusy, i);
    if (i == 7) *request.add_reports() = report("nobody", kOnline);
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  v1::StreamPresenceResponse answer;
  for (int i = 0; i < kBatches; ++i) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.batch(), 1000 + i);
    EXPECT_EQ(answer.refused_size(), i == 7 ? 1 : 0);
  }
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(presence("ann").state(), kBusy);
}

TEST_F(PresenceServiceTest, AStreamOfAnUnknownDomainIsRefused) {
  grpc::ClientContext context;
  const auto stream = replica_->presence->StreamPresence(&context);
  v1::StreamPresenceRequest request;
  request.set_parent("domains/nowhere");
  *request.add_reports() = report("ann", kOnline);
  stream->Write(request);
  v1::StreamPresenceResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(test::refusal(stream->Finish()).reason, "UNKNOWN_DOMAIN");
}

// What experts say of themselves.
v1::SetStatusRequest saying(const std::string& id, const std::string& text) {
  v1::SetStatusRequest request;
  request.set_name("domains/main/experts/" + id);
  request.set_text(text);
  return request;
}

TEST_F(PresenceServiceTest, AStatusTextIsUnderstoodOrSaidBack) {
  create("ann");
  send({report("ann", kOnline)});
  const auto set = [&](const std::string& text) {
    return test::call(*replica_->presence, &Presences::SetStatus, saying("ann", text));
  };
  const auto meeting = set("in a meeting for 30 minutes");
  EXPECT_EQ(meeting.presence().state(), kBusy);
  EXPECT_EQ(meeting.presence().winner(), "status");
  EXPECT_EQ(meeting.presence().note(), "in a meeting for 30 minutes");
  EXPECT_NEAR(static_cast<double>(meeting.until_time().seconds()), static_cast<double>(time(nullptr) + 1800), 60);
  EXPECT_EQ(set("dnd").presence().do_not_disturb(), true);

  const auto no =
      test::refusal(test::status_of(*replica_->presence, &Presences::SetStatus, saying("ann", "gone fishing until 9")));
  EXPECT_EQ(no.reason, "STATUS_NOT_UNDERSTOOD");
  EXPECT_EQ(no.metadata.at("not_understood"), "fishing until 9");
  EXPECT_EQ(presence("ann").do_not_disturb(), true);  // nothing was changed

  EXPECT_EQ(set("automatic").presence().state(), kOnline);
  EXPECT_EQ(presence("ann").winner(), "desk-ann");
  EXPECT_EQ(test::refusal(test::status_of(*replica_->presence, &Presences::SetStatus, saying("nobody", "dnd"))).reason,
            "UNKNOWN_EXPERT");
}

TEST_F(PresenceServiceTest, ANumberToFollowIsHisVoiceNumberWhileItHolds) {
  auto request = creation("ann");
  (*request.mutable_expert()->mutable_dns())["voice"] = "5001";
  test::call(*replica_->experts, &Experts::CreateExpert, request);
  Watcher watcher(*replica_);
  const auto number = [&] { return watcher.known[name("ann")].expert().dns().at("voice"); };
  watcher.until([&] { return watcher.known.contains(name("ann")); });
  EXPECT_EQ(number(), "5001");
  const auto said =
      test::call(*replica_->presence, &Presences::SetStatus, saying("ann", "available, follow-me 555-1234"));
  EXPECT_EQ(said.presence().number(), "5551234");
  EXPECT_EQ(said.presence().state(), kOnline);
  EXPECT_FALSE(said.presence().media(0).routable());  // im: there is no client
  EXPECT_TRUE(said.presence().media(1).routable());
  watcher.until([&] { return number() == "5551234"; });
  test::call(*replica_->presence, &Presences::SetStatus, saying("ann", "automatic"));
  watcher.until([&] { return number() == "5001"; });
  EXPECT_EQ(get("ann").dns().at("voice"), "5001");
}

}  // namespace
}  // namespace expertline::presence
