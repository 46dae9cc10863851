#include "expertline/replay/cast.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

constexpr size_t kRosterPart = 500;  // experts: well below the limit of a roster's text
constexpr size_t kMostReports = 256;

std::string report_all(Connection& connection, const SimExperts& experts, v1::PresenceState state) {
  const auto epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  const auto& ids = experts.ids();
  for (size_t i = 0; i < ids.size(); i += kMostReports) {
    v1::ReportPresenceRequest request;
    request.set_parent(connection.parent());
    for (size_t j = i; j < std::min(ids.size(), i + kMostReports); ++j) {
      v1::PresenceReport& report = *request.add_reports();
      report.set_expert(ids[j]);
      report.set_source("replay");
      report.set_kind(v1::SOURCE_KIND_CLIENT);
      report.set_state(state);
      report.set_epoch(epoch);
      report.set_sequence(1);
    }
    const auto answer = call(connection.presence(), &v1::PresenceService::Stub::ReportPresence, request);
    if (!answer.ok()) return "reporting presence: " + describe(answer.status);
    if (answer.value.refused_size() > 0) {
      const auto& refused = answer.value.refused(0);
      return fmt::format("a presence report was refused: {}: {}", word(refused.reason()), refused.detail());
    }
  }
  return "";
}

bool ready(const v1::Presence& presence) {
  return presence.has_desk() && std::any_of(presence.media().begin(), presence.media().end(), [](const auto& medium) {
           return medium.medium() == "im" && medium.routable();
         });
}

}  // namespace

size_t end_left_over(Connection& connection) {
  v1::ListSessionsRequest request;
  request.set_parent(connection.parent());
  request.set_state(v1::SESSION_STATE_OPEN);
  request.set_page_size(1000);
  std::vector<std::string> names;
  do {
    const auto page = call(connection.sessions(), &v1::SessionService::Stub::ListSessions, request);
    if (!page.ok()) break;
    for (const auto& session : page.value.sessions()) {
      if (session.interaction().id().starts_with(kReplayPrefix)) names.push_back(session.name());
    }
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty());

  // A few calls at a time: there may be thousands.
  constexpr std::ptrdiff_t kAtOnce = 32;
  auto slots = std::make_shared<std::counting_semaphore<kAtOnce>>(kAtOnce);
  for (const auto& name : names) {
    slots->acquire();
    v1::EndSessionRequest end;
    end.set_name(name);
    call_async(connection.sessions().async(), &v1::SessionService::StubInterface::async_interface::EndSession, end,
               [slots](const Answer<v1::EndSessionResponse>&) { slots->release(); });
  }
  for (std::ptrdiff_t i = 0; i < kAtOnce; ++i) slots->acquire();
  return names.size();
}

std::string bring_in(Connection& connection, const SimExperts& experts) {
  for (const auto& roster : experts.rosters(kRosterPart)) {
    v1::ImportRosterRequest request;
    request.set_parent(connection.parent());
    request.set_roster(roster);
    request.set_file_name("simulated experts");
    const auto answer = call(connection.experts(), &v1::ExpertService::Stub::ImportRoster, request);
    if (!answer.ok()) return "importing the simulated experts: " + describe(answer.status);
  }
  return report_all(connection, experts, v1::PRESENCE_STATE_ONLINE);
}

std::string wait_until_ready(Connection& connection, const SimExperts& experts) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (const auto& id : experts.ids()) {
    v1::GetPresenceRequest request;
    request.set_name(connection.expert_name(id));
    for (;;) {
      const auto answer = call(connection.presence(), &v1::PresenceService::Stub::GetPresence, request);
      if (answer.ok() && ready(answer.value.presence())) break;
      if (std::chrono::steady_clock::now() > deadline) {
        return answer.ok() ? id + " did not become ready: " + answer.value.presence().reason()
                           : "reading presence: " + describe(answer.status);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  // The routers' copy follows within milliseconds, but no call tells when.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  return "";
}

void take_out(Connection& connection, const SimExperts& experts) {
  report_all(connection, experts, v1::PRESENCE_STATE_OFFLINE);
  for (const auto& id : experts.ids()) {
    v1::DeleteExpertRequest request;
    request.set_name(connection.expert_name(id));
    call(connection.experts(), &v1::ExpertService::Stub::DeleteExpert, request);
  }
}

}  // namespace expertline::cli
