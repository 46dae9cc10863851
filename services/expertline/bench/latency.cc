// How long an agent's call for help takes to the expert's screen, when nothing else goes on.
#include <fmt/format.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <unordered_map>

#include "expertline/bench/bench.h"
#include "expertline/bench/figures.h"
#include "expertline/client/connection.h"
#include "expertline/say.h"
#include "expertline/up/embedded.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 100;
constexpr std::chrono::seconds kPatience{30};

// One desk for all experts: it notes when the preview of each session came.
class Screen {
 public:
  Screen(Connection& connection, int experts) : stream_(connection.desks().Desk(&context_)) {
    for (int first = 0; first < experts; first += kInOne) {
      v1::DeskRequest request;
      request.mutable_attach()->set_parent(connection.parent());
      for (int i = first; i < std::min(first + kInOne, experts); ++i)
        request.mutable_attach()->add_experts(bench_expert(i));
      stream_->Write(request);
      ++unanswered_;
    }
    reader_ = std::thread([this] { read(); });
  }
  ~Screen() {
    context_.TryCancel();
    reader_.join();
  }

  bool attached() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return unanswered_ == 0; });
  }
  std::optional<Clock::time_point> preview(const std::string& session) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return previews_.contains(session); })) return std::nullopt;
    return previews_[session];
  }

 private:
  static constexpr int kInOne = 1'000;

  void read() {
    v1::DeskResponse response;
    while (stream_->Read(&response)) {
      const auto now = Clock::now();
      const std::lock_guard lock(mutex_);
      if (response.has_preview()) previews_[response.preview().offer().session()] = now;
      if (response.has_result() && response.result().code() == 0) --unanswered_;
      changed_.notify_all();
    }
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::DeskRequest, v1::DeskResponse>> stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int unanswered_ = 0;
  std::unordered_map<std::string, Clock::time_point> previews_;
  std::thread reader_;
};

// Empty, or what failed.
std::string bring_online(Connection& connection, int experts, int capacity) {
  for (const std::string& roster : bench_rosters(experts, capacity)) {
    v1::ImportRosterRequest request;
    request.set_parent(connection.parent());
    request.set_roster(roster);
    const auto answer = call(connection.experts(), &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) return describe(answer.status);
  }
  constexpr int kInOne = 256;
  for (int first = 0; first < experts; first += kInOne) {
    v1::ReportPresenceRequest request;
    request.set_parent(connection.parent());
    for (int i = first; i < std::min(first + kInOne, experts); ++i) {
      v1::PresenceReport& report = *request.add_reports();
      report.set_expert(bench_expert(i));
      report.set_source("bench");
      report.set_kind(v1::SOURCE_KIND_CLIENT);
      report.set_state(v1::PRESENCE_STATE_ONLINE);
      report.set_epoch(1);
      report.set_sequence(1);
    }
    const auto answer = call(connection.presence(), &v1::PresenceService::Stub::ReportPresence, request);
    if (!answer.ok()) return describe(answer.status);
  }
  return "";
}

}  // namespace

int bench_latency(const std::string& folder_below, int experts, int sessions) {
  const BenchFolder folder(folder_below);
  Embedded system({.listen = "127.0.0.1:0", .data = folder.path(), .strategies = folder.strategies()});
  std::promise<void> ready;
  if (const auto started = system.start([&ready] { ready.set_value(); }); !started) {
    return fail(started.error().message);
  }
  if (ready.get_future().wait_for(kPatience) != std::future_status::ready) return fail("the system did not get ready");
  Endpoints endpoints;
  endpoints.address = fmt::format("127.0.0.1:{}", system.port());
  Connection connection(endpoints);
  if (const std::string fault = bring_online(connection, experts, 1); !fault.empty()) return fail(fault);
  Screen screen(connection, experts);
  if (!screen.attached()) return fail("the desk could not attach the experts");

  fmt::print("{} sessions, one at a time, {} experts ready, every change synced to {}\n", sessions, experts,
             folder_below);
  std::vector<double> taken;
  for (int i = 0; i < sessions + kWarmUp; ++i) {
    v1::StartSessionRequest request;
    request.set_parent(connection.parent());
    request.set_routing_point("bench");
    request.mutable_agent()->set_id("agent");
    request.mutable_interaction()->set_id(fmt::format("call-{}", i));
    request.set_request_id(fmt::format("bench-{}", i));
    const auto begin = Clock::now();
    const auto session = call(connection.sessions(), &v1::SessionService::Stub::StartSession, request);
    if (!session.ok()) return fail("StartSession", session.status);
    const auto seen = screen.preview(session.value.session().name());
    if (!seen) return fail("no preview came");
    if (i >= kWarmUp) taken.push_back(std::chrono::duration<double, std::milli>(*seen - begin).count());
    v1::EndSessionRequest end;
    end.set_name(session.value.session().name());
    const auto ended = call(connection.sessions(), &v1::SessionService::Stub::EndSession, end);
    if (!ended.ok()) return fail("EndSession", ended.status);
  }
  const auto disk = fdatasync_ms(folder.path(), 500);
  fmt::print("StartSession to preview  p50 {:.2f} ms  p95 {:.2f} ms  p99 {:.2f} ms\n", median(taken),
             percentile(taken, 0.95), percentile(taken, 0.99));
  fmt::print("the disk's fdatasync     p50 {:.2f} ms  p99 {:.2f} ms\n", median(disk), percentile(disk, 0.99));
  fmt::print("{}\n", nlohmann::json({{"p50_ms", median(taken)},
                                     {"p99_ms", percentile(taken, 0.99)},
                                     {"fdatasync_ms", median(disk)},
                                     {"experts", experts},
                                     {"sessions", sessions}})
                         .dump());
  return 0;
}

}  // namespace expertline::cli
