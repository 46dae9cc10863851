// Those who fill the directory and report presence.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "expertline/v1/expert.grpc.pb.h"
#include "expertline/v1/presence.grpc.pb.h"
#include "support/rpc.h"

namespace expertline::test {

struct ExpertSpec {
  std::string id;
  std::map<std::string, int> skills = {};
  std::vector<std::string> groups = {};
  int im = 1;     // legs at once
  int voice = 1;  // legs at once
  v1::GuardRails guard_rails = {};
};

// The DN an ExpertSpec gets: recognisable in what is routed.
std::string dn_of(const std::string& expert);

// ExpertService.
class Directory {
 public:
  explicit Directory(const std::string& target) : stub_(v1::ExpertService::NewStub(connect(target))) {}

  v1::ExpertService::Stub& stub() { return *stub_; }
  v1::Expert create(const ExpertSpec& spec);
  void remove(const std::string& expert);

 private:
  std::unique_ptr<v1::ExpertService::Stub> stub_;
};

// A source of presence, kind client. Thread-safe.
class Source {
 public:
  explicit Source(const std::string& target) : stub_(v1::PresenceService::NewStub(connect(target))) {}

  v1::PresenceService::Stub& stub() { return *stub_; }
  // Throws if it was refused.
  void report(const std::string& expert, v1::PresenceState state);
  void online(const std::string& expert) { report(expert, v1::PRESENCE_STATE_ONLINE); }
  // A report this source would make next, for tests that change something in it.
  v1::PresenceReport next(const std::string& expert, v1::PresenceState state);
  std::vector<v1::RefusedReport> send(const std::vector<v1::PresenceReport>& reports);
  v1::Presence presence(const std::string& expert);

 private:
  std::unique_ptr<v1::PresenceService::Stub> stub_;
  const std::string id_ = "client-" + new_id();
  std::atomic<int64_t> sequence_{0};
};

}  // namespace expertline::test
