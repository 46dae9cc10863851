#include "support/people.h"

namespace expertline::test {

std::string dn_of(const std::string& expert) { return "dn-" + expert; }

v1::Expert Directory::create(const ExpertSpec& spec) {
  v1::CreateExpertRequest request;
  request.set_parent("domains/main");
  request.set_request_id(new_id());
  auto& expert = *request.mutable_expert();
  expert.set_name("domains/main/experts/" + spec.id);
  expert.set_display_name("Expert " + spec.id);
  expert.set_site("zurich");
  expert.add_languages("en");
  for (const auto& [skill, level] : spec.skills) (*expert.mutable_skills())[skill] = level;
  for (const std::string& group : spec.groups) expert.add_groups(group);
  (*expert.mutable_capacities())["im"] = spec.im;
  (*expert.mutable_capacities())["voice"] = spec.voice;
  *expert.mutable_guard_rails() = spec.guard_rails;
  (*expert.mutable_dns())["voice"] = dn_of(spec.id);
  return call(*stub_, &v1::ExpertService::Stub::CreateExpert, request).expert();
}

void Directory::remove(const std::string& expert) {
  v1::DeleteExpertRequest request;
  request.set_name("domains/main/experts/" + expert);
  call(*stub_, &v1::ExpertService::Stub::DeleteExpert, request);
}

v1::PresenceReport Source::next(const std::string& expert, v1::PresenceState state) {
  v1::PresenceReport report;
  report.set_expert(expert);
  report.set_source(id_);
  report.set_kind(v1::SOURCE_KIND_CLIENT);
  report.set_state(state);
  report.set_epoch(1);
  report.set_sequence(++sequence_);
  return report;
}

std::vector<v1::RefusedReport> Source::send(const std::vector<v1::PresenceReport>& reports) {
  v1::ReportPresenceRequest request;
  request.set_parent("domains/main");
  for (const auto& report : reports) *request.add_reports() = report;
  const auto response = call(*stub_, &v1::PresenceService::Stub::ReportPresence, request);
  return {response.refused().begin(), response.refused().end()};
}

void Source::report(const std::string& expert, v1::PresenceState state) {
  const v1::PresenceReport report = next(expert, state);
  for (const auto& refused : send({report})) {
    // A report that was taken and asked again (its answer was lost) is stale the second time.
    if (refused.reason() != v1::REPORT_REFUSAL_STALE) {
      throw std::runtime_error("report refused: " + refused.ShortDebugString());
    }
  }
}

v1::Presence Source::presence(const std::string& expert) {
  v1::GetPresenceRequest request;
  request.set_name("domains/main/experts/" + expert);
  return call(*stub_, &v1::PresenceService::Stub::GetPresence, request).presence();
}

}  // namespace expertline::test
