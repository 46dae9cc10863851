// How soon a report of presence is in the snapshot that decisions are made on, and how many reports a second are taken.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <future>
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
#include "strategy-evaluation/read_model.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDomain = "main";
constexpr int kInBatch = 256;
constexpr size_t kWindow = 8;  // batches of a stream that are under way
constexpr int kWarmUp = 50;
constexpr std::chrono::seconds kPatience{60};
constexpr int kMostLosses = 100;
constexpr std::chrono::milliseconds kReopenAfter{100};

v1::PresenceReport report(int expert, v1::PresenceState state, int64_t sequence) {
  v1::PresenceReport out;
  out.set_expert(bench_expert(expert));
  out.set_state(state);
  out.set_sequence(sequence);
  return out;
}

// strategy-evaluation's copy of the read model, in this process; presence-ingest is in another.
class Snapshot {
 public:
  explicit Snapshot(const std::shared_ptr<grpc::Channel>& presence) : model_(loop_, kDomain, presence) {
    loop_.start();
    loop_.post([this] { model_.start(); });
  }
  ~Snapshot() {
    loop_.post([this] { model_.stop(); });
    loop_.stop();
  }
  // Waits until that state of an expert is in it.
  bool shows(int expert, v1::PresenceState state) {
    std::promise<bool> shown;
    loop_.post([this, &shown, id = bench_expert(expert), state] { look(&shown, id, state, Clock::now() + kPatience); });
    return shown.get_future().get();
  }

 private:
  void look(std::promise<bool>* shown, const std::string& id, v1::PresenceState state, Clock::time_point until) {
    const routing::Snapshot& snapshot = model_.snapshot();
    const auto expert = model_.ready() ? snapshot.find(id) : std::nullopt;
    if (expert && snapshot.row(*expert).state() == state) return shown->set_value(true);
    if (Clock::now() > until) return shown->set_value(false);
    // So what is measured is up to a millisecond more than it takes.
    loop_.after(1, [this, shown, id, state, until] { look(shown, id, state, until); });
  }

  app::Loop loop_;
  evaluation::ReadModel model_;
};

// A source of its own with one stream that reports about experts `first`, `first + step` ... round and round. A stream
// that is lost, as when the store did not answer in time, is opened again.
class Generator {
 public:
  Generator(v1::PresenceService::Stub& stub, std::string source, int first, int step, int experts)
      : stub_(stub), source_(std::move(source)), first_(first), step_(step), experts_(experts) {}
  ~Generator() {
    if (!stream_) return;
    context_->TryCancel();
    (void)stream_->Finish();
  }

  // So many reports, each of another state than the last of that expert, or each the same. False if one was refused,
  // and the reason is said.
  bool run(int reports, bool changing) {
    int acknowledged = 0;
    while (acknowledged < reports) {
      if (!stream_ && !open()) return false;
      std::deque<int> under_way;  // reports of each batch
      int sent = acknowledged;
      v1::StreamPresenceResponse response;
      do {
        bool going = true;
        while (going && sent < reports && under_way.size() < kWindow) {
          v1::StreamPresenceRequest request;
          for (int i = 0; i < kInBatch && sent < reports; ++i, ++sent) *request.add_reports() = next(changing);
          under_way.push_back(request.reports_size());
          going = stream_->Write(request);
        }
        if (!stream_->Read(&response)) break;
        if (!response.refused().empty()) {
          fail("a report was refused: " + response.refused(0).detail());
          return false;
        }
        acknowledged += under_way.front();
        under_way.pop_front();
      } while (acknowledged < reports);
      if (acknowledged < reports && !lost()) return false;
    }
    return true;
  }

 private:
  bool open() {
    context_ = std::make_unique<grpc::ClientContext>();
    stream_ = stub_.StreamPresence(context_.get());
    v1::StreamPresenceRequest request;
    request.set_parent(domain_name(kDomain));
    request.mutable_hello()->set_source(source_);
    request.mutable_hello()->set_kind(v1::SOURCE_KIND_CLIENT);
    request.mutable_hello()->set_epoch(1);
    stream_->Write(request);
    v1::StreamPresenceResponse response;
    return stream_->Read(&response) || (lost() && open());
  }
  // True if it may be opened again.
  bool lost() {
    const grpc::Status status = stream_->Finish();
    stream_.reset();
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE && ++losses_ <= kMostLosses) {
      std::this_thread::sleep_for(kReopenAfter);
      return true;
    }
    fail("StreamPresence", status);
    return false;
  }
  v1::PresenceReport next(bool changing) {
    if (first_ + at_ * step_ >= experts_) {
      at_ = 0;
      if (changing) online_ = !online_;
    }
    return report(first_ + at_++ * step_, online_ ? v1::PRESENCE_STATE_ONLINE : v1::PRESENCE_STATE_BUSY, ++sequence_);
  }

  v1::PresenceService::Stub& stub_;
  const std::string source_;
  const int first_;
  const int step_;
  const int experts_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamPresenceRequest, v1::StreamPresenceResponse>> stream_;
  int at_ = 0;
  bool online_ = true;
  int64_t sequence_ = 0;
  int losses_ = 0;
};

