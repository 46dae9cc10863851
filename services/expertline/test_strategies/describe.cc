#include "expertline/test_strategies/describe.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

constexpr int kMostExpertsShown = 30;

}  // namespace

std::string text_of(const v1::UserValue& value) {
  return value.has_number() ? absl::StrCat(value.number()) : value.text();
}

std::string quoted(const std::string& text) { return absl::StrCat("\"", text, "\""); }

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "nobody" : absl::StrJoin(names, ", ");
}

std::string way(const v1::VoiceTarget& target) {
  std::vector<std::string> kinds;
  for (const int kind : target.kinds()) kinds.push_back(word(static_cast<v1::CallKind>(kind)));
  return absl::StrCat(word(target.via()), " ", target.dn(), ": ", absl::StrJoin(kinds, ", "));
}

std::pair<std::string, std::string> target_of(const v1::DefaultTarget& target) {
  switch (target.target_case()) {
    case v1::DefaultTarget::kVoicemail:
      return {"voicemail", target.voicemail()};
    case v1::DefaultTarget::kAgentText:
      return {"agent", target.agent_text()};
    case v1::DefaultTarget::kRoutingPoint:
      return {"routing_point", target.routing_point()};
    case v1::DefaultTarget::kDn:
      return {"dn", target.dn()};
    case v1::DefaultTarget::TARGET_NOT_SET:
      break;
  }
  return {"nowhere", ""};
}

std::string state_of(const play::Leg& leg) {
  const std::string in = leg.decision.step == nullptr ? "" : absl::StrCat(" in ", quoted(leg.decision.step->name));
  switch (leg.state) {
    case play::Leg::State::kRefused:
      return absl::StrCat("the request is refused: ", leg.refusal);
    case play::Leg::State::kOffering: {
      std::vector<std::string> experts;
      for (const play::Offer& offer : leg.offers) {
        if (offer.outcome == v1::OFFER_OUTCOME_UNSPECIFIED) experts.push_back(offer.expert);
      }
      return absl::StrCat(listed(experts), experts.size() == 1 ? " is" : " are", " asked", in);
    }
    case play::Leg::State::kWaiting:
      return absl::StrCat("it waits", in);
    case play::Leg::State::kWithExpert:
      return absl::StrCat(leg.expert, leg.straight ? " gets it straight" : " has accepted", in);
    case play::Leg::State::kEnded:
      break;
  }
  if (leg.end == play::Leg::End::kCanceled) return "it is canceled";
  if (leg.end == play::Leg::End::kCompleted) return absl::StrCat(leg.expert, " has helped");
  const auto [key, value] = target_of(leg.decision.default_target);
  return absl::StrCat("it ends with ", key, " ", quoted(value));
}

std::vector<std::string> in_lines(const v1::ExplainedDecision& explained) {
  std::vector<std::string> lines;
  for (const v1::ExplainedStep& step : explained.steps()) {
    const v1::StepTrace& trace = step.trace();
    std::string line = absl::StrCat("step ", quoted(trace.step()), ": ");
    if (!trace.skipped().empty()) absl::StrAppend(&line, "passed over, ", trace.skipped());
    if (!trace.skipped().empty() && step.experts_size() > 0) line += "; ";
    if (step.experts_size() > 0 || trace.skipped().empty())
      absl::StrAppend(&line, trace.found(), " found, ", trace.ready(), " ready");
    if (trace.relaxed_size() > 0) absl::StrAppend(&line, ", relaxed ", absl::StrJoin(trace.relaxed(), "; "));
    if (!trace.detail().empty()) absl::StrAppend(&line, " (", trace.detail(), ")");
    lines.push_back(std::move(line));
    int shown = 0;
    for (const v1::ExpertVerdict& verdict : step.experts()) {
      if (++shown > kMostExpertsShown) {
        lines.push_back(absl::StrCat("  and ", step.experts_size() - kMostExpertsShown, " more"));
        break;
      }
      std::string of = absl::StrCat("  ", verdict.expert(), ": ", verdict.reason());
      if (verdict.rank() > 0) absl::StrAppend(&of, ", number ", verdict.rank());
      if (!verdict.detail().empty()) absl::StrAppend(&of, " (", verdict.detail(), ")");
      lines.push_back(std::move(of));
    }
  }
  return lines;
}

}  // namespace expertline::cli
