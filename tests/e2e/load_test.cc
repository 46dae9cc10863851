// Many at once: nobody is booked over his capacity, nobody is forgotten, nobody is overtaken.
#include <algorithm>
#include <atomic>
#include <future>
#include <set>

#include "e2e/fixture.h"

namespace expertline::test {
namespace {

// Experts who accept, say one thing and end. Counts what each of them has on his screen, from the preview on to his
// own hanging up: the store must hold him at least that long, so more than his capacity is a fault of the system.
class BusyPeople {
 public:
  Desk::Script script() {
    return [this](Desk& desk, const v1::DeskResponse& told) { see(desk, told); };
  }
  size_t most_at_once() const { return most_; }

 private:
  void see(Desk& desk, const v1::DeskResponse& told) {
    const std::lock_guard lock(mutex_);
    if (told.has_preview()) {
      auto& open = open_[told.preview().expert()];
      open.insert(told.preview().offer().session());
      most_ = std::max(most_.load(), open.size());
      desk.post(Desk::accepting(told.preview().offer()));
    } else if (told.has_offer_closed() && told.offer_closed().outcome() != v1::OFFER_OUTCOME_ACCEPTED) {
      open_[told.offer_closed().expert()].erase(told.offer_closed().offer().session());
    } else if (told.has_leg_update() && told.leg_update().leg().state() == v1::LEG_STATE_ACTIVE) {
      const v1::LegUpdate& update = told.leg_update();
      if (!greeted_.insert(update.session()).second) return;
      auto hello = Desk::saying(update.session(), update.expert(), "hello");
      hello.set_request_id(new_id());
      talks_[hello.request_id()] = {update.session(), update.expert()};
      desk.post(hello);
    } else if (told.result().code() == grpc::StatusCode::UNAVAILABLE) {
      // Not decided: the desk asks again.
    } else if (const auto talk = talks_.find(told.result().request_id()); talk != talks_.end()) {
      EXPECT_EQ(told.result().code(), 0) << told.ShortDebugString();
      const auto [session, expert] = talk->second;
      open_[expert].erase(session);
      desk.post(Desk::ending(session, "im", expert));
      talks_.erase(talk);
    }
  }

  std::mutex mutex_;
  std::map<std::string, std::set<std::string>> open_;  // expert -> sessions
  std::set<std::string> greeted_;
  std::map<std::string, std::pair<std::string, std::string>> talks_;  // request id of the hello -> session, expert
  std::atomic<size_t> most_{0};
};

class Load : public EndToEnd {
 protected:
  // `count` experts of capacity 2 at desks of ten; not yet online.
  std::vector<std::string> staff(size_t count) {
    std::vector<std::string> experts;
    for (size_t i = 0; i < count; ++i) experts.push_back(enter("e", {.im = 2}));
    for (size_t i = 0; i < count; i += 10) {
      desk({experts.begin() + static_cast<long>(i), experts.begin() + static_cast<long>(std::min(i + 10, count))},
           people_.script());
    }
    return experts;
  }
  void all_online(const std::vector<std::string>& experts) {
    std::vector<v1::PresenceReport> reports;
    for (const auto& expert : experts) reports.push_back(source().next(expert, v1::PRESENCE_STATE_ONLINE));
    EXPECT_THAT(source().send(reports), testing::IsEmpty());
  }
  // Starts `count` sessions from `clients` clients at once.
  std::vector<std::string> start_many(size_t count, size_t clients) {
    std::vector<std::future<std::vector<std::string>>> starters;
    for (size_t c = 0; c < clients; ++c) {
      starters.push_back(std::async(std::launch::async, [&, c] {
        Platform client(system().target(Service::Bridge));
        std::vector<std::string> sessions;
        for (size_t i = c; i < count; i += clients) sessions.push_back(client.start("help").name());
        return sessions;
      }));
    }
    std::vector<std::string> all;
    for (auto& starter : starters) {
      const auto sessions = starter.get();
      all.insert(all.end(), sessions.begin(), sessions.end());
    }
    return all;
  }
  BusyPeople& people() { return people_; }