// Reports a second over all streams; 0 if any was refused, which has been said.
double throughput(std::vector<std::unique_ptr<Generator>>& generators, int reports, bool changing) {
  std::vector<std::future<bool>> done;
  const auto begin = Clock::now();
  const int each = reports / static_cast<int>(generators.size());
  for (auto& generator : generators) {
    done.push_back(std::async(std::launch::async, [&] { return generator->run(each, changing); }));
  }
  bool good = true;
  for (auto& one : done) good = one.get() && good;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return good ? each * static_cast<double>(generators.size()) / seconds : 0;
}

}  // namespace

void serve_presence(const std::string& redis, const Child::Say& say) {
  presence::PresenceIngest ingest({.redis = redis});
  app::Server server("127.0.0.1:0", ingest.services(), {ingest.calls()});
  if (!server.start()) return;
  const auto started = ingest.start([&] { say(std::to_string(server.port())); });
  if (started) pause();
}

int bench_presence(const std::string& folder_below, const PresenceBench& settings) {
  const BenchFolder folder(folder_below);
  RedisChild redis;
  if (const auto started = redis.start(folder.path()); !started) return fail(started.error().message);
  Child presence([&](const Child::Say& say) { serve_presence(redis.address(), say); });
  const auto port = presence.line();
  if (!port) return fail("presence-ingest did not start");
  const auto channel = app::connect("127.0.0.1:" + *port);
  auto directory = v1::ExpertService::NewStub(channel);
  auto stub = v1::PresenceService::NewStub(channel);
  for (const std::string& roster : bench_rosters(settings.experts, 1)) {
    v1::ImportRosterRequest request;
    request.set_parent(domain_name(kDomain));
    request.set_roster(roster);
    const auto answer = call(*directory, &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) return fail("ImportRoster", answer.status);
  }

  fmt::print("{} experts, presence-ingest and the snapshot in processes of their own, every change synced to {}\n",
             settings.experts, folder_below);
  std::vector<double> taken;
  {
    Snapshot snapshot(channel);
    if (!snapshot.shows(0, v1::PRESENCE_STATE_OFFLINE)) return fail("the snapshot did not get ready");
    for (int i = 0; i < settings.changes + kWarmUp; ++i) {
      const auto state = i % 2 == 0 ? v1::PRESENCE_STATE_ONLINE : v1::PRESENCE_STATE_BUSY;
      v1::ReportPresenceRequest request;
      request.set_parent(domain_name(kDomain));
      v1::PresenceReport& one = *request.add_reports();
      one = report(0, state, i + 1);
      one.set_source("idle");
      one.set_kind(v1::SOURCE_KIND_CLIENT);
      const auto begin = Clock::now();
      const auto answer = call(*stub, &v1::PresenceService::Stub::ReportPresence, request);
      if (!answer.ok()) return fail("ReportPresence", answer.status);
      if (!snapshot.shows(0, state)) return fail("a report did not come to the snapshot");
      const double ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
      if (i >= kWarmUp) taken.push_back(ms);
    }
  }
  std::vector<std::unique_ptr<Generator>> generators;
  for (int i = 0; i < settings.streams; ++i) {
    generators.push_back(
        std::make_unique<Generator>(*stub, fmt::format("source-{}", i), i, settings.streams, settings.experts));
  }
  const int warm_up = std::min(settings.reports, 2 * settings.experts);
  if (throughput(generators, warm_up, true) == 0) return 1;
  const double changing = throughput(generators, settings.reports, true);
  const double repeated = throughput(generators, settings.reports, false);
  if (changing == 0 || repeated == 0) return 1;

  fmt::print("report to snapshot        p50 {:.2f} ms  p99 {:.2f} ms, {} reports one at a time\n", median(taken),
             percentile(taken, 0.99), settings.changes);
  fmt::print("reports of a new state    {:.0f} a second, {} streams\n", changing, settings.streams);
  fmt::print("reports of the same state {:.0f} a second\n", repeated);
  fmt::print("{}\n", nlohmann::json({{"report_to_snapshot_p50_ms", median(taken)},
                                     {"report_to_snapshot_p99_ms", percentile(taken, 0.99)},
                                     {"reports_per_s", changing},
                                     {"repeated_reports_per_s", repeated},
                                     {"experts", settings.experts},
                                     {"streams", settings.streams},
                                     {"reports", settings.reports}})
                         .dump());
  return 0;
}

}  // namespace expertline::cli
