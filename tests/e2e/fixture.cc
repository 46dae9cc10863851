#include "e2e/fixture.h"

#include "expertline/v1/strategy.grpc.pb.h"

namespace expertline::test {

System& EndToEnd::shared(Shape shape) {
  static std::map<Shape, std::unique_ptr<System>> systems;
  auto& system = systems[shape];
  if (!system) {
    system = std::make_unique<System>(
        SystemOptions{.shape = shape, .strategies = EXPERTLINE_E2E_STRATEGIES, .sources = EXPERTLINE_E2E_SOURCES});
  }
  return *system;
}

EndToEnd::EndToEnd(System& system)
    : system_(system),
      platform_(std::make_unique<Platform>(system.target(Service::Bridge))),
      directory_(std::make_unique<Directory>(system.target(Service::Presence))),
      source_(std::make_unique<Source>(system.target(Service::Presence))) {}

void EndToEnd::TearDown() {
  for (const v1::Session& session : platform().list(v1::SESSION_STATE_OPEN)) platform().end(session.name());
  wait_nothing_held();
  close_desks();
  for (const std::string& expert : experts_) directory().remove(expert);
}

void EndToEnd::wait_nothing_held() {
  RedisReader redis(system_.redis_socket());
  std::vector<std::string> held;
  try {
    eventually("nobody holds anything", [&] {
      held = holdings(redis, "main");
      return held.empty();
    });
  } catch (const TimedOut&) {
    ADD_FAILURE() << "still held: " << testing::PrintToString(held);
  }
}

std::string EndToEnd::enter(const std::string& name, const Person& person) {
  static int number = 0;
  const std::string id = name + "-" + std::to_string(++number);
  directory().create({.id = id,
                      .skills = person.skills,
                      .groups = person.groups,
                      .im = person.im,
                      .voice = person.voice,
                      .guard_rails = person.guard_rails});
  experts_.push_back(id);
  return id;
}

Desk& EndToEnd::desk(std::vector<std::string> experts, Desk::Script script) {
  desks_.push_back(std::make_unique<Desk>(system_.target(Service::Bridge), std::move(experts), std::move(script)));
  return *desks_.back();
}

Desk& EndToEnd::expert(const std::string& name, const Person& person, Desk::Script script) {
  const std::string id = enter(name, person);
  source().online(id);
  return desk({id}, std::move(script));
}

void EndToEnd::settle(const std::vector<Desk*>& experts, const std::string& routing_point) {
  for (size_t replica = 0; replica < system_.replicas(); ++replica) {
    const auto stub = v1::StrategyService::NewStub(connect("ipv4:" + system_.address(Service::Strategy, replica)));
    for (Desk* desk : experts) {
      v1::AssessRequest request;
      request.set_parent("domains/main");
      request.mutable_facts()->set_routing_point(routing_point);
      (*request.mutable_facts()->mutable_user_data()->mutable_values())["expert"] = text_value(desk->expert());
      eventually(desk->expert() + " is known to be free", [&] {
        const auto assessed = call(*stub, &v1::StrategyService::Stub::Assess, request);
        return assessed.availability().outcome() == v1::AVAILABILITY_OUTCOME_READY;
      });
    }
  }
}

v1::Session EndToEnd::accepted(Desk& expert, const std::string& routing_point) {
  const std::string session = platform().start(routing_point).name();
  const auto result = expert.accept(expert.wait_preview(session).offer());
  EXPECT_EQ(result.outcome(), v1::OFFER_OUTCOME_ACCEPTED) << result.ShortDebugString();
  return platform().wait_leg(session, "im", v1::LEG_STATE_ACTIVE);
}

std::vector<std::string> EndToEnd::offers(const v1::Leg& leg) {
  std::vector<std::string> all;
  for (const v1::Offer& offer : leg.offers()) {
    const std::string outcome = v1::OfferOutcome_Name(offer.outcome());
    all.push_back(id_of(offer.expert()) + ":" + outcome.substr(std::string("OFFER_OUTCOME_").size()));
  }
  return all;
}

std::string shape_name(const testing::TestParamInfo<Shape>& info) { return name_of(info.param); }

}  // namespace expertline::test
