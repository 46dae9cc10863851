// The ground of the end-to-end tests: a running system in one of its shapes, with people of the test's own in it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/desk.h"
#include "support/people.h"
#include "support/platform.h"
#include "support/system.h"

namespace expertline::test {

// Everyone with skill `help` unless the test says otherwise.
struct Person {
  std::map<std::string, int> skills = {{"help", 3}};
  std::vector<std::string> groups = {};
  int im = 2;
  int voice = 1;
  v1::GuardRails guard_rails = {};
};

// One system per shape is shared by all tests of the program. Each test leaves it empty: it ends the sessions it
// began, takes its experts out, and nobody may hold anything then.
class EndToEnd : public testing::TestWithParam<Shape> {
 protected:
  EndToEnd() : EndToEnd(shared(GetParam())) {}
  explicit EndToEnd(System& system);
  void TearDown() override;

  System& system() { return system_; }
  Platform& platform() { return *platform_; }
  // At one replica of the bridge.
  Platform platform_at(size_t replica) { return Platform("ipv4:" + system_.address(Service::Bridge, replica)); }
  Directory& directory() { return *directory_; }
  Source& source() { return *source_; }

  // An expert in the directory, without presence or desk; answers his id, unique in the system.
  std::string enter(const std::string& name, const Person& person = {});
  // Online and at a desk of his own that does what the script says, or nothing by itself.
  Desk& expert(const std::string& name, const Person& person = {}, Desk::Script script = {});
  // A desk for experts that are in the directory.
  Desk& desk(std::vector<std::string> experts, Desk::Script script = {});
  void close_desks() { desks_.clear(); }

  // Returns when every replica knows that these experts are free, for IM or with `known-voice` for a call. News of an
  // expert take their time, and whoever is asked at a step that does not wait is chosen among those who are known.
  void settle(const std::vector<Desk*>& experts, const std::string& routing_point = "known");
  // An ask that this expert has accepted: his im leg is active.
  v1::Session accepted(Desk& expert, const std::string& routing_point = "help");
  // The offers of a leg as "expert:OUTCOME", in order.
  static std::vector<std::string> offers(const v1::Leg& leg);
  // Waits until nobody holds anything in the store.
  void wait_nothing_held();

  static System& shared(Shape shape);

 private:
  System& system_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Source> source_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::vector<std::string> experts_;
};

// For tests that kill: a system of the test's own.
class OwnSystem : public EndToEnd {
 protected:
  OwnSystem() : OwnSystem(std::make_unique<System>(SystemOptions{.shape = GetParam(), .strategies = kStrategies})) {}

  static constexpr const char* kStrategies = EXPERTLINE_E2E_STRATEGIES;

 private:
  explicit OwnSystem(std::unique_ptr<System> own) : EndToEnd(*own), own_(std::move(own)) {}

  std::unique_ptr<System> own_;
};

// The deciding part of a refused call: code and reason.
MATCHER_P2(Refused, code, reason, std::string("is refused with ") + reason) {
  const Refusal said = refusal(arg);
  *result_listener << describe(arg);
  return said.code == code && said.reason == reason && said.domain == "expertline";
}

std::string shape_name(const testing::TestParamInfo<Shape>& info);

// All shapes, named in the test names so that one can be chosen.
#define EXPERTLINE_IN_ALL_SHAPES(suite)                                                                        \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(Shape::Embedded, Shape::ThreeServices, Shape::Replicated), \
                           shape_name)

}  // namespace expertline::test
