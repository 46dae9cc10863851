// What a source that sends far more than its rate costs the others: how long their reports take before and while it
// does.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/server.h"
#include "base/names.h"
#include "expertline/bench/bench.h"
#include "expertline/bench/child.h"
#include "expertline/bench/figures.h"
#include "expertline/say.h"
#include "expertline/up/redis_child.h"
#include "presence-ingest/presence_ingest.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDomain = "main";
constexpr int kExperts = 1'000;
constexpr int kRate = 500;         // reports a second that the flooding source may send
constexpr int kTimesItsRate = 20;  // what it sends
constexpr int kInBatch = 100;
constexpr int kReports = 1'000;  // of the others, in each part
constexpr std::chrono::milliseconds kPause{2};

// presence-ingest with the flooding source declared; it says its port.
void serve(const std::string& redis, const Child::Say& say) {
  auto read = presence::read_sources(
      fmt::format("sources: {{flood: {{kind: client, reports_per_second: {}}}}}\nothers: {{}}\n", kRate), "sources");
  presence::PresenceIngest ingest({.redis = redis, .sources = std::move(read.file)});
  app::Server server("127.0.0.1:0", ingest.services(), {ingest.calls()});
  if (!server.start()) return;
  const auto started = ingest.start([&] { say(std::to_string(server.port())); });
  if (started) pause();
}

// A stream that is written at twenty times its rate, as far as flow control lets it.
class Flood {
 public:
  explicit Flood(v1::PresenceService::Stub& stub) : stream_(stub.StreamPresence(&context_)) {
    v1::StreamPresenceRequest request;
    request.set_parent(domain_name(kDomain));
    request.mutable_hello()->set_source("flood");
    request.mutable_hello()->set_epoch(1);
    stream_->Write(request);
    reading_ = std::thread([this] {
      v1::StreamPresenceResponse answer;
      while (stream_->Read(&answer)) {
      }
    });
    writing_ = std::thread([this] { write(); });
  }
  ~Flood() {
    context_.TryCancel();
    writing_.join();
    reading_.join();
    (void)stream_->Finish();
  }
  int64_t sent() const { return sent_; }

 private:
  void write() {
    const auto begin = Clock::now();
    for (int batch = 0;; ++batch) {
      v1::StreamPresenceRequest request;
      for (int i = 0; i < kInBatch; ++i) {
        v1::PresenceReport& report = *request.add_reports();
        const int64_t number = ++sent_;
        report.set_expert(bench_expert(static_cast<int>(number % (kExperts / 2))));
        report.set_state(number / (kExperts / 2) % 2 == 0 ? v1::PRESENCE_STATE_ONLINE : v1::PRESENCE_STATE_BUSY);
        report.set_sequence(number);
      }
      if (!stream_->Write(request)) return;
      std::this_thread::sleep_until(begin +
                                    batch * std::chrono::microseconds(1'000'000LL * kInBatch / kRate / kTimesItsRate));
    }
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamPresenceRequest, v1::StreamPresenceResponse>> stream_;
  std::atomic<int64_t> sent_ = 0;
  std::thread writing_;
  std::thread reading_;
};

// How long each report of another source took, one after the other with a pause between; empty if one failed.
std::vector<double> report_ms(v1::PresenceService::Stub& stub, int64_t& sequence) {
  std::vector<double> taken;
  for (int i = 0; i < kReports; ++i) {
    v1::ReportPresenceRequest request;
    request.set_parent(domain_name(kDomain));
    v1::PresenceReport& report = *request.add_reports();
    report.set_source("calm");
    report.set_kind(v1::SOURCE_KIND_CLIENT);
    report.set_expert(bench_expert(kExperts / 2 + i % (kExperts / 2)));
    report.set_state(i / (kExperts / 2) % 2 == 0 ? v1::PRESENCE_STATE_ONLINE : v1::PRESENCE_STATE_BUSY);
    report.set_sequence(++sequence);
    const auto begin = Clock::now();
    const auto answer = call(stub, &v1::PresenceService::Stub::ReportPresence, request);
    if (!answer.ok() || answer.value.refused_size() > 0) return {};
    taken.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    std::this_thread::sleep_for(kPause);
  }
  return taken;
}

}  // namespace

int bench_flood(const std::string& folder_below) {
  const BenchFolder folder(folder_below);
  RedisChild redis;
  if (const auto started = redis.start(folder.path()); !started) return fail(started.error().message);
  Child presence([&](const Child::Say& say) { serve(redis.address(), say); });
  const auto port = presence.line();
  if (!port) return fail("presence-ingest did not start");
  const auto channel = app::connect("127.0.0.1:" + *port);
  auto directory = v1::ExpertService::NewStub(channel);
  auto stub = v1::PresenceService::NewStub(channel);
  for (const std::string& roster : bench_rosters(kExperts, 1)) {
    v1::ImportRosterRequest request;
    request.set_parent(domain_name(kDomain));
    request.set_roster(roster);
    const auto answer = call(*directory, &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) return fail("ImportRoster", answer.status);
  }

  int64_t sequence = 0;
  report_ms(*stub, sequence);  // warms up
  const std::vector<double> before = report_ms(*stub, sequence);
  std::vector<double> during;
  double flooded_s = 0;
  int64_t sent = 0;
  {
    const auto begin = Clock::now();
    Flood flood(*stub);
    during = report_ms(*stub, sequence);
    flooded_s = std::chrono::duration<double>(Clock::now() - begin).count();
    sent = flood.sent();
  }
  if (before.empty() || during.empty()) return fail("a report was refused");
  v1::ListSourcesRequest request;
  request.set_parent(domain_name(kDomain));
  const auto listed = call(*stub, &v1::PresenceService::Stub::ListSources, request);
  if (!listed.ok()) return fail("ListSources", listed.status);
  const auto& sources = listed.value.sources();
  const auto flood =
      std::find_if(sources.begin(), sources.end(), [](const v1::Source& one) { return one.id() == "flood"; });
  if (flood == sources.end()) return fail("the flooding source is not known");
  const int64_t written = flood->taken() - flood->overtaken();

  fmt::print("a report of another source    p50 {:.2f} ms  p99 {:.2f} ms\n", median(before), percentile(before, 0.99));
  fmt::print("while one floods              p50 {:.2f} ms  p99 {:.2f} ms\n", median(during), percentile(during, 0.99));
  fmt::print("the flood: {} reports a second allowed, {:.0f} sent, {:.0f} written; {} overtaken in all\n", kRate,
             static_cast<double>(sent) / flooded_s, static_cast<double>(written) / flooded_s, flood->overtaken());
  fmt::print("{}\n", nlohmann::json({{"report_p50_ms", median(before)},
                                     {"report_p99_ms", percentile(before, 0.99)},
                                     {"flooded_report_p50_ms", median(during)},
                                     {"flooded_report_p99_ms", percentile(during, 0.99)},
                                     {"flood_rate", kRate},
                                     {"flood_sent_per_s", static_cast<double>(sent) / flooded_s},
                                     {"flood_written_per_s", static_cast<double>(written) / flooded_s},
                                     {"flood_overtaken", flood->overtaken()}})
                         .dump());
  return 0;
}

}  // namespace expertline::cli
