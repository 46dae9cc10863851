// How many legs a second one strategy-evaluation routes, beside the least that such a service can do on this machine:
// one reservation in the store without a decision, and a gRPC call that does nothing. All three answer the same
// method with the same messages over loopback, to the same client, in turns.
#include <fmt/format.h>

#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/server.h"
#include "base/names.h"
#include "expertline/bench/bench.h"
#include "expertline/bench/figures.h"
#include "expertline/say.h"
#include "expertline/up/redis_child.h"
#include "presence-ingest/presence_ingest.h"
#include "state/expert_store.h"
#include "state/fcall.h"
#include "state/session_store.h"
#include "state/user_data.h"
#include "strategy-evaluation/strategy_evaluation.h"

namespace expertline::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 3;
constexpr int kCapacity = 1'000;
constexpr std::chrono::seconds kPatience{60};
constexpr const char* kDomain = "main";

// Answers at once.
class Echo final : public v1::StrategyService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Route(grpc::CallbackServerContext* context, const v1::RouteRequest*,
                                  v1::RouteResponse* response) override {
    response->set_result(v1::ROUTE_RESULT_RESERVED);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Reserves one expert after the other, undecided.
class BareReserve final : public v1::StrategyService::CallbackService {
 public:
  BareReserve(app::Loop& loop, state::SessionStore& store, int experts)
      : context_{.loop = loop, .calls = calls_}, store_(store), experts_(experts) {}

  app::Calls* calls() { return &calls_; }
  grpc::ServerUnaryReactor* Route(grpc::CallbackServerContext*, const v1::RouteRequest* request,
                                  v1::RouteResponse* response) override {
    return app::unary(context_, request, response, this, &BareReserve::reserve);
  }

 private:
  Task<Result<v1::RouteResponse>> reserve(v1::RouteRequest request) {
    const auto name = parse_session("session", request.session());
    if (!name) co_return name.error();
    state::LegRef leg{.session = name->id, .leg = request.leg(), .version = request.leg_version()};
    std::vector<state::Candidate> candidates(1);
    candidates[0].expert = bench_expert(next_);
    next_ = (next_ + 1) % experts_;
    const auto reserved =
        co_await store_.reserve(std::move(leg), state::Decided(), 1, 60'000, false, false, std::move(candidates));
    if (!reserved) co_return reserved.error();
    v1::RouteResponse response;
    if (reserved->outcome == state::Reservation::Outcome::reserved) response.set_result(v1::ROUTE_RESULT_RESERVED);
    co_return response;
  }

  app::Calls calls_;
  app::Context context_;
  state::SessionStore& store_;
  int experts_;
  int next_ = 0;
};

// Runs a task on a loop and waits for it.
template <typename T>
T wait_for(app::Loop& loop, std::function<Task<T>()> make) {
  std::promise<T> promise;
  auto future = promise.get_future();
  struct Run {
    static Task<void> all(std::function<Task<T>()> make, std::promise<T>* done) {
      T value = co_await make();
      done->set_value(std::move(value));
    }
  };
  loop.post([&] { spawn(Run::all(make, &promise)); });
  return future.get();
}

// Legs that wait for an expert to be chosen, as StartSession makes them.
Task<std::vector<v1::RouteRequest>> enqueue(state::SessionStore* store, int count, std::string prefix) {
  std::vector<v1::RouteRequest> requests;
  for (int i = 0; i < count; ++i) {
    state::NewSession session;
    session.session = prefix + std::to_string(i);
    session.facts.mutable_agent()->set_id("agent");
    session.bridge = "bench";
    session.medium = "im";
    session.routing_point = "bench";
    session.seed = static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15ULL;
    session.user_data_limit = state::kDefaultUserDataLimit;
    session.facts.mutable_agent()->set_id("agent");
    session.facts.mutable_interaction()->set_id("call");
    v1::RouteRequest request;
    request.set_session(session_name(kDomain, session.session));
    request.set_leg("im");
    request.mutable_facts()->set_medium("im");
    request.mutable_facts()->set_routing_point("bench");
    *request.mutable_facts()->mutable_agent() = session.facts.agent();
    *request.mutable_facts()->mutable_interaction() = session.facts.interaction();
    request.mutable_facts()->set_seed(session.seed);
    const auto enqueued = co_await store->enqueue(std::move(session));
    if (!enqueued) break;
    request.set_leg_version(enqueued->leg.version);
    requests.push_back(std::move(request));
  }
  co_return requests;
}

// Sends all requests, so many at once; gives calls per second, or 0 if one did not reserve.
double drive(v1::StrategyService::Stub& stub, const std::vector<v1::RouteRequest>& requests, int concurrency) {
  struct Drive {
    v1::StrategyService::Stub& stub;
    const std::vector<v1::RouteRequest>& requests;
    std::atomic<size_t> next = 0;
    std::atomic<size_t> done = 0;
    std::atomic<bool> failed = false;
    std::promise<void> finished;

    void one() {
      const size_t at = next++;
      if (at >= requests.size()) return;
      struct Call {
        grpc::ClientContext context;
        v1::RouteResponse response;
      };
      auto call = std::make_shared<Call>();
      stub.async()->Route(&call->context, &requests[at], &call->response, [this, call](const grpc::Status& status) {
        if (!status.ok() || call->response.result() != v1::ROUTE_RESULT_RESERVED) failed = true;
        one();
        if (++done == requests.size()) finished.set_value();
      });
    }
  } run{.stub = stub, .requests = requests, .finished = {}};
  const auto begin = Clock::now();
  for (int i = 0; i < concurrency; ++i) run.one();
  run.finished.get_future().wait();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return run.failed ? 0 : static_cast<double>(requests.size()) / seconds;
}

std::unique_ptr<v1::StrategyService::Stub> stub_of(const app::Server& server) {
  return v1::StrategyService::NewStub(app::connect(fmt::format("127.0.0.1:{}", server.port())));
}

}  // namespace

int bench_route(const std::string& folder_below, int experts, int calls, int concurrency) {
  const BenchFolder folder(folder_below);
  RedisChild redis;
  if (const auto started = redis.start(folder.path()); !started) return fail(started.error().message);
  presence::PresenceIngest presence({.redis = redis.address()});
  evaluation::StrategyEvaluation evaluation({.redis = redis.address(), .strategies = folder.strategies()});
  app::Server presence_server("127.0.0.1:0", presence.services(), {presence.calls()});
  app::Server route_server("127.0.0.1:0", evaluation.services(), {evaluation.calls()});
  if (!presence_server.start() || !route_server.start()) return fail("cannot listen on loopback");
  std::promise<void> presence_ready, route_ready;
  if (const auto started = presence.start([&] { presence_ready.set_value(); }); !started) {
    return fail(started.error().message);
  }
  presence_ready.get_future().wait();
  const auto channel = app::connect(fmt::format("127.0.0.1:{}", presence_server.port()));
  auto directory = v1::ExpertService::NewStub(channel);
  auto sources = v1::PresenceService::NewStub(channel);
  for (const std::string& roster : bench_rosters(experts, kCapacity)) {
    v1::ImportRosterRequest request;
    request.set_parent(domain_name(kDomain));
    request.set_roster(roster);
    const auto answer = call(*directory, &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) return fail("ImportRoster", answer.status);
  }
  for (int i = 0; i < experts; ++i) {
    v1::ReportPresenceRequest request;
    request.set_parent(domain_name(kDomain));
    v1::PresenceReport& report = *request.add_reports();
    report.set_expert(bench_expert(i));
    report.set_source("bench");
    report.set_kind(v1::SOURCE_KIND_CLIENT);
    report.set_state(v1::PRESENCE_STATE_ONLINE);
    report.set_epoch(1);
    report.set_sequence(1);
    const auto answer = call(*sources, &v1::PresenceService::Stub::ReportPresence, request);
    if (!answer.ok()) return fail("ReportPresence", answer.status);
  }

  app::Loop loop;
  redis::Client client(loop, {.address = redis.address(), .on_connect = {state::load_functions()}});
  state::SessionStore store(client, kDomain);
  loop.start();
  loop.post([&] { client.start(); });
  if (!wait_for<bool>(loop, [&] { return client.until_connected(); })) return fail("the store does not answer");
  // A desk for everybody, without a bridge: nothing is sent to it.
  for (int first = 0; first < experts; first += 1'000) {
    std::vector<std::string> some;
    for (int i = first; i < std::min(first + 1'000, experts); ++i) some.push_back(bench_expert(i));
    const bool attached = wait_for<bool>(loop, [&]() -> Task<bool> {
      struct Attach {
        static Task<bool> now(state::SessionStore* to, std::vector<std::string> whom) {
          const auto done = co_await to->attach_desk("bench", std::move(whom));
          co_return done.ok();
        }
      };
      return Attach::now(&store, some);
    });
    if (!attached) return fail("the experts could not be attached");
  }
  if (const auto started = evaluation.start(channel, [&] { route_ready.set_value(); }); !started) {
    return fail(started.error().message);
  }
  route_ready.get_future().wait();

  Echo echo;
  BareReserve reserve(loop, store, experts);
  app::Server echo_server("127.0.0.1:0", {&echo}, {});
  app::Server reserve_server("127.0.0.1:0", {&reserve}, {reserve.calls()});
  if (!echo_server.start() || !reserve_server.start()) return fail("cannot listen on loopback");
  const auto route_stub = stub_of(route_server);
  const auto reserve_stub = stub_of(reserve_server);
  const auto echo_stub = stub_of(echo_server);

  fmt::print("{} rounds of {} calls, {} at once, {} experts ready, every change synced to {}\n", kRounds, calls,
             concurrency, experts, folder_below);
  std::vector<double> route_rates, reserve_rates, echo_rates;
  for (int round = 0; round <= kRounds; ++round) {  // the first warms up
    const auto legs = [&](const char* kind) {
      return wait_for<std::vector<v1::RouteRequest>>(
          loop, [&] { return enqueue(&store, calls, fmt::format("{}-{}-", kind, round)); });
    };
    const auto to_route = legs("route");
    const auto to_reserve = legs("reserve");
    const double routed = drive(*route_stub, to_route, concurrency);
    const double reserved = drive(*reserve_stub, to_reserve, concurrency);
    const double echoed = drive(*echo_stub, to_route, concurrency);
    if (routed == 0 || reserved == 0 || echoed == 0) return fail("a call did not do its work");
    if (round == 0) continue;
    fmt::print("  route {:.0f}/s  reserve {:.0f}/s  echo {:.0f}/s\n", routed, reserved, echoed);
    route_rates.push_back(routed);
    reserve_rates.push_back(reserved);
    echo_rates.push_back(echoed);
  }
  const double routed = median(route_rates), reserved = median(reserve_rates), echoed = median(echo_rates);
  fmt::print("Route reaches {:.2f} of a reservation without a decision and {:.2f} of an echo\n", routed / reserved,
             routed / echoed);
  echo_server.stop();
  reserve_server.stop();
  route_server.stop();
  evaluation.stop();
  presence_server.stop();
  presence.stop();
  loop.post([&] { client.stop(); });
  loop.stop();
  fmt::print("{}\n", nlohmann::json({{"route_per_s", routed},
                                     {"reserve_per_s", reserved},
                                     {"echo_per_s", echoed},
                                     {"concurrency", concurrency},
                                     {"experts", experts}})
                         .dump());
  return 0;
}

}  // namespace expertline::cli
