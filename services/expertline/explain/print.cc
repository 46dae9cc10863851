#include "expertline/explain/print.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <map>
#include <vector>

#include "expertline/terminal/table.h"
#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

template <typename Texts>
std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

// Who was reserved; nothing is known of it where a request was only tried.
std::string what_came_of_it(const v1::DecisionRecord& decision) {
  if (!decision.reserved().empty()) return "; reserved: " + joined(decision.reserved());
  return decision.session().empty() ? "" : "; nobody was reserved: taken meanwhile, or an earlier leg waits for them";
}

// What was decided, and what came of it.
std::string outcome_of(const v1::DecisionRecord& decision) {
  switch (decision.kind()) {
    case v1::DECISION_KIND_OFFER:
      return fmt::format("step \"{}\" asks {}{}", decision.step(), joined(decision.explanation().ranked()),
                         what_came_of_it(decision));
    case v1::DECISION_KIND_WAIT:
      return fmt::format("waits in step \"{}\"", decision.step());
    case v1::DECISION_KIND_DEFAULT:
      return "no step takes it: " + in_words(decision.default_target());
    default:
      return "nothing is known of it";
  }
}

std::string counts(const v1::StepTrace& trace) {
  std::string text = fmt::format("{} found, {} ready", trace.found(), trace.ready());
  if (trace.tested() > 0) text += fmt::format(" ({} of them tested)", trace.tested());
  std::vector<std::string> dropped;
  for (const auto& [reason, count] : std::map(trace.dropped().begin(), trace.dropped().end())) {
    dropped.push_back(fmt::format("{} {}", reason, count));
  }
  if (!dropped.empty()) text += "; not taken: " + joined(dropped);
  return text;
}

std::string step_headline(const v1::StepTrace& trace, const Terminal& terminal) {
  std::string text = "  " + terminal.paint(Style::kCyan, "step \"" + printable(trace.step()) + "\"") + ": ";
  text += trace.skipped().empty() || trace.found() > 0 ? counts(trace) : "";
  if (!trace.skipped().empty()) {
    text += fmt::format("{}passed over: {}", trace.found() > 0 ? "; " : "", trace.skipped());
  }
  if (!trace.detail().empty()) text += " (" + printable(trace.detail()) + ")";
  text += "\n";
  if (!trace.relaxed().empty()) text += "    relaxed by now: " + printable(joined(trace.relaxed())) + "\n";
  return text;
}

// The chosen ones first, then by reason.
std::vector<const v1::ExpertVerdict*> in_order(const v1::ExplainedStep& step) {
  std::vector<const v1::ExpertVerdict*> verdicts;
  for (const auto& verdict : step.experts()) verdicts.push_back(&verdict);
  const auto key = [](const v1::ExpertVerdict* verdict) {
    const int rank = verdict->rank() > 0 ? verdict->rank() : INT32_MAX;
    return std::tuple(rank, verdict->reason() != "ready", verdict->reason(), verdict->expert());
  };
  std::sort(verdicts.begin(), verdicts.end(), [&](const auto* a, const auto* b) { return key(a) < key(b); });
  return verdicts;
}

std::string indented(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    out += "    " + text.substr(at, end - at) + "\n";
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return out;
}

std::string step_text(const v1::ExplainedStep& step, const Terminal& terminal) {
  std::string text = step_headline(step.trace(), terminal);
  if (!step.draw().empty()) text += "    " + printable(step.draw()) + "\n";
  if (step.experts().empty()) return text;
  Table table({">rank", "expert", "reason", "detail"});
  for (const v1::ExpertVerdict* verdict : in_order(step)) {
    table.add({verdict->rank() > 0 ? std::to_string(verdict->rank()) : "", verdict->expert(), verdict->reason(),
               verdict->detail()});
  }
  Terminal narrower = terminal;
  narrower.width = std::max(20, terminal.width - 4);
  return text + indented(table.text(narrower));
}

}  // namespace

std::string explained_text(const v1::ExplainedDecision& explained, const Terminal& terminal) {
  const v1::DecisionRecord& decision = explained.decision();
  std::string where = decision.strategy() + " " + decision.revision();
  if (decision.has_moment()) where += ", " + google::protobuf::util::TimeUtil::ToString(decision.moment().now());
  std::string text = terminal.paint(Style::kBold, printable(outcome_of(decision))) + "\n" +
                     terminal.paint(Style::kDim, "  " + printable(where)) + "\n";
  if (const int conflicts = decision.explanation().conflicts(); conflicts > 0) {
    text += fmt::format("  {} reservation{} before failed because somebody was faster\n", conflicts,
                        conflicts == 1 ? "" : "s");
  }
  for (const v1::ExplainedStep& step : explained.steps()) text += step_text(step, terminal);
  if (explained.steps().empty()) {
    for (const v1::StepTrace& trace : decision.explanation().steps()) text += step_headline(trace, terminal);
  }
  if (decision.others() > 0) {
    text += fmt::format("  {} more experts of the domain: no tried step names them\n", decision.others());
  }
  if (!explained.exact()) {
    text += "  " + terminal.paint(Style::kYellow, "not exact: " + printable(explained.note())) + "\n";
  } else if (!explained.note().empty()) {
    text += "  " + printable(explained.note()) + "\n";
  }
  return text;
}

}  // namespace expertline::cli