 private:
  BusyPeople people_;
};

// In the store, at every moment: an expert's holdings are within his capacity, and `use` is their number.
void check_holdings(RedisReader& redis) {
  for (const std::string& key : redis.keys("{main}:x:*")) {
    const auto fields = redis.hash(key);
    const auto held =
        std::count_if(fields.begin(), fields.end(), [](const auto& field) { return field.first.rfind("r:", 0) == 0; });
    EXPECT_LE(held, 2) << key;
    EXPECT_EQ(loads(fields)["im"].use, held) << key;
  }
}

TEST_P(Load, TwoThousandSessionsAtOnceOnFiftyExperts) {
  all_online(staff(50));
  std::atomic<bool> over = false;
  auto auditor = std::async(std::launch::async, [&] {
    RedisReader redis(system().redis_socket());
    for (; !over; std::this_thread::sleep_for(std::chrono::milliseconds(100))) check_holdings(redis);
  });
  const auto sessions = start_many(2000, 20);
  EXPECT_EQ(std::set<std::string>(sessions.begin(), sessions.end()).size(), 2000U);
  for (const auto& session : sessions) {
    const auto watch = platform().watch(session);
    const v1::Session ended = watch->wait_ended();
    EXPECT_EQ(ended.outcome(), v1::SESSION_OUTCOME_HELPED) << ended.ShortDebugString();
    const auto taken = offers(leg_of(ended, "im"));
    EXPECT_EQ(std::count_if(taken.begin(), taken.end(), [](const auto& o) { return o.ends_with(":ACCEPTED"); }), 1);
    EXPECT_TRUE(watch->status().ok());
    const auto states = watch->states();
    EXPECT_EQ(std::count_if(states.begin(), states.end(),
                            [](const auto& state) { return state.state() == v1::SESSION_STATE_ENDED; }),
              1)
        << "it ends once";
  }
  over = true;
  auditor.get();
  EXPECT_LE(people().most_at_once(), 2U);
  wait_nothing_held();
}

TEST_P(Load, AFullWaitingRoomIsServedInOrderOfArrival) {
  const auto experts = staff(50);
  const auto sessions = start_many(400, 20);
  eventually("all wait", [&] {
    const auto open = platform().list(v1::SESSION_STATE_OPEN);
    return std::all_of(open.begin(), open.end(),
                       [](const v1::Session& session) { return has_leg(session, "im", v1::LEG_STATE_WAITING); });
  });
  all_online(experts);
  struct Served {
    std::string session;
    int64_t arrived_ms;
    int64_t offered_ms;
  };
  const auto in_ms = [](const google::protobuf::Timestamp& time) {
    return time.seconds() * 1000 + time.nanos() / 1000000;
  };
  std::vector<Served> served;
  for (const auto& name : sessions) {
    const v1::Session session = platform().watch(name)->wait_ended();
    ASSERT_GE(session.legs(0).offers_size(), 1) << session.ShortDebugString();
    served.push_back({name, in_ms(session.create_time()), in_ms(session.legs(0).offers(0).offer_time())});
  }
  std::sort(served.begin(), served.end(), [](const Served& a, const Served& b) { return a.arrived_ms < b.arrived_ms; });
  // Whoever came earlier was offered no later. Those of one millisecond have no order that could be seen here.
  int64_t latest_offer = 0;
  for (size_t i = 0; i < served.size();) {
    size_t next = i;
    int64_t latest_of_these = latest_offer;
    for (; next < served.size() && served[next].arrived_ms == served[i].arrived_ms; ++next) {
      EXPECT_GE(served[next].offered_ms, latest_offer) << served[next].session << " overtook somebody";
      latest_of_these = std::max(latest_of_these, served[next].offered_ms);
    }
    latest_offer = latest_of_these;
    i = next;
  }
  EXPECT_LE(people().most_at_once(), 2U);
}

EXPERTLINE_IN_ALL_SHAPES(Load);

}  // namespace
}  // namespace expertline::test
