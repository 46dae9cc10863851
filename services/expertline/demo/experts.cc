#include "expertline/demo/experts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "expertline/demo/inbox.h"
#include "expertline/demo/roster.h"
#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

struct Cast {
  const char* id;
  const char* name;
  const char* dn;
};
constexpr Cast kCast[] = {
    {"demo-anna", "Anna", "7101"}, {"demo-bruno", "Bruno", "7102"}, {"demo-chloe", "Chloe", "7103"}};

const Cast* find(const std::string& id) {
  const auto* found = std::find_if(std::begin(kCast), std::end(kCast), [&](const Cast& one) { return id == one.id; });
  return found == std::end(kCast) ? nullptr : found;
}

bool can_im(const v1::Presence& presence) {
  return presence.has_desk() && std::any_of(presence.media().begin(), presence.media().end(), [](const auto& medium) {
           return medium.medium() == "im" && medium.routable();
         });
}

}  // namespace

DemoExperts::DemoExperts(Connection& connection, Script& script)
    : connection_(connection),
      script_(script),
      epoch_(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count()) {}

const std::vector<std::string>& DemoExperts::ids() {
  static const std::vector<std::string> kIds = [] {
    std::vector<std::string> ids;
    for (const auto& one : kCast) ids.emplace_back(one.id);
    return ids;
  }();
  return kIds;
}

std::string DemoExperts::called(const std::string& id) {
  const auto* found = find(id);
  return found == nullptr ? id : found->name;
}

std::string DemoExperts::dn(const std::string& id) {
  const auto* found = find(id);
  return found == nullptr ? "" : found->dn;
}

void DemoExperts::import() {
  v1::ImportRosterRequest request;
  request.set_parent(connection_.parent());
  request.set_roster(kDemoRoster);
  request.set_file_name("demo-roster.yaml");
  const auto answer = call(connection_.experts(), &v1::ExpertService::Stub::ImportRoster, request);
  script_.expect(answer.ok(), "the demo's roster is imported", describe(answer.status));
  const auto all =
      static_cast<size_t>(answer.value.created_size() + answer.value.updated_size() + answer.value.unchanged());
  script_.expect(all == ids().size(), fmt::format("{} experts imported", ids().size()), fmt::format("{}", all));
}

void DemoExperts::report(v1::PresenceState state) {
  v1::ReportPresenceRequest request;
  request.set_parent(connection_.parent());
  ++sequence_;
  for (const auto& id : ids()) {
    v1::PresenceReport& report = *request.add_reports();
    report.set_expert(id);
    report.set_source("demo-client");
    report.set_kind(v1::SOURCE_KIND_CLIENT);
    report.set_state(state);
    report.set_epoch(epoch_);
    report.set_sequence(sequence_);
  }
  const auto answer = call(connection_.presence(), &v1::PresenceService::Stub::ReportPresence, request);
  script_.expect(answer.ok(), "presence reports are taken", describe(answer.status));
  script_.expect(answer.value.refused_size() == 0, "no report is refused", answer.value.ShortDebugString());
}

v1::Presence DemoExperts::presence(const std::string& id) {
  v1::GetPresenceRequest request;
  request.set_name(connection_.expert_name(id));
  const auto answer = call(connection_.presence(), &v1::PresenceService::Stub::GetPresence, request);
  script_.expect(answer.ok(), "presence can be read", describe(answer.status));
  return answer.value.presence();
}

void DemoExperts::pause() {
  script_.check_interrupt();
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void DemoExperts::wait(v1::PresenceState state, bool routable) {
  const auto deadline = std::chrono::steady_clock::now() + kDemoPatience;
  for (const auto& id : ids()) {
    for (;;) {
      const v1::Presence now = presence(id);
      if (now.state() == state && can_im(now) == routable) {
        script_.say(called(id), fmt::format("is {} ({})", word(now.state()), now.reason()));
        break;
      }
      script_.expect(std::chrono::steady_clock::now() < deadline,
                     fmt::format("{} is {} and {}routable", id, word(state), routable ? "" : "not "),
                     now.ShortDebugString());
      pause();
    }
  }
  // The routers' copy follows within milliseconds, but no call tells when.
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
}

void DemoExperts::wait_free() {
  const auto deadline = std::chrono::steady_clock::now() + kDemoPatience;
  for (const auto& id : ids()) {
    for (;;) {
      const v1::Presence now = presence(id);
      const auto& media = now.media();
      if (std::all_of(media.begin(), media.end(), [](const auto& medium) { return medium.used() == 0; })) break;
      script_.expect(std::chrono::steady_clock::now() < deadline, "nothing holds " + id + " any more",
                     now.ShortDebugString());
      pause();
    }
  }
}

bool DemoExperts::remove() {
  bool all = true;
  for (const auto& id : ids()) {
    v1::DeleteExpertRequest request;
    request.set_name(connection_.expert_name(id));
    all = call(connection_.experts(), &v1::ExpertService::Stub::DeleteExpert, request).ok() && all;
  }
  return all;
}

}  // namespace expertline::cli
